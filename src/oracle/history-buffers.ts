/** Oracle | history of DMA buffers: what the marks of the programs say about mappings, hand-overs and completions. */

import type { CpuMark, PoolTaken } from '../../machines/protocol.ts'
import {
  type BufferHistory,
  type BufferKey,
  bufferOf,
  type Direction,
  findBuffer,
  forgetBuffer,
  forgetDropped,
  type History,
  openPage,
  type PageHistory,
  type Place,
  pageAt,
} from './history.ts'
import type { OracleConfig } from './oracle.ts'

/** A numeric argument of a mark, 0 when absent. */
export function numberArg(event: CpuMark, name: string): number {
  const value = event.args[name]
  return typeof value === 'number' ? value : 0
}

/** Directions by the names that scenarios may use. */
const directions: Readonly<Record<string, Direction>> = {
  bidirectional: 0,
  'to-device': 1,
  'from-device': 2,
  DMA_BIDIRECTIONAL: 0,
  DMA_TO_DEVICE: 1,
  DMA_FROM_DEVICE: 2,
}

/** The direction of a `dma.call` or `dma.return`; both ways when absent. */
export function directionArg(event: CpuMark): Direction {
  const value = event.args.direction
  if (typeof value === 'string') return directions[value] ?? 0
  return value === 1 || value === 2 ? value : 0
}

/** What an operation that failed returns as its handle. HF-300 */
const failed = 0xffffffff

function keyOf(event: CpuMark): BufferKey {
  const [handle, space, spaces] = ['handle', 'space', 'spaces'].map((name) => numberArg(event, name) >>> 0)
  return { handle: handle ?? 0, space: space ?? 0, spaces: spaces || 1 }
}

/** Takes a mark into account. Returns the number of the buffer that it is about; -1: none. */
export function marked(history: History, config: OracleConfig, event: CpuMark): number {
  const key = keyOf(event)
  const found = event.args.handle === undefined ? -1 : findBuffer(history, key)
  switch (event.name) {
    case 'dma.call':
      if (isEnd(event)) beginEnd(history, event, found)
      return found
    case 'dma.page':
      return addPage(history, config, event, key, found)
    case 'dma.return': {
      const index = returned(history, config, event, key, found)
      if (event.args.op === 'map-sg') abandon(history, callerOf(event))
      return index
    }
    case 'buffer.queued':
      queued(history, event, found)
      return found
    case 'buffer.done':
      completed(history, found)
      return found
    default:
      return found
  }
}

/** Most cores of a system. */
const coresMax = 4

/** Who calls: the program of a core, as a number. */
function callerOf({ core, program, thread = 0 }: CpuMark): number {
  if (thread > 0) return (1 + thread) * coresMax + core
  return 2 * core + (program === 'main' ? 0 : 1)
}

/** A list that could not be mapped as a whole: what was mapped of it, of which the caller never hears, is gone again. */
function abandon(history: History, caller: number): void {
  history.buffers.list.forEach((buffer, index) => {
    if (buffer?.live && buffer.opening === caller) retire(history, index)
  })
}

/** Whether an operation gives the handle back. */
function isEnd({ args }: CpuMark): boolean {
  return args.op === 'unmap' || args.op === 'free'
}

function beginEnd(history: History, event: CpuMark, index: number): void {
  const buffer = history.buffers.list[index]
  if (buffer?.live) buffer.leaving = event.core
}

function queued(history: History, event: CpuMark, index: number): void {
  const buffer = history.buffers.list[index]
  if (!buffer) return
  buffer.phase = 'queued'
  buffer.queuedBy = event.core
  const bytes = numberArg(event, 'bytes')
  buffer.queuedBytes = bytes === 0 ? buffer.bytes : bytes
}

function completed(history: History, index: number): void {
  const buffer = history.buffers.list[index]
  if (buffer) buffer.phase = 'done'
}

/** The end of an operation: a mapping begins, changes hands or is over. */
function returned(history: History, config: OracleConfig, event: CpuMark, key: BufferKey, found: number): number {
  const op = event.args.op
  if (op === 'map' || op === 'alloc') {
    if (key.handle === failed || numberArg(event, 'bytes') === 0) return found
    const index = openBuffer(history, key, callerOf(event))
    const buffer = history.buffers.list[index] as BufferHistory
    buffer.opening = -1
    buffer.bytes = numberArg(event, 'bytes')
    buffer.direction = op === 'map' ? directionArg(event) : 0
    buffer.kind = op === 'map' ? 'streaming' : 'coherent'
    if (buffer.direction === 2) forgetDroppedWords(history, config, index)
    return index
  }
  const buffer = history.buffers.list[found]
  if (!buffer) return found
  if (op === 'sync-for-cpu') completed(history, found)
  if (!isEnd(event)) return found
  // The handle is free a little before the operation returns: another core may have it already.
  if (buffer.live && buffer.leaving !== event.core) return -1
  completed(history, found)
  retire(history, found)
  return found
}

