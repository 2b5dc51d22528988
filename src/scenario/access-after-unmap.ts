/** Scenario | a device that goes on using an address after its unmap: stopped by strict invalidation, let through by lazy. */

import { fimcRegister, msctrl } from '../../machines/fimc/regs.ts'
import { litmus, memoryMap } from '../../machines/geometry.ts'
import { dmarace } from '../dma/index.ts'
import { queueIova, withFlushQueue } from '../dma/sysmmu-flush-queue.ts'
import type { Edition } from '../dma/types.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import {
  beginConversions,
  conversionDefaults,
  convert,
  keepMapped,
  storePicture,
  streamingBuffers,
  waitForEndOrFault,
} from './conversion-code.ts'
import { quietCaches } from './scenario.ts'

/** Starts a conversion into addresses that are not the device's any more, and waits until it has ended or met a fault. */
function convertAgain(context: ProgramContext): void {
  const { asm } = context
  asm.mark('expect-fault')
  asm.step('stale doorbell', () => {
    asm.wmb()
    const { INPUT_MEMORY, INFORMAT_YCBCR422_1P, ENVID } = msctrl
    asm.mmioWrite(memoryMap.fimc0.base + fimcRegister.MSCTRL, INPUT_MEMORY | INFORMAT_YCBCR422_1P | ENVID)
  })
  waitForEndOrFault(context)
}

export const accessAfterUnmap = defineScenario({
  id: 'access-after-unmap',
  question:
    'This asks whether the SYSMMU stops a device that writes to an address after its unmap has returned and its page was freed.',
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        beginConversions(context)
        const { source, target } = streamingBuffers(context, (va) => storePicture(asm, parameters, va, 0))
        convert(asm, { source, target })
        dma.unmapSingle(target.mapping)
        target.free()
        convertAgain(context)
        // The device stands still, its access held: the SYSMMU stays on, or it would let it through; and the source, which
        // the device may still read, stays mapped.
        keepMapped(asm)
      },
    },
  ],
  camera: 'none',
  backend: 'iommu',
  invalidation: 'strict',
  defaults: {
    ...conversionDefaults,
    litmus: { ...conversionDefaults.litmus, frames: 1, features: quietCaches },
  },
  shared: withFlushQueue(litmus),
})

/** What a lazy backend does; the queue is never full here. */
const lazy: Edition = {
  name: 'lazy',
  description: 'unmap queues the IO address and leaves the TLB alone',
  base: dmarace,
  steps: { invalidate: () => {}, freeIova: queueIova },
}

export const accessAfterLazyUnmap = twinOf(accessAfterUnmap, {
  id: 'access-after-unmap-lazy',
  question:
    'This asks what a device reaches after an unmap that has left the TLB alone: the page is free, and may be somebody else’s.',
  violates: ['page-owner', 'live-translation', 'ownership', 'frame-intact', 'no-lost-write'],
  edition: lazy,
})
