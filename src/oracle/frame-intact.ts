/** Oracle | frame-intact: a buffer delivered as done holds exactly one sensor frame, and keeps it until it is consumed. */

import type { CpuMark, MemoryWrite } from '../../machines/protocol.ts'
import { hex } from '../base/bits.ts'
import { Bytes } from '../base/bytes.ts'
import { type BufferHistory, bufferOf, findLiveBuffer, type Place, placeIn } from './history.ts'
import { numberArg } from './history-buffers.ts'
import type { Oracle, OracleConfig, StepInfo, View, Violate } from './oracle.ts'

/**
 * What this oracle judges is what the device put into memory: whether all of one frame, and nothing else, had landed when
 * the buffer was delivered, and whether anybody wrote over it before it was read. A CPU that then reads an old copy
 * of it is a matter of `fresh-load`, and an old copy that is written over it one of `no-lost-write`.
 */
export interface FrameIntactState {
  /** By buffer number; the last one is not null. */
  readonly buffers: { list: (FrameBuffer | null)[] }
  /** By device: the frame it is writing, -1 between frames. */
  readonly current: { frames: number[] }
}

interface FrameBuffer {
  /** `filling`: queued; `delivered`: done, not read yet; `reading`: between `frame.read` and `frame.consumed`. */
  phase: 'idle' | 'filling' | 'delivered' | 'reading'
  /** Frame begun last in this buffer since it was queued, -1: none; and the device that began it. */
  frame: number
  device: number
  /** How that frame stands. `mixed`: a burst of another frame was among its own. */
  standing: 'under way' | 'complete' | 'given up' | 'mixed'
  /** The device read the buffer since it was queued: it is a source, no frame is expected in it. */
  source: boolean
  /** One bit for each word of the buffer: written by the frame. */
  landed: Bytes
  /** Address of a word that somebody wrote between delivery and reading, -1: none. */
  overwritten: number
}

const toDevice = 1

/** The record of a buffer, made if need be. */
function open(state: FrameIntactState, history: View['history'], index: number): FrameBuffer {
  const { list } = state.buffers
  while (list.length <= index) list.push(null)
  const bytes = (history.buffers.list[index] as BufferHistory).bytes
  const bitmapBytes = Math.ceil(bytes / 128) * 4
  const found = list[index]
  if (found && found.landed.lengthBytes === bitmapBytes) return found
  const made: FrameBuffer = {
    phase: 'idle',
    frame: -1,
    device: -1,
    standing: 'under way',
    source: false,
    landed: new Bytes(bitmapBytes),
    overwritten: -1,
  }
  list[index] = made
  return made
}

/** Marks `count` words from word `first` on as landed. */
function setLanded(landed: Bytes, first: number, count: number): void {
  const limit = Math.min(first + count, landed.lengthBytes * 8)
  for (let word = first; word < limit; ) {
    const at = (word >>> 5) << 2
    const bit = word & 31
    const many = Math.min(32 - bit, limit - word)
    const mask = many === 32 ? -1 : ((1 << many) - 1) << bit
    landed.set(at, landed.get(at) | mask)
    word += many
  }
}

/** The first of `count` words that has not landed, or -1. */
function firstMissing(landed: Bytes, count: number): number {
  for (let word = 0; word < count; word += 32) {
    const bits = ~landed.get((word >>> 5) << 2)
    if (bits === 0) continue
    const at = word + (31 - Math.clz32(bits & -bits))
    return at < count ? at : -1
  }
  return -1
}

function countMissing(landed: Bytes, count: number): number {
  let missing = 0
  for (let word = 0; word < count; word++) {
    if (!((landed.get((word >>> 5) << 2) >>> (word & 31)) & 1)) missing++
  }
  return missing
}

function clearRecord(record: FrameBuffer, frame: number, device: number): void {
  record.frame = frame
  record.device = device
  record.standing = 'under way'
  record.landed.fill(0, record.landed.lengthBytes / 4, 0)
}

/** A completion was observed: the buffer must hold all of one finished frame. */
function deliver(state: FrameIntactState, event: CpuMark, violate: Violate, where: StepInfo, view: View): void {
  const { history, marked } = view
  const buffer = history.buffers.list[marked]
  if (!buffer || buffer.direction === toDevice) return
  const record = state.buffers.list[marked]
  if (record?.phase !== 'filling') return
  record.phase = 'delivered'
  record.overwritten = -1
  const reject = (what: string, cause: string): void =>
    violate({
      message: `the buffer with handle ${hex(buffer.handle)} was delivered at step ${where.step} ${what}, expected all of one sensor frame; likely ${cause}`,
      handle: buffer.handle,
    })
  if (record.frame < 0) {
    if (history.stream.frames && !record.source)
      reject('without a frame', 'another buffer or slot was filled than the software believes')
    return
  }
  const bytes = numberArg(event, 'bytes') || buffer.bytes
  const words = Math.floor(Math.min(bytes, buffer.bytes) / 4)
  const missing = firstMissing(record.landed, words)
  if (record.standing === 'given up')
    reject(`with frame ${record.frame}, which the device gave up`, 'an overflow, an error or a stop')
  else if (record.standing === 'mixed')
    reject(`with bursts of another frame than ${record.frame}`, 'the slot was changed while the frame was written')
  else if (missing >= 0) {
    const count = countMissing(record.landed, words)
    reject(
      `with ${count} of ${words} words of frame ${record.frame} missing, the first at offset ${hex(missing * 4)}`,
      'it was delivered too early, or some of it was written elsewhere',
    )
  } else if (record.standing === 'under way')
    reject(`before frame ${record.frame} ended`, 'the wrong interrupt was taken for its completion')
}

