/** Cache-controller | tags, ways, line states and replacement of a set-associative cache: pure functions over plain arrays. */

import { Bytes } from '../../src/base/bytes.ts'

/** Sizes of a cache; sets and line length are powers of two. A slot is `set * ways + way`. */
export interface CacheShape {
  readonly sets: number
  readonly ways: number
  readonly lineBytes: number
  /** A line number is an address shifted right by this; it names the line in tags, guards and contexts. */
  readonly lineShift: number
}

/**
 * State of a slot. `filling`: kept free for a line on its way, no data yet. `upgrading`: a shared line whose unique
 * fetch is on its way, data valid. In MESI's words `shared` is S, `clean` E, `dirty` M. From `shared` on a slot holds
 * data and may be evicted.
 */
export const lineState = { invalid: 0, filling: 1, upgrading: 2, shared: 3, clean: 4, dirty: 5 } as const

/** Contents: parallel arrays by slot. An invalid slot has line -1, state 0 and zero data, so that equal caches are equal data. */
export interface CacheArray {
  readonly lines: number[]
  readonly states: number[]
  readonly data: Bytes
  /** The way that replacement tries first, in every set alike: round robin. */
  nextWay: number
}

export function cacheShape(size: { readonly sets: number; readonly ways: number }, lineBytes: number): CacheShape {
  return { sets: size.sets, ways: size.ways, lineBytes, lineShift: 31 - Math.clz32(lineBytes) }
}

export function emptyArray(shape: CacheShape): CacheArray {
  const slots = shape.sets * shape.ways
  return {
    lines: new Array<number>(slots).fill(-1),
    states: new Array<number>(slots).fill(lineState.invalid),
    data: new Bytes(slots * shape.lineBytes),
    nextWay: 0,
  }
}

/** Line number of a byte address. */
export function lineOf(shape: CacheShape, addr: number): number {
  return addr >>> shape.lineShift
}

/** Byte address of a line. */
export function addrOf(shape: CacheShape, line: number): number {
  return (line << shape.lineShift) >>> 0
}

/** Offset of `addr` within its line, in bytes. */
export function offsetOf(shape: CacheShape, addr: number): number {
  return addr & (shape.lineBytes - 1)
}

/** Whether `words` words from `addr` on leave the line of `addr`. */
export function crossesLine(shape: CacheShape, addr: number, words: number): boolean {
  return offsetOf(shape, addr) + words * 4 > shape.lineBytes
}

/** The slot with the tag of `line`, whatever its state; -1: none. */
export function findSlot(array: CacheArray, shape: CacheShape, line: number): number {
  const { lines } = array
  const { ways } = shape
  const first = (line & (shape.sets - 1)) * ways
  for (let slot = first; slot < first + ways; slot++) if (lines[slot] === line) return slot
  return -1
}

/** The slot that holds data of `line`; -1: none, or still filling. */
export function findHeld(array: CacheArray, shape: CacheShape, line: number): number {
  const slot = findSlot(array, shape, line)
  return slot >= 0 && array.states[slot] !== lineState.filling ? slot : -1
}

/** Where a new `line` would go: an invalid slot of its set, else the next evictable one; -1: all are waiting for fills. */
export function chooseSlot(array: CacheArray, shape: CacheShape, line: number): number {
  const { states, nextWay } = array
  const { ways } = shape
  const first = (line & (shape.sets - 1)) * ways
  for (let slot = first; slot < first + ways; slot++) if (states[slot] === lineState.invalid) return slot
  for (let tried = 0; tried < ways; tried++) {
    const slot = first + ((nextWay + tried) % ways)
    if ((states[slot] as number) >= lineState.shared) return slot
  }
  return -1
}

/** Whether a new `line` would push out a dirty one. */
export function displacesDirty(array: CacheArray, shape: CacheShape, line: number): boolean {
  const slot = chooseSlot(array, shape, line)
  return slot >= 0 && array.states[slot] === lineState.dirty
}

/** Gives the empty `slot` to `line`. Replacement goes on with the way behind it. */
export function claimSlot(array: CacheArray, shape: CacheShape, slot: number, line: number, state: number): void {
  array.lines[slot] = line
  array.states[slot] = state
  array.nextWay = ((slot % shape.ways) + 1) % shape.ways
}

/** Empties `slot`. */
export function clearSlot(array: CacheArray, shape: CacheShape, slot: number): void {
  array.lines[slot] = -1
  array.states[slot] = lineState.invalid
  array.data.fill(slot * shape.lineBytes, shape.lineBytes >>> 2, 0)
}

/** The data of `slot`; a copy. */
export function lineData(array: CacheArray, shape: CacheShape, slot: number): number[] {
  return array.data.read(slot * shape.lineBytes, shape.lineBytes >>> 2)
}

/** `words` words at `addr` out of `slot`; a copy. */
export function readSlot(array: CacheArray, shape: CacheShape, slot: number, addr: number, words: number): number[] {
  return array.data.read(slot * shape.lineBytes + offsetOf(shape, addr), words)
}

/** Writes `data` at `addr` into `slot`; `data` stays within the line. */
export function writeSlot(
  array: CacheArray,
  shape: CacheShape,
  slot: number,
  addr: number,
  data: readonly number[],
): void {
  array.data.write(slot * shape.lineBytes + offsetOf(shape, addr), data)
}
