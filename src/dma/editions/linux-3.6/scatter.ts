/** DMA | linux-3.6, scatter lists of iommu_ops: map_sg, unmap_sg and get_sgtable of arch/arm/mm/dma-mapping.c. */

import type { Operand } from '../../../../machines/cpu/micro-op.ts'
import { dmaError, errno } from '../../../../machines/os/calls.ts'
import { pageAlign, pageCountOf } from '../../addresses.ts'
import type { Assembler, Register } from '../../assembler.ts'
import { markPages } from '../../marks.ts'
import { add, eq, isZero, lt, mod, mul, ne, sub } from '../../operands.ts'
import { arrayList, markedGetSgtable } from '../../ops/get-sgtable.ts'
import { segmentBytesOf } from '../../ops/map-sg.ts'
import { entryAt, forEachEntry, mappingList, markedList } from '../../ops/sg.ts'
import { maintains } from '../../ops/streaming.ts'
import { ioSpaceOf } from '../../sysmmu-space.ts'
import type { DmaEnv, DmaOps, GetSgtableArgs, Lowering, MapSgArgs, UnmapSgArgs } from '../../types.ts'
import { pagesOf } from './coherent.ts'
import { iommuMap, iommuUnmap } from './mappings.ts'

/** `__iommu_remove_mapping` of a segment. */
function removeMapping(asm: Assembler, env: DmaEnv, dma: Operand, dmaBytes: Operand): void {
  asm.scope(() => {
    const offset = mod(dma, env.geometry.pageBytes)
    const iova = asm.set(asm.temp(), sub(dma, offset))
    const bytes = asm.set(asm.temp(), pageAlign(env.geometry, add(offset, dmaBytes)))
    iommuUnmap(asm, env, { iova, bytes })
    asm.perform('iova.free', [ioSpaceOf(env).number, iova, bytes])
  })
}

/** Entries that become one segment: the first one's number, and bytes from the beginning of its page. */
interface Chunk {
  readonly first: Operand
  readonly size: Operand
  /** Offset of the first entry in its page. */
  readonly offset: Operand
}

/**
 * `__map_sg_chunk`: IO addresses for all of it, then entry after entry its caches and its mapping. `iova` is `dmaError` where
 * that failed, and what was mapped is unmapped.
 *
 * Gap: the caches of an entry are maintained before it is known whether the rest of the list can be mapped.
 */
function mapChunk(asm: Assembler, env: DmaEnv, args: MapSgArgs, chunk: Chunk, iova: Register): void {
  const { sg, direction, attrs } = args
  const { geometry } = env
  const space = ioSpaceOf(env).number
  asm.scope(() => {
    const bytes = asm.set(asm.temp(), pageAlign(geometry, chunk.size))
    asm.block((leave) => {
      asm.call('iova.alloc', [space, bytes], [iova])
      asm.if(eq(iova, dmaError), leave)
      const done = asm.set(asm.temp(), 0)
      const index = asm.set(asm.temp(), chunk.first)
      const status = asm.temp()
      asm.while(
        () => lt(done, bytes),
        () =>
          asm.scope(() => {
            const { page, offset, bytes: length } = entryAt(asm, sg, index)
            const span = asm.set(asm.temp(), pageAlign(geometry, add(offset, length)))
            if (maintains(env, attrs)) env.steps.cpuToDev(asm, env, { page, offset, bytes: length, direction })
            const at = asm.set(asm.temp(), add(iova, done))
            const pageAt = (number: Operand) => add(page, mul(number, geometry.pageBytes))
            iommuMap(asm, env, { iova: at, bytes: span, pageAt, addr: page, status })
            asm.if(ne(status, errno.ok), () => {
              iommuUnmap(asm, env, { iova, bytes: done })
              asm.perform('iova.free', [space, iova, bytes])
              asm.set(iova, dmaError)
              leave()
            })
            const place = { handle: add(iova, chunk.offset), pageOffset: offset, bytes: length, iova: add(at, offset) }
            markPages(asm, env, place, (position) => add(add(page, offset), position))
            asm.set(done, add(done, span))
            asm.set(index, add(index, 1))
          }),
      )
    })
  })
}

/**
 * `arm_iommu_map_sg`: an entry joins the one before it if that ends with a page, it begins with one, and the device takes
 * segments that large. When a segment cannot be mapped, those before it are unmapped again.
 */
const mapSg: Lowering<MapSgArgs> = (asm, env, args) =>
  mappingList(asm, env, args, (leave) =>
    asm.scope(() => {
      const { sg, entries, to } = args
      const head = entryAt(asm, sg, 0)
      const offset = asm.set(asm.temp(), head.offset)
      const size = asm.set(asm.temp(), add(head.offset, head.bytes))
      const first = asm.set(asm.temp(), 0)
      const count = asm.set(asm.temp(), 0)
      const close = (): void =>
        asm.scope(() => {
          const iova = asm.temp()
          mapChunk(asm, env, args, { first, size, offset }, iova)
          asm.if(eq(iova, dmaError), () => {
            forEachEntry(asm, sg, count, ({ dma, dmaBytes }) => removeMapping(asm, env, dma, dmaBytes))
            leave()
          })
          asm.perform('sg.set-dma', [sg, count, add(iova, offset), sub(size, offset)])
          asm.set(count, add(count, 1))
        })
      forEachEntry(asm, sg, sub(entries, 1), (_before, before) => {
        const index = asm.set(asm.temp(), add(before, 1))
        const entry = entryAt(asm, sg, index)
        asm.perform('sg.set-dma', [sg, index, dmaError, 0])
        asm.block((joined) => {
          asm.block((apart) => {
            asm.if(ne(entry.offset, 0), apart)
            asm.if(ne(mod(size, env.geometry.pageBytes), 0), apart)
            asm.if(lt(segmentBytesOf(env), add(size, entry.bytes)), apart)
            joined()
          })
          close()
          asm.set(size, entry.offset)
          asm.set(offset, entry.offset)
          asm.set(first, index)
        })
        asm.set(size, add(size, entry.bytes))
      })
      close()
      asm.set(to, count)
    }),
  )

/**
 * `arm_iommu_unmap_sg`: of each entry, the segment of the same number and then the entry's own caches.
 *
 * Gap: the CPU gets the first entries while the device can still write to later segments.
 */
const unmapSg: Lowering<UnmapSgArgs> = (asm, env, args) => {
  const { sg, entries, direction, attrs } = args
  asm.step('unmap_sg', () =>
    markedList(asm, env, 'unmap-sg', args, () =>
      forEachEntry(asm, sg, entries, ({ page, offset, bytes, dma, dmaBytes }) => {
        asm.if(ne(dmaBytes, 0), () => removeMapping(asm, env, dma, dmaBytes))
        if (maintains(env, attrs)) env.steps.devToCpu(asm, env, { page, offset, bytes, direction })
      }),
    ),
  )
}

/** `arm_iommu_get_sgtable`. */
const getSgtable: Lowering<GetSgtableArgs> = (asm, env, args) =>
  markedGetSgtable(asm, env, args, (leave) => {
    const bytes = pageAlign(env.geometry, args.bytes)
    const array = pagesOf(asm, args)
    asm.if(isZero(array), leave)
    asm.set(args.to.status, errno.ENOMEM)
    arrayList(asm, env, args, array, pageCountOf(env.geometry, bytes), leave)
  })

export const scatterOps = { map_sg: mapSg, unmap_sg: unmapSg, get_sgtable: getSgtable } satisfies Partial<DmaOps>
