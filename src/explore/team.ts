/** Explore | a team: threads that expand states side by side and add them to one table, to the very result of one thread. */

import { enterGroups, groupsBetween, type Table } from './hash-table.ts'
import { type Places, unpackState } from './layout.ts'
import { Recent } from './recent.ts'
import { addShared, type SharedStates, type Window } from './shared-states.ts'
import { pieceOf, type Run } from './state-order.ts'
import type { MakeInts } from './tree.ts'
import { type Finding, Walker, type WalkerTables } from './walker.ts'

/**
 * - `expand`: members take chunks of a block of neighbouring states as they come free, and add what these lead to. What is
 *   not known is left out and told; the leader sees to it while the others go on.
 * - `enter`: all states go into a new table, which members share group by group.
 */
export const phases = ['expand', 'enter'] as const
export type Phase = (typeof phases)[number]

/** All that members share. Sent again whenever an array has moved. */
export interface Board extends SharedStates {
  readonly tables: Omit<WalkerTables, 'layout'> & { readonly layout: Places }
  /** Of `StateOrder`. */
  readonly numbers: Int32Array
  readonly places: Int32Array
  /** Expanding goes on while fewer places than this are in use; what is then under way still finds room. */
  readonly placesMax: number
  /** `commonInts` ints, then `listInts` for each member. */
  readonly lists: Int32Array
  /** For `enter`: the table before. */
  readonly from: Table | undefined
  /** Changes when states are packed anew. */
  readonly era: number
}

/**
 * Slots of what all have in common: the next state to expand, the next place to take, the next group to enter; pieces and
 * states that are in order.
 */
export const common = { number: 0, place: 1, group: 2, pieces: 3, count: 4 } as const
export const commonInts = 5

/** Candidates between two visits to the table: little enough for the second-level cache. */
const candidatesMax = 1 << 13
/** Places that a member takes at a time. */
const windowPlaces = 1 << 12
/** What one member may take before it looks whether there is room. */
export const placesAtOnce = candidatesMax + windowPlaces

/** States in a chunk: few at the end of a block, so that nobody waits long for the last. */
const chunkMin = 1 << 8
const chunkMax = 1 << 11
/** States between two looks at what others want. */
const statesAtOnce = 1 << 9

/** What a member tells another one at once, at most. */
const questionsMax = 1 << 10
const findingsMax = 1 << 8
const runsMax = 1 << 11

/** Slots of a member's list; then questions, findings and runs. */
const slot = { isDone: 0, transitions: 1, moves: 2, findings: 3, runs: 4, asked: 5, answered: 6 } as const
const questionsAt = 7
const findingsAt = questionsAt + 2 * questionsMax
const runsAt = findingsAt + 4 * findingsMax
export const listInts = runsAt + 2 * runsMax

/** What a member reports after `expand`. */
export interface Report {
  /** Whether its chunks are done and it has found no more to do. */
  readonly isDone: boolean
  readonly transitions: number
  /** States that it has moved. */
  readonly moves: number
  readonly findings: readonly Finding[]
  /** Where it has put new states, in order. */
  readonly runs: readonly Run[]
}

/** How to make what a team's members share. */
export interface Team {
  readonly members: number
  /** Brings others to rest first: what they use may be about to move. */
  readonly makeInts: MakeInts
  /** Gives the board to everyone else. */
  share(board: Board): void
  /** Lets everyone perform a phase, up to state `to`; this thread does `own`. Returns when all have. */
  perform(phase: Phase, to: number, own: () => void): void
  /** Brings others to rest, if they are at work. */
  rest(): void
  /** Whether all are to come to rest. */
  readonly isResting: boolean
}

/** What only the leader has: it knows the charts. */
export interface Teacher {
  /** What is on the board, and may be newer. */
  readonly visited: SharedStates
  readonly tables: WalkerTables
  /** Sees to what others have asked. */
  answer(): void
  /** What a walker has come back for. */
  learn(walker: Walker, why: 'miss' | 'unsummed'): void
  /** The state of a number leads to more than a member's walker holds. */
  takeOver(number: number): void
}

