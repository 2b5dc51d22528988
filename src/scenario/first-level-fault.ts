/** Scenario | a SYSMMU that keeps invalid first-level descriptors, and tables linked behind its back. */

import { dmarace } from '../dma/index.ts'
import type { Edition } from '../dma/types.ts'
import { defineScenario, twinOf } from './build.ts'
import { beginConversions, conversionDefaults, markDone, stopConversion, waitForEndOrFault } from './conversion-code.ts'
import { convertOnce } from './conversion-streaming.ts'
import { quietCaches } from './scenario.ts'

export const firstLevelFault = defineScenario({
  id: 'first-level-fault',
  question:
    'This asks whether a new mapping is translated on a SYSMMU of version 3.3, which fetches first-level descriptors ahead and keeps the invalid ones too.',
  cores: [
    {
      main: (context) => {
        const { asm, parameters } = context
        beginConversions(context)
        asm.times(parameters.frames, (index) =>
          asm.scope(() =>
            convertOnce(
              context,
              index,
              () => {},
              ({ source, target }) => {
                waitForEndOrFault(context)
                markDone(asm, source.handle, source.bytes)
                markDone(asm, target.handle, target.bytes)
              },
            ),
          ),
        )
        stopConversion(context)
      },
    },
  ],
  camera: 'none',
  backend: 'iommu',
  sysmmuVersion: '3.3',
  features: { flpdCache: true, flpdFaultCache: true },
  defaults: {
    ...conversionDefaults,
    // One table is linked, once. What the caches do of their own accord to it: `conversion-streaming`.
    litmus: { ...conversionDefaults.litmus, frames: 1, features: quietCaches },
  },
})

/** As Linux before v3.16: map invalidates nothing. */
const mapWithoutInvalidation: Edition = {
  name: 'map-without-invalidation',
  description: 'a first-level descriptor that becomes valid is not invalidated',
  base: dmarace,
  steps: { invalidateLink: () => {} },
}

export const firstLevelFaultKept = twinOf(firstLevelFault, {
  id: 'first-level-fault-kept',
  question:
    'This asks what a device meets at a fresh mapping when the SYSMMU still keeps the invalid descriptor that was there before.',
  violates: ['no-fault', 'ownership', 'frame-intact', 'fresh-load'],
  edition: mapWithoutInvalidation,
})
