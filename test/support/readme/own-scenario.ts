/** Tests | the scenario of the README: a picture stored after its buffer was mapped, with and without a sync. */

import {
  beginConversions,
  conversionDefaults,
  convert,
  defineScenario,
  readPicture,
  resolveOptions,
  runScenario,
  stopConversion,
  storePicture,
  streamingBuffers,
  twinOf,
} from '../../../src/index.ts'

const lateStore = defineScenario({
  id: 'late-store',
  question: 'This asks whether FIMC reads a picture that was stored after its buffer was mapped, if it is synced.',
  camera: 'none',
  backend: 'iommu',
  defaults: conversionDefaults,
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        beginConversions(context)
        const { source, target } = streamingBuffers(context)
        dma.syncForCpu(source.mapping)
        storePicture(asm, parameters, source.va, 0)
        asm.step('publish', () => dma.syncForDevice(source.mapping))
        convert(asm, { source, target })
        dma.unmapSingle(source.mapping)
        dma.unmapSingle(target.mapping)
        readPicture(asm, target, 0)
        source.free()
        target.free()
        stopConversion(context)
      },
    },
  ],
})

const unpublished = twinOf(lateStore, {
  id: 'late-store-unpublished',
  question: 'This asks what FIMC reads without that sync.',
  violates: ['fresh-dma-read'],
  drop: (path) => path.includes('publish'),
})

export const verdicts = [lateStore, unpublished].map((scenario) => {
  const options = resolveOptions({ scenario: scenario.id, geometry: 'litmus', seed: 7 }, scenario)
  const { verdict, violations } = runScenario(options, { runtime: 'sim' })
  return `${scenario.id}: ${verdict} ${violations.map(({ violation }) => violation.message).join('\n')}`
})
