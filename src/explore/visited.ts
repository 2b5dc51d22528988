/** Explore | the visited set: every state once, packed, in the order of discovery, with a hash table to find it. */

import {
  enterGroups,
  enterStates,
  fullTable,
  groupsBetween,
  hash1,
  hash2,
  hashOf,
  lookAhead,
  maskFor,
  regionFor,
  type Table,
} from './hash-table.ts'
import { type Moves, moveInts } from './layout.ts'
import { StateOrder } from './state-order.ts'
import { type MakeInts, plainInts } from './tree.ts'

/** States that were come upon, in order: `words` ints of `candidates` each, where from, and by what kind of step. */
export interface Candidates {
  readonly candidates: Int32Array
  readonly parents: Int32Array
  readonly kinds: Int32Array
}

/** Smallest hash table. */
const tableMin = 1 << 12

/** Room for states at first. */
const statesMin = 1 << 12

/** How many times as large arrays become that are full, by the states or slots that they hold. */
export interface Growth {
  states(held: number): number
  slots(held: number): number
}

/**
 * Small ones become four times as large: to enter all states again takes longer than memory is worth. What of an array of
 * states has never been written takes no memory, only addresses; but engines collect garbage for the sake of large arrays.
 */
const sparing: Growth = {
  states: (held) => (held < 1 << 24 ? 4 : 2),
  slots: (held) => (held < 1 << 22 ? 4 : 2),
}

/**
 * States are numbered from 0. A slot of `table` is 0 where it is free, else number + 1 in its low bits and in the bits
 * above a part of the state's hash, so that most states which only share a slot are told apart without looking at them.
 * Collisions go to the next slot. Exact: equal parts of hashes are no answer, states are compared in full.
 */
export class Visited {
  words: number
  count = 0
  /** `words` ints a state. */
  states: Int32Array
  /** The state that each was first reached from; the initial state's is -1. */
  parents: Int32Array
  /**
   * The kind of step that it was first reached by; 0: not known. Only of states that are still to be expanded, as far as
   * `keepArrivals` makes room: that of state n is at n & (length - 1).
   */
  arrivals: Int32Array
  table: Int32Array
  /** Selects number + 1 in a slot. */
  numberMask: number
  /** A search for a slot stays among those that differ in these bits only: threads can have regions of their own. */
  regionMask: number
  /** Where states are, if threads have stored them as they came. */
  readonly order: StateOrder
  growth = sparing
  private readonly makeInts: MakeInts
  /** Of candidates that are looked up together. */
  private readonly hashes = new Int32Array(lookAhead)
  private readonly entries = new Int32Array(lookAhead)

  constructor(words: number, makeInts: MakeInts = plainInts) {
    this.words = words
    this.makeInts = makeInts
    this.order = new StateOrder(makeInts)
    this.states = makeInts(statesMin * words)
    this.parents = makeInts(statesMin)
    this.arrivals = makeInts(1)
    this.table = makeInts(tableMin)
    this.numberMask = maskFor(this.table.length)
    this.regionMask = regionFor(this.table.length)
  }

  /** Bytes written, and those of the hash table, which is written all over. */
  get bytes(): number {
    return this.bytesWith(0)
  }

  /** What it would be with `more` states. */
  bytesWith(more: number): number {
    const count = this.count + more
    return 4 * (count * (this.words + 1) + this.sizesFor(count).table + Math.min(this.arrivals.length, count))
  }

  /** Forgets all states. */
  clear(): void {
    this.count = 0
    this.table.fill(0)
  }

  /** Places of `states` that have been given out. */
  get places(): number {
    return this.order.pieces === 0 ? this.count : this.order.placesUsed
  }

  /** Makes room for `more` states. @param enter enters into the table, which is empty, what was in the one before. */
  reserve(more: number, enter: (from: Table) => void = () => enterStates(this)): void {
    const { states, table } = this.sizesFor(this.places + more)
    if (states > this.parents.length) {
      this.states = this.resized(this.states, this.words, states)
      this.parents = this.resized(this.parents, 1, states)
    }
    if (table > this.table.length) {
      const { table: before, numberMask, regionMask } = this
      this.table = this.makeInts(table)
      this.numberMask = maskFor(table)
      this.regionMask = regionFor(table)
      enter({ table: before, numberMask, regionMask })
    }
  }