function landed(state: FrameIntactState, event: MemoryWrite, violate: Violate, where: StepInfo, view: View): void {
  const { history, page } = view
  if (view.device < 0 || page === null || page.places.length === 0) return
  const end = event.addr + event.data.length * 4
  for (let addr = event.addr; addr < end; ) {
    const place: Place | null = placeIn(history, page, addr)
    if (place === null) {
      addr += 4
      continue
    }
    const next = Math.min(place.end, end)
    const record = state.buffers.list[place.buffer]
    if (record) {
      if (record.phase === 'filling')
        setLanded(record.landed, (addr - place.start + place.offset) >>> 2, (next - addr) >>> 2)
      else if (record.phase !== 'idle' && record.frame >= 0) {
        record.phase = 'idle'
        violate({
          message: `${event.from} wrote ${hex(addr)} at step ${where.step}, in the delivered frame of the buffer with handle ${hex(bufferOf(history, place).handle)}, expected no write before it is queued again; likely the frame was delivered too early or its slot stayed in use`,
          addr,
          words: (next - addr) >>> 2,
          handle: bufferOf(history, place).handle,
        })
      }
    }
    addr = next
  }
}

function forgetGone(state: FrameIntactState, view: View): void {
  const { list } = state.buffers
  for (let i = 0; i < list.length; i++) if (!view.history.buffers.list[i]) list[i] = null
  while (list.length > 0 && list[list.length - 1] === null) list.length--
}

function mark(state: FrameIntactState, event: CpuMark, violate: Violate, where: StepInfo, view: View): void {
  const { history, marked: index } = view
  const buffer = history.buffers.list[index]
  forgetGone(state, view)
  if (event.name === 'buffer.done') deliver(state, event, violate, where, view)
  if (!buffer) return
  if (event.name === 'buffer.queued') {
    const record = open(state, history, index)
    record.phase = 'filling'
    record.source = false
    record.overwritten = -1
    clearRecord(record, -1, -1)
    return
  }
  const record = state.buffers.list[index]
  if (!record) return
  if (event.name === 'frame.consumed') record.phase = 'idle'
  if (event.name !== 'frame.read' || record.phase !== 'delivered') return
  record.phase = 'reading'
  if (record.overwritten < 0) return
  violate({
    message: `${hex(record.overwritten)}, in the delivered frame of the buffer with handle ${hex(buffer.handle)}, was overwritten by a CPU store before it was read at step ${where.step}, expected frame ${record.frame} as the device wrote it; likely the buffer was handed to another user too early`,
    addr: record.overwritten,
    handle: buffer.handle,
  })
}

function deviceNumber(config: OracleConfig, device: string): number {
  return config.devices.indexOf(device)
}

export const frameIntact: Oracle<FrameIntactState> = {
  name: 'frame-intact',
  always: 'a delivered frame is exactly one sensor frame',
  description: 'a delivered frame is not exactly one sensor frame: torn, mixed, late or overwritten',
  definition:
    'at `buffer.done`: a word of the frame has not landed (torn), bursts of another frame are among its own (mixed), the frame has not ended (late), was given up, or there is none; until `frame.consumed` or the next doorbell: the device writes the buffer; until `frame.read`: a CPU store changes it',
  notJudged:
    'to-device buffers and buffers the device read; a system in which no frame ever began. A stale copy that the CPU reads is a matter of `fresh-load`, one that is written over the frame of `no-lost-write`: one cause, one report',
  init: (config) => ({ buffers: { list: [] }, current: { frames: config.devices.map(() => -1) } }),
  on: {
    'cpu.mark': mark,
    'memory.write': landed,
    'memory.read'(state, event, _violate, _where, { history, page, device }) {
      if (device < 0) return
      const place = page === null ? null : placeIn(history, page, event.addr)
      const record = place === null ? null : state.buffers.list[place.buffer]
      if (record) record.source = true
    },
    'cpu.store'(state, event, _violate, _where, { history, page, offset: base }) {
      if (page === null || page.places.length === 0) return
      const end = event.addr + event.data.length * 4
      for (let addr = event.addr; addr < end; ) {
        const place = placeIn(history, page, addr)
        const record = place === null ? null : state.buffers.list[place.buffer]
        const next = place === null ? addr + 4 : Math.min(place.end, end)
        if (record?.phase === 'delivered' && record.overwritten < 0 && record.frame >= 0) {
          for (; addr < next && record.overwritten < 0; addr += 4) {
            const at = addr - event.addr
            if (page.newest.get(base + at) !== event.data[at >>> 2]) record.overwritten = addr
          }
        }
        addr = next
      }
    },
    'frame.start'(state, event, _violate, _where, { config, history }) {
      const device = deviceNumber(config, event.device)
      if (device >= 0) state.current.frames[device] = event.frame
      let done = -1
      for (const plane of event.planes) {
        const index = findLiveBuffer(history, plane >>> 0)
        const record = index < 0 || index === done ? null : state.buffers.list[index]
        if (!record) continue
        done = index
        if (record.phase === 'filling') clearRecord(record, event.frame, device)
      }
    },
    'frame.burst'(state, event, _violate, _where, { config, history }) {
      const device = deviceNumber(config, event.device)
      if (device < 0 || state.current.frames[device] === event.frame) return
      const record = state.buffers.list[findLiveBuffer(history, event.addr >>> 0)]
      if (record && record.phase === 'filling' && record.frame >= 0) record.standing = 'mixed'
    },
    'frame.end'(state, event, _violate, _where, { config }) {
      const device = deviceNumber(config, event.device)
      if (device >= 0) state.current.frames[device] = -1
      for (const record of state.buffers.list) {
        if (record?.phase !== 'filling' || record.frame !== event.frame || record.standing !== 'under way') continue
        if (record.device !== device) continue
        record.standing = event.ok ? 'complete' : 'given up'
      }
    },
  },
}
