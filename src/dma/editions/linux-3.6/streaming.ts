/** DMA | linux-3.6, streaming operations of iommu_ops: map_page, unmap_page and the syncs of arch/arm/mm/dma-mapping.c. */

import type { Operand } from '../../../../machines/cpu/micro-op.ts'
import { dmaError } from '../../../../machines/os/calls.ts'
import { pageBase, spanBytes } from '../../addresses.ts'
import type { Assembler } from '../../assembler.ts'
import { markedMapPage, markedSync, markedUnmapPage } from '../../marked-calls.ts'
import { markPages } from '../../marks.ts'
import { add, mod, mul, ne, sub } from '../../operands.ts'
import { maintains } from '../../ops/streaming.ts'
import { ioSpaceOf } from '../../sysmmu-space.ts'
import type { BufferRange, DmaEnv, DmaOps, Lowering, MapPageArgs, SyncSingleArgs, UnmapPageArgs } from '../../types.ts'
import { iommuMap, iommuUnmap, iovaToPhys } from './mappings.ts'

/**
 * `arm_iommu_map_page`.
 *
 * Gap: the caches are maintained before it is known whether the mapping can be made. When it cannot, the dirty lines of a
 * buffer that still is the CPU's are gone.
 */
const mapPage: Lowering<MapPageArgs> = (asm, env, args) => {
  const { page, offset, bytes, direction, attrs, to } = args
  const { pageBytes } = env.geometry
  const span = spanBytes(env.geometry, offset, bytes)
  const space = ioSpaceOf(env).number
  markedMapPage(asm, env, args, () => {
    if (maintains(env, attrs)) env.steps.cpuToDev(asm, env, { page, offset, bytes, direction })
    asm.call('iova.alloc', [space, span], [to])
    asm.if(ne(to, dmaError), () => {
      const iova = asm.set(asm.temp(), to)
      const status = asm.temp()
      iommuMap(asm, env, { iova, bytes: span, pageAt: (index) => add(page, mul(index, pageBytes)), addr: page, status })
      asm.if(
        ne(status, 0),
        () => {
          asm.perform('iova.free', [space, iova, span])
          asm.set(to, dmaError)
        },
        () => {
          asm.set(to, add(iova, offset))
          markPages(asm, env, { handle: to, pageOffset: mod(offset, pageBytes), bytes }, (position) =>
            add(add(page, offset), position),
          )
        },
      )
    })
  })
}

/**
 * `arm_iommu_unmap_page`.
 *
 * Gaps: a mapping at IO address 0 is never unmapped; the CPU gets the buffer while the device can still write to it; and where
 * nothing is mapped any more, page 0 is what the caches are told to forget.
 */
const unmapPage: Lowering<UnmapPageArgs> = (asm, env, args) => {
  const { handle, pageOffset, bytes, direction, attrs } = args
  const range = { iova: pageBase(handle, pageOffset), bytes: spanBytes(env.geometry, pageOffset, bytes) }
  markedUnmapPage(asm, env, args, () => {
    const page = iovaToPhys(asm, env, range.iova)
    asm.if(ne(range.iova, 0), () => {
      if (maintains(env, attrs)) {
        env.steps.devToCpu(asm, env, { page, offset: pageOffset, bytes, direction })
      }
      iommuUnmap(asm, env, range)
      asm.perform('iova.free', [ioSpaceOf(env).number, range.iova, range.bytes])
    })
  })
}

/**
 * The page behind the first byte, and from there on what follows it physically.
 *
 * Gap: right for what map_page mapped, wrong for every other mapping of several pages.
 */
function sync(
  asm: Assembler,
  env: DmaEnv,
  op: 'sync-for-cpu' | 'sync-for-device',
  args: SyncSingleArgs,
  hand: (range: BufferRange) => void,
): void {
  const { pageBytes } = env.geometry
  const offset: Operand = mod(add(args.pageOffset, args.offset), pageBytes)
  const iova = sub(add(args.handle, args.offset), offset)
  markedSync(asm, env, op, args, () => {
    const page = iovaToPhys(asm, env, iova)
    asm.if(ne(iova, 0), () => hand({ page, offset, bytes: args.bytes }))
  })
}

const syncForCpu: Lowering<SyncSingleArgs> = (asm, env, args) =>
  sync(asm, env, 'sync-for-cpu', args, (range) => env.steps.devToCpu(asm, env, { ...range, direction: args.direction }))

const syncForDevice: Lowering<SyncSingleArgs> = (asm, env, args) =>
  sync(asm, env, 'sync-for-device', args, (range) =>
    env.steps.cpuToDev(asm, env, { ...range, direction: args.direction }),
  )

/** For devices that snoop, the syncs are those of the contract: nothing. */
export const coherentStreamingOps = { map_page: mapPage, unmap_page: unmapPage } satisfies Partial<DmaOps>

export const streamingOps = {
  ...coherentStreamingOps,
  sync_single_for_cpu: syncForCpu,
  sync_single_for_device: syncForDevice,
} satisfies Partial<DmaOps>
