/** Explore | blocks of a breadth-first level, worked off by a team. */

import type { Explorer } from './explorer.ts'
import {
  type Board,
  beginSifting,
  commonInts,
  componentsOf,
  newStates,
  type Patch,
  patchCandidates,
  patchesMax,
  type Report,
  reportInts,
  reportOf,
  sortCandidates,
  type Team,
} from './team.ts'
import { type Finding, Walker } from './walker.ts'

/** Most candidates of one member in one block, after the sieve, and how many a block is made for. */
const capacity = 1 << 16
const aimedAt = 20_000

/** Candidates of one state that was left out. */
const patchMax = 1 << 10

/** Below these, one thread is faster than the waiting of several. */
const statesMin = 1 << 15
const frontierMin = 1 << 11

/** What a block came to. */
export interface Block {
  /** First state that is not expanded. */
  readonly next: number
  readonly transitions: number
  readonly findings: readonly Finding[]
}

/** What has become of what members left out. */
interface Patched {
  /** Members whose shares count. */
  readonly counted: number
  readonly candidates: number
  readonly transitions: number
  readonly findings: readonly Finding[]
  /** Whether states have to be packed anew. */
  readonly outgrown: boolean
}

export class Together {
  private readonly team: Team
  private readonly explorer: Explorer
  private board: Board | undefined
  private readonly reports: Int32Array
  private candidates: Int32Array
  private readonly hashes: Int32Array
  private readonly origins: Int32Array
  private readonly kinds: Int32Array
  private readonly slots: Int32Array
  private readonly order: Int32Array
  private era = 0
  private patcher: Walker
  /** States of a block, so that candidates just find room. */
  private blockStates = frontierMin

  constructor(team: Team, explorer: Explorer) {
    this.team = team
    this.explorer = explorer
    this.reports = team.makeInts(team.members * reportInts + commonInts)
    this.candidates = team.makeInts(team.members * capacity * explorer.layout.words)
    this.hashes = team.makeInts(team.members * capacity)
    this.origins = team.makeInts(team.members * capacity)
    this.kinds = team.makeInts(team.members * capacity)
    this.slots = team.makeInts(team.members * capacity)
    this.order = team.makeInts(team.members * capacity)
    this.patcher = new Walker(explorer.partition.components.length, patchMax, explorer.layout.words)
  }

  /** Whether a team is of use here. */
  isWorthIt(frontier: number): boolean {
    return this.explorer.visited.count >= statesMin && frontier >= frontierMin
  }

  /** Expands some of the states `from` to `to`. What was not known is known afterwards. */
  expand(from: number, to: number, room: (more: number) => boolean): Block | undefined {
    const { team, explorer } = this
    const { members } = team
    const { visited } = explorer
    const last = Math.min(to, from + this.blockStates)
    this.share()
    team.perform('expand', from, last, visited.count)
    const board = this.board as Board
    const all = Array.from({ length: members }, (_, member) => reportOf(board, member))
    const patched = this.patch(all)
    const reports = all.slice(0, patched.counted)
    // Members have come upon states that do not go into the visited set now.
    if (reports.length < members) this.era++
    const candidates = reports.reduce((sum, { count }) => sum + count, patched.candidates)
    if (!room(candidates)) return undefined
    this.reserve(candidates)
    visited.keepArrivals(from, candidates)
    // Numbers that stand for candidates must fit where numbers of states go.
    while (visited.table.length <= visited.count + members * capacity) this.reserve(visited.table.length)
    const next = reports.at(-1)?.state ?? from
    this.share()
    if (visited.table !== board.table) {
      for (const member of reports.keys()) sortCandidates(this.board as Board, member)
    }
    beginSifting(this.board as Board, reports.length)
    let outgrown = patched.outgrown
    team.perform('sift', from, last, visited.count, () => {
      outgrown = this.summarize(all) || outgrown
    })
    team.perform('number', from, last, visited.count)
    for (const member of reports.keys()) visited.count += newStates(this.board as Board, member)
    this.adapt(next - from, candidates)
    if (outgrown) explorer.fit()
    return {
      next,
      transitions: reports.reduce((sum, { transitions }) => sum + transitions, patched.transitions),
      findings: [...all.flatMap(({ findings }) => findings), ...patched.findings],
    }
  }
  private adapt(states: number, candidates: number): void {
    const fitting = (aimedAt * this.team.members * states) / Math.max(1, candidates)
    if (states > 0) this.blockStates = Math.max(frontierMin, Math.min(1 << 17, Math.round(fitting)))
  }

