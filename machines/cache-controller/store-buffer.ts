/** Cache-controller | the outer cache's store and eviction buffer: entries on their way to memory, oldest first per line. */

import { Bytes } from '../../src/base/bytes.ts'

/** `waiting`: not yet on the bus; `draining`: on the bus, not yet answered. */
export const entryState = { free: 0, waiting: 1, draining: 2 } as const

/** Parallel arrays by entry. A free entry is all zeros, so that equal buffers are equal data. */
export interface StoreBuffer {
  readonly states: number[]
  readonly lines: number[]
  /** First byte within the line, and words from there on. */
  readonly offsets: number[]
  readonly words: number[]
  /** 1: the data of a cache line; 0: a write that went around the array. */
  readonly evictions: number[]
  /** Age among the entries in use of the same line: 0 is the oldest. Lines do not wait for each other. */
  readonly ranks: number[]
  readonly data: Bytes
  readonly lineBytes: number
}

/** What goes into an entry. `data` stays within the line. */
export interface Entry {
  readonly line: number
  readonly offset: number
  readonly data: readonly number[]
  readonly eviction: boolean
}

export function emptyStoreBuffer(entries: number, lineBytes: number): StoreBuffer {
  const zeros = () => new Array<number>(entries).fill(0)
  return {
    states: zeros(),
    lines: zeros(),
    offsets: zeros(),
    words: zeros(),
    evictions: zeros(),
    ranks: zeros(),
    data: new Bytes(entries * lineBytes),
    lineBytes,
  }
}

/** A free entry; -1: none. */
export function freeEntry(buffer: StoreBuffer): number {
  return buffer.states.indexOf(entryState.free)
}

/** Entries in use. */
export function entryCount(buffer: StoreBuffer): number {
  let count = 0
  for (let entry = 0; entry < buffer.states.length; entry++) if (buffer.states[entry] !== entryState.free) count++
  return count
}

/** Whether any entry in use belongs to `line`. */
export function bufferHolds(buffer: StoreBuffer, line: number): boolean {
  for (let entry = 0; entry < buffer.states.length; entry++) {
    if (buffer.states[entry] !== entryState.free && buffer.lines[entry] === line) return true
  }
  return false
}

/** Whether `entry` waits and no older one of its line is in use: entries of one line reach memory in order, one at a time. */
export function mayDrain(buffer: StoreBuffer, entry: number): boolean {
  if (buffer.states[entry] !== entryState.waiting) return false
  for (let other = 0; other < buffer.states.length; other++) {
    if (buffer.states[other] === entryState.free || buffer.lines[other] !== buffer.lines[entry]) continue
    if ((buffer.ranks[other] as number) < (buffer.ranks[entry] as number)) return false
  }
  return true
}

/** Fills a free entry, which it returns; the caller has checked that there is one. */
export function putEntry(buffer: StoreBuffer, { line, offset, data, eviction }: Entry): number {
  const entry = freeEntry(buffer)
  let rank = 0
  for (let other = 0; other < buffer.states.length; other++) {
    if (buffer.states[other] !== entryState.free && buffer.lines[other] === line) rank++
  }
  buffer.states[entry] = entryState.waiting
  buffer.lines[entry] = line
  buffer.offsets[entry] = offset
  buffer.words[entry] = data.length
  buffer.evictions[entry] = eviction ? 1 : 0
  buffer.ranks[entry] = rank
  buffer.data.write(entry * buffer.lineBytes, data)
  return entry
}

/** The words of `entry`; a copy. */
export function entryData(buffer: StoreBuffer, entry: number): number[] {
  return buffer.data.read(entry * buffer.lineBytes, buffer.words[entry] as number)
}

/** Frees `entry`; the younger ones move up in rank. */
export function releaseEntry(buffer: StoreBuffer, entry: number): void {
  const rank = buffer.ranks[entry] as number
  for (let other = 0; other < buffer.states.length; other++) {
    if (buffer.lines[other] === buffer.lines[entry] && (buffer.ranks[other] as number) > rank)
      buffer.ranks[other] = (buffer.ranks[other] as number) - 1
  }
  buffer.states[entry] = entryState.free
  buffer.lines[entry] = 0
  buffer.offsets[entry] = 0
  buffer.words[entry] = 0
  buffer.evictions[entry] = 0
  buffer.ranks[entry] = 0
  buffer.data.fill(entry * buffer.lineBytes, buffer.lineBytes >>> 2, 0)
}
