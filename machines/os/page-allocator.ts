/** Machines | the page allocator: an owner per page, lowest address first. */

import { isPowerOfTwo } from '../../src/base/bits.ts'
import type { Geometry } from '../geometry.ts'

/** Index of the page at physical `addr` among the managed ones, or -1: reserved, unaligned or no memory. */
export function pageIndex(geometry: Geometry, addr: number): number {
  const offset = addr - geometry.dram.base - geometry.reservedBytes
  if (offset < 0 || addr % geometry.pageBytes !== 0 || offset >= geometry.dram.bytes - geometry.reservedBytes) return -1
  return offset / geometry.pageBytes
}

/** Physical address of managed page `index`. */
export function pageAddr(geometry: Geometry, index: number): number {
  return geometry.dram.base + geometry.reservedBytes + index * geometry.pageBytes
}

export function pageCount(geometry: Geometry): number {
  return (geometry.dram.bytes - geometry.reservedBytes) / geometry.pageBytes
}

/** Smallest power of two not below `count`, at most `limit`. */
export function naturalAlignment(count: number, limit: number): number {
  let align = 1
  while (align < count && align < limit) align *= 2
  return align
}

/** Largest alignment in pages of contiguous memory and of IO addresses. */
export const alignmentPagesMax = 256 // HF-301

/** First index of `count` free pages in a row whose address is a multiple of their size, or -1. */
export function findFreePages(geometry: Geometry, owners: readonly number[], count: number): number {
  const align = naturalAlignment(count, alignmentPagesMax)
  // Alignment is that of the page number in DRAM; the reserved pages come before index 0.
  const firstPage = geometry.reservedBytes / geometry.pageBytes
  let start = alignIndex(0, firstPage, align)
  while (start + count <= owners.length) {
    let length = 0
    while (length < count && owners[start + length] === 0) length++
    if (length === count) return start
    start = alignIndex(start + length + 1, firstPage, align)
  }
  return -1
}

/**
 * Index of a free page, or -1. Scattered: every second page first, so that two pages taken one after the other are not
 * neighbours until half of the memory is gone.
 */
export function findFreePage(owners: readonly number[], scatter: boolean): number {
  if (!scatter) return owners.indexOf(0)
  for (let index = 0; index < owners.length; index += 2) if (owners[index] === 0) return index
  for (let index = 1; index < owners.length; index += 2) if (owners[index] === 0) return index
  return -1
}

/** Smallest index not below `index` such that `index` + `origin` is a multiple of `align`, a power of two. */
function alignIndex(index: number, origin: number, align: number): number {
  if (!isPowerOfTwo(align)) return index
  const page = index + origin
  return Math.ceil(page / align) * align - origin
}