/** What `map` dropped is known to be excused only now that its buffer is known. */
function forgetDroppedWords(history: History, config: OracleConfig, index: number): void {
  for (const number of (history.buffers.list[index] as BufferHistory).pages) {
    const page = history.pages[number]?.page
    if (!page) continue
    const first = config.dram.base + number * config.pageBytes
    for (const place of page.places) {
      if (place.buffer !== index) continue
      const start = place.start - (place.start % 4)
      for (let addr = start; addr < place.end; addr += 4) forgetDropped(history, page, addr - first, addr)
    }
  }
}

/** The buffer is gone; its places stay until their memory belongs to somebody else. */
function retire(history: History, index: number): void {
  const buffer = history.buffers.list[index] as BufferHistory
  buffer.live = false
  buffer.leaving = -1
  buffer.opening = -1
  if (buffer.pages.length === 0) forgetBuffer(history, index)
}

/** Number of the live buffer of that name, made if need be, for the call of `caller` that is in progress. */
function openBuffer(history: History, key: BufferKey, caller: number): number {
  const found = findBuffer(history, key)
  const { list } = history.buffers
  const live = list[found]?.live ? list[found] : undefined
  if (live && live.leaving < 0) return found
  // The handle was handed out again, so the last one who had it has given it back: only the return is still to come.
  if (live) retire(history, found)
  let index = list.indexOf(null)
  if (index < 0) index = list.length
  list[index] = {
    handle: key.handle,
    space: key.space,
    bytes: 0,
    direction: 0,
    kind: 'coherent',
    phase: 'idle',
    live: true,
    leaving: -1,
    opening: caller,
    queuedBy: 0,
    queuedBytes: 0,
    pages: [],
  }
  return index
}

/** One page of a buffer: its words belong to it from now on, and no longer to a buffer unmapped before. */
function addPage(history: History, config: OracleConfig, event: CpuMark, key: BufferKey, found: number): number {
  const start = numberArg(event, 'addr') >>> 0
  const bytes = Math.min(numberArg(event, 'bytes') || config.pageBytes, config.pageBytes - (start % config.pageBytes))
  const page = openPage(history, config, start)
  if (page === null) return found
  const index = openBuffer(history, key, callerOf(event))
  const buffer = history.buffers.list[index] as BufferHistory
  const iova = numberArg(event, 'iova') >>> 0
  const offset = iova - key.handle
  dropPlaces(history, config, page, start, start + bytes, index)
  page.places.push({ start, end: start + bytes, buffer: index, offset, iova })
  page.mapped = true
  page.wasMapped = true
  buffer.pages.push(pageNumber(config, start))
  buffer.bytes = Math.max(buffer.bytes, offset + bytes)
  return index
}

/** Forgets the places of a page in [start, end), those of live buffers other than `keep` only if nobody keeps any. */
export function dropPlaces(
  history: History,
  config: OracleConfig,
  page: PageHistory,
  start: number,
  end: number,
  keep = -1,
): void {
  if (page.places.length === 0) return
  const kept: Place[] = []
  for (const place of page.places) {
    const buffer = history.buffers.list[place.buffer] as BufferHistory
    const apart = place.end <= start || place.start >= end
    if (apart || (keep >= 0 && buffer.live && place.buffer !== keep)) {
      kept.push(place)
      continue
    }
    buffer.pages.splice(buffer.pages.indexOf(pageNumber(config, place.start)), 1)
    if (buffer.pages.length === 0 && !buffer.live) forgetBuffer(history, place.buffer)
  }
  page.places = kept
}

/** No buffer has this number. */
const nobody = Number.MAX_SAFE_INTEGER

/**
 * A block of a pool was handed out. Those who are on their way out of it have given it back, so their buffers are gone, although
 * they have yet to return. One that still lives was given back too early, and its place stays.
 */
export function blockTaken(history: History, config: OracleConfig, { addr, bytes }: PoolTaken): void {
  const { pageBytes } = config
  for (let start = addr - (addr % pageBytes); start < addr + bytes; start += pageBytes) {
    const page = pageAt(history, config, start)
    if (page === null) continue
    for (const place of page.places) {
      const { live, leaving } = bufferOf(history, place)
      if (live && leaving >= 0 && place.start < addr + bytes && place.end > addr) retire(history, place.buffer)
    }
    dropPlaces(history, config, page, addr, addr + bytes, nobody)
  }
}

/** Number in DRAM of the page of `addr`. */
function pageNumber(config: OracleConfig, addr: number): number {
  return Math.floor((addr - config.dram.base) / config.pageBytes)
}
