/** Kernel | schedules: the list of decisions of a run, recorded, packed and replayed. */

import { UsageError } from '../base/errors.ts'
import type { Choice } from './step.ts'

/** A growing list of choices, three ints each. */
export class Schedule {
  private words = new Int32Array(3 * 256)
  length = 0

  /** Appends a delivery. */
  addDelivery(channel: number, position: number): void {
    this.add(channel, position, 0)
  }

  /** Appends a spontaneous choice. */
  addSpontaneous(actor: number, choice: number, value: number): void {
    this.add(-1 - actor, choice, value)
  }

  /** Choice number `index`, from 0. */
  at(index: number): Choice {
    const [a, b, c] = this.words.subarray(index * 3, index * 3 + 3) as unknown as [number, number, number]
    return a >= 0
      ? { kind: 'deliver', channel: a, position: b }
      : { kind: 'spontaneous', actor: -1 - a, choice: b, value: c }
  }

  /** Base64url of variable-length ints: what a token carries. */
  encode(): string {
    const bytes: number[] = []
    for (let i = 0; i < this.length; i++) {
      const a = this.words[i * 3] as number
      // The lowest bit of the first int tells deliveries from spontaneous choices; deliveries have no third int.
      pushVarint(bytes, a >= 0 ? a * 2 : (-1 - a) * 2 + 1)
      pushVarint(bytes, this.words[i * 3 + 1] as number)
      if (a < 0) pushVarint(bytes, this.words[i * 3 + 2] as number)
    }
    return toBase64Url(Uint8Array.from(bytes))
  }

  /** The inverse of `encode`; a usage error for text that is not one. */
  static decode(text: string): Schedule {
    const bytes = fromBase64Url(text)
    const schedule = new Schedule()
    let offset = 0
    const next = (): number => {
      let value = 0
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[offset++]
        if (byte === undefined) throw new UsageError('the schedule in this token is cut short')
        value += (byte & 127) * factor
        if (value > 2 ** 32 - 1) throw new UsageError('the schedule in this token is damaged: a number is too large')
        if (byte < 128) return value
      }
    }
    while (offset < bytes.length) {
      const first = next()
      if (first % 2 === 0) schedule.addDelivery(first / 2, int(next()))
      else schedule.addSpontaneous((first - 1) / 2, int(next()), int(next()))
    }
    // One text per schedule: padding bits that are not zero or a number with leading zeros were not written by `encode`.
    if (schedule.encode() !== text) throw new UsageError('the schedule in this token is damaged')
    return schedule
  }

  private add(a: number, b: number, c: number): void {
    if (this.length * 3 === this.words.length) {
      const grown = new Int32Array(this.words.length * 2)
      grown.set(this.words)
      this.words = grown
    }
    this.words[this.length * 3] = a
    this.words[this.length * 3 + 1] = b
    this.words[this.length * 3 + 2] = c
    this.length++
  }
}

/** A number that fits the list. */
function int(value: number): number {
  if (value > 2 ** 31 - 1) throw new UsageError('the schedule in this token is damaged: a number is too large')
  return value
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** RFC 4648 section 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const digits = Math.min(4, bytes.length - i + 1)
    for (let d = 0; d < digits; d++) text += alphabet[(group >> (18 - 6 * d)) & 63]
  }
  return text
}

/** The inverse; a usage error names the first wrong character. */
export function fromBase64Url(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let length = 0
  for (let i = 0; i < text.length; i += 4) {
    let group = 0
    const digits = Math.min(4, text.length - i)
    if (digits === 1) throw new UsageError('base64url text of impossible length')
    for (let d = 0; d < digits; d++) {
      const value = alphabet.indexOf(text[i + d] as string)
      if (value < 0) throw new UsageError(`"${text[i + d]}" is not a base64url character`)
      group |= value << (18 - 6 * d)
    }
    for (let d = 0; d < digits - 1; d++) bytes[length++] = (group >> (16 - 8 * d)) & 255
  }
  return bytes
}