/** One thread's part. */
export class Member {
  private readonly index: number
  /** Whether to come to rest: what is begun is finished later. */
  private readonly mustRest: () => boolean
  private readonly teacher: Teacher | undefined
  private board!: Board
  private walker: Walker | undefined
  /** What this member has come upon lately. */
  private readonly recent = new Recent()
  private era = -1
  private readonly window: Window = { next: 0, end: 0, moves: 0 }
  private runStart = 0
  private runs = 0
  /** The states of its chunk that are not expanded yet, by number. */
  private next = 0
  private last = 0

  constructor(index: number, mustRest: () => boolean, teacher?: Teacher) {
    this.index = index
    this.mustRest = mustRest
    this.teacher = teacher
  }

  take(board: Board): void {
    this.board = board
    if (board.era === this.era) return
    this.era = board.era
    this.recent.reset(board.states, board.words)
  }

  perform(phase: Phase, to: number): void {
    if (phase === 'expand') this.expand(to)
    else this.enter()
  }

  private expand(to: number): void {
    const { board } = this
    const asks = this.teacher !== undefined
    this.walker ??= new Walker(board.tables.layout.word.length, candidatesMax, board.words, asks)
    const { walker } = this
    walker.reset(board.words)
    walker.transitions = 0
    this.runs = 0
    this.runStart = this.window.next
    this.window.moves = 0
    let isDone = false
    for (;;) {
      if (this.next === this.last) {
        this.flush()
        this.closeRun()
        if (!this.takeChunk(to)) {
          isDone = true
          break
        }
      }
      if (this.mustRest() || this.isShort) break
      this.teacher?.answer()
      if (!this.expandSome()) break
    }
    this.flush()
    this.closeRun()
    this.report(isDone)
  }

  /** Whether there is too little room to go on, in the visited set or on the list. */
  private get isShort(): boolean {
    const { lists, placesMax } = this.board
    return Atomics.load(lists, common.place) >= placesMax || this.runs > runsMax - 8
  }

  private takeChunk(to: number): boolean {
    const { lists } = this.board
    const left = to - Atomics.load(lists, common.number)
    if (left <= 0) return false
    const size = Math.min(chunkMax, Math.max(chunkMin, left >> 3))
    const next = Atomics.add(lists, common.number, size)
    if (next >= to) return false
    this.next = next
    this.last = Math.min(to, next + size)
    return true
  }

  /** Expands some states of the chunk. Says whether to go on. */
  private expandSome(): boolean {
    const { board, teacher, next } = this
    const { numbers, places, lists } = board
    const walker = this.walker as Walker
    const pieces = lists[common.pieces] as number
    const piece = pieceOf(numbers, pieces, next)
    const pieceEnd = (piece + 1 < pieces ? numbers[piece + 1] : lists[common.count]) as number
    const shift = (numbers[piece] as number) - (places[piece] as number)
    const end = Math.min(this.last, pieceEnd, next + statesAtOnce)
    const [tables, store] = teacher ? [teacher.tables, teacher.visited] : [board.tables, board]
    const why = walker.expand(tables, next - shift, end - shift, store, shift)
    this.next = walker.state + shift
    if (walker.wanted.length > 0) {
      for (const { state, cluster } of walker.wanted.splice(0)) this.ask(state, cluster)
    }
    if (why === 'done') return true
    if (why === 'full' && walker.count > 0) {
      this.flush()
      return true
    }
    if (teacher === undefined) {
      if (!this.ask(this.next, -1)) return false
    } else if (why !== 'full') {
      teacher.learn(walker, why)
      return true
    } else teacher.takeOver(this.next)
    this.next++
    return true
  }

