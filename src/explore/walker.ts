/** Explore | the walker: expands stored states by walking decision trees. No chart runs here; threads run it side by side. */

import type { Layout } from './layout.ts'
import { nodeHeader, nothing } from './tree.ts'

/**
 * Leaves as ints, for the present layout: [successors, progress, fires, then for each successor: flags, violates, one
 * word of difference per word of a state]. A difference is combined by exclusive or. `fires` and `violates` are numbers
 * of sets of properties; 0 is the empty set.
 */
export const leafHeader = 3
export const successorHeader = 2
/** Flag of a successor that is the same state again. */
export const unchanged = 1

/** What walkers need; arrays may be shared between threads. Replaced, never changed in place, when anything moves. */
export interface WalkerTables {
  readonly code: Int32Array
  readonly roots: Int32Array
  /** By leaf number: where it begins in `leaves`. */
  readonly leafOffsets: Int32Array
  readonly leaves: Int32Array
  readonly layout: Layout
  /** The last group looks at ends, the others at steps or states. */
  readonly groups: number
}

/** Something a property says, found while expanding a state. */
export interface Finding {
  readonly set: number
  readonly state: number
  readonly group: number
  /** Which successor of the group; -1: the state itself. */
  readonly successor: number
}

/** Why `expand` came back. */
export type WalkEnd = 'done' | 'miss' | 'full'

export class Walker {
  /** Successor states of the range, in order of generation: `words` ints each. */
  candidates: Int32Array
  /** The state that each candidate came from. */
  parents: Int32Array
  count = 0
  transitions = 0
  /** After `expand`: the first state that is not expanded; with a miss, the group that is not known there. */
  state = 0
  group = 0
  /** Findings in order; only sets not seen before in this walker. */
  findings: Finding[] = []
  /** Components of the state that missed. */
  readonly present: Int32Array
  private readonly seenFires = new Set<number>()
  private readonly seenViolates = new Set<number>()
  private readonly capacity: number

  constructor(components: number, capacity: number, words: number) {
    this.capacity = capacity
    this.present = new Int32Array(components)
    this.candidates = new Int32Array(capacity * words)
    this.parents = new Int32Array(capacity)
  }

  /** Empties the candidates; for another layout, makes room for its words. */
  reset(words: number): void {
    this.count = 0
    if (this.candidates.length !== this.capacity * words) this.candidates = new Int32Array(this.capacity * words)
  }

  /** One that holds twice as many candidates and has found nothing less. */
  larger(words: number): Walker {
    const walker = new Walker(this.present.length, this.capacity * 2, words)
    walker.findings.push(...this.findings)
    for (const set of this.seenFires) walker.seenFires.add(set)
    for (const set of this.seenViolates) walker.seenViolates.add(set)
    return walker
  }

  /**
   * Expands states from `from` until `to`, a miss, or until the next state might not find room. A state is expanded as a
   * whole or not at all.
   */
  expand(tables: WalkerTables, states: Int32Array, from: number, to: number): WalkEnd {
    const { code, roots, leafOffsets, leaves, groups } = tables
    const { word, shift, mask, words } = tables.layout
    const { candidates, parents, present, capacity } = this
    const components = present.length
    let count = this.count
    let transitions = 0
    for (let state = from; state < to; state++) {
      const at = state * words
      for (let c = 0; c < components; c++) {
        present[c] = ((states[at + (word[c] as number)] as number) >>> (shift[c] as number)) & (mask[c] as number)
      }
      const mark = count
      let taken = 0
      let progress = 0
      for (let group = 0; group < groups; group++) {
        // Ends are looked at where nothing makes progress.
        if (group === groups - 1 && progress > 0) break
        let node = roots[group] as number
        let child = 0
        while (node > 0) {
          const value = present[code[node] as number] as number
          child = value < (code[node + 1] as number) ? (code[node + nodeHeader + value] as number) : 0
          node = child
        }
        if (child === nothing) continue
        if (child === 0) {
          this.count = mark
          this.transitions += transitions
          this.state = state
          this.group = group
          return 'miss'
        }
        let leaf = leafOffsets[-child] as number
        const successors = leaves[leaf] as number
        if (count + successors > capacity) {
          this.count = mark
          this.transitions += transitions
          this.state = state
          return 'full'
        }
        progress += leaves[leaf + 1] as number
        const fires = leaves[leaf + 2] as number
        if (fires !== 0 && !this.seenFires.has(fires)) this.note(fires, state, group, -1)
        leaf += leafHeader
        taken += successors
        for (let i = 0; i < successors; i++) {
          const flags = leaves[leaf] as number
          const violates = leaves[leaf + 1] as number
          if (violates !== 0 && !this.seenViolates.has(violates)) this.note(violates, state, group, i)
          leaf += successorHeader
          if (flags !== unchanged) {
            const into = count * words
            for (let w = 0; w < words; w++) {
              candidates[into + w] = (states[at + w] as number) ^ (leaves[leaf + w] as number)
            }
            parents[count] = state
            count++
          }
          leaf += words
        }
      }
      transitions += taken
    }
    this.count = count
    this.transitions += transitions
    this.state = to
    return 'done'
  }

  private note(set: number, state: number, group: number, successor: number): void {
    ;(successor < 0 ? this.seenFires : this.seenViolates).add(set)
    this.findings.push({ set, state, group, successor })
  }
}
