/** CPU | the store buffer: entering, forwarding to loads, which entry may drain, retiring; and the posted maintenance. */

import type { MemoryType } from '../protocol.ts'
import type { PostedMaintenance, StoreBuffer } from './types.ts'

/**
 * What an entry writes to; 0 is an unused slot. A cacheable and a non-cacheable entry are both Normal memory. A Strongly-ordered
 * one never waits to drain: it is only here until memory has it.
 */
export const entryKinds = { cacheable: 1, nonCacheable: 2, device: 3, stronglyOrdered: 4 } as const

/** A buffer of `entries` slots, all unused. */
export function emptyBuffer(entries: number): StoreBuffer {
  const slots = (): number[] => new Array<number>(entries).fill(0)
  return { count: 0, kind: slots(), addr: slots(), words: slots(), value: slots(), txn: slots() }
}

/** Kind of entry for a store to such memory. */
export function kindOf(memory: MemoryType | undefined): number {
  if (memory === 'strongly-ordered') return entryKinds.stronglyOrdered
  return memory === 'non-cacheable' ? entryKinds.nonCacheable : entryKinds.cacheable
}

/** Memory type of an entry that is not a Device store. */
export function memoryOf(buffer: StoreBuffer, entry: number): MemoryType {
  const kind = buffer.kind[entry]
  if (kind === entryKinds.stronglyOrdered) return 'strongly-ordered'
  return kind === entryKinds.nonCacheable ? 'non-cacheable' : 'cacheable'
}

/** Adds the newest entry; the caller knows that there is a free slot. @param kind a value of `entryKinds` */
export function enter(buffer: StoreBuffer, kind: number, addr: number, words: number, value: number): void {
  const entry = buffer.count++
  buffer.kind[entry] = kind
  buffer.addr[entry] = addr
  buffer.words[entry] = words
  buffer.value[entry] = value
  buffer.txn[entry] = -1
}

/** Removes an entry; younger ones move up. */
export function retire(buffer: StoreBuffer, entry: number): void {
  const last = --buffer.count
  for (let i = entry; i < last; i++) move(buffer, i, i + 1)
  buffer.kind[last] = 0
  buffer.addr[last] = 0
  buffer.words[last] = 0
  buffer.value[last] = 0
  buffer.txn[last] = 0
}

function move(buffer: StoreBuffer, to: number, from: number): void {
  buffer.kind[to] = buffer.kind[from] as number
  buffer.addr[to] = buffer.addr[from] as number
  buffer.words[to] = buffer.words[from] as number
  buffer.value[to] = buffer.value[from] as number
  buffer.txn[to] = buffer.txn[from] as number
}

/** Whether Normal memory entry `entry` holds the word at `addr`. */
function holdsWord(buffer: StoreBuffer, entry: number, addr: number): boolean {
  if (buffer.kind[entry] === entryKinds.device) return false
  const offset = addr - (buffer.addr[entry] as number)
  return offset >= 0 && offset < (buffer.words[entry] as number) * 4
}

/** The newest entry that holds the word at `addr`, or -1. */
function newestWith(buffer: StoreBuffer, addr: number): number {
  for (let entry = buffer.count - 1; entry >= 0; entry--) if (holdsWord(buffer, entry, addr)) return entry
  return -1
}

/** Whether a load of `words` words from `addr` needs nothing but the buffer. */
export function holdsAll(buffer: StoreBuffer, addr: number, words: number): boolean {
  if (buffer.count === 0) return false
  for (let i = 0; i < words; i++) if (newestWith(buffer, addr + i * 4) < 0) return false
  return true
}

/** What a load of `loaded` from `addr` sees: this core's own stores are newer than anything the memory system returns. */
export function forward(buffer: StoreBuffer, addr: number, loaded: readonly number[]): readonly number[] {
  let result: number[] | undefined
  for (let i = 0; buffer.count > 0 && i < loaded.length; i++) {
    const entry = newestWith(buffer, addr + i * 4)
    if (entry < 0) continue
    result ??= loaded.slice()
    result[i] = (buffer.value[entry] as number) | 0
  }
  return result ?? loaded
}

