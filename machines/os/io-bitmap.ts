/** Machines | a bitmap of IO addresses: a bit per unit, first fit, natural alignment, exact bounds. */

import { Bytes } from '../../src/base/bytes.ts'

/** A window of IO addresses in pages or granules. The bits beyond `units` that fill the last word are never looked at. */
export interface IoWindow {
  readonly firstUnit: number
  readonly units: number
}

/**
 * The window of whole units in [base, base + bytes). The unit that holds the error value is left out, so that no valid
 * handle can be taken for an error; address 0 is an address like any other.
 *
 * Closed: Linux v3.6 rounds the bitmap up to a word, so that it hands out up to 31 pages beyond the window.
 */
export function ioWindow(base: number, bytes: number, unitBytes: number): IoWindow {
  const firstUnit = base / unitBytes
  const lastUsable = 2 ** 32 / unitBytes - 1
  return {
    firstUnit,
    units: Math.max(0, Math.min(Math.floor(bytes / unitBytes), lastUsable - firstUnit)),
  }
}

/** An all-free bitmap. */
export function createIoBitmap(window: IoWindow): Bytes {
  return new Bytes(Math.ceil(window.units / 32) * 4)
}

/** First index of `count` free units whose IO address is a multiple of `align` units, or -1. */
export function findIoRange(bitmap: Bytes, window: IoWindow, count: number, align: number): number {
  if (count < 1) return -1
  let start = alignStart(0, window.firstUnit, align)
  while (start + count <= window.units) {
    const busy = lastBusy(bitmap, start, count)
    if (busy < 0) return start
    start = alignStart(busy + 1, window.firstUnit, align)
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

/** Whether all `count` units from `start` on are in use, and inside the window. */
export function ioRangeUsed(bitmap: Bytes, window: IoWindow, start: number, count: number): boolean {
  if (start < 0 || count < 1 || start + count > window.units) return false
  for (let index = start; index < start + count; index++) if (!isUsed(bitmap, index)) return false
  return true
}

/** Whether no unit is in use. */
export function isEmpty(bitmap: Bytes): boolean {
  for (let offset = 0; offset < bitmap.lengthBytes; offset += 4) if (bitmap.get(offset) !== 0) return false
  return true
}

function lastBusy(bitmap: Bytes, start: number, count: number): number {
  for (let index = start + count - 1; index >= start; index--) if (isUsed(bitmap, index)) return index
  return -1
}

function isUsed(bitmap: Bytes, index: number): boolean {
  return ((bitmap.get((index >>> 5) * 4) >>> (index & 31)) & 1) === 1
}

function alignStart(start: number, firstUnit: number, align: number): number {
  return Math.ceil((start + firstUnit) / align) * align - firstUnit
}
