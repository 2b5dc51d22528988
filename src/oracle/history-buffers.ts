/** Oracle | history of DMA buffers: what the marks of the programs say about mappings, hand-overs and completions. */

import type { CpuMark } from '../../machines/protocol.ts'
import {
  type BufferHistory,
  type Direction,
  findBuffer,
  forgetDropped,
  type History,
  openPage,
  type PageHistory,
  type Place,
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

/** Takes a mark into account; `history.marked` is the buffer that it is about. */
export function marked(history: History, config: OracleConfig, event: CpuMark): void {
  const handle = numberArg(event, 'handle') >>> 0
  history.marked = event.args.handle === undefined ? -1 : findBuffer(history, handle)
  if (event.name === 'dma.page') addPage(history, config, event, handle)
  else if (event.name === 'dma.return') returned(history, config, event, handle)
  else if (event.name === 'buffer.queued') queued(history, event)
  else if (event.name === 'buffer.done') completed(history)
}

function queued(history: History, event: CpuMark): void {
  const buffer = history.buffers[history.marked]
  if (!buffer) return
  buffer.phase = 'queued'
  buffer.queuedBy = event.core
  const bytes = numberArg(event, 'bytes')
  buffer.queuedBytes = bytes === 0 ? buffer.bytes : bytes
}

function completed(history: History): void {
  const buffer = history.buffers[history.marked]
  if (buffer) buffer.phase = 'done'
}

/** The end of an operation: a mapping begins, changes hands or is over. */
function returned(history: History, config: OracleConfig, event: CpuMark, handle: number): void {
  const op = event.args.op
  if (op === 'map' || op === 'alloc') {
    if (handle === failed || numberArg(event, 'bytes') === 0) return
    const buffer = openBuffer(history, handle)
    buffer.bytes = numberArg(event, 'bytes')
    buffer.direction = op === 'map' ? directionArg(event) : 0
    buffer.kind = op === 'map' ? 'streaming' : 'coherent'
    if (buffer.direction === 2) forgetDroppedWords(history, config, history.marked)
    return
  }
  const buffer = history.buffers[history.marked]
  if (!buffer) return
  if (op === 'sync-for-cpu') completed(history)
  if (op !== 'unmap' && op !== 'free') return
  completed(history)
  buffer.live = false
  if (buffer.places === 0) history.buffers[history.marked] = null
}

/** What `map` dropped is known to be excused only now that its buffer is known. */
function forgetDroppedWords(history: History, config: OracleConfig, index: number): void {
  for (let number = 0; number < history.pages.length; number++) {
    const page = history.pages[number] as PageHistory | null
    if (page === null) continue
    const first = config.dram.base + number * config.pageBytes
    for (const place of page.places) {
      if (place.buffer !== index) continue
      const start = place.start - (place.start % 4)
      for (let addr = start; addr < place.end; addr += 4) forgetDropped(history, page, addr - first, addr)
    }
  }
}

/** The live buffer with `handle`, made if need be; `history.marked` is its number. */
function openBuffer(history: History, handle: number): BufferHistory {
  const found = history.buffers[findBuffer(history, handle)]
  if (found?.live) return found
  let index = history.buffers.indexOf(null)
  if (index < 0) index = history.buffers.length
  const buffer: BufferHistory = {
    handle,
    bytes: 0,
    direction: 0,
    kind: 'coherent',
    phase: 'idle',
    live: true,
    queuedBy: 0,
    queuedBytes: 0,
    places: 0,
  }
  history.buffers[index] = buffer
  history.marked = index
  return buffer
}

/** One page of a buffer: its words belong to it from now on, and no longer to a buffer unmapped before. */
function addPage(history: History, config: OracleConfig, event: CpuMark, handle: number): void {
  const start = numberArg(event, 'addr') >>> 0
  const bytes = Math.min(numberArg(event, 'bytes') || config.pageBytes, config.pageBytes - (start % config.pageBytes))
  const page = openPage(history, config, start)
  if (page === null) return
  const buffer = openBuffer(history, handle)
  const index = findBuffer(history, handle)
  history.marked = index
  const iova = numberArg(event, 'iova') >>> 0
  const offset = iova - handle
  dropPlaces(history, page, start, start + bytes, index)
  page.places.push({ start, end: start + bytes, buffer: index, offset, iova })
  page.mapped = true
  page.wasMapped = true
  buffer.places++
  buffer.bytes = Math.max(buffer.bytes, offset + bytes)
}

/** Forgets the places of a page in [start, end), those of live buffers other than `keep` only if nobody keeps any. */
export function dropPlaces(history: History, page: PageHistory, start: number, end: number, keep = -1): void {
  const kept: Place[] = []
  for (const place of page.places) {
    const buffer = history.buffers[place.buffer] as BufferHistory
    const apart = place.end <= start || place.start >= end
    if (apart || (keep >= 0 && buffer.live && place.buffer !== keep)) {
      kept.push(place)
      continue
    }
    buffer.places--
    if (buffer.places === 0 && !buffer.live) history.buffers[place.buffer] = null
  }
  page.places = kept
}
