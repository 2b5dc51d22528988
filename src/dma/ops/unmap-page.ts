/** DMA | unmap_page: ends a mapping of map_page and hands the buffer back to the CPU. */

import { mappingKinds } from '../../../machines/os/types.ts'
import { pageBase, spanBytes } from '../addresses.ts'
import { markedUnmapPage } from '../marked-calls.ts'
import { ne } from '../operands.ts'
import { deviceNumber } from '../reach.ts'
import { type DmaOperation, directionNumbers, type Lowering, type UnmapPageArgs } from '../types.ts'
import { bounceUnmap } from './bounce.ts'
import { maintains, unmapDirectly } from './streaming.ts'

const linear: Lowering<UnmapPageArgs> = (asm, env, args) =>
  markedUnmapPage(asm, env, args, () => unmapDirectly(asm, env, args))

/**
 * IOMMU. Looking the mapping up and removing it from the list is one step: of two callers that unmap the same handle,
 * one does and the other is reported. IO address 0 is unmapped like any other.
 *
 * Closed: Linux hands the buffer to the CPU first and removes the translation then; what the device writes between the
 * two leaves stale lines behind. Here the translation is gone, in memory and in the TLB, before the caches are
 * maintained; and the physical address comes from the list, not from a table that may not have the entry any more,
 * where Linux goes on with page 0.
 */
const iommu: Lowering<UnmapPageArgs> = (asm, env, args) => {
  const { handle, pageOffset, bytes, direction, kind } = args
  const range = { iova: pageBase(handle, pageOffset), bytes: spanBytes(env.geometry, pageOffset, bytes) }
  markedUnmapPage(asm, env, args, () => {
    const listed = kind === 'resource' ? mappingKinds.resource : mappingKinds.streaming
    const claim = [deviceNumber(env), handle, bytes, directionNumbers[direction], listed] as const
    const [found, addr] = asm.call('mapping.take', claim)
    asm.if(ne(found, 0), () => {
      env.steps.clearEntries(asm, env, range)
      env.steps.invalidate(asm, env, range)
      if (maintains(env, args.attrs)) {
        env.steps.devToCpu(asm, env, { page: pageBase(addr, pageOffset), offset: pageOffset, bytes, direction })
      }
      env.steps.freeIova(asm, env, range)
    })
  })
}

export const unmapPage: DmaOperation<'unmap_page'> = {
  name: 'unmap_page',
  description: 'Ends a mapping; arguments must be those of map_page. Wrong ones are reported and change nothing.',
  context: 'any',
  ownership: 'before: the device, which must be done with it; after: the CPU, unless skip-cpu-sync',
  lowerings: { linear, 'linear-coherent': linear, iommu, 'iommu-coherent': iommu, dmabounce: bounceUnmap },
}
