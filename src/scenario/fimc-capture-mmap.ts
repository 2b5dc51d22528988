/** Scenario | capture into buffers of alloc_attrs that user space reads through mmap, and an allocation that leaves dirty lines behind. */

import { alignUp } from '../base/bits.ts'
import { linearVa } from '../dma/addresses.ts'
import { dmarace } from '../dma/index.ts'
import { nonCacheable } from '../dma/pages.ts'
import type { Edition } from '../dma/types.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import { allocatedBuffer, type CaptureBuffer, captureCode, captureDefaults, captureLists } from './capture-code.ts'
import type { CaptureLayout } from './fimc-driver.ts'

export const fimcCaptureMmap = defineScenario({
  id: 'fimc-capture-mmap',
  question:
    'This asks whether every frame that FIMC writes into non-cacheable buffers reaches the CPU whole through its user mapping, without any sync.',
  cores: [captureCode(allocatedBuffer)],
  camera: 'sensor',
  backend: 'iommu',
  defaults: captureDefaults,
  shared: captureLists,
})

/** Clears new memory through the cacheable linear mapping and leaves the dirty lines where they are. */
const dirtyAlias: Edition = {
  name: 'dirty-alias',
  description: 'alloc clears the pages without writing them back',
  base: dmarace,
  steps: {
    clearPages: (asm, env, { addr, bytes }) =>
      asm.step('clear', () => asm.storeRange(linearVa(env.geometry, addr), bytes, 0)),
  },
}

export const mmapDirtyAlias = twinOf(fimcCaptureMmap, {
  id: 'fimc-capture-mmap-dirty-alias',
  question:
    'This asks what happens to frames when alloc_attrs zeroes its pages through the cacheable mapping and does not flush: the zeros are evicted over the picture.',
  violates: ['no-lost-write', 'fresh-load'],
  // The cleared lines are dirty in both caches and disturbed: fetched ahead, they are everywhere in every combination. To be
  // evicted over the picture they need not be fetched ahead.
  checkFeatures: { speculation: false },
  edition: dirtyAlias,
})

/**
 * `vb2_mmap_pfn_range`, torvalds/linux v3.6 drivers/media/video/videobuf2-memops.c: the DMA address is taken for a physical one, and
 * what lies there is mapped to the user. Right without an IOMMU.
 */
function remappedBuffer({ asm, dma }: ProgramContext, layout: CaptureLayout): CaptureBuffer {
  const allocation = dma.alloc(layout.frameBytes, ['write-combine'])
  const bytes = alignUp(layout.frameBytes, dma.env.geometry.pageBytes)
  const [va] = asm.call('user.map', [allocation.handle, bytes, nonCacheable, 0, 0])
  return {
    handle: allocation.handle,
    va,
    give: () => {},
    take: () => {},
    release: () => {
      dma.munmap(va)
      dma.free(allocation)
    },
  }
}

export const mmapRemapped = twinOf(fimcCaptureMmap, {
  id: 'fimc-capture-mmap-remapped',
  question:
    'This asks what an application finds in its mapping of a buffer when the IO address was taken for the physical one, as videobuf2 did in v3.6.',
  violates: ['assertion', 'fresh-load', 'frame-intact', 'no-fault'],
  cores: [captureCode(remappedBuffer)],
})