  /** Asks for a cluster's answer in the state at a place; or, with cluster -1, to expand the state of a number. Whether there was room. */
  private ask(state: number, cluster: number): boolean {
    const { lists } = this.board
    const at = commonInts + this.index * listInts
    const asked = lists[at + slot.asked] as number
    const open = asked - Atomics.load(lists, at + slot.answered)
    // States must not be lost.
    if (open === questionsMax || (cluster >= 0 && 2 * open >= questionsMax)) return false
    const to = at + questionsAt + 2 * (asked & (questionsMax - 1))
    lists[to] = state
    lists[to + 1] = cluster
    Atomics.store(lists, at + slot.asked, asked + 1)
    return true
  }

  /** Adds what the walker has come upon. */
  private flush(): void {
    const { board, window } = this
    const walker = this.walker as Walker
    const left = this.recent.sieve(walker, walker.count)
    const store = this.teacher?.visited ?? board
    for (let i = 0; i < left; i = addShared(store, walker, i, left, window)) {
      if (window.next < window.end) continue
      this.closeRun()
      takeWindow(board.lists, window)
      this.runStart = window.next
    }
    walker.count = 0
  }

  private closeRun(): void {
    const { runStart, window } = this
    if (window.next === runStart) return
    this.board.lists.set([runStart, window.next], commonInts + this.index * listInts + runsAt + 2 * this.runs++)
    this.runStart = window.next
  }

  private report(isDone: boolean): void {
    const { lists } = this.board
    const { transitions, findings } = this.walker as Walker
    const told = findings.splice(0, findingsMax)
    const at = commonInts + this.index * listInts
    const isAllTold = isDone && findings.length === 0
    lists.set([isAllTold ? 1 : 0, transitions, this.window.moves, told.length, this.runs], at)
    told.forEach(({ set, state, group, successor }, i) => {
      lists.set([set, state, group, successor], at + findingsAt + 4 * i)
    })
  }

  private enter(): void {
    const { board } = this
    const from = board.from as Table
    const groups = groupsBetween(from, board)
    for (;;) {
      const group = Atomics.add(board.lists, common.group, 1)
      if (group >= groups) return
      enterGroups(from, board, group, group + 1)
    }
  }
}

/** Takes places that nobody has. */
export function takeWindow(lists: Int32Array, window: Window): void {
  window.next = Atomics.add(lists, common.place, windowPlaces)
  window.end = window.next + windowPlaces
}

export function reportOf(lists: Int32Array, member: number): Report {
  const at = commonInts + member * listInts
  const ints = (from: number, count: number): number[] => Array.from(lists.subarray(from, from + count))
  const findings = Array.from({ length: lists[at + slot.findings] as number }, (_, i) => {
    const [set, state, group, successor] = ints(at + findingsAt + 4 * i, 4)
    return { set, state, group, successor } as Finding
  })
  const runs: Run[] = []
  for (let i = 0, from = at + runsAt; i < (lists[at + slot.runs] as number); i++, from += 2) {
    runs.push({ start: lists[from] as number, end: lists[from + 1] as number })
  }
  return {
    isDone: lists[at + slot.isDone] === 1,
    transitions: lists[at + slot.transitions] as number,
    moves: lists[at + slot.moves] as number,
    findings,
    runs,
  }
}

/** Something that a member does not know: see `Member.ask`. */
export interface Question {
  readonly state: number
  readonly cluster: number
}

/** Takes the next question of a member. Undefined: there is none. */
export function nextQuestion(lists: Int32Array, member: number): Question | undefined {
  const at = commonInts + member * listInts
  const answered = lists[at + slot.answered] as number
  if (Atomics.load(lists, at + slot.asked) === answered) return undefined
  const from = at + questionsAt + 2 * (answered & (questionsMax - 1))
  const question = { state: lists[from] as number, cluster: lists[from + 1] as number }
  Atomics.store(lists, at + slot.answered, answered + 1)
  return question
}

/** The components of the state at a place. */
export function componentsAt({ tables, states }: Board, place: number): Int32Array {
  const values = new Int32Array(tables.layout.word.length)
  unpackState(tables.layout, states, place * tables.layout.words, values)
  return values
}
