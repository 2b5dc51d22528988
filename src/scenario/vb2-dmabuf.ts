/** Scenario | a buffer of alloc_attrs that is exported and imported: mapped once for the importer, kept as long as that is attached. */

import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import {
  beginConversions,
  conversionDefaults,
  convert,
  setAddresses,
  stopConversion,
  storePicture,
  streamingBuffer,
} from './conversion-code.ts'
import { quietCaches } from './scenario.ts'

// After torvalds/linux v4.9 drivers/media/v4l2-core/videobuf2-dma-contig.c: `vb2_dc_get_base_sgt` and
// `vb2_dc_dmabuf_ops_map` map the exporter's pages for the importer at the first use, later uses find that mapping, and
// `vb2_dc_dmabuf_ops_detach` unmaps. Exporter and importer are one device here, with an IO address each.

/**
 * FIMC converts into the imported buffer, time and again. It is for another device, so the CPU does not look at it; nobody syncs
 * it, and it is in no cache.
 */
function convertImported(frees: 'after detach' | 'before the last use'): (context: ProgramContext) => void {
  return (context) => {
    const { asm, dma, parameters } = context
    const bytes = beginConversions(context)
    const source = streamingBuffer(context, bytes.source, 'to-device', (va) => storePicture(asm, parameters, va, 0))
    const exported = dma.alloc(bytes.target, ['write-combine'])
    const { sg, entries } = dma.getSgtable(exported)
    const mapped = dma.mapSg(sg, entries, { direction: 'from-device', attrs: ['skip-cpu-sync'] })
    asm.assert(['eq', mapped.mapped, 1], 'the buffer is one contiguous range for the importer')
    const target = { handle: dma.sgSegment(sg, 0).handle, bytes: bytes.target }
    setAddresses(asm, parameters, source.handle, target.handle)
    asm.times(parameters.frames, () => convert(asm, { source, target }))
    if (frees === 'before the last use') {
      dma.free(exported)
      convert(asm, { source, target })
    }
    asm.step('detach', () => dma.unmapSg(mapped))
    dma.freeSg(sg)
    if (frees === 'after detach') dma.free(exported)
    dma.unmapSingle(source.mapping)
    source.free()
    stopConversion(context)
  }
}

export const vb2Dmabuf = defineScenario({
  id: 'vb2-dmabuf',
  question:
    'This asks whether an importer that maps exported memory once can have it written time and again, without any sync, until it detaches.',
  cores: [{ main: convertImported('after detach') }],
  camera: 'none',
  backend: 'iommu',
  defaults: {
    ...conversionDefaults,
    // The buffer in question is in no cache; what caches do to the others of their own accord: `conversion-streaming`.
    litmus: {
      ...conversionDefaults.litmus,
      features: quietCaches,
    },
  },
})

export const dmabufFreedEarly = twinOf(vb2Dmabuf, {
  id: 'vb2-dmabuf-freed-early',
  question:
    'This asks what an importer reaches through the mapping that it keeps, when the exporter frees the memory before the importer has detached.',
  violates: ['dma-debug/cpu-touch', 'page-owner', 'live-translation', 'ownership', 'frame-intact', 'no-lost-write'],
  cores: [{ main: convertImported('before the last use') }],
})