  /** Makes room for the arrivals of states from `first` on, and of `more` states that are not there yet. */
  keepArrivals(first: number, more: number): void {
    const { arrivals, places: count } = this
    let { length } = arrivals
    while (length < count + more - first) length *= 2
    if (length === arrivals.length) return
    this.arrivals = this.makeInts(length)
    for (let state = first; state < count; state++) {
      this.arrivals[state & (length - 1)] = arrivals[state & (arrivals.length - 1)] as number
    }
  }

  /** Adds the state at `offset` of `candidates` unless it is there; its number, or -1 - number if it was new. */
  add(candidates: Int32Array, offset: number, parent: number): number {
    const { words, states, table, numberMask, regionMask: region } = this
    const mask = table.length - 1
    const hash = hashOf(candidates, offset, words)
    let slot = hash & mask
    for (;;) {
      const entry = table[slot] as number
      if (entry === 0) break
      if (((entry ^ hash) & ~numberMask) === 0) {
        const at = ((entry & numberMask) - 1) * words
        let w = 0
        while (w < words && states[at + w] === candidates[offset + w]) w++
        if (w === words) return (entry & numberMask) - 1
      }
      slot = (slot & ~region) | ((slot + 1) & region)
    }
    const number = this.count++
    table[slot] = (hash & ~numberMask) | (number + 1)
    for (let w = 0; w < words; w++) states[number * words + w] = candidates[offset + w] as number
    this.parents[number] = parent
    this.arrivals[number & (this.arrivals.length - 1)] = 0
    return -1 - number
  }

  /** The number of the state at `offset` of `candidates`, or -1. Each must be in the place of its number. */
  find(candidates: Int32Array, offset: number): number {
    const { words, states, table, numberMask, regionMask: region } = this
    const mask = table.length - 1
    const hash = hashOf(candidates, offset, words)
    for (let slot = hash & mask; ; slot = (slot & ~region) | ((slot + 1) & region)) {
      const entry = table[slot] as number
      if (entry === 0) return -1
      if (((entry ^ hash) & ~numberMask) !== 0) continue
      const number = (entry & numberMask) - 1
      let w = 0
      while (w < words && states[number * words + w] === candidates[offset + w]) w++
      if (w === words) return number
    }
  }

  /** Adds those from `first` to `last`. There must be room for all of them. */
  addAll(some: Candidates, first: number, last: number): void {
    if (this.words === 1) this.addAll1(some, first, last)
    else if (this.words === 2) this.addAll2(some, first, last)
    else {
      const { words, arrivals } = this
      const { candidates, parents, kinds } = some
      for (let i = first; i < last; i++) {
        const added = this.add(candidates, i * words, parents[i] as number)
        if (added < 0) arrivals[(-1 - added) & (arrivals.length - 1)] = kinds[i] as number
      }
    }
  }

  // States of one and two words are what the fast searches have: their loops are written out. Slots are far apart. To read
  // some of them first, one after the other and whatever is in them, lets the processor wait for all of them at once.

  private addAll1({ candidates, parents, kinds }: Candidates, first: number, last: number): void {
    const { states, table, numberMask, regionMask: region, parents: firstParents, arrivals, hashes, entries } = this
    const mask = table.length - 1
    const arrivalMask = arrivals.length - 1
    let number = this.count
    for (let from = first; from < last; from += lookAhead) {
      const to = Math.min(last, from + lookAhead)
      for (let i = from; i < to; i++) {
        const hash = hash1(candidates[i] as number)
        hashes[i - from] = hash
        entries[i - from] = table[hash & mask] as number
      }
      for (let i = from; i < to; i++) {
        const a = candidates[i] as number
        const hash = hashes[i - from] as number
        let slot = hash & mask
        // What was free may be taken by now.
        let entry = (entries[i - from] as number) || (table[slot] as number)
        while (entry !== 0 && (((entry ^ hash) & ~numberMask) !== 0 || states[(entry & numberMask) - 1] !== a)) {
          slot = (slot & ~region) | ((slot + 1) & region)
          entry = table[slot] as number
        }
        if (entry !== 0) continue
        states[number] = a
        firstParents[number] = parents[i] as number
        arrivals[number & arrivalMask] = kinds[i] as number
        table[slot] = (hash & ~numberMask) | ++number
      }
    }
    this.count = number
  }

