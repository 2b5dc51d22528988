/** Scenario | a conversion between streaming mappings, and its orders gone wrong: tables not published, unmapped too early. */

import { dmarace } from '../dma/index.ts'
import { tableSteps } from '../dma/sysmmu-tables.ts'
import type { Edition } from '../dma/types.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import {
  conversionDefaults,
  conversionLoop,
  readPicture,
  ringDoorbell,
  storePicture,
  streamingBuffers,
  waitForConversion,
} from './conversion-code.ts'

/** Maps two new buffers, converts once, unmaps and frees them. `begun` comes right after the doorbell; `wait` returns when the device is done. */
export function convertOnce(
  context: ProgramContext,
  index: Parameters<typeof storePicture>[3],
  begun: () => void = () => {},
  wait: (buffers: ReturnType<typeof streamingBuffers>) => void = (buffers) => waitForConversion(context.asm, buffers),
): void {
  const { asm, dma, parameters } = context
  const { source, target } = streamingBuffers(context, (va) => storePicture(asm, parameters, va, index))
  ringDoorbell(asm, { source, target })
  begun()
  wait({ source, target })
  dma.unmapSingle(source.mapping)
  dma.unmapSingle(target.mapping)
  readPicture(asm, target, index)
  source.free()
  target.free()
}

export const conversionStreaming = defineScenario({
  id: 'conversion-streaming',
  question:
    'This asks whether a conversion reads and writes the right pages through the SYSMMU, when its buffers are mapped for each conversion and unmapped after it.',
  cores: [
    {
      main: conversionLoop((context, index) => convertOnce(context, index)),
    },
  ],
  camera: 'none',
  backend: 'iommu',
  defaults: conversionDefaults,
})

/** Stores level-2 entries and leaves them in the caches; nothing else changes. */
export const entriesUnpublished: Edition = {
  name: 'entries-unpublished',
  description: 'new level-2 entries are not written back to memory',
  base: dmarace,
  steps: {
    publish: (asm, env, args) => {
      if (args.what !== 'level-2 entries') tableSteps.publish(asm, env, args)
    },
  },
}

export const pteNotPublished = twinOf(conversionStreaming, {
  id: 'conversion-streaming-pte-not-published',
  question:
    'This asks what the table walker finds when a new page-table entry is left in the caches: memory still holds the old word.',
  violates: ['no-fault', 'fresh-dma-read', 'progress'],
  edition: entriesUnpublished,
})

export const unmapWhileRunning = twinOf(conversionStreaming, {
  id: 'conversion-streaming-unmap-while-running',
  question: 'This asks what happens when buffers are unmapped and freed while the engine still works on them.',
  violates: ['ownership', 'frame-intact', 'no-fault', 'live-translation', 'page-owner'],
  drop: (path) => path.includes('wait for conversion'),
})
