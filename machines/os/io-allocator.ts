/** Machines | the allocators of IO addresses: bitmaps that grow in number, and the pool of granules they replace. */

import type { Bytes } from '../../src/base/bytes.ts'
import { createIoBitmap, findIoRange, type IoWindow, ioRangeUsed, ioWindow, isEmpty, markIoRange } from './io-bitmap.ts'
import { alignmentPagesMax, naturalAlignment } from './page-allocator.ts'
import type { IoSpaceConfig } from './types.ts'

// Bitmaps as in torvalds/linux v3.16 arch/arm/mm/dma-mapping.c `__alloc_iova`: each existing bitmap is tried, then one
// more is added, as many as the window has. A range never spans two. Closed: its guard allows one bitmap too many; and
// a bitmap beyond the first that has become empty is dropped again here, so that nothing of a burst of mappings stays.
//
// The pool as lib/genalloc.c of v2.6.39: bits of a granule, first fit, in order of address, no alignment of its own.

/** What one space is cut into: `windows[n]` is the nth bitmap's. */
interface Layout {
  readonly unitBytes: number
  readonly windows: readonly IoWindow[]
}

function layoutOf(space: IoSpaceConfig, pageBytes: number): Layout {
  const { base, bytes, allocator } = space
  if (allocator?.kind === 'pool') {
    return { unitBytes: allocator.granuleBytes, windows: [ioWindow(base, bytes, allocator.granuleBytes)] }
  }
  const step = (allocator?.pages ?? bytes / pageBytes) * pageBytes
  const windows: IoWindow[] = []
  for (let start = 0; start < bytes; start += step) {
    windows.push(ioWindow(base + start, Math.min(step, bytes - start), pageBytes))
  }
  return { unitBytes: pageBytes, windows }
}

/** The bitmaps of a space from which nothing is taken: one. */
export function createIoBitmaps(space: IoSpaceConfig, pageBytes: number): Bytes[] {
  return layoutOf(space, pageBytes).windows.slice(0, 1).map(createIoBitmap)
}

/**
 * Takes `bytes` of IO addresses, none above `mask`; their first, or undefined. `bitmaps` is changed in place.
 */
export function takeIoRange(
  bitmaps: Bytes[],
  space: IoSpaceConfig,
  pageBytes: number,
  bytes: number,
  mask = 0xffffffff,
): number | undefined {
  const { unitBytes, windows } = layoutOf(space, pageBytes)
  const count = Math.ceil(bytes / unitBytes)
  const align = space.allocator?.kind === 'pool' ? 1 : naturalAlignment(count, alignmentPagesMax)
  for (const [number, window] of windows.entries()) {
    const below = reachable(window, unitBytes, mask)
    const bitmap = bitmaps[number] ?? createIoBitmap(window)
    const start = findIoRange(bitmap, below, count, align)
    if (start < 0) continue
    // Bitmaps before this one that were dropped are made again, so that the list has no holes.
    for (let index = bitmaps.length; index < number; index++) bitmaps.push(createIoBitmap(windows[index] as IoWindow))
    bitmaps[number] = bitmap
    markIoRange(bitmap, start, count, true)
    return (window.firstUnit + start) * unitBytes
  }
  return undefined
}

/** The part of a window that a mask covers. A mask is ones up to some bit, so this is its beginning. */
function reachable(window: IoWindow, unitBytes: number, mask: number): IoWindow {
  const last = Math.floor((mask + 1) / unitBytes)
  return { ...window, units: Math.max(0, Math.min(window.units, last - window.firstUnit)) }
}

/** Gives a range back. False if it is not one that is in use. */
export function giveIoRange(
  bitmaps: Bytes[],
  space: IoSpaceConfig,
  pageBytes: number,
  iova: number,
  bytes: number,
): boolean {
  const { unitBytes, windows } = layoutOf(space, pageBytes)
  const count = Math.ceil(bytes / unitBytes)
  const number = windows.findIndex(
    ({ firstUnit, units }) => iova >= firstUnit * unitBytes && iova < (firstUnit + units) * unitBytes,
  )
  const [window, bitmap] = [windows[number], bitmaps[number]]
  if (window === undefined || bitmap === undefined) return false
  const start = iova / unitBytes - window.firstUnit
  if (!Number.isInteger(start) || !ioRangeUsed(bitmap, window, start, count)) return false
  markIoRange(bitmap, start, count, false)
  while (bitmaps.length > 1 && isEmpty(bitmaps[bitmaps.length - 1] as Bytes)) bitmaps.pop()
  return true
}

/** Bytes that `iova.alloc` really takes for a request: whole units. */
export function ioRangeBytes(space: IoSpaceConfig, pageBytes: number, bytes: number): number {
  const { unitBytes } = layoutOf(space, pageBytes)
  return Math.ceil(bytes / unitBytes) * unitBytes
}
