/** Cli | the searches of the bench: each to be run in a process of its own, with exact counts to be met. */

import { InternalError, UsageError } from '../base/errors.ts'
import { root } from '../base/program.ts'
import { type LevelSearch, searchLevels } from '../explore/breadth-first.ts'
import type { CheckableSystem } from '../explore/define-system.ts'
import type { ReductionName } from '../explore/strategy.ts'
import { SystemPartition } from '../explore/system-partition.ts'
import { importModule } from '../fleet/import-module.ts'
import { check } from '../run/check.ts'
import { startTeam } from '../run/pool.ts'
import { subjectOfSystem } from '../run/subject.ts'
import { compileLater } from './compile-later.ts'

/** States and transitions that a search must find. */
export interface Counts {
  readonly states: number
  readonly transitions: number
}

/** What one search took. */
export interface Search extends Counts {
  /** Of processor time, all threads together. */
  readonly cpuSeconds: number
  /** On the wall. */
  readonly seconds: number
  /** Of states, hash table and parent links. */
  readonly bytes: number
}

/** Exact, and the same in SPIN, rumur and closed forms. */
export const counts = {
  commit8: { states: 1_745_408, transitions: 18_507_777 },
  commit9: { states: 10_340_352, transitions: 123_558_401 },
  commit10Symmetric: { states: 3_300, transitions: 43_297 },
  ring6: { states: 1_700_352, transitions: 13_655_040 },
  ring6Symmetric: { states: 141_696, transitions: 1_137_920 },
  election5: { states: 97, transitions: 96 },
  commit5: { states: 8_832, transitions: 58_145 },
} as const satisfies Readonly<Record<string, Counts>>

const models = new URL('test/models/', root)
const commitFile = new URL('two-phase-commit.ts', models)
const commitInXStateFile = new URL('two-phase-commit-xstate.ts', models)
const ringFile = new URL('dma-ring.ts', models)
const electionFile = new URL('leader-election.ts', models)
const graphFile = new URL('test/peers/xstate/two-phase-commit.ts', root)

/** The models are files of their own, as a user's are; the bench knows where they are. */
async function load<T>(file: URL, name: string): Promise<T> {
  try {
    return (await importModule(file.href))[name] as T
  } catch (error) {
    throw new UsageError(`the bench needs ${file.pathname}: ${(error as Error).message}`)
  }
}

type Model = (size: number) => CheckableSystem

const commit = (size: number) => load<Model>(commitFile, 'twoPhaseCommit').then((model) => model(size))
const ring = (size: number) => load<Model>(ringFile, 'dmaRing').then((model) => model(size))

/** By name. */
export const searches = {
  commit8: async () => searchFully(await commit(8), counts.commit8),
  ring6: async () => searchFully(await ring(6), counts.ring6),
  commit9: async () => searchFully(await commit(9), counts.commit9),
  commit9Together: async () => searchFully(await commit(9), counts.commit9, 2),
  commit10Symmetric: async () => checkReduced(await commit(10), ['symmetry'], counts.commit10Symmetric),
  // L1 needs every state.
  ring6Symmetric: async () => checkReduced(await ring(6), ['symmetry'], counts.ring6Symmetric, ['S1', 'S2']),
  election5: async () => {
    const model = await load<Model>(electionFile, 'leaderElection')
    return checkReduced(model(5), ['por'], counts.election5)
  },
  commit5: async () => {
    const model = await load<Model>(commitInXStateFile, 'twoPhaseCommitInXState')
    return searchFully(model(5), counts.commit5)
  },
  graph5: async () => {
    const countStates = await load<(size: number) => number>(graphFile, 'countStates')
    return timed(counts.commit5, () => ({ ...counts.commit5, states: countStates(5), bytes: 0 }))
  },
} as const satisfies Readonly<Record<string, () => Promise<Search>>>

export type SearchName = keyof typeof searches

/** Every state, with every invariant and assertion, in a process set up as `dmarace check` does it. */
async function searchFully(system: CheckableSystem, expected: Counts, threads = 1): Promise<Search> {
  compileLater()
  const team = threads > 1 ? await startTeam(threads) : undefined
  const { spec, properties } = system
  try {
    return timed(expected, () => {
      const search = searchLevels(new SystemPartition({ spec, properties }), team ? { team } : {})
      mustHold(system, search)
      const { states, transitions, explorer } = search
      return { states, transitions, bytes: explorer.visited.bytes }
    })
  } finally {
    await team?.end()
  }
}

function mustHold(system: CheckableSystem, { end, found, explorer }: LevelSearch): void {
  const { witnesses } = explorer.partition
  const violated = [...found.keys()].filter((name) => !witnesses.has(name))
  if (end === 'exhausted' && violated.length === 0) return
  throw new InternalError(`${system.id}: the search ended as "${end}" and found ${violated.join(', ') || 'nothing'}`)
}

/** The same, to the verdict. */
function checkReduced(
  system: CheckableSystem,
  reductions: readonly ReductionName[],
  expected: Counts,
  properties?: readonly string[],
): Search {
  compileLater()
  return timed(expected, () => {
    const verdict = check(subjectOfSystem(system), { reductions, ...(properties ? { properties } : {}) })
    if (verdict.verdict !== 'holds') throw new InternalError(`${system.id}: ${verdict.verdict}`)
    return verdict
  })
}

/** Runs it once and demands the exact counts. */
function timed(expected: Counts, search: () => Counts & { readonly bytes: number }): Search {
  const startCpu = process.cpuUsage()
  const startMs = performance.now()
  const { states, transitions, bytes } = search()
  const seconds = (performance.now() - startMs) / 1000
  const { user, system } = process.cpuUsage(startCpu)
  demand('dmarace', { states, transitions }, expected)
  return { states, transitions, bytes, seconds, cpuSeconds: (user + system) / 1e6 }
}

/** Throws if somebody counts wrong: then what was measured is worth nothing. */
export function demand(who: string, { states, transitions }: Counts, expected: Counts): void {
  if (states === expected.states && transitions === expected.transitions) return
  throw new InternalError(
    `${who} counted ${states} states and ${transitions} transitions, expected ${expected.states} and ${expected.transitions}`,
  )
}
