/** Cache-controller | sets of memory lines, as ranges of addresses: what may be fetched ahead, what changes behind the caches. */

import type { MemoryRange } from '../geometry.ts'
import { type CacheShape, lineOf } from './cache-array.ts'

/** Lines in the ranges, which begin and end on a line. */
export function linesIn(ranges: readonly MemoryRange[], shape: CacheShape): number {
  let lines = 0
  for (const { bytes } of ranges) lines += bytes >>> shape.lineShift
  return lines
}

/** The line with number `index` in the ranges, counted through all of them. */
export function lineAt(ranges: readonly MemoryRange[], shape: CacheShape, index: number): number {
  let left = index
  for (const { base, bytes } of ranges) {
    const lines = bytes >>> shape.lineShift
    if (left < lines) return lineOf(shape, base) + left
    left -= lines
  }
  return -1
}

/** The number of `line` in the ranges, or -1. */
export function indexOfLine(ranges: readonly MemoryRange[], shape: CacheShape, line: number): number {
  let before = 0
  for (const { base, bytes } of ranges) {
    const lines = bytes >>> shape.lineShift
    const offset = line - lineOf(shape, base)
    if (offset >= 0 && offset < lines) return before + offset
    before += lines
  }
  return -1
}

/**
 * Whether `line` changes behind the caches; `disturbed` absent: every line does. Of a line that does not, an unmodified copy
 * always equals what a fetch would bring, so that nobody can tell whether a cache holds it.
 */
export function isDisturbed(disturbed: readonly MemoryRange[] | undefined, shape: CacheShape, line: number): boolean {
  return disturbed === undefined || indexOfLine(disturbed, shape, line) >= 0
}
