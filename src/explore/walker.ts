/** Explore | the walker: expands stored states by walking decision trees. No chart runs here; threads run it side by side. */

import { clusterInts } from './clusters.ts'
import { type Places, unpackState } from './layout.ts'
import { nodeHeader, nothing } from './tree.ts'

/**
 * Leaves as ints, for the present layout: [successors, progress, fires, then for each successor: flags, violates, kind, one
 * word of difference per word of a state]. A difference is combined by exclusive or. `fires` and `violates` are numbers
 * of sets of properties; 0 is the empty set.
 */
export const leafHeader = 3
export const successorHeader = 3
/** Flag of a successor that is the same state again. */
export const unchanged = 1
/**
 * What a cluster leads to, for the present layout: [steps taken, progress, says, successors that differ, then for
 * each of those: kind, difference]. `says` is 1 if a property is found in it: then its groups are looked at one by one.
 */
export const summaryHeader = 4
/** In a cluster's table: its groups read too much here, so they are looked at one by one. */
export const oneByOne = -1
/** A further table for what is read there: [word, shift, mask, base of the table in `answers`]. */
export const tableHeader = 4

/** What walkers need; arrays may be shared between threads. Replaced when anything moves. */
export interface WalkerTables {
  readonly code: Int32Array
  readonly roots: Int32Array
  /** By leaf number: where it begins in `leaves`. */
  readonly leafOffsets: Int32Array
  readonly leaves: Int32Array
  readonly layout: Places
  /** All groups but the last one, which looks at ends, are in clusters. */
  readonly groups: number
  readonly clusters: number
  readonly descriptions: Int32Array
  /**
   * The clusters' tables: 0 not known yet, `oneByOne`, or where in `summaries` a summary begins; less than `oneByOne`: minus
   * where a further table is described there.
   */
  readonly answers: Int32Array
  readonly summaries: Int32Array
  /** Which kinds of steps are not followed after which: `StepKinds.rows`, and ints of a row. */
  readonly skips: Int32Array
  readonly skipInts: number
}

/** States that are expanded. */
export interface Expandable {
  readonly states: Int32Array
  /** By what kind of step each was come upon: that of state n is at n & (length - 1). */
  readonly arrivals: Int32Array
}

/** Something a property says, found while expanding a state. */
export interface Finding {
  readonly set: number
  readonly state: number
  readonly group: number
  /** Which successor of the group; -1: the state itself. */
  readonly successor: number
}

/** Why `expand` came back. `unsummed`: a cluster's answer is not known yet. */
export type WalkEnd = 'done' | 'miss' | 'unsummed' | 'full'

/** Most answers that a walker wants at a time. */
const wantedMax = 256

export class Walker {
  /** Successor states of the range, in order of generation: `words` ints each. */
  candidates: Int32Array
  /** The number of the state that each candidate came from. */
  parents: Int32Array
  /** The kind of step that led to each candidate. */
  kinds: Int32Array
  count = 0
  transitions = 0
  /** After `expand`: the first place that is not expanded; what is not known there: a group, or a cluster's answer. */
  state = 0
  group = 0
  cluster = 0
  /** Whether to come back for a cluster's answer that is not known. If not, its groups are looked at one by one. */
  private readonly asks: boolean
  /** Where that happened. */
  readonly wanted: { readonly state: number; readonly cluster: number }[] = []
  /** Findings in order; only sets not seen before in this walker. */
  findings: Finding[] = []
  /** Components of the state that missed. */
  readonly present: Int32Array
  private taken = 0
  private progress = 0
  private readonly seenFires = new Set<number>()
  private readonly seenViolates = new Set<number>()
  /** Most candidates at a time. */
  readonly capacity: number

  /** @param asks never set later: the inner loop would be compiled anew. */
  constructor(components: number, capacity: number, words: number, asks = true) {
    this.capacity = capacity
    this.asks = asks
    this.present = new Int32Array(components)
    this.candidates = new Int32Array(capacity * words)
    this.parents = new Int32Array(capacity)
    this.kinds = new Int32Array(capacity)
  }

