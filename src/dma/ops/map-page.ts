/** DMA | map_page: hands a physically contiguous buffer to the device. map_single is this operation too. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { mappingKinds } from '../../../machines/os/types.ts'
import { spanBytes } from '../addresses.ts'
import { markPages } from '../marks.ts'
import { add, alignDown, lt, mod, mul } from '../operands.ts'
import { type DmaOperation, directionNumbers, type Lowering, type MapPageArgs } from '../types.ts'
import { bounceMap } from './bounce.ts'
import { maintains, mapDirectly, mapping, reportSize, reserve } from './streaming.ts'

/** Linear: the handle is the physical address. Only what the device cannot reach fails. */
const linear: Lowering<MapPageArgs> = (asm, env, args) =>
  mapping(asm, env, args, (leave) => {
    const handle = add(args.page, args.offset)
    env.steps.checkMask(asm, env, { handle, bytes: args.bytes, coherent: false, fail: leave })
    mapDirectly(asm, env, args)
  })

/**
 * IOMMU: IO addresses, tables and bookkeeping first, then the caches, last the entries.
 *
 * Closed: Linux maintains the caches first; if then no IO address is left, the mapping fails after the dirty lines of
 * a buffer that was to be written by the device, and still is the CPU's, were dropped. Here all that can fail comes
 * before, and gives back what was taken. IO address 0 is as good as any: only `dmaError` means failure.
 */
const iommu: Lowering<MapPageArgs> = (asm, env, args) =>
  mapping(asm, env, args, (leave) => {
    const { geometry } = env
    const { bytes, direction, to, kind } = args
    const { pageBytes } = geometry
    // From here on `page` is the page that the buffer begins in.
    const page = add(args.page, alignDown(args.offset, pageBytes))
    const offset = mod(args.offset, pageBytes)
    const span = spanBytes(geometry, offset, bytes)
    asm.if(lt(span, bytes), () => {
      reportSize(asm, env)
      leave()
    })
    const iova = asm.temp()
    const entry = {
      addr: add(page, offset),
      handle: add(iova, offset),
      bytes,
      direction: directionNumbers[direction],
      kind: kind === 'resource' ? mappingKinds.resource : mappingKinds.streaming,
      array: 0,
    }
    reserve(asm, env, { iova, span, entry, block: page }, leave)
    if (maintains(env, args.attrs)) env.steps.cpuToDev(asm, env, { page, offset, bytes, direction })
    asm.set(to, add(iova, offset))
    markPages(asm, env, { handle: to, pageOffset: offset, bytes }, (position) => add(add(page, offset), position))
    const pageAt = (index: Operand) => add(page, mul(index, pageBytes))
    env.steps.writeEntries(asm, env, { iova, bytes: span, pageAt, addr: page })
  })

export const mapPage: DmaOperation<'map_page'> = {
  name: 'map_page',
  description: 'Maps a physically contiguous buffer for the device and hands it over.',
  context: 'any',
  ownership: 'before: the CPU; after: the device, unless skip-cpu-sync leaves it to a sync',
  lowerings: { linear, 'linear-coherent': linear, iommu, 'iommu-coherent': iommu, dmabounce: bounceMap },
}
