/** DMA | unmap_page: ends a mapping of map_page and hands the buffer back to the CPU. */

import { mappingKinds, osNumber } from '../../../machines/os/types.ts'
import { pageBase, spanBytes } from '../addresses.ts'
import { type MarkedCall, marked } from '../marks.ts'
import { ne } from '../operands.ts'
import { ioSpaceOf } from '../sysmmu-tables.ts'
import { type DmaOperation, directionNumbers, type Lowering, type UnmapPageArgs } from '../types.ts'

function markedUnmap({ kind, handle, bytes, direction, attrs }: UnmapPageArgs): MarkedCall {
  return { op: 'unmap', kind, handle, offset: 0, bytes, direction, attrs }
}

const linear: Lowering<UnmapPageArgs> = (asm, env, args) =>
  asm.step('unmap_page', () =>
    marked(asm, env, markedUnmap(args), () => {
      if (args.attrs.includes('skip-cpu-sync')) return
      const { pageOffset, bytes, direction } = args
      env.steps.devToCpu(asm, env, { page: pageBase(args.handle, pageOffset), offset: pageOffset, bytes, direction })
    }),
  )

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
  const { handle, pageOffset, bytes, direction } = args
  const device = osNumber(env.os, 'devices', env.device.name)
  const range = { iova: pageBase(handle, pageOffset), bytes: spanBytes(env.geometry, pageOffset, bytes) }
  asm.step('unmap_page', () =>
    marked(asm, env, markedUnmap(args), () => {
      const claim = [device, handle, bytes, directionNumbers[direction], mappingKinds.streaming] as const
      const [found, addr] = asm.call('mapping.take', claim)
      asm.if(ne(found, 0), () => {
        env.steps.clearEntries(asm, env, range)
        env.steps.invalidate(asm, env, range)
        if (!args.attrs.includes('skip-cpu-sync')) {
          env.steps.devToCpu(asm, env, { page: pageBase(addr, pageOffset), offset: pageOffset, bytes, direction })
        }
        asm.perform('iova.free', [ioSpaceOf(env).number, range.iova, range.bytes])
      })
    }),
  )
}

export const unmapPage: DmaOperation<'unmap_page'> = {
  name: 'unmap_page',
  description: 'Ends a mapping; arguments must be those of map_page. Wrong ones are reported and change nothing.',
  context: 'any',
  ownership: 'before: the device, which must be done with it; after: the CPU, unless skip-cpu-sync',
  lowerings: { linear, iommu },
}
