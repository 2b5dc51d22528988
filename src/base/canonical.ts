/** Base | canonical form and hash of plain data: the same value gives the same text, whatever its key order. */

import { Bytes } from './bytes.ts'

/** JSON with sorted keys. Accepts plain data and `Bytes`; undefined properties are left out. */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (value instanceof Bytes) return value.toText()
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`
  const record = value as Record<string, unknown>
  const parts: string[] = []
  for (const key of Object.keys(record).sort()) {
    if (record[key] !== undefined) parts.push(`${JSON.stringify(key)}:${canonical(record[key])}`)
  }
  return `{${parts.join(',')}}`
}

/** Of an element: long arrays are of numbers. */
function textOf(value: unknown): string {
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : canonical(value)
}

/** A 64-bit digest in hexadecimal that can be fed piece by piece (two FNV-1a lanes over UTF-16 units). */
export class Digest {
  low = 0x811c9dc5 | 0
  high = 0x2f0b4c47 | 0

  /** Adds `text`. */
  update(text: string): this {
    let low = this.low
    let high = this.high
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ (unit + (low >>> 24)), 0x01000193)
    }
    this.low = low
    this.high = high
    return this
  }

  /** Adds two words, such as the lanes of another digest. Not the same as adding text. */
  mix(low: number, high: number): this {
    this.low = Math.imul(this.low ^ low, 0x01000193)
    this.high = Math.imul(this.high ^ (high + (this.low >>> 24)), 0x01000193)
    return this
  }

  /** Sixteen hexadecimal digits. */
  hex(): string {
    return (this.high >>> 0).toString(16).padStart(8, '0') + (this.low >>> 0).toString(16).padStart(8, '0')
  }
}

/** Digest of one text. */
export function digest(text: string): string {
  return new Digest().update(text).hex()
}

/** An independent copy of plain data and `Bytes`. */
export function clone<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Bytes) return value.copy() as T
  if (Array.isArray(value)) return value.map(clone) as T
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value)) result[key] = clone((value as Record<string, unknown>)[key])
  return result as T
}

/** Freezes plain data in depth and returns it. */
export function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !(value instanceof Bytes) && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const key of Object.keys(value)) deepFreeze((value as Record<string, unknown>)[key])
  }
  return value
}
