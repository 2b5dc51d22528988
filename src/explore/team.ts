/** Explore | a team: threads that expand and sift states side by side, over shared arrays, to the very result of one thread. */

import { type Places, unpackState } from './layout.ts'
import { Recent } from './recent.ts'
import type { MakeInts } from './tree.ts'
import { hashOf } from './visited.ts'
import { type Finding, type WalkEnd, Walker, type WalkerTables } from './walker.ts'

/**
 * A block of neighbouring states is worked off in three phases, with everyone waiting for everyone in between:
 * - `expand`: each member expands a share of the states, in order.
 * - `sift`: each member owns regions of the hash table and looks up the candidates that belong there, in the order in
 *   which one thread would have; new ones are entered under a number that stands for the candidate.
 * - `number`: new states are numbered in that same order and stored.
 * So states have the numbers, and the parents, that one thread would give them.
 */
export const phases = ['expand', 'sift', 'number'] as const
export type Phase = (typeof phases)[number]

/** All that members share. Sent again whenever an array has moved. */
export interface Board {
  readonly members: number
  readonly tables: Omit<WalkerTables, 'layout'> & { readonly layout: Places }
  readonly states: Int32Array
  readonly parents: Int32Array
  readonly table: Int32Array
  readonly numberMask: number
  readonly regionMask: number
  /** Most candidates of one member in one block. */
  readonly capacity: number
  /** By member: `capacity` candidates of `words` ints, and the hash of each. */
  readonly candidates: Int32Array
  readonly hashes: Int32Array
  /** By member and candidate: the state it came from; the slot of a new one plus 1, else 0. */
  readonly origins: Int32Array
  readonly slots: Int32Array
  /** By member: `reportInts` ints. */
  readonly reports: Int32Array
}

/** What a member reports after `expand`. */
export interface Report {
  readonly end: WalkEnd
  /** First state of its share that is not expanded. */
  readonly state: number
  readonly group: number
  /** Candidates that are left after the sieve. */
  readonly count: number
  readonly transitions: number
  readonly findings: readonly Finding[]
  /** States in which a cluster's answer was not known, and the cluster. */
  readonly wanted: readonly { readonly state: number; readonly cluster: number }[]
  /** States in which what a group leads to was not known, and the group: the first in which it stopped, and later ones. */
  readonly missed: readonly { readonly state: number; readonly group: number }[]
}

const ends: readonly WalkEnd[] = ['done', 'miss', 'full']
const listMax = 256
/** Candidates between two visits to the sieve: little enough for the second-level cache. */
const chunk = 1 << 13
/**
 * End, state, group, count, transitions, findings, wanted, missed; then the findings (4 ints), the wanted and the
 * missed (2 ints each); new states by owner.
 */
const listsAt = 8
const newAt = listsAt + 8 * listMax
const membersMax = 64
export const reportInts = newAt + membersMax

/** How to make what a team's members share. */
export interface Team {
  readonly members: number
  readonly makeInts: MakeInts
  /** Gives the board to everyone. */
  share(board: Board): void
  /** Lets everyone perform a phase on states `from` to `to`; returns when all have. `count`: states before the block. */
  perform(phase: Phase, from: number, to: number, count: number): void
}

/** One thread's part. */
export class Member {
  private readonly index: number
  private board!: Board
  private walker: Walker | undefined
  /** What this member has come upon in the blocks so far. */
  private readonly recent = new Recent()

  constructor(index: number) {
    this.index = index
  }

  take(board: Board): void {
    this.board = board
    this.forget()
  }

  private forget(): void {
    this.recent.reset(this.board.states, this.board.tables.layout.words)
  }

  perform(phase: Phase, from: number, to: number, count: number): void {
    if (phase === 'expand') this.expand(from, to)
    else if (phase === 'sift') this.sift(count)
    else this.number(count)
  }

  private expand(from: number, to: number): void {
    const { board, index } = this
    const { members, tables, states, reports } = board
    const { words, word } = tables.layout
    this.walker ??= new Walker(word.length, chunk, words)
    this.walker.reset(words)
    this.walker.transitions = 0
    this.walker.asks = false
    const first = from + Math.floor(((to - from) * index) / members)
    const last = from + Math.floor(((to - from) * (index + 1)) / members)
    let end: WalkEnd
    let count = 0
    for (let state = first; ; state = this.walker.state) {
      end = this.walker.expand(tables, states, state, last)
      if (end === 'full' && this.walker.count === 0 && this.walker.capacity < board.capacity) {
        this.walker = this.walker.larger(words)
        continue
      }
      const isStuck = this.walker.count === 0
      count = this.gather(count)
      if (end !== 'full' || isStuck || count + this.walker.capacity > board.capacity) break
    }
    const { walker } = this
    const { state, group, transitions } = walker
    const missed = end === 'miss' ? this.missed(walker, last) : []
    const at = index * reportInts
    const findings = walker.findings.splice(0, listMax)
    const wanted = walker.wanted.splice(0).slice(0, listMax)
    reports.set(
      [ends.indexOf(end), state, group, count, transitions, findings.length, wanted.length, missed.length],
      at,
    )
    findings.forEach(({ set, state, group, successor }, i) => {
      reports.set([set, state, group, successor], at + listsAt + 4 * i)
    })
    wanted.forEach(({ state, cluster }, i) => {
      reports.set([state, cluster], at + listsAt + 4 * listMax + 2 * i)
    })
    missed.forEach(({ state, group }, i) => {
      reports.set([state, group], at + listsAt + 6 * listMax + 2 * i)
    })
  }

