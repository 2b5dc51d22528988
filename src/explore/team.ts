/** Explore | a team: threads that expand and sift states side by side, over shared arrays, to the very result of one thread. */

import { type Places, unpackState } from './layout.ts'
import { Recent } from './recent.ts'
import type { MakeInts } from './tree.ts'
import { type Candidates, enterStates, hashOf, lookAhead, regions } from './visited.ts'
import { type Finding, type WalkEnd, Walker, type WalkerTables } from './walker.ts'

/**
 * A block of neighbouring states is worked off in three phases, with everyone waiting for everyone in between:
 * - `expand`: each member expands a share of the states, in order. What is not known is left out and told; the leader puts
 *   it in afterwards, in its place.
 * - `sift`: members take groups of regions of the hash table and look up the candidates that belong there, in the order in
 *   which one thread would have; new ones are entered under a number that stands for the candidate.
 * - `number`: new states are numbered in that same order and stored.
 * So states have the numbers, and the parents, that one thread would give them. Besides, `enter`: all states go into a
 * new table, each member seeing to its regions.
 */
export const phases = ['expand', 'sift', 'number', 'enter'] as const
export type Phase = (typeof phases)[number]

/** All that members share. Sent again whenever an array has moved. */
export interface Board {
  readonly members: number
  readonly tables: Omit<WalkerTables, 'layout'> & { readonly layout: Places }
  readonly states: Int32Array
  readonly parents: Int32Array
  readonly arrivals: Int32Array
  readonly table: Int32Array
  readonly numberMask: number
  readonly regionMask: number
  /** Most candidates of one member in one block. */
  readonly capacity: number
  /** By member: `capacity` candidates of `words` ints, and the hash of each. */
  readonly candidates: Int32Array
  readonly hashes: Int32Array
  /** By member and candidate: the state it came from; the kind of step; the slot of a new one plus 1, else 0. */
  readonly origins: Int32Array
  readonly kinds: Int32Array
  readonly slots: Int32Array
  /** By member: its candidates, group by group. */
  readonly order: Int32Array
  /** By member: `reportInts` ints; then the next group to sift, and how many members' shares count. */
  readonly reports: Int32Array
  /** Changes when members may have come upon states that did not go into the visited set, or that are packed anew. */
  readonly era: number
}

/** What a member reports after `expand`. */
export interface Report {
  readonly end: WalkEnd
  /** First state of its share that is not expanded. */
  readonly state: number
  /** Candidates that are left after the sieve. */
  readonly count: number
  readonly transitions: number
  readonly findings: readonly Finding[]
  /** States in which a cluster's answer was not known, and the cluster. */
  readonly wanted: readonly { readonly state: number; readonly cluster: number }[]
  /** States left out because something was not known, and how many candidates come before theirs. */
  readonly missed: readonly { readonly state: number; readonly before: number }[]
}

const ends: readonly WalkEnd[] = ['done', 'miss', 'full']
const listMax = 256
/** Candidates between two visits to the sieve: little enough for the second-level cache. */
const chunk = 1 << 13
/** Groups of neighbouring regions: more than there are threads, so that nobody waits long for the last. */
const groups = 16
const regionsOfGroup = regions / groups
/**
 * End, state, count, transitions, findings, wanted, missed; then the findings (4 ints), the wanted and the missed (2 ints
 * each); by group: where its candidates end in `order`, and how many of them are new.
 */
const listsAt = 7
const endsAt = listsAt + 8 * listMax
const newAt = endsAt + groups
export const reportInts = newAt + groups
/** Behind the reports. */
export const commonInts = 2

/** Candidates that the leader can put into one member's. */
export function patchesMax({ capacity }: Pick<Board, 'capacity'>): number {
  return capacity >> 2
}

/** How to make what a team's members share. */
export interface Team {
  readonly members: number
  readonly makeInts: MakeInts
  /** Gives the board to everyone. */
  share(board: Board): void
  /**
   * Lets everyone perform a phase on states `from` to `to`; returns when all have. `count`: states before the block.
   * @param first what this thread does before its own part.
   */
  perform(phase: Phase, from: number, to: number, count: number, first?: () => void): void
}

/** One thread's part. */
export class Member {
  private readonly index: number
  private board!: Board
  private walker: Walker | undefined
  /** What this member has come upon in the blocks so far. */
  private readonly recent = new Recent()
  private era = -1

  constructor(index: number) {
    this.index = index
  }

  take(board: Board): void {
    this.board = board
    if (board.era === this.era) return
    this.era = board.era
    this.recent.reset(board.states, board.tables.layout.words)
  }

  perform(phase: Phase, from: number, to: number, count: number): void {
    if (phase === 'expand') this.expand(from, to)
    else if (phase === 'sift') this.sift(count)
    else if (phase === 'number') this.number(count)
    else this.enter(count)
  }

