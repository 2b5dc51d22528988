/** Oracle | the history: what all events so far say about memory words and DMA buffers, shared by the oracles. */

import type { PageOwner } from '../../machines/protocol.ts'
import { Bytes } from '../base/bytes.ts'
import { type DebugTable, initDebugTable } from './dma-debug/entries.ts'
import type { OnWay } from './on-way.ts'
import type { OracleConfig } from './oracle.ts'

/**
 * Flags of a word. `holders` say where, besides memory, the newest value still is; a `holder` bit is a copy that equals
 * the newest value. Bits 8 to 11 name the last writer: a core, or 4 + index of a device.
 */
export const wordFlag = {
  /** Bit of core 0's L1; core n is n bits further. */
  l1: 1 << 0,
  l2: 1 << 4,
  /** On the way from an L1, or as a non-cacheable store, to the outer cache. */
  towardsL2: 1 << 5,
  /** On the way from the outer cache to memory. */
  towardsMemory: 1 << 6,
  /** Given up by one L1 to another that has not got it yet. */
  moving: 1 << 12,
  holders: 0x107f,
  /** Somebody wrote the word since its page changed hands; otherwise nothing is expected of it. */
  known: 1 << 7,
} as const

const writerShift = 8

/** The last writer in the flags of a word: a core number, or 4 + index of a device. */
export function writerOf(flags: number): number {
  return (flags >>> writerShift) & 0xf
}

/** Flags that name `writer` as the last writer of a known word. */
export function writtenBy(writer: number): number {
  return wordFlag.known | (writer << writerShift)
}

/** First writer number of a device. */
export const firstDevice = 4

/** Words [start, end) of physical memory that belong to buffer `buffer`, whose byte `offset` is at `start`. */
export interface Place {
  readonly start: number
  readonly end: number
  readonly buffer: number
  readonly offset: number
  readonly iova: number
}

/** One page of physical memory. */
export interface PageHistory {
  /** Newest value of each word: the last one among device writes landed and CPU stores performed. */
  readonly newest: Bytes
  /** What memory itself holds. */
  readonly memory: Bytes
  /** `wordFlag` of each word, one int each. */
  readonly flags: Bytes
  /** Writes of caches and cores to it that have not reached memory, nor been taken in by the outer cache. */
  readonly onWay: OnWay
  /** Buffers in this page; those of an unmapped buffer stay until the memory is used for something else. */
  places: Place[]
  /** Owner by the page allocator; empty while it has said nothing. */
  owner: '' | PageOwner['owner']
  /** Mapped for a device since the owner last changed. */
  mapped: boolean
  /** Whether it ever was: a page that a program uses without the DMA API has no mapping to outlive. */
  wasMapped: boolean
  /** Its cacheable linear mapping is removed. */
  unaliased: boolean
  /** Kernel and user areas over it, by memory type. */
  cachedAreas: number
  uncachedAreas: number
}

/** DMA direction as the kernel numbers it: 0 both, 1 to device, 2 from device. */
export type Direction = 0 | 1 | 2

export interface BufferHistory {
  readonly handle: number
  /** Number of the space of IO addresses that the handle is of. */
  readonly space: number
  bytes: number
  direction: Direction
  /** `streaming`: mapped memory with ownership periods. `coherent`: allocated. */
  kind: 'streaming' | 'coherent'
  /** `queued`: the device may use it; `done`: completion observed, or handed back; `idle`: neither yet. */
  phase: 'idle' | 'queued' | 'done'
  /** False from the return of unmap or free on. */
  live: boolean
  /** Core that has begun to unmap or free it; -1: none. */
  leaving: number
  /** Program that maps or allocates it and has not said yet that it could: twice its core, and one more in a handler; -1: none. */
  opening: number
  /** Core that queued it last. */
  queuedBy: number
  /** Bytes the device may use since it was queued. */
  queuedBytes: number
  /** Numbers of the pages with a place that names it, one for each place, in the order of mapping. */
  pages: number[]
}

/** Stores of one core that wait in its store buffer, oldest first: runs of address, count, words. */
export interface PendingStores {
  runs: number[]
  /** Those to pages that were freed meanwhile: the data of nobody. */
  former: number[]
}

/** The last values that other cores replaced while a core may have a load under way: pairs of address and old value. */
export interface Overtaken {
  pairs: number[]
}

/** Null while nothing is known of the page. */
export interface PageCell {
  page: PageHistory | null
}

/** By buffer number, lowest free; null: free. The last one is not null. */
export interface BufferList {
  list: (BufferHistory | null)[]
}

/** Calls of the DMA API under way, one inside the other, in each program of a core. */
export interface CallDepths {
  main: number
  interrupt: number
  /** Of the threads beside main. */
  threads: number[]
  /** Whose turn it is; 0: main. */
  thread: number
}

/** A state in parts: see `parts.ts`. */
export interface History {
  /** By page number in DRAM. */
  readonly pages: readonly PageCell[]
  /** By core. */
  readonly pending: readonly PendingStores[]
  /** By core. */
  readonly overtaken: readonly Overtaken[]
  readonly buffers: BufferList
  /** By core. */
  readonly calls: readonly CallDepths[]
  /** What dma-debug knows: by the calls themselves, and by the hooks that an edition calls on its own. */
  readonly debug: DebugTable
  readonly hooked: DebugTable
  /** `frames`: the device has begun a frame in this run, so that buffers are expected to hold frames. */
  readonly stream: { frames: boolean }
}

