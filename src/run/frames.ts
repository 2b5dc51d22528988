/** Run | the frames as the CPU saw them, and which of their cache lines are wrong; made from emitted events alone. */

import type { CpuLoad, CpuMark, Emitted, FrameBurst } from '../../machines/protocol.ts'
import type { Message } from '../kernel/actor.ts'
import type { Reaction } from '../kernel/step.ts'

/** One frame that a program read. Offsets are bytes from the start of its buffer. */
export interface SeenFrame {
  /** The program's count of the frame, from 0. */
  readonly index: number
  /** Physical or IO address of its buffer. */
  readonly handle: number
  /** What the CPU's loads returned; words never loaded are 0. */
  readonly seen: Uint8Array
  /** What the device sent for the last frame it completed into this buffer; undefined if it never completed one. */
  readonly sent: Uint8Array | undefined
  /** Line-aligned ranges where the two differ, in order. */
  readonly wrong: readonly { readonly offset: number; readonly bytes: number }[]
}

interface Buffer {
  readonly handle: number
  bytes: number
  /** Frame that the device is writing, and the last one it completed. */
  current: Int32Array | undefined
  completed: Int32Array | undefined
}

interface Place {
  readonly buffer: Buffer
  /** Offset in the buffer of the page's first byte. */
  readonly offset: number
}

/** Follows buffers by `dma.page` marks, device data by `frame.*`, CPU data by `cpu.load` between `frame.read` and `frame.consumed`. */
export class FrameWatcher {
  private readonly buffers = new Map<number, Buffer>()
  private readonly byPage = new Map<number, Place>()
  private readonly byIoPage = new Map<number, Place>()
  private readonly pageBytes: number
  private readonly lineBytes: number
  private readonly onFrame: (frame: SeenFrame) => void
  private reading: { buffer: Buffer; seen: Int32Array; index: number } | undefined

  constructor(geometry: { pageBytes: number; lineBytes: number }, onFrame: (frame: SeenFrame) => void) {
    this.pageBytes = geometry.pageBytes
    this.lineBytes = geometry.lineBytes
    this.onFrame = onFrame
  }

  watch(reaction: Reaction): void {
    const { emitted } = reaction
    for (let i = 0; i < emitted.length; i++) {
      const event = emitted[i] as Message as Emitted
      switch (event.type) {
        case 'cpu.load':
          if (this.reading) this.load(event)
          break
        case 'frame.burst':
          this.burst(event)
          break
        case 'frame.start':
          this.start(event.device, event.planes[0] as number)
          break
        case 'frame.end':
          this.end(event.device, event.ok)
          break
        case 'cpu.mark':
          this.mark(event)
          break
        default:
          break
      }
    }
  }

  private mark(mark: CpuMark): void {
    const args = mark.args as Readonly<Record<string, number>>
    if (mark.name === 'dma.page') this.page(args as unknown as { handle: number; iova: number; addr: number })
    if (mark.name === 'frame.read') {
      const buffer = this.buffers.get(args.handle as number)
      if (!buffer) return
      this.reading = { buffer, seen: new Int32Array((args.bytes as number) / 4), index: args.index as number }
    }
    if (mark.name === 'frame.consumed' && this.reading) {
      const { buffer, seen, index } = this.reading
      this.reading = undefined
      this.onFrame(this.compare(buffer, seen, index))
    }
  }

  private page({ handle, iova, addr }: { handle: number; iova: number; addr: number }): void {
    let buffer = this.buffers.get(handle)
    if (!buffer) {
      buffer = { handle, bytes: 0, current: undefined, completed: undefined }
      this.buffers.set(handle, buffer)
    }
    const pageMask = this.pageBytes - 1
    // The first page of an unaligned buffer starts before its handle: its offset is negative.
    const place = { buffer, offset: iova - (iova & pageMask) - handle }
    buffer.bytes = Math.max(buffer.bytes, place.offset + this.pageBytes)
    this.byPage.set((addr - (addr & pageMask)) / this.pageBytes, place)
    this.byIoPage.set((iova - (iova & pageMask)) / this.pageBytes, place)
  }

  private load(event: CpuLoad): void {
    const reading = this.reading as { buffer: Buffer; seen: Int32Array }
    const place = this.byPage.get(Math.floor(event.addr / this.pageBytes))
    if (place?.buffer !== reading.buffer) return
    store(reading.seen, place.offset + (event.addr & (this.pageBytes - 1)), event.data)
  }

  /** By device. */
  private readonly writing = new Map<string, Buffer>()

  private start(device: string, plane: number): void {
    const buffer = this.byIoPage.get(Math.floor(plane / this.pageBytes))?.buffer
    if (!buffer) {
      this.writing.delete(device)
      return
    }
    this.writing.set(device, buffer)
    buffer.current = new Int32Array(buffer.bytes / 4)
  }

  private burst(event: FrameBurst): void {
    const place = this.byIoPage.get(Math.floor(event.addr / this.pageBytes))
    if (!place?.buffer.current) return
    store(place.buffer.current, place.offset + (event.addr & (this.pageBytes - 1)), event.data)
  }

  private end(device: string, ok: boolean): void {
    const buffer = this.writing.get(device)
    this.writing.delete(device)
    if (!buffer) return
    if (ok) buffer.completed = buffer.current
    buffer.current = undefined
  }

  private compare(buffer: Buffer, seen: Int32Array, index: number): SeenFrame {
    const sent = buffer.completed?.subarray(0, seen.length)
    const wrong: { offset: number; bytes: number }[] = []
    const lineWords = this.lineBytes / 4
    for (let word = 0; word < seen.length; word += lineWords) {
      const end = Math.min(word + lineWords, seen.length)
      let same = sent !== undefined
      for (let i = word; i < end && same; i++) same = seen[i] === (sent as Int32Array)[i]
      if (!same) wrong.push({ offset: word * 4, bytes: (end - word) * 4 })
    }
    return { index, handle: buffer.handle, seen: bytesOf(seen), sent: sent && bytesOf(sent), wrong }
  }
}

function store(words: Int32Array, offset: number, data: readonly number[]): void {
  const start = offset >> 2
  for (let i = 0; i < data.length; i++) if (start + i >= 0) words[start + i] = data[i] as number
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.slice().buffer)
}
