/** Explore | blocks of a breadth-first level, worked off by a team. */

import type { Explorer } from './explorer.ts'
import { fullTable, type Table } from './hash-table.ts'
import type { Layout, Places } from './layout.ts'
import { addShared, type Window } from './shared-states.ts'
import type { Run } from './state-order.ts'
import {
  type Board,
  common,
  commonInts,
  componentsAt,
  listInts,
  Member,
  nextQuestion,
  placesAtOnce,
  reportOf,
  type Team,
  takeWindow,
} from './team.ts'
import type { Growth } from './visited.ts'
import { type Finding, Walker } from './walker.ts'

/** Below these, one thread is faster than the waiting of several. */
const statesMin = 1 << 15
const frontierMin = 1 << 11
/** States of a block: after each, bounds are looked at and new states get their numbers. */
const blockStates = 1 << 17

/** Candidates of one state that was left out. */
const patchMax = 1 << 10

/** Tables of a team have 2^16, 2^20, 2^24 slots, then four times as many each time: it takes memory rather than wait. So with states. */
const generous: Growth = { states: leapOf, slots: leapOf }
const leapMax = 1 << 24

function leapOf(held: number): number {
  return held < leapMax ? 1 << (4 - ((31 - Math.clz32(held)) & 3)) : 4
}

/** What a block came to. */
export interface Block {
  /** First state that is not expanded. */
  readonly next: number
  readonly transitions: number
  readonly findings: readonly Finding[]
}

/**
 * Makes a search's states those of a team. States are stored as they come, and each block ends with numbers for the new
 * ones (`StateOrder`), which are those that one thread would give: so are all parents, and kinds of arrival.
 */
export class Together {
  private readonly team: Team
  private readonly explorer: Explorer
  private readonly leader: Member
  private readonly lists: Int32Array
  private board: Board | undefined
  private hasBegun = false
  private era = 0
  /** The table before the last one. */
  private from: Table | undefined
  private patcher: Walker
  private readonly window: Window = { next: 0, end: 0, moves: 0 }
  /** States that others have left out, by number. */
  private left: number[] = []
  /** Where they went, and what else has become of them. */
  private runs: Run[] = []
  private findings: Finding[] = []
  private transitions = 0
  /** Why the leader comes to rest, apart from the team. */
  private isOutgrown = false
  private isShort = false
  private isAlone = true

  constructor(team: Team, explorer: Explorer) {
    this.team = team
    this.explorer = explorer
    this.lists = team.makeInts(commonInts + team.members * listInts)
    this.patcher = new Walker(explorer.partition.components.length, patchMax, explorer.layout.words)
    explorer.quiet = () => team.rest()
    explorer.visited.growth = generous
    const mustRest = (): boolean => this.isOutgrown || this.isShort || (!this.isAlone && team.isResting)
    this.leader = new Member(0, mustRest, {
      visited: explorer.visited,
      get tables() {
        return explorer.tables
      },
      answer: () => this.answer(),
      learn: (walker, why) => this.learn(walker, why),
      takeOver: (number) => this.left.push(number),
    })
  }

  /** Whether a team is of use here. Once it has begun it has to go on. */
  isWorthIt(frontier: number): boolean {
    if (this.hasBegun) return true
    return this.explorer.visited.count >= statesMin && frontier >= frontierMin
  }

  /** Expands some of the states `from` to `to`. Undefined: there is no room for what they may lead to. */
  expand(from: number, to: number, room: (more: number) => boolean): Block | undefined {
    const { team, explorer, lists } = this
    const { visited } = explorer
    if (!this.hasBegun) this.begin()
    const last = Math.min(to, from + blockStates)
    if (!room(last - from)) return undefined
    this.isAlone = last - from < frontierMin
    lists[common.number] = from
    this.runs = []
    this.findings = []
    this.transitions = 0
    let hasMoves = false
    for (let isDone = false; !isDone; ) {
      this.makeRoom(last - from)
      this.isShort = false
      this.share()
      if (this.isAlone) this.leader.perform('expand', last)
      else team.perform('expand', last, () => this.leader.perform('expand', last))
      isDone = true
      for (let member = 0; member < (this.isAlone ? 1 : team.members); member++) {
        const report = reportOf(this.lists, member)
        isDone &&= report.isDone
        hasMoves ||= report.moves > 0
        this.transitions += report.transitions
        this.findings.push(...report.findings)
        this.runs.push(...report.runs)
      }
      this.isShort = false
      this.answer()
      visited.order.placesUsed = lists[common.place] as number
      if (this.isOutgrown) explorer.fit()
      this.isOutgrown = false
      isDone &&= this.left.length === 0
    }
    hasMoves ||= this.window.moves > 0
    this.window.moves = 0
    visited.order.assemble(this.runs, visited, hasMoves)
    this.tellOrder()
    return { next: last, transitions: this.transitions, findings: this.findings }
  }

