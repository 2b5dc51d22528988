/** Base | Bytes: the one container for bulk memory in a context (a typed array behind a Proxy throws). */

import { InternalError } from './errors.ts'

/** A fixed number of 32-bit little-endian words. Addresses are byte offsets, multiples of 4. */
export class Bytes {
  private words: Int32Array

  /** @param lengthBytes multiple of 4; starts as zero. */
  constructor(lengthBytes: number) {
    if (lengthBytes % 4 !== 0) throw new InternalError(`Bytes length ${lengthBytes} is not a multiple of 4`)
    this.words = new Int32Array(lengthBytes / 4)
  }

  get lengthBytes(): number {
    return this.words.length * 4
  }

  /** The int32 word at byte `offset`. */
  get(offset: number): number {
    return this.words[offset >>> 2] as number
  }

  /** Stores one int32 word at byte `offset`. */
  set(offset: number, word: number): void {
    this.words[offset >>> 2] = word
  }

  /** A fresh array of `count` words from byte `offset`. */
  read(offset: number, count: number): number[] {
    const result = new Array<number>(count)
    const start = offset >>> 2
    const words = this.words
    for (let i = 0; i < count; i++) result[i] = words[start + i] as number
    return result
  }

  /** Stores `data` (int32 words) from byte `offset` on. */
  write(offset: number, data: readonly number[]): void {
    const start = offset >>> 2
    const words = this.words
    for (let i = 0; i < data.length; i++) words[start + i] = data[i] as number
  }

  /** Sets `count` words from byte `offset` to `word`. */
  fill(offset: number, count: number, word: number): void {
    const start = offset >>> 2
    // A line or so: a loop beats the call.
    if (count > 32) this.words.fill(word, start, start + count)
    else for (let i = start; i < start + count; i++) this.words[i] = word
  }

  /** Whether the words from byte `offset` on equal `data`. */
  equals(offset: number, data: readonly number[]): boolean {
    const start = offset >>> 2
    for (let i = 0; i < data.length; i++) if (this.words[start + i] !== data[i]) return false
    return true
  }

  /** Whether `count` words from byte `offset` on are the same in `other`. */
  matches(other: Bytes, offset: number, count: number): boolean {
    const start = offset >>> 2
    const own = this.words
    const others = other.words
    for (let i = start; i < start + count; i++) if (own[i] !== others[i]) return false
    return true
  }

  /** An independent copy. */
  copy(): Bytes {
    const result = new Bytes(0)
    result.words = this.words.slice()
    return result
  }

  /** The bytes in memory order; a copy. */
  toUint8Array(): Uint8Array {
    return new Uint8Array(this.words.slice().buffer)
  }

  /** Bytes holding `source`, zero-padded to a whole word. */
  static from(source: Uint8Array): Bytes {
    const result = new Bytes(Math.ceil(source.length / 4) * 4)
    new Uint8Array(result.words.buffer).set(source)
    return result
  }

  /** As JSON, in one piece. */
  toText(): string {
    return `{"bytes":[${this.words.join()}]}`
  }

  /** Canonical form for hashing and JSON. */
  toJSON(): { bytes: number[] } {
    return { bytes: Array.from(this.words) }
  }
}