  private expand(from: number, to: number): void {
    const { board, index } = this
    const { members, tables, reports } = board
    const { words, word } = tables.layout
    this.walker ??= new Walker(word.length, chunk, words)
    this.walker.reset(words)
    this.walker.transitions = 0
    this.walker.asks = false
    const last = shareOf(from, to, index + 1, members)
    const missed: number[] = []
    const most = board.capacity - patchesMax(board)
    let end: WalkEnd
    let count = 0
    for (let state = shareOf(from, to, index, members); ; state = this.walker.state) {
      end = this.walker.expand(tables, state, last, board)
      if (end === 'full' && this.walker.count === 0 && this.walker.capacity < most) {
        this.walker = this.walker.larger(words)
        continue
      }
      const isStuck = this.walker.count === 0
      count = this.gather(count)
      const hasRoom = count + this.walker.capacity <= most
      if (end === 'miss' && hasRoom && missed.length < 2 * listMax) {
        missed.push(this.walker.state, count)
        this.walker.state++
      } else if (end !== 'full' || isStuck || !hasRoom) break
    }
    const { state, transitions } = this.walker
    const at = index * reportInts
    const findings = this.walker.findings.splice(0, listMax)
    const wanted = this.walker.wanted.splice(0).slice(0, listMax)
    const lengths = [findings.length, wanted.length, missed.length / 2]
    reports.set([ends.indexOf(end), state, count, transitions, ...lengths], at)
    findings.forEach(({ set, state, group, successor }, i) => {
      reports.set([set, state, group, successor], at + listsAt + 4 * i)
    })
    wanted.forEach(({ state, cluster }, i) => {
      reports.set([state, cluster], at + listsAt + 4 * listMax + 2 * i)
    })
    reports.set(missed, at + listsAt + 6 * listMax)
    sortCandidates(board, index)
  }

  /** Puts what the walker has come upon, as far as it may be new, behind the first `count` candidates of this member. */
  private gather(count: number): number {
    const { board, index } = this
    const walker = this.walker as Walker
    const { candidates: found, parents, kinds } = walker
    const { words } = board.tables.layout
    const left = this.recent.sieve(walker, walker.count)
    const base = index * board.capacity + count
    for (let i = 0; i < left; i++) board.hashes[base + i] = hashOf(found, i * words, words)
    board.candidates.set(found.subarray(0, left * words), base * words)
    board.origins.set(parents.subarray(0, left), base)
    board.kinds.set(kinds.subarray(0, left), base)
    walker.count = 0
    return count + left
  }

  /** Looks up the candidates of one group of regions after the other. */
  private sift(count: number): void {
    const { board } = this
    const { reports, capacity, order, members } = board
    const common = members * reportInts
    const counted = countedMembers(board)
    for (;;) {
      const group = Atomics.add(reports, common, 1)
      if (group >= groups) return
      for (let member = 0; member < counted; member++) {
        const at = member * reportInts
        const from = group === 0 ? 0 : (reports[at + endsAt + group - 1] as number)
        const to = reports[at + endsAt + group] as number
        const base = member * capacity
        reports[at + newAt + group] = siftSome(board, count, order.subarray(base + from, base + to))
      }
    }
  }

  /** Numbers and stores this member's new states. */
  private number(count: number): void {
    const { index, board } = this
    const { states, parents, arrivals, table, numberMask } = board
    const { capacity, candidates, origins, kinds, slots, reports } = board
    const { words } = board.tables.layout
    if (index >= countedMembers(board)) return
    let number = count
    for (let member = 0; member < index; member++) number += newStates(board, member)
    const base = index * capacity
    const produced = reports[index * reportInts + 2] as number
    for (let i = base; i < base + produced; i++) {
      const slot = (slots[i] as number) - 1
      if (slot < 0) continue
      for (let w = 0; w < words; w++) states[number * words + w] = candidates[i * words + w] as number
      parents[number] = origins[i] as number
      arrivals[number & (arrivals.length - 1)] = kinds[i] as number
      number++
      table[slot] = ((table[slot] as number) & ~numberMask) | number
    }
  }

  private enter(count: number): void {
    const { index, board } = this
    const { members, states, table, numberMask, regionMask, tables } = board
    const into = { words: tables.layout.words, count, states, table, numberMask, regionMask }
    enterStates(into, shareOf(0, regions, index, members), shareOf(0, regions, index + 1, members))
  }
}

/** Where the share of a member of what is between `from` and `to` begins. */
export function shareOf(from: number, to: number, member: number, members: number): number {
  return from + Math.floor(((to - from) * member) / members)
}

