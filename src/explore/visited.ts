/** Explore | the visited set: every state once, packed, in the order of discovery, with a hash table to find it. */

import { type MakeInts, plainInts } from './tree.ts'

/** Share of the hash table that may be full, as a fraction of 256. */
const fullest = 192

/** Smallest hash table. */
const tableMin = 1 << 12

/** Beyond this many states, arrays grow by a quarter instead of doubling: memory is scarce by then, and copying is cheap. */
const doublingMax = 1 << 22

/**
 * States are numbered from 0. `table` holds number + 1, or 0 where it is free; collisions go to the next slot. Exact:
 * states are compared in full.
 */
export class Visited {
  words: number
  count = 0
  /** `words` ints a state. */
  states: Int32Array
  /** The state that each was first reached from; the initial state's is -1. */
  parents: Int32Array
  table: Int32Array
  private readonly makeInts: MakeInts

  constructor(words: number, makeInts: MakeInts = plainInts) {
    this.words = words
    this.makeInts = makeInts
    this.states = makeInts(1024 * words)
    this.parents = makeInts(1024)
    this.table = makeInts(tableMin)
  }

  /** Bytes in use and reserved, hash table and parents included. */
  get bytes(): number {
    return 4 * (this.states.length + this.parents.length + this.table.length)
  }

  /** What `reserve(more)` would make it. */
  bytesWith(more: number): number {
    const { states, table } = this.sizesFor(this.count + more)
    return 4 * (states * (this.words + 1) + table)
  }

  /** Makes room for `more` states. */
  reserve(more: number): void {
    const { states, table } = this.sizesFor(this.count + more)
    if (states > this.parents.length) {
      this.states = this.resized(this.states, states * this.words)
      this.parents = this.resized(this.parents, states)
    }
    if (table > this.table.length) {
      this.table = this.makeInts(table)
      this.rehash()
    }
  }

  /** Adds the state at `offset` of `candidates` unless it is there; its number, or -1 - number if it was new. */
  add(candidates: Int32Array, offset: number, parent: number): number {
    const { words, states, table } = this
    const mask = table.length - 1
    let slot = hashOf(candidates, offset, words) & mask
    for (;;) {
      const entry = table[slot] as number
      if (entry === 0) break
      const at = (entry - 1) * words
      let w = 0
      while (w < words && states[at + w] === candidates[offset + w]) w++
      if (w === words) return entry - 1
      slot = (slot + 1) & mask
    }
    const number = this.count++
    table[slot] = number + 1
    for (let w = 0; w < words; w++) states[number * words + w] = candidates[offset + w] as number
    this.parents[number] = parent
    return -1 - number
  }

  /** The number of the state at `offset` of `candidates`, or -1. */
  find(candidates: Int32Array, offset: number): number {
    const { words, states, table } = this
    const mask = table.length - 1
    let slot = hashOf(candidates, offset, words) & mask
    for (;;) {
      const entry = table[slot] as number
      if (entry === 0) return -1
      const at = (entry - 1) * words
      let w = 0
      while (w < words && states[at + w] === candidates[offset + w]) w++
      if (w === words) return entry - 1
      slot = (slot + 1) & mask
    }
  }

  /** Adds many. There must be room for all of them. */
  addAll(candidates: Int32Array, parents: Int32Array, count: number): void {
    if (this.words === 1) this.addAll1(candidates, parents, count)
    else if (this.words === 2) this.addAll2(candidates, parents, count)
    else for (let i = 0; i < count; i++) this.add(candidates, i * this.words, parents[i] as number)
  }

  // States of one and two words are what the fast searches have: their loops are written out.

  private addAll1(candidates: Int32Array, parents: Int32Array, count: number): void {
    const { states, table } = this
    const mask = table.length - 1
    let number = this.count
    for (let i = 0; i < count; i++) {
      const a = candidates[i] as number
      let slot = hash1(a) & mask
      let entry = table[slot] as number
      while (entry !== 0 && states[entry - 1] !== a) {
        slot = (slot + 1) & mask
        entry = table[slot] as number
      }
      if (entry !== 0) continue
      states[number] = a
      this.parents[number] = parents[i] as number
      table[slot] = ++number
    }
    this.count = number
  }

  private addAll2(candidates: Int32Array, parents: Int32Array, count: number): void {
    const { states, table } = this
    const mask = table.length - 1
    let number = this.count
    for (let i = 0; i < count; i++) {
      const a = candidates[2 * i] as number
      const b = candidates[2 * i + 1] as number
      let slot = hash2(a, b) & mask
      let entry = table[slot] as number
      while (entry !== 0 && (states[2 * entry - 2] !== a || states[2 * entry - 1] !== b)) {
        slot = (slot + 1) & mask
        entry = table[slot] as number
      }
      if (entry !== 0) continue
      states[2 * number] = a
      states[2 * number + 1] = b
      this.parents[number] = parents[i] as number
      table[slot] = ++number
    }
    this.count = number
  }

  /** Puts other words in the place of all states: `move` writes each in its new form. */
  repack(words: number, move: (from: Int32Array, fromOffset: number, to: Int32Array, toOffset: number) => void): void {
    const moved = this.makeInts(this.parents.length * words)
    for (let i = 0; i < this.count; i++) move(this.states, i * this.words, moved, i * words)
    this.words = words
    this.states = moved
    this.table.fill(0)
    this.rehash()
  }

  private rehash(): void {
    const { words, states, table } = this
    const mask = table.length - 1
    for (let i = 0; i < this.count; i++) {
      let slot = hashOf(states, i * words, words) & mask
      while (table[slot] !== 0) slot = (slot + 1) & mask
      table[slot] = i + 1
    }
  }

  private resized(ints: Int32Array, length: number): Int32Array {
    const grown = this.makeInts(length)
    grown.set(ints)
    return grown
  }

  private sizesFor(count: number): { readonly states: number; readonly table: number } {
    let states = this.parents.length
    while (states < count) states += states < doublingMax ? states : states >> 2
    let table = this.table.length
    while (count * 256 > table * fullest) table *= 2
    return { states, table }
  }
}

/** Where in the table a state's search begins. */
export function hashOf(ints: Int32Array, offset: number, words: number): number {
  if (words === 1) return hash1(ints[offset] as number)
  if (words === 2) return hash2(ints[offset] as number, ints[offset + 1] as number)
  let h = 0
  for (let w = 0; w < words; w++) h = Math.imul(h ^ (ints[offset + w] as number), 0x9e3779b1) ^ (h >>> 15)
  return finish(h)
}

function hash1(a: number): number {
  return finish(Math.imul(a, 0x9e3779b1))
}

function hash2(a: number, b: number): number {
  const h = Math.imul(a, 0x9e3779b1)
  return finish(Math.imul(h ^ (h >>> 15) ^ b, 0x85ebca6b))
}

/** The last steps of MurmurHash3's mixing (Appleby, aappleby/smhasher): every bit in affects every bit out. */
function finish(h: number): number {
  let x = h ^ (h >>> 16)
  x = Math.imul(x, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return x ^ (x >>> 16)
}
