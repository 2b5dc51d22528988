/** Run | placement: a ring of bytes in memory that two threads share; one writes frames, the other reads them. */

/** Slots of the control words. */
const slot = {
  /** Bytes read and written so far, as 32-bit counters that wrap. */
  head: 0,
  tail: 1,
} as const
const controlBytes = 8

/** Bytes of a ring; a power of two. A frame may be longer: then its writer waits until the reader has taken some of it. */
const ringBytes = 1 << 16

export function ringMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(controlBytes + ringBytes)
}

/** The two ends of a ring share this: what has been read and written, and who is told about it. */
class End {
  protected readonly control: Int32Array
  protected readonly bytes: Uint8Array
  private readonly bell: Int32Array

  /** @param bell changes whenever this end has read or written something, and wakes who waits for that. */
  constructor(memory: SharedArrayBuffer, bell: Int32Array) {
    this.control = new Int32Array(memory, 0, 2)
    this.bytes = new Uint8Array(memory, controlBytes)
    this.bell = bell
  }

  protected get filled(): number {
    return (Atomics.load(this.control, slot.tail) - Atomics.load(this.control, slot.head)) | 0
  }

  protected moved(which: 'head' | 'tail', count: number): void {
    Atomics.add(this.control, slot[which], count)
    Atomics.add(this.bell, 0, 1)
    Atomics.notify(this.bell, 0)
  }
}

export class RingWriter extends End {
  private waiting: Uint8Array[] = []

  /** Puts a frame behind those that wait. */
  put(frame: Uint8Array): void {
    const header = new Uint8Array(4)
    new DataView(header.buffer).setUint32(0, frame.length, true)
    this.waiting.push(header, frame)
  }

  /** Writes as much as there is room for; whether nothing is left. */
  flush(): boolean {
    for (;;) {
      const first = this.waiting[0]
      if (first === undefined) return true
      const count = Math.min(first.length, ringBytes - this.filled)
      if (count === 0 && first.length > 0) return false
      const at = Atomics.load(this.control, slot.tail) & (ringBytes - 1)
      const before = Math.min(count, ringBytes - at)
      this.bytes.set(first.subarray(0, before), at)
      this.bytes.set(first.subarray(before, count), 0)
      if (count === first.length) this.waiting.shift()
      else this.waiting[0] = first.subarray(count)
      this.moved('tail', count)
    }
  }
}

export class RingReader extends End {
  private header = new Uint8Array(4)
  private headerRead = 0
  private frame: Uint8Array | undefined
  private frameRead = 0

  /** The next frame, if all of it is there. */
  poll(): Uint8Array | undefined {
    if (this.frame === undefined) {
      this.headerRead += this.read(this.header, this.headerRead)
      if (this.headerRead < this.header.length) return undefined
      this.frame = new Uint8Array(new DataView(this.header.buffer).getUint32(0, true))
      this.frameRead = 0
    }
    const { frame } = this
    // What is read makes room for more.
    for (let count = -1; count !== 0 && this.frameRead < frame.length; this.frameRead += count) {
      count = this.read(frame, this.frameRead)
    }
    if (this.frameRead < frame.length) return undefined
    this.frame = undefined
    this.headerRead = 0
    return frame
  }

  /** Fills `target` from `from` on with what is there; how many bytes that was. */
  private read(target: Uint8Array, from: number): number {
    const count = Math.min(target.length - from, this.filled)
    if (count === 0) return 0
    const at = Atomics.load(this.control, slot.head) & (ringBytes - 1)
    const before = Math.min(count, ringBytes - at)
    target.set(this.bytes.subarray(at, at + before), from)
    target.set(this.bytes.subarray(0, count - before), from + before)
    this.moved('head', count)
    return count
  }
}