/** Puts a member's candidates in `order`, group by group, and within a group as they came. */
export function sortCandidates({ capacity, hashes, order, reports, table, regionMask }: Board, member: number): void {
  const mask = table.length - 1
  const shift = 31 - Math.clz32(regionMask + 1)
  const base = member * capacity
  const last = base + (reports[member * reportInts + 2] as number)
  const next = new Int32Array(groups)
  for (let i = base; i < last; i++) {
    const group = Math.floor((((hashes[i] as number) & mask) >>> shift) / regionsOfGroup)
    next[group] = (next[group] as number) + 1
  }
  let sum = 0
  for (let group = 0; group < groups; group++) {
    const size = next[group] as number
    next[group] = base + sum
    sum += size
    reports[member * reportInts + endsAt + group] = sum
  }
  for (let i = base; i < last; i++) {
    const group = Math.floor((((hashes[i] as number) & mask) >>> shift) / regionsOfGroup)
    const at = next[group] as number
    next[group] = at + 1
    order[at] = i
  }
}

/** Looks up these candidates, and enters those that are new. How many they are. */
function siftSome(board: Board, count: number, some: Int32Array): number {
  const { states, table, numberMask, regionMask, candidates, hashes, slots } = board
  const { words } = board.tables.layout
  const mask = table.length - 1
  const entries = new Int32Array(lookAhead)
  let fresh = 0
  for (let from = 0; from < some.length; from += lookAhead) {
    const to = Math.min(some.length, from + lookAhead)
    // As in `Visited.addAll`.
    for (let i = from; i < to; i++) {
      entries[i - from] = table[(hashes[some[i] as number] as number) & mask] as number
    }
    for (let i = from; i < to; i++) {
      const candidate = some[i] as number
      const hash = hashes[candidate] as number
      const at = candidate * words
      let slot = hash & mask
      let entry = (entries[i - from] as number) || (table[slot] as number)
      let isKnown = false
      while (entry !== 0) {
        if (((entry ^ hash) & ~numberMask) === 0) {
          // A number beyond those of the states stands for a candidate of this block.
          const number = (entry & numberMask) - 1
          const known = number < count ? states : candidates
          const knownAt = (number < count ? number : number - count) * words
          let w = 0
          while (w < words && known[knownAt + w] === candidates[at + w]) w++
          isKnown = w === words
        }
        if (isKnown) break
        slot = (slot & ~regionMask) | ((slot + 1) & regionMask)
        entry = table[slot] as number
      }
      slots[candidate] = isKnown ? 0 : slot + 1
      if (isKnown) continue
      table[slot] = (hash & ~numberMask) | (count + candidate + 1)
      fresh++
    }
  }
  return fresh
}

/** Members whose share counts, as the leader has said. What the others did is done again. */
function countedMembers({ members, reports }: Board): number {
  return reports[members * reportInts + 1] as number
}

/** Before `sift`: says how many shares count, and that no group has been sifted. */
export function beginSifting({ members, reports }: Board, counted: number): void {
  Atomics.store(reports, members * reportInts, 0)
  reports[members * reportInts + 1] = counted
}

/** After `sift`: how many states of a member's share are new. */
export function newStates({ reports }: Board, member: number): number {
  let sum = 0
  for (let group = 0; group < groups; group++) sum += reports[member * reportInts + newAt + group] as number
  return sum
}

export function reportOf({ reports }: Board, member: number): Report {
  const at = member * reportInts
  const [end, state, count, transitions, found, wanted, missed] = reports.subarray(
    at,
    at + listsAt,
  ) as unknown as number[]
  return {
    end: ends[end as number] as WalkEnd,
    state: state as number,
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
      return { state: reports[from] as number, before: reports[from + 1] as number }
    }),
  }
}

/** Puts candidates into a member's: `added[i]` comes after the first `before[i]` of those that it has. */
export function patchCandidates(
  board: Board,
  member: number,
  before: readonly number[],
  added: readonly Patch[],
): void {
  const { capacity, candidates, hashes, origins, kinds, reports } = board
  const { words } = board.tables.layout
  const base = member * capacity
  let last = base + (reports[member * reportInts + 2] as number)
  let shift = added.reduce((sum, { parents }) => sum + parents.length, 0)
  reports[member * reportInts + 2] = last - base + shift
  for (let i = added.length - 1; i >= 0; i--) {
    const from = base + (before[i] as number)
    candidates.copyWithin((from + shift) * words, from * words, last * words)
    hashes.copyWithin(from + shift, from, last)
    origins.copyWithin(from + shift, from, last)
    kinds.copyWithin(from + shift, from, last)
    const patch = added[i] as Patch
    const { length } = patch.parents
    shift -= length
    candidates.set(patch.candidates, (from + shift) * words)
    origins.set(patch.parents, from + shift)
    kinds.set(patch.kinds, from + shift)
    for (let k = 0; k < length; k++) hashes[from + shift + k] = hashOf(patch.candidates, k * words, words)
    last = from
  }
}

/** What one state leads to. */
export type Patch = Candidates

/** The components of a stored state. */
export function componentsOf({ tables, states }: Board, state: number): Int32Array {
  const values = new Int32Array(tables.layout.word.length)
  unpackState(tables.layout, states, state * tables.layout.words, values)
  return values
}