/** The words of an entry, int32. */
export function dataOf(buffer: StoreBuffer, entry: number): number[] {
  const data: number[] = []
  const value = (buffer.value[entry] as number) | 0
  for (let i = buffer.words[entry] as number; i > 0; i--) data.push(value)
  return data
}

/** Whether any Normal entry touches the line at `line`. */
export function touchesLine(buffer: StoreBuffer, line: number, lineBytes: number): boolean {
  for (let entry = 0; entry < buffer.count; entry++) {
    // An entry lies within one line, so its first word tells.
    const offset = (buffer.addr[entry] as number) - line
    if (buffer.kind[entry] !== entryKinds.device && offset >= 0 && offset < lineBytes) return true
  }
  return false
}

/** Whether a Device store still waits to be sent. */
export function deviceWaits(buffer: StoreBuffer): boolean {
  for (let entry = 0; entry < buffer.count; entry++) {
    if (buffer.kind[entry] === entryKinds.device && (buffer.txn[entry] as number) < 0) return true
  }
  return false
}

/** Whether there is such an entry and it has not been sent. */
export function waits(buffer: StoreBuffer, entry: number): boolean {
  return entry < buffer.count && (buffer.txn[entry] as number) < 0
}

/**
 * Whether an entry may be sent now. Device stores go in program order; they need not wait for each other's response.
 * Normal ones go in any order, but one waits until every older store to one of its words is performed, and until
 * older maintenance of its line is. Neither kind orders the other: that is what barriers are for. // HF-100
 */
export function drains(buffer: StoreBuffer, entry: number, posted: PostedMaintenance, lineBytes: number): boolean {
  if (!waits(buffer, entry)) return false
  const device = buffer.kind[entry] === entryKinds.device
  const first = buffer.addr[entry] as number
  const end = first + (buffer.words[entry] as number) * 4
  for (let older = 0; older < entry; older++) {
    if ((buffer.kind[older] === entryKinds.device) !== device) continue
    if (device) {
      if ((buffer.txn[older] as number) < 0) return false
      continue
    }
    const start = buffer.addr[older] as number
    if (start < end && first < start + (buffer.words[older] as number) * 4) return false
  }
  return device || !isPosted(posted, first, lineBytes)
}

/** The sent Normal entry that begins at `addr`, or -1. */
export function sentStore(buffer: StoreBuffer, addr: number): number {
  for (let entry = 0; entry < buffer.count; entry++) {
    if (buffer.kind[entry] === entryKinds.device || buffer.addr[entry] !== addr) continue
    if ((buffer.txn[entry] as number) >= 0) return entry
  }
  return -1
}

/** The sent Device entry with transaction id `txn`, or -1. */
export function sentRegister(buffer: StoreBuffer, txn: number): number {
  for (let entry = 0; entry < buffer.count; entry++) {
    if (buffer.kind[entry] === entryKinds.device && buffer.txn[entry] === txn && txn >= 0) return entry
  }
  return -1
}

/** The lowest transaction id that no sent Device entry uses. */
export function freeTxn(buffer: StoreBuffer): number {
  let txn = 0
  while (sentRegister(buffer, txn) >= 0) txn++
  return txn
}

/** Whether maintenance of the line that holds `addr` was posted and is not complete. */
export function isPosted(posted: PostedMaintenance, addr: number, lineBytes: number): boolean {
  for (let i = 0; i < posted.count; i++) {
    const offset = addr - (posted.line[i] as number)
    if (offset >= 0 && offset < lineBytes) return true
  }
  return false
}

/** Forgets the posted maintenance of `line`; false if there is none. */
export function retirePosted(posted: PostedMaintenance, line: number): boolean {
  const at = posted.line.indexOf(line)
  if (at < 0 || at >= posted.count) return false
  const last = --posted.count
  for (let i = at; i < last; i++) posted.line[i] = posted.line[i + 1] as number
  posted.line[last] = 0
  return true
}