export function initHistory(config: OracleConfig): History {
  const cores = Array.from({ length: config.cores })
  return {
    pages: Array.from({ length: Math.ceil(config.dram.bytes / config.pageBytes) }, () => ({ page: null })),
    pending: cores.map(() => ({ runs: [], former: [] })),
    overtaken: cores.map(() => ({ pairs: [] })),
    buffers: { list: [] },
    calls: cores.map((_, core) => ({
      main: 0,
      interrupt: 0,
      threads: new Array<number>(config.threads?.[core] ?? 0).fill(0),
      thread: 0,
    })),
    debug: initDebugTable(),
    hooked: initDebugTable(),
    stream: { frames: false },
  }
}

/** The page of physical `addr`, or null if nothing is known of it or it is not in DRAM. */
export function pageAt(history: History, config: OracleConfig, addr: number): PageHistory | null {
  const offset = addr - config.dram.base
  if (offset < 0 || offset >= config.dram.bytes) return null
  return cellAt(history, config, offset).page
}

/** The cell of the page at `offset` in DRAM. */
function cellAt(history: History, config: OracleConfig, offset: number): PageCell {
  return history.pages[offset >>> (31 - Math.clz32(config.pageBytes))] as PageCell
}

/** The page of physical `addr`, made if need be; null outside DRAM. */
export function openPage(history: History, config: OracleConfig, addr: number): PageHistory | null {
  const page = pageAt(history, config, addr)
  if (page !== null) return page
  const offset = addr - config.dram.base
  if (offset < 0 || offset >= config.dram.bytes) return null
  const { pageBytes } = config
  const made: PageHistory = {
    newest: new Bytes(pageBytes),
    memory: new Bytes(pageBytes),
    flags: new Bytes(pageBytes),
    onWay: { runs: [] },
    places: [],
    owner: '',
    mapped: false,
    wasMapped: false,
    unaliased: false,
    cachedAreas: 0,
    uncachedAreas: 0,
  }
  cellAt(history, config, offset).page = made
  return made
}

/** The place that holds physical `addr`, live ones first, or null. */
export function placeIn(history: History, page: PageHistory, addr: number): Place | null {
  const { places } = page
  if (places.length === 0) return null
  const { list } = history.buffers
  let retired: Place | null = null
  for (let i = places.length - 1; i >= 0; i--) {
    const place = places[i] as Place
    if (addr < place.start || addr >= place.end) continue
    if ((list[place.buffer] as BufferHistory).live) return place
    retired ??= place
  }
  return retired
}

/** Gives the number of a buffer back. */
export function forgetBuffer({ buffers }: History, index: number): void {
  buffers.list[index] = null
  while (buffers.list.length > 0 && buffers.list[buffers.list.length - 1] === null) buffers.list.length--
}

/** The buffer of a place. */
export function bufferOf(history: History, place: Place): BufferHistory {
  return history.buffers.list[place.buffer] as BufferHistory
}

const fromDevice: Direction = 2

/** Whether the loss of a CPU store to `addr` is excused: only the device writes the live buffer that holds it. */
export function mayBeDropped(history: History, page: PageHistory, addr: number): boolean {
  const place = placeIn(history, page, addr)
  if (place === null) return false
  const buffer = bufferOf(history, place)
  return buffer.live && buffer.kind === 'streaming' && buffer.direction === fromDevice
}

/**
 * Forgets the word at `addr` if its newest value, a CPU store, is gone and that is excused: nothing is expected of the word
 * until it is written again.
 */
export function forgetDropped(history: History, page: PageHistory, offset: number, addr: number): void {
  const flags = page.flags.get(offset)
  if (!(flags & wordFlag.known) || (flags & wordFlag.holders) !== 0 || writerOf(flags) >= firstDevice) return
  if (page.newest.get(offset) === page.memory.get(offset) || !mayBeDropped(history, page, addr)) return
  page.flags.set(offset, 0)
  page.newest.set(offset, 0)
}

/** What names a buffer: its handle, in one of some spaces of IO addresses that are numbered one after the other. */
export interface BufferKey {
  readonly handle: number
  readonly space: number
  readonly spaces: number
}

/** Number of the live buffer of that name, else of the one unmapped last, else -1. */
export function findBuffer(history: History, { handle, space, spaces }: BufferKey): number {
  let found = -1
  const { list } = history.buffers
  for (let i = 0; i < list.length; i++) {
    const buffer = list[i]
    if (!buffer || buffer.handle !== handle || buffer.space < space || buffer.space >= space + spaces) continue
    if (buffer.live) return i
    found = i
  }
  return found
}

/** Number of the live buffer whose IO range holds `iova`, or -1. */
export function findLiveBuffer(
  history: History,
  iova: number,
  isMeant: (buffer: BufferHistory) => boolean = () => true,
): number {
  const { list } = history.buffers
  for (let i = 0; i < list.length; i++) {
    const buffer = list[i]
    if (buffer?.live && iova >= buffer.handle && iova < buffer.handle + buffer.bytes && isMeant(buffer)) return i
  }
  return -1
}

/** Value of the youngest store to `addr` in the store buffer of `core`, or undefined. */
export function pendingValue(history: History, core: number, addr: number): number | undefined {
  const { runs } = history.pending[core] as PendingStores
  let value: number | undefined
  for (let i = 0; i < runs.length; ) {
    const start = runs[i] as number
    const count = runs[i + 1] as number
    if (addr >= start && addr < start + count * 4) value = runs[i + 2 + ((addr - start) >>> 2)] as number
    i += 2 + count
  }
  return value
}
