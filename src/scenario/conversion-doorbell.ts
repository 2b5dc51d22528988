/** Scenario | a conversion from non-cacheable memory: the doorbell and the barrier before it. */

import { defineScenario, twinOf } from './build.ts'
import {
  beginConversions,
  conversionDefaults,
  convert,
  readPicture,
  setAddresses,
  stopConversion,
  storePicture,
} from './conversion-code.ts'

export const conversionDoorbell = defineScenario({
  id: 'conversion-doorbell',
  question:
    'This asks whether FIMC reads the picture that the CPU has just stored into non-cacheable memory, when a barrier drains the store buffers before the doorbell.',
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        const bytes = beginConversions(context)
        const source = dma.alloc(bytes.source, ['write-combine'])
        const target = dma.alloc(bytes.target, ['write-combine'])
        setAddresses(asm, parameters, source.handle, target.handle)
        asm.times(parameters.frames, (index) => {
          storePicture(asm, parameters, source.va, index)
          convert(asm, { source, target })
          readPicture(asm, target, index)
        })
        dma.free(source)
        dma.free(target)
        stopConversion(context)
      },
    },
  ],
  camera: 'none',
  backend: 'iommu',
  // The source, too, is accessed past the caches.
  defaults: { ...conversionDefaults, litmus: { ...conversionDefaults.litmus, disturbedLines: [0x40, 0x60] } },
})

export const doorbellNoBarrier = twinOf(conversionDoorbell, {
  id: 'conversion-doorbell-no-barrier',
  question:
    'This asks what FIMC reads when the doorbell is written without a barrier: the last stores still wait in a store buffer.',
  violates: ['fresh-dma-read'],
  rareOnBoard: true,
  drop: (path) => path.includes('doorbell') && path.includes('barrier'),
})