  /** Empties the candidates; for another layout, makes room for its words. */
  reset(words: number): void {
    this.count = 0
    if (this.candidates.length !== this.capacity * words) this.candidates = new Int32Array(this.capacity * words)
  }

  /** One that holds twice as many candidates, goes on where this one is and has found nothing less. */
  larger(words: number): Walker {
    const walker = new Walker(this.present.length, this.capacity * 2, words, this.asks)
    walker.state = this.state
    walker.transitions = this.transitions
    walker.wanted.push(...this.wanted)
    walker.findings.push(...this.findings)
    for (const set of this.seenFires) walker.seenFires.add(set)
    for (const set of this.seenViolates) walker.seenViolates.add(set)
    return walker
  }

  /**
   * Expands the states in the places from `from` until `to`, a miss, or until the next state might not find room. A state is expanded as a
   * whole or not at all.
   * @param shift numbers of states less the places where they are.
   */
  expand(tables: WalkerTables, from: number, to: number, { states, arrivals }: Expandable, shift = 0): WalkEnd {
    const { clusters, descriptions, answers, summaries, skips, skipInts } = tables
    const { words } = tables.layout
    const { candidates, parents, kinds, capacity, asks } = this
    let transitions = 0
    for (let state = from; state < to; state++) {
      const at = state * words
      const row = (arrivals[state & (arrivals.length - 1)] as number) * skipInts
      const mark = this.count
      let count = mark
      let taken = 0
      let progress = 0
      let unpacked = false
      let end: WalkEnd | undefined
      for (let k = 0, d = 0; k < clusters; k++, d += clusterInts) {
        const base = descriptions[d + 2] as number
        let answer = oneByOne
        if (base >= 0) {
          // Three pieces, written out; those not needed have an empty mask.
          let index =
            base +
            (((states[at + (descriptions[d + 3] as number)] as number) >>> (descriptions[d + 4] as number)) &
              (descriptions[d + 5] as number))
          const second = descriptions[d + 9] as number
          if (second !== 0) {
            index +=
              (((states[at + (descriptions[d + 7] as number)] as number) >>> (descriptions[d + 8] as number)) &
                second) <<
              (descriptions[d + 10] as number)
            const third = descriptions[d + 13] as number
            if (third !== 0) {
              index +=
                (((states[at + (descriptions[d + 11] as number)] as number) >>> (descriptions[d + 12] as number)) &
                  third) <<
                (descriptions[d + 14] as number)
            }
          }
          answer = answers[index] as number
          while (answer < oneByOne) {
            const word = states[at + (summaries[-answer] as number)] as number
            const place = (word >>> (summaries[1 - answer] as number)) & (summaries[2 - answer] as number)
            answer = answers[(summaries[3 - answer] as number) + place] as number
          }
          if (answer === 0 && !asks) {
            if (this.wanted.length < wantedMax) this.wanted.push({ state, cluster: k })
            answer = oneByOne
          } else if (answer === 0) {
            unpackState(tables.layout, states, at, this.present)
            this.cluster = k
            end = 'unsummed'
            break
          }
        }
        if (answer !== oneByOne && summaries[answer + 2] === 0) {
          const successors = summaries[answer + 3] as number
          if (count + successors > capacity) {
            end = 'full'
            break
          }
          taken += summaries[answer] as number
          progress += summaries[answer + 1] as number
          let difference = answer + summaryHeader
          if (words === 2) {
            const a = states[at] as number
            const b = states[at + 1] as number
            for (let i = 0; i < successors; i++, difference += 3) {
              const kind = summaries[difference] as number
              if ((((skips[row + (kind >>> 5)] as number) >>> kind) & 1) !== 0) continue
              candidates[2 * count] = a ^ (summaries[difference + 1] as number)
              candidates[2 * count + 1] = b ^ (summaries[difference + 2] as number)
              kinds[count] = kind
              parents[count++] = state + shift
            }
            continue
          }
          for (let i = 0; i < successors; i++, difference += 1 + words) {
            const kind = summaries[difference] as number
            if ((((skips[row + (kind >>> 5)] as number) >>> kind) & 1) !== 0) continue
            const into = count * words
            for (let w = 0; w < words; w++) {
              candidates[into + w] = (states[at + w] as number) ^ (summaries[difference + 1 + w] as number)
            }
            kinds[count] = kind
            parents[count++] = state + shift
          }
          continue
        }
        if (!unpacked) {
          unpackState(tables.layout, states, at, this.present)
          unpacked = true
        }
        this.count = count
        const last = descriptions[d + 1] as number
        for (let group = descriptions[d] as number; group <= last && end === undefined; group++) {
          end = this.expandGroup(tables, group, states, state, row, shift)
          taken += this.taken
          progress += this.progress
        }
        count = this.count
        if (end !== undefined) break
      }
      this.count = count
      if (end === undefined && progress === 0) {
        if (!unpacked) unpackState(tables.layout, states, at, this.present)
        end = this.expandGroup(tables, tables.groups - 1, states, state, row, shift)
        taken += this.taken
      }
      if (end !== undefined) {
        this.count = mark
        this.transitions += transitions
        this.state = state
        return end
      }
      transitions += taken
    }
    this.transitions += transitions
    this.state = to
    return 'done'
  }

