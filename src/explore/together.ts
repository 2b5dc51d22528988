/** Explore | blocks of a breadth-first level, worked off by a team. */

import type { Explorer } from './explorer.ts'
import { type Board, componentsOf, countedMembers, newStates, reportInts, reportOf, type Team } from './team.ts'
import type { Finding } from './walker.ts'

/** Candidates of one member in one block, after the sieve. */
const capacity = 1 << 15

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

export class Together {
  private readonly team: Team
  private readonly explorer: Explorer
  private board: Board | undefined
  private readonly reports: Int32Array
  private candidates: Int32Array
  private readonly hashes: Int32Array
  private readonly origins: Int32Array
  private readonly slots: Int32Array
  /** States of a block, so that candidates just find room. */
  private blockStates = frontierMin

  constructor(team: Team, explorer: Explorer) {
    this.team = team
    this.explorer = explorer
    this.reports = team.makeInts(team.members * reportInts)
    this.candidates = team.makeInts(team.members * capacity * explorer.layout.words)
    this.hashes = team.makeInts(team.members * capacity)
    this.origins = team.makeInts(team.members * capacity)
    this.slots = team.makeInts(team.members * capacity)
  }

  /** Whether a team is of use here. */
  isWorthIt(frontier: number): boolean {
    return this.explorer.visited.count >= statesMin && frontier >= frontierMin
  }

  /** Expands some of the states `from` to `to`. What was not known is known afterwards. */
  expand(from: number, to: number, room: (more: number) => boolean): Block | undefined {
    const { team, explorer } = this
    const { visited } = explorer
    const last = Math.min(to, from + this.blockStates)
    this.share()
    team.perform('expand', from, last, visited.count)
    const board = this.board as Board
    const counted = countedMembers(board)
    const reports = Array.from({ length: team.members }, (_, member) => reportOf(board, member))
    const candidates = reports.slice(0, counted).reduce((sum, { count }) => sum + count, 0)
    if (!room(candidates)) return undefined
    visited.reserve(candidates)
    // Numbers that stand for candidates must fit where numbers of states go.
    while (visited.table.length <= visited.count + team.members * capacity) visited.reserve(visited.table.length)
    this.share()
    team.perform('sift', from, last, visited.count)
    team.perform('number', from, last, visited.count)
    for (let member = 0; member < counted; member++) visited.count += newStates(this.board as Board, member)
    const next = reports[counted - 1]?.state as number
    const block = {
      next,
      transitions: reports.slice(0, counted).reduce((sum, { transitions }) => sum + transitions, 0),
      findings: reports.flatMap(({ findings }) => findings),
    }
    this.adapt(next - from, candidates)
    this.learn(reports)
    return block
  }

  private adapt(states: number, candidates: number): void {
    const fitting = (0.6 * capacity * this.team.members * states) / Math.max(1, candidates)
    this.blockStates = Math.max(frontierMin, Math.min(1 << 17, Math.round(fitting)))
  }

  /** Answers what members missed. */
  private learn(reports: readonly ReturnType<typeof reportOf>[]): void {
    const { explorer } = this
    const board = this.board as Board
    const outgrown: string[] = []
    for (const { missed } of reports) {
      for (const { state, group } of missed) {
        const present = componentsOf(board, state)
        if (explorer.trees.leafOf(group, present) === 0) outgrown.push(explorer.learn(group, present))
      }
    }
    for (const { wanted } of reports) {
      for (const { state, cluster } of wanted) outgrown.push(explorer.summarize(cluster, componentsOf(board, state)))
    }
    if (outgrown.includes('outgrown')) explorer.fit()
  }

  /** Gives the board out again if anything on it has moved. */
  private share(): void {
    const { visited, tables, layout } = this.explorer
    const { states, parents, table, numberMask, regionMask } = visited
    const { board } = this
    if (board && board.states === states && board.table === table && board.parents === parents) {
      if (this.sharedTables === tables) return
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
      table,
      numberMask,
      regionMask,
      capacity,
      candidates: this.candidates,
      hashes: this.hashes,
      origins: this.origins,
      slots: this.slots,
      reports: this.reports,
    }
    this.team.share(this.board)
  }

  private sharedTables: unknown
}
