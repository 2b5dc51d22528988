/** Scenario | lazy invalidation: IO addresses wait in a flush queue, which its timer and a full queue empty. */

import { dmarace } from '../dma/index.ts'
import { ne } from '../dma/operands.ts'
import { ioSpaceOf } from '../dma/sysmmu-space.ts'
import type { Edition } from '../dma/types.ts'
import { defineScenario, twinOf } from './build.ts'
import { beginConversions, conversionDefaults, staleTranslation, stopConversion } from './conversion-code.ts'
import { convertOnce } from './conversion-streaming.ts'
import { quietCaches } from './scenario.ts'

export const lazyUnmap = defineScenario({
  id: 'lazy-unmap',
  question:
    'This asks whether an IO address is handed out again only after the TLB was flushed, when unmap leaves that to a queue and a timer on another core flushes it at any time.',
  cores: [
    {
      main: (context) => {
        const { asm, parameters } = context
        beginConversions(context)
        asm.times(parameters.frames, (index) => asm.scope(() => convertOnce(context, index)))
        asm.poll({ read: () => asm.flagGet('timer-off'), until: (off) => ne(off, 0) })
        stopConversion(context)
      },
    },
    {
      // The timer: it fires at any time, and is armed again until each conversion could have met it.
      main: ({ asm, dma, parameters }) => {
        asm.times(parameters.frames, () => dma.flushIovas())
        asm.flagSet('timer-off', 1)
      },
    },
  ],
  camera: 'none',
  backend: 'iommu',
  invalidation: 'lazy',
  defaults: {
    ...conversionDefaults,
    // The second conversion gets the addresses of the first if the timer was in time.
    litmus: { ...conversionDefaults.litmus, features: quietCaches },
  },
  shared: { flags: ['timer-off'] },
})

/** As amd_iommu of Linux before v2.6.28 could: the address goes back at once, its translation does not go. */
const freedBeforeFlush: Edition = {
  name: 'freed-before-flush',
  description: 'a lazy unmap gives the IO address back without waiting for a flush',
  base: dmarace,
  steps: {
    freeIova: (asm, env, { iova, bytes }) => asm.perform('iova.free', [ioSpaceOf(env).number, iova, bytes]),
  },
}

export const lazyUnmapFreedEarly = twinOf(lazyUnmap, {
  id: 'lazy-unmap-freed-early',
  question: 'This asks who may get an IO address that a lazy unmap gives back before any flush.',
  violates: staleTranslation,
  edition: freedBeforeFlush,
})
