/** DMA | map_sg: hands the buffers of a scatter list to the device, as few segments as it can. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { dmaError } from '../../../machines/os/calls.ts'
import { mappingKinds } from '../../../machines/os/types.ts'
import { pageAlign } from '../addresses.ts'
import type { Assembler, Register } from '../assembler.ts'
import { markPages } from '../marks.ts'
import { add, alignDown, eq, ge, isZero, lt, mod, mul, ne, sub } from '../operands.ts'
import { deviceNumber } from '../reach.ts'
import { ioSpaceOf } from '../sysmmu-space.ts'
import { type DmaEnv, type DmaOperation, directionNumbers, type Lowering, type MapSgArgs } from '../types.ts'
import { type Entry, entryAt, forEachEntry, mappingList, reportEmpty } from './sg.ts'
import { maintains, reportSize, reserve } from './streaming.ts'

// After torvalds/linux v3.6 arch/arm/mm/dma-mapping.c `arm_dma_map_sg`, `__iommu_map_sg`.

/**
 * Linear, dmabounce: each entry is a segment of its own, mapped by the device's own map_page. When one fails those before it
 * are unmapped again.
 */
const byEntry: Lowering<MapSgArgs> = (asm, env, args) =>
  mappingList(asm, env, args, (leave) => {
    const { sg, entries, direction, attrs, to } = args
    forEachEntry(asm, sg, entries, ({ page, offset, bytes }, index) => {
      const handle = asm.set(asm.temp(), dmaError)
      asm.if(
        isZero(bytes),
        () => reportEmpty(asm, env),
        () =>
          asm.asPart(() =>
            env.ops.map_page(asm, env, { page, offset, bytes, direction, attrs, to: handle, kind: 'sg' }),
          ),
      )
      asm.if(eq(handle, dmaError), () => {
        unmapEntries(asm, env, args, index)
        leave()
      })
      asm.perform('sg.set-dma', [sg, index, handle, bytes])
    })
    asm.set(to, entries)
  })

/** Unmaps the first `count` entries, and says so in the list. */
function unmapEntries(asm: Assembler, env: DmaEnv, { sg, direction, attrs }: MapSgArgs, count: Operand): void {
  forEachEntry(asm, sg, count, ({ dma, dmaBytes }, index) => {
    const pageOffset = mod(dma, env.geometry.pageBytes)
    const mapped = { handle: dma, pageOffset, bytes: dmaBytes, direction, attrs, kind: 'sg' } as const
    asm.asPart(() => env.ops.unmap_page(asm, env, mapped))
    asm.perform('sg.set-dma', [sg, index, dmaError, 0])
  })
}

/** A segment while it grows: registers. */
interface Segment {
  /** Its number. */
  readonly index: Register
  /** Bytes from the beginning of its first page, and offset of its first byte there. */
  readonly size: Register
  readonly offset: Register
  /** Physical address of its first byte. */
  readonly addr: Register
}

/** `dma_get_max_seg_size`. */
export function segmentBytesOf({ device }: DmaEnv): number {
  return device.maxSegmentBytes ?? 65536 // HF-306
}

/** Largest segment: what the device says, and no more than fits between two of its boundaries. */
function segmentBytesMax(env: DmaEnv): number {
  const { segmentBoundary = 0xffffffff } = env.device
  return Math.min(segmentBytesOf(env), segmentBoundary + 1)
}

/**
 * First pass: IO addresses, tables and bookkeeping of every segment; all that can fail. An entry joins the segment before it
 * if that ends with a page, it begins with one, and the two are not too large together. The segments come to lie at
 * the front of the list; the entries behind them have DMA length 0.
 *
 * A segment's IO addresses are aligned to its size, so that none crosses a boundary that it could fit between.
 */
