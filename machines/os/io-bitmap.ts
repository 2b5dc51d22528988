/** Machines | the IO address allocator: a bit per page, first fit, natural alignment, exact bounds. */

import { Bytes } from '../../src/base/bytes.ts'
import { alignmentPagesMax, naturalAlignment } from './page-allocator.ts'

/** A window of IO addresses in pages. The bits beyond `pages` that fill the last word are never looked at. */
export interface IoWindow {
  readonly firstPage: number
  readonly pages: number
}

/**
 * The window of whole pages in [base, base + bytes). The page that holds the error value is left out, so that no valid
 * handle can be taken for an error; address 0 is an address like any other.
 */
export function ioWindow(base: number, bytes: number, pageBytes: number): IoWindow {
  const firstPage = base / pageBytes
  const lastUsable = 2 ** 32 / pageBytes - 1
  return {
    firstPage,
    pages: Math.max(0, Math.min(bytes / pageBytes, lastUsable - firstPage)),
  }
}

/** An all-free bitmap. */
export function createIoBitmap(window: IoWindow): Bytes {
  return new Bytes(Math.ceil(window.pages / 32) * 4)
}

/** First index of `count` free pages whose IO address is aligned to their size, or -1. */
export function findIoRange(bitmap: Bytes, window: IoWindow, count: number): number {
  if (count < 1) return -1
  const align = naturalAlignment(count, alignmentPagesMax)
  let start = alignStart(0, window.firstPage, align)
  while (start + count <= window.pages) {
    const busy = lastBusy(bitmap, start, count)
    if (busy < 0) return start
    start = alignStart(busy + 1, window.firstPage, align)
  }
  return -1
}

/** Sets or clears `count` bits from `start` on. */
export function markIoRange(bitmap: Bytes, start: number, count: number, used: boolean): void {
  for (let index = start; index < start + count; index++) {
    const offset = (index >>> 5) * 4
    const bit = 1 << (index & 31)
    bitmap.set(offset, used ? bitmap.get(offset) | bit : bitmap.get(offset) & ~bit)
  }
}

/** Whether all `count` pages from `start` on are in use, and inside the window. */
export function ioRangeUsed(bitmap: Bytes, window: IoWindow, start: number, count: number): boolean {
  if (start < 0 || count < 1 || start + count > window.pages) return false
  for (let index = start; index < start + count; index++) if (!isUsed(bitmap, index)) return false
  return true
}

function lastBusy(bitmap: Bytes, start: number, count: number): number {
  for (let index = start + count - 1; index >= start; index--) if (isUsed(bitmap, index)) return index
  return -1
}

function isUsed(bitmap: Bytes, index: number): boolean {
  return ((bitmap.get((index >>> 5) * 4) >>> (index & 31)) & 1) === 1
}

function alignStart(start: number, firstPage: number, align: number): number {
  return Math.ceil((start + firstPage) / align) * align - firstPage
}
