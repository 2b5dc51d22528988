/** DMA | unmap_sg: ends the mapping of a scatter list and hands its buffers back to the CPU. */

import { mappingKinds } from '../../../machines/os/types.ts'
import { pageAlign } from '../addresses.ts'
import { add, isZero, mod, ne, sub } from '../operands.ts'
import { deviceNumber } from '../reach.ts'
import { type DmaOperation, directionNumbers, type Lowering, type UnmapSgArgs } from '../types.ts'
import { forEachEntry, forEachSegment, markedList } from './sg.ts'
import { maintains } from './streaming.ts'

/** Linear, dmabounce: entry by entry with the device's own unmap_page. */
const byEntry: Lowering<UnmapSgArgs> = (asm, env, args) => {
  const { sg, entries, direction, attrs } = args
  asm.step('unmap_sg', () =>
    markedList(asm, env, 'unmap-sg', args, () =>
      forEachSegment(asm, sg, entries, ({ dma, dmaBytes }) => {
        const pageOffset = mod(dma, env.geometry.pageBytes)
        const mapped = { handle: dma, pageOffset, bytes: dmaBytes, direction, attrs, kind: 'sg' } as const
        asm.asPart(() => env.ops.unmap_page(asm, env, mapped))
      }),
    ),
  )
}

/**
 * IOMMU: the translations of all segments go first, then every entry's caches are looked after, as of the same order in
 * Linux v3.6 `__iommu_unmap_sg`, which interleaves the two. A list of which a segment is not mapped, as at the second
 * of two calls, is reported and its caches are left alone.
 */
const iommu: Lowering<UnmapSgArgs> = (asm, env, args) => {
  const { sg, entries, direction, attrs } = args
  const { geometry } = env
  asm.step('unmap_sg', () =>
    markedList(asm, env, 'unmap-sg', args, () =>
      asm.block((leave) => {
        const refused = asm.set(asm.temp(), 0)
        forEachSegment(asm, sg, entries, ({ dma, dmaBytes }) => {
          const claim = [deviceNumber(env), dma, dmaBytes, directionNumbers[direction], mappingKinds.sg] as const
          const [found] = asm.call('mapping.take', claim)
          asm.if(
            isZero(found),
            () => asm.set(refused, 1),
            () => {
              const offset = mod(dma, geometry.pageBytes)
              const iova = asm.set(asm.temp(), sub(dma, offset))
              const bytes = asm.set(asm.temp(), pageAlign(geometry, add(offset, dmaBytes)))
              env.steps.clearEntries(asm, env, { iova, bytes })
              env.steps.invalidate(asm, env, { iova, bytes })
              env.steps.freeIova(asm, env, { iova, bytes })
            },
          )
        })
        if (!maintains(env, attrs)) return
        asm.if(ne(refused, 0), leave)
        forEachEntry(asm, sg, entries, ({ page, offset, bytes }) =>
          env.steps.devToCpu(asm, env, { page, offset, bytes, direction }),
        )
      }),
    ),
  )
}

export const unmapSg: DmaOperation<'unmap_sg'> = {
  name: 'unmap_sg',
  description: 'Ends the mapping of a list; `entries` and direction as given to map_sg. Wrong ones are reported.',
  context: 'any',
  ownership: 'before: the device, which must be done with it; after: the CPU, unless skip-cpu-sync',
  lowerings: { linear: byEntry, 'linear-coherent': byEntry, iommu, 'iommu-coherent': iommu, dmabounce: byEntry },
}