  /**
   * One group in a state whose components are in `present`, through its tree. Sets `taken` and `progress`.
   * @param row where `skips` says what is not followed here.
   */
  private expandGroup(
    tables: WalkerTables,
    group: number,
    states: Int32Array,
    state: number,
    row: number,
    shift: number,
  ): WalkEnd | undefined {
    const { code, roots, leafOffsets, leaves, skips } = tables
    const { words } = tables.layout
    const { candidates, parents, kinds, present } = this
    this.taken = 0
    this.progress = 0
    let node = roots[group] as number
    while (node > 0) {
      const value = present[code[node] as number] as number
      node = value < (code[node + 1] as number) ? (code[node + nodeHeader + value] as number) : 0
    }
    if (node === nothing) return undefined
    if (node === 0) {
      this.group = group
      return 'miss'
    }
    let leaf = leafOffsets[-node] as number
    const successors = leaves[leaf] as number
    if (this.count + successors > this.capacity) return 'full'
    this.taken = successors
    this.progress = leaves[leaf + 1] as number
    const fires = leaves[leaf + 2] as number
    if (fires !== 0 && !this.seenFires.has(fires)) this.note(fires, state + shift, group, -1)
    leaf += leafHeader
    const at = state * words
    for (let i = 0; i < successors; i++) {
      const flags = leaves[leaf] as number
      const violates = leaves[leaf + 1] as number
      if (violates !== 0 && !this.seenViolates.has(violates)) this.note(violates, state + shift, group, i)
      const kind = leaves[leaf + 2] as number
      leaf += successorHeader
      if (flags !== unchanged && (((skips[row + (kind >>> 5)] as number) >>> kind) & 1) === 0) {
        const into = this.count * words
        for (let w = 0; w < words; w++) {
          candidates[into + w] = (states[at + w] as number) ^ (leaves[leaf + w] as number)
        }
        kinds[this.count] = kind
        parents[this.count++] = state + shift
      }
      leaf += words
    }
    return undefined
  }

  /** What was found before is told again if it is met again. */
  forget(): void {
    this.seenFires.clear()
    this.seenViolates.clear()
  }

  private note(set: number, state: number, group: number, successor: number): void {
    ;(successor < 0 ? this.seenFires : this.seenViolates).add(set)
    this.findings.push({ set, state, group, successor })
  }
}