  private begin(): void {
    const { visited } = this.explorer
    this.hasBegun = true
    visited.order.begin(visited.count)
    this.lists[common.place] = visited.count
    this.tellOrder()
  }

  private tellOrder(): void {
    const { visited } = this.explorer
    visited.count = visited.order.count
    this.lists.set([visited.order.pieces, visited.count], common.pieces)
  }

  /** Room for what members have under way when they come to rest, and for some states more. */
  private makeRoom(more: number): void {
    const { visited } = this.explorer
    visited.reserve(this.slack + more, (from) => {
      this.from = from
      this.share()
      this.lists[common.group] = 0
      this.team.perform('enter', 0, () => this.leader.perform('enter', 0))
    })
    visited.keepArrivals(0, visited.parents.length - visited.places)
  }

  private get slack(): number {
    return (this.team.members + 1) * placesAtOnce + this.patcher.capacity
  }

  /** Sees to what others have asked, and to what was left out. */
  private answer(): void {
    const { explorer, team, left } = this
    if (!this.isAlone) {
      for (let member = 1; member < team.members; member++) {
        for (let question = nextQuestion(this.lists, member); question; question = nextQuestion(this.lists, member)) {
          const { state, cluster } = question
          if (cluster < 0) left.push(state)
          else if (!this.isOutgrown) {
            const learned = explorer.summarize(cluster, componentsAt(this.board as Board, state))
            if (learned === 'outgrown') this.isOutgrown = true
          }
        }
      }
    }
    while (left.length > 0 && !this.isOutgrown && !this.isShort) {
      if (this.patch(left.at(-1) as number)) left.pop()
    }
  }

  private learn({ group, cluster, present }: Walker, why: 'miss' | 'unsummed'): void {
    const { explorer } = this
    const learned = why === 'miss' ? explorer.learn(group, present) : explorer.summarize(cluster, present)
    if (learned === 'outgrown') this.isOutgrown = true
  }

  /** Expands the state of a number that was left out. Whether it could be done. */
  private patch(number: number): boolean {
    const { explorer, lists, window, patcher } = this
    const { visited } = explorer
    const place = visited.order.placeOf(number)
    patcher.reset(explorer.layout.words)
    patcher.forget()
    patcher.transitions = 0
    for (;;) {
      const why = patcher.expand(explorer.tables, place, place + 1, visited, number - place)
      if (why === 'done') break
      if (why === 'full') {
        this.patcher = patcher.larger(explorer.layout.words)
        // What it may come upon needs more room, too.
        this.isShort = true
        return false
      }
      this.learn(patcher, why)
      if (this.isOutgrown) return false
    }
    const { count } = patcher
    if (Atomics.load(lists, common.place) > (this.board as Board).placesMax) {
      this.isShort = true
      return false
    }
    this.transitions += patcher.transitions
    this.findings.push(...patcher.findings.splice(0))
    let start = window.next
    for (let i = 0; i < count; i = addShared(visited, patcher, i, count, window)) {
      if (window.next < window.end) continue
      if (window.next > start) this.runs.push({ start, end: window.next })
      takeWindow(lists, window)
      start = window.next
    }
    if (window.next > start) this.runs.push({ start, end: window.next })
    return true
  }

  /** Gives the board out again if anything on it has moved. */
  private share(): void {
    const { visited, tables, layout } = this.explorer
    const { states, parents, arrivals, table, numberMask, regionMask } = visited
    const { numbers, places } = visited.order
    const { words, word, shift, mask } = layout
    if (layout !== this.sharedLayout) {
      // What members remember is packed in the old way.
      this.era++
      this.sharedLayout = layout
      this.sharedPlaces = { words, word, shift, mask }
    }
    const { slack, era, lists, from, board } = this
    const placesMax = Math.min(parents.length, fullTable(table.length)) - slack
    const own = {
      words,
      states,
      parents,
      arrivals,
      table,
      numberMask,
      regionMask,
      numbers,
      places,
      lists,
      placesMax,
      from,
      era,
    }
    const shared = { ...tables, layout: this.sharedPlaces as Places }
    if (board && isEqual(board.tables, shared) && isEqual(board, { ...own, tables: board.tables })) return
    // Always the same properties in the same order: loops are compiled for one kind of object.
    this.board = { ...own, tables: shared }
    this.leader.take(this.board)
    this.team.share(this.board)
  }

  private sharedLayout: Layout | undefined
  private sharedPlaces: Places | undefined
}

function isEqual<T extends object>(a: T, b: T): boolean {
  return (Object.keys(b) as (keyof T)[]).every((key) => a[key] === b[key])
}