  private addAll2({ candidates, parents, kinds }: Candidates, first: number, last: number): void {
    const { states, table, numberMask, regionMask: region, parents: firstParents, arrivals, hashes, entries } = this
    const mask = table.length - 1
    const arrivalMask = arrivals.length - 1
    let number = this.count
    for (let from = first; from < last; from += lookAhead) {
      const to = Math.min(last, from + lookAhead)
      for (let i = from; i < to; i++) {
        const hash = hash2(candidates[2 * i] as number, candidates[2 * i + 1] as number)
        hashes[i - from] = hash
        entries[i - from] = table[hash & mask] as number
      }
      for (let i = from; i < to; i++) {
        const a = candidates[2 * i] as number
        const b = candidates[2 * i + 1] as number
        const hash = hashes[i - from] as number
        let slot = hash & mask
        let entry = (entries[i - from] as number) || (table[slot] as number)
        while (entry !== 0) {
          if (((entry ^ hash) & ~numberMask) === 0) {
            const at = 2 * (entry & numberMask) - 2
            if (states[at] === a && states[at + 1] === b) break
          }
          slot = (slot & ~region) | ((slot + 1) & region)
          entry = table[slot] as number
        }
        if (entry !== 0) continue
        states[2 * number] = a
        states[2 * number + 1] = b
        firstParents[number] = parents[i] as number
        arrivals[number & arrivalMask] = kinds[i] as number
        table[slot] = (hash & ~numberMask) | ++number
      }
    }
    this.count = number
  }

  /** After the search: puts every state into the place of its number. */
  settle(): void {
    const { order, words, count } = this
    if (order.pieces === 0) return
    const states = this.makeInts(count * words)
    const parents = this.makeInts(count)
    order.forEach((number, { start, end }) => {
      states.set(this.states.subarray(start * words, end * words), number * words)
      parents.set(this.parents.subarray(start, end), number)
    })
    this.states = states
    this.parents = parents
    order.end()
    this.table.fill(0)
    enterStates(this)
  }

  /** Gives all states another form. */
  repack({ moves, ends }: Moves): void {
    const { states, words: before, places } = this
    const words = ends.length
    const moved = this.makeInts(this.parents.length * words)
    for (let i = 0; i < places; i++) {
      const from = i * before
      for (let w = 0, m = 0; w < words; w++) {
        let word = 0
        for (const end = ends[w] as number; m < end; m += moveInts) {
          const bits = (states[from + (moves[m] as number)] as number) >>> (moves[m + 1] as number)
          word |= (bits & (moves[m + 2] as number)) << (moves[m + 3] as number)
        }
        moved[i * words + w] = word
      }
    }
    this.words = words
    this.states = moved
    const { table, numberMask, regionMask } = this
    this.table = this.makeInts(table.length)
    const from = { table, numberMask, regionMask }
    if (this.order.pieces === 0) enterStates(this)
    else enterGroups(from, this, 0, groupsBetween(from, this))
  }

  /** @param words ints of each state in it. */
  private resized(ints: Int32Array, words: number, states: number): Int32Array {
    const grown = this.makeInts(states * words)
    grown.set(ints.subarray(0, this.places * words))
    return grown
  }

  private sizesFor(count: number): { readonly states: number; readonly table: number } {
    let states = this.parents.length
    while (states < count) states *= this.growth.states(states)
    let table = this.table.length
    while (count > fullTable(table)) table *= this.growth.slots(table)
    return { states, table }
  }
}