function reserveSegments(asm: Assembler, env: DmaEnv, args: MapSgArgs, leave: () => void): Register {
  const { sg, entries, direction } = args
  const { pageBytes } = env.geometry
  const segment: Segment = {
    index: asm.set(asm.temp(), 0),
    size: asm.set(asm.temp(), 0),
    offset: asm.set(asm.temp(), 0),
    addr: asm.set(asm.temp(), 0),
  }
  const undo = () => {
    releaseSegments(asm, env, args, segment.index)
    leave()
  }
  const close = () =>
    asm.scope(() => {
      const span = asm.set(asm.temp(), pageAlign(env.geometry, segment.size))
      asm.if(lt(span, segment.size), () => {
        reportSize(asm, env)
        undo()
      })
      const iova = asm.temp()
      const handle = add(iova, segment.offset)
      const bytes = sub(segment.size, segment.offset)
      const entry = {
        addr: segment.addr,
        handle,
        bytes,
        direction: directionNumbers[direction],
        kind: mappingKinds.sg,
        array: sg,
      }
      reserve(asm, env, { iova, span, entry }, undo)
      asm.perform('sg.set-dma', [sg, segment.index, handle, bytes])
      asm.set(segment.index, add(segment.index, 1))
    })
  const open = ({ page, offset }: Entry) => {
    asm.set(segment.size, offset)
    asm.set(segment.offset, offset)
    asm.set(segment.addr, add(page, offset))
  }
  forEachEntry(asm, sg, entries, (entry, index) => {
    asm.if(isZero(entry.bytes), () => {
      reportEmpty(asm, env)
      undo()
    })
    asm.if(
      eq(index, 0),
      () => open(entry),
      () => {
        asm.perform('sg.set-dma', [sg, index, dmaError, 0])
        asm.block((joined) => {
          asm.block((apart) => {
            asm.if(ne(entry.offset, 0), apart)
            asm.if(ne(mod(segment.size, pageBytes), 0), apart)
            asm.if(lt(segmentBytesMax(env), add(segment.size, entry.bytes)), apart)
            joined()
          })
          close()
          open(entry)
        })
      },
    )
    asm.set(segment.size, add(segment.size, entry.bytes))
    asm.if(lt(segment.size, entry.bytes), () => {
      reportSize(asm, env)
      undo()
    })
  })
  close()
  return segment.index
}

/** Gives back what the first `count` segments hold, and says so in the list. */
function releaseSegments(asm: Assembler, env: DmaEnv, { sg, direction }: MapSgArgs, count: Operand): void {
  forEachEntry(asm, sg, count, ({ dma, dmaBytes }, index) => {
    const claim = [deviceNumber(env), dma, dmaBytes, directionNumbers[direction], mappingKinds.sg] as const
    asm.perform('mapping.take', claim)
    const offset = mod(dma, env.geometry.pageBytes)
    asm.perform('iova.free', [ioSpaceOf(env).number, sub(dma, offset), pageAlign(env.geometry, add(offset, dmaBytes))])
    asm.perform('sg.set-dma', [sg, index, dmaError, 0])
  })
}

/** Second pass: entry after entry, the caches, then the page-table entries. Nothing of it can fail. */
function showEntries(asm: Assembler, env: DmaEnv, args: MapSgArgs): void {
  const { sg, entries, direction, attrs } = args
  const { geometry } = env
  const { pageBytes } = geometry
  const segment = asm.set(asm.temp(), 0)
  const done = asm.set(asm.temp(), 0)
  forEachEntry(asm, sg, entries, ({ page, offset, bytes }) => {
    const { dma, dmaBytes } = entryAt(asm, sg, segment)
    const first = asm.set(asm.temp(), alignDown(dma, pageBytes))
    const iova = asm.set(asm.temp(), add(first, done))
    const span = asm.set(asm.temp(), pageAlign(geometry, add(offset, bytes)))
    if (maintains(env, attrs)) env.steps.cpuToDev(asm, env, { page, offset, bytes, direction })
    const place = { handle: dma, pageOffset: offset, bytes, iova: add(iova, offset) }
    markPages(asm, env, place, (position) => add(add(page, offset), position))
    const pageAt = (index: Operand) => add(page, mul(index, pageBytes))
    env.steps.writeEntries(asm, env, { iova, bytes: span, pageAt, addr: page })
    asm.set(done, add(done, span))
    asm.if(ge(done, pageAlign(geometry, add(mod(dma, pageBytes), dmaBytes))), () => {
      asm.set(segment, add(segment, 1))
      asm.set(done, 0)
    })
  })
}

/**
 * IOMMU: entries that follow each other page by page become one segment of IO addresses.
 *
 * Closed: Linux maintains the caches of a segment before it knows that all of the list can be mapped; when a later one
 * fails, the dirty lines of buffers that are still the CPU's are gone. Here all that can fail comes first.
 */
const iommu: Lowering<MapSgArgs> = (asm, env, args) =>
  mappingList(asm, env, args, (leave) => {
    asm.scope(() => {
      const segments = reserveSegments(asm, env, args, leave)
      showEntries(asm, env, args)
      asm.set(args.to, segments)
    })
  })

export const mapSg: DmaOperation<'map_sg'> = {
  name: 'map_sg',
  description: 'Maps the buffers of a scatter list and hands them over; returns the number of segments, 0 for failure.',
  context: 'any',
  ownership: 'before: the CPU; after: the device, unless skip-cpu-sync leaves it to a sync',
  lowerings: { linear: byEntry, 'linear-coherent': byEntry, iommu, 'iommu-coherent': iommu, dmabounce: byEntry },
}