  /** Puts what the walker has come upon, as far as it may be new, behind the first `count` candidates of this member. */
  private gather(count: number): number {
    const { board, index, walker } = this
    const { candidates: found, parents } = walker as Walker
    const { words } = board.tables.layout
    const left = this.recent.sieve(found, parents, (walker as Walker).count)
    const base = index * board.capacity + count
    for (let i = 0; i < left; i++) board.hashes[base + i] = hashOf(found, i * words, words)
    board.candidates.set(found.subarray(0, left * words), base * words)
    board.origins.set(parents.subarray(0, left), base)
    ;(walker as Walker).count = 0
    return count + left
  }

  /** What else is not known in this share, beginning with what the walker has come upon: all of it is learned at once. */
  private missed(walker: Walker, last: number): { readonly state: number; readonly group: number }[] {
    const { tables, states } = this.board
    const missed: { readonly state: number; readonly group: number }[] = []
    for (;;) {
      if (walker.group >= 0) missed.push({ state: walker.state, group: walker.group })
      if (missed.length === listMax) return missed
      // Candidates from here on are not kept: their states are expanded again once more is known.
      walker.count = 0
      walker.group = -1
      const end = walker.expand(tables, states, walker.state + 1, last)
      if (end === 'done') return missed
      if (end === 'full') {
        if (walker.count === 0) return missed
        walker.state--
      }
    }
  }

  /** Looks up the candidates of this member's regions of the hash table. */
  private sift(count: number): void {
    const { index, board } = this
    const { members, states, table, numberMask, regionMask, capacity, candidates, hashes, slots, reports } = board
    const { words } = board.tables.layout
    const mask = table.length - 1
    const regionShift = 31 - Math.clz32(regionMask + 1)
    const counted = countedMembers(board)
    // What this member has come upon in a share that does not count is not in the visited set.
    if (index >= counted) this.forget()
    for (let member = 0; member < counted; member++) {
      const base = member * capacity
      const last = base + (reports[member * reportInts + 3] as number)
      let fresh = 0
      for (let candidate = base; candidate < last; candidate++) {
        const hash = hashes[candidate] as number
        let slot = hash & mask
        if ((slot >>> regionShift) % members !== index) continue
        const at = candidate * words
        slots[candidate] = 0
        for (;;) {
          const entry = table[slot] as number
          if (entry === 0) {
            table[slot] = (hash & ~numberMask) | (count + candidate + 1)
            slots[candidate] = slot + 1
            fresh++
            break
          }
          if (((entry ^ hash) & ~numberMask) === 0) {
            // A number beyond those of the states stands for a candidate of this block.
            const number = (entry & numberMask) - 1
            const known = number < count ? states : candidates
            const knownAt = (number < count ? number : number - count) * words
            let w = 0
            while (w < words && known[knownAt + w] === candidates[at + w]) w++
            if (w === words) break
          }
          slot = (slot & ~regionMask) | ((slot + 1) & regionMask)
        }
      }
      reports[member * reportInts + newAt + index] = fresh
    }
  }

  /** Numbers and stores this member's new states. */
  private number(count: number): void {
    const { index, board } = this
    const { states, parents, table, numberMask, capacity, candidates, origins, slots, reports } = board
    const { words } = board.tables.layout
    if (index >= countedMembers(board)) return
    let number = count
    for (let member = 0; member < index; member++) number += newStates(board, member)
    const base = index * capacity
    const produced = reports[index * reportInts + 3] as number
    for (let i = base; i < base + produced; i++) {
      const slot = (slots[i] as number) - 1
      if (slot < 0) continue
      for (let w = 0; w < words; w++) states[number * words + w] = candidates[i * words + w] as number
      parents[number] = origins[i] as number
      number++
      table[slot] = ((table[slot] as number) & ~numberMask) | number
    }
  }
}

/** Members whose share counts: up to the first that did not come to its end. What the others did is done again. */
export function countedMembers({ members, reports }: Board): number {
  for (let member = 0; member < members; member++) if (reports[member * reportInts] !== 0) return member + 1
  return members
}

/** After `sift`: how many states of a member's share are new. */
export function newStates({ members, reports }: Board, member: number): number {
  let sum = 0
  for (let owner = 0; owner < members; owner++) sum += reports[member * reportInts + newAt + owner] as number
  return sum
}

export function reportOf({ reports }: Board, member: number): Report {
  const at = member * reportInts
  const [end, state, group, count, transitions, found, wanted, missed] = reports.subarray(
    at,
    at + listsAt,
  ) as unknown as number[]
  return {
    end: ends[end as number] as WalkEnd,
    state: state as number,
    group: group as number,
    count: count as number,
    transitions: transitions as number,
    findings: Array.from({ length: found as number }, (_, i) => {
      const [set, where, inGroup, successor] = reports.subarray(at + listsAt + 4 * i) as unknown as number[]
      return { set, state: where, group: inGroup, successor } as Finding
    }),
    wanted: Array.from({ length: wanted as number }, (_, i) => {
      const from = at + listsAt + 4 * listMax + 2 * i
      return { state: reports[from] as number, cluster: reports[from + 1] as number }
    }),
    missed: Array.from({ length: missed as number }, (_, i) => {
      const from = at + listsAt + 6 * listMax + 2 * i
      return { state: reports[from] as number, group: reports[from + 1] as number }
    }),
  }
}

/** The components of a stored state. */
export function componentsOf({ tables, states }: Board, state: number): Int32Array {
  const values = new Int32Array(tables.layout.word.length)
  unpackState(tables.layout, states, state * tables.layout.words, values)
  return values
}
