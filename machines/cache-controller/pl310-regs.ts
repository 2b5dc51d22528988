/** Cache-controller | register offsets and fields of the PL310 outer cache, and what a register write means. */

import type { LineOp, MaintenanceOp } from '../protocol.ts'

/** Byte offsets from the controller's base. */
export const pl310Offsets = {
  cacheId: 0x000, // HF-150
  control: 0x100, // HF-151
  auxControl: 0x104, // HF-151
  cacheSync: 0x730, // HF-152
  /** An unused location that Linux writes instead of CACHE_SYNC (erratum 753970); every register write syncs first. */
  dummy: 0x740, // HF-153
  invalidateLinePa: 0x770, // HF-154
  invalidateWay: 0x77c, // HF-155
  cleanLinePa: 0x7b0, // HF-154
  cleanLineIndex: 0x7b8, // HF-154
  cleanWay: 0x7bc, // HF-155
  /** No part has it: what replacement does to a line, at a program's command. */
  evictLinePa: 0x7e0, // HF-492
  cleanInvalidateLinePa: 0x7f0, // HF-154
  cleanInvalidateLineIndex: 0x7f8, // HF-154
  cleanInvalidateWay: 0x7fc, // HF-155
} as const

/** What the identification register of the board's PL310 reads: r3p0. */
export const cacheIdValue = 0x4100c4c5 // HF-156

/** AUX_CTRL as Linux leaves it on the board: 16 ways of 64 KiB, round robin, shared override, both prefetches. */
export const auxControlValue = 0x7e470001 // HF-157

/** The bit of AUX_CTRL with which Normal non-cacheable accesses do not look the array up. */
export const sharedOverride = 1 << 22 // HF-179

/** Enable bit of the control register. */
export const controlEnable = 1 // HF-151

/** How an index operation names its line: the way in the top bits, the set from the line offset up. */
export const indexWayShift = 28 // HF-158

/** The operation of a line register; undefined for every other offset. */
export function lineOperation(offset: number): LineOp | undefined {
  switch (offset) {
    case pl310Offsets.evictLinePa:
      return 'evict'
    case pl310Offsets.cleanLinePa:
    case pl310Offsets.cleanLineIndex:
      return 'clean'
    case pl310Offsets.invalidateLinePa:
      return 'invalidate'
    case pl310Offsets.cleanInvalidateLinePa:
    case pl310Offsets.cleanInvalidateLineIndex:
      return 'clean-invalidate'
    default:
      return undefined
  }
}

/** The operation of a way register; undefined for every other offset. */
export function wayOperation(offset: number): MaintenanceOp | undefined {
  switch (offset) {
    case pl310Offsets.cleanWay:
      return 'clean'
    case pl310Offsets.invalidateWay:
      return 'invalidate'
    case pl310Offsets.cleanInvalidateWay:
      return 'clean-invalidate'
    default:
      return undefined
  }
}

/** Whether `offset` names its line by set and way instead of by address. */
export function isIndexOperation(offset: number): boolean {
  return offset === pl310Offsets.cleanLineIndex || offset === pl310Offsets.cleanInvalidateLineIndex
}

/** Whether a write to `offset` empties the buffers and does nothing else. */
export function isSync(offset: number): boolean {
  return offset === pl310Offsets.cacheSync || offset === pl310Offsets.dummy
}