  /** Makes room; the team enters all states where the table grows. */
  private reserve(more: number): void {
    const { visited } = this.explorer
    visited.reserve(more, () => {
      this.share()
      this.team.perform('enter', 0, 0, visited.count)
    })
  }

  /** Expands what members left out, and puts it where it belongs. */
  private patch(reports: readonly Report[]): Patched {
    const board = this.board as Board
    let candidates = 0
    let transitions = 0
    const findings: Finding[] = []
    const patched = (counted: number, outgrown: boolean): Patched => {
      return { counted, candidates, transitions, findings, outgrown }
    }
    for (const [member, { end, missed }] of reports.entries()) {
      const added: Patch[] = []
      this.patcher.transitions = 0
      for (const { state } of missed) {
        const patch = this.patchOf(state)
        findings.push(...this.patcher.findings.splice(0))
        if (patch === undefined) return patched(member, true)
        added.push(patch)
      }
      const more = added.reduce((sum, { parents }) => sum + parents.length, 0)
      if (more > patchesMax(board)) return patched(member, false)
      if (more > 0) {
        const before = missed.map((one) => one.before)
        patchCandidates(board, member, before, added)
        sortCandidates(board, member)
      }
      candidates += more
      transitions += this.patcher.transitions
      if (end !== 'done') return patched(member + 1, false)
    }
    return patched(reports.length, false)
  }

  /** What a state leads to. Undefined: it cannot be packed in the present layout. */
  private patchOf(state: number): Patch | undefined {
    const { explorer } = this
    const { words } = explorer.layout
    this.patcher.reset(words)
    for (;;) {
      const { patcher } = this
      const why = patcher.expand(explorer.tables, state, state + 1, explorer.visited)
      const { count, group, cluster, present } = patcher
      if (why === 'done') {
        return {
          candidates: patcher.candidates.slice(0, count * words),
          parents: patcher.parents.slice(0, count),
          kinds: patcher.kinds.slice(0, count),
        }
      }
      if (why === 'full') this.patcher = patcher.larger(words)
      else {
        const learned = why === 'miss' ? explorer.learn(group, present) : explorer.summarize(cluster, present)
        if (learned === 'outgrown') return undefined
      }
    }
  }

  /** Works out the answers of clusters that members wanted. Whether states have to be packed anew. */
  private summarize(reports: readonly Report[]): boolean {
    const { explorer } = this
    const board = this.board as Board
    let outgrown = false
    for (const { wanted } of reports) {
      for (const { state, cluster } of wanted) {
        outgrown = explorer.summarize(cluster, componentsOf(board, state)) === 'outgrown' || outgrown
      }
    }
    return outgrown
  }

  /** Gives the board out again if anything on it has moved. */
  private share(): void {
    const { visited, tables, layout } = this.explorer
    const { states, parents, arrivals, table, numberMask, regionMask } = visited
    const { board } = this
    // What members remember is packed in the old way.
    if (layout !== this.sharedLayout) this.era++
    this.sharedLayout = layout
    if (board && board.states === states && board.table === table && board.arrivals === arrivals) {
      if (this.sharedTables === tables && board.era === this.era) return
    }
    const { words, word, shift, mask } = layout
    if (this.candidates.length !== this.team.members * capacity * words) {
      this.candidates = this.team.makeInts(this.team.members * capacity * words)
    }
    this.sharedTables = tables
    this.board = {
      members: this.team.members,
      tables: { ...tables, layout: { words, word, shift, mask } },
      states,
      parents,
      arrivals,
      table,
      numberMask,
      regionMask,
      capacity,
      candidates: this.candidates,
      hashes: this.hashes,
      origins: this.origins,
      kinds: this.kinds,
      slots: this.slots,
      order: this.order,
      reports: this.reports,
      era: this.era,
    }
    this.team.share(this.board)
  }

  private sharedTables: unknown
  private sharedLayout: unknown
}
