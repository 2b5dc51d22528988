/** Explore | what a search strategy is: how it looks for violations, and what its silence is worth. */

import type { LevelSearch } from './breadth-first.ts'
import type { Symmetry, ValueSymmetry } from './define-system.ts'
import type { StepLabel } from './partition.ts'
import type { SystemPartition } from './system-partition.ts'
import type { Team } from './team.ts'

/** Bounds, reductions and the seed of one search. */
export interface SearchOptions {
  readonly statesMax?: number
  /** Bytes for states, hash table and parent links. */
  readonly bytesMax?: number
  /** Asked now and then; true ends the search. */
  readonly stop?: (progress: SearchProgress) => boolean
  /** `first`: the search may end once one property is violated; `all` (default): one run for each violated property. */
  readonly wanted?: 'first' | 'all'
  readonly reductions?: readonly ReductionName[]
  readonly symmetries?: readonly Symmetry[]
  readonly valueSymmetries?: readonly ValueSymmetry[]
  /** Breadth-first without reductions: the values of the state to begin with, instead of the initial one. */
  readonly from?: Int32Array
  /** Threads to share a breadth-first search with. */
  readonly team?: Team
  /** For strategies that draw: seed, runs, and the longest run in steps. Depth-first: how deep it goes. */
  readonly seed?: number
  readonly runs?: number
  readonly stepsMax?: number
  /** PCT: the depth of the bugs it looks for, the number of orderings that have to come about. */
  readonly bugDepth?: number
  /** Preemption-bounded: most switches away from a unit that could go on. */
  readonly preemptionsMax?: number
}

/** `por`: orders that do not matter; `symmetry`: states that differ in names only. */
export const reductions = ['por', 'symmetry'] as const
export type ReductionName = (typeof reductions)[number]

export interface SearchProgress {
  readonly states: number
  readonly transitions: number
  readonly depth: number
  /** States found and not expanded yet. */
  readonly frontier: number
  readonly bytes: number
}

/** Why a search ended. `exhausted`: nothing is left to explore; `found`: all that was wanted; else what bound it. */
export type SearchEnd = 'exhausted' | 'found' | 'states' | 'bytes' | 'stopped' | 'runs' | 'depth' | 'preemptions'

/** A run that shows a property's violation, or a witness of what it asks for. */
export interface FoundRun {
  readonly property: string
  /** From the initial state; the last step shows it, or the state that the last step leads to. */
  readonly steps: readonly StepLabel[]
  /** Whether no run is shorter. */
  readonly isShortest: boolean
  /** For liveness: the steps from here on repeat for ever. */
  readonly cycleFrom?: number
  /** For liveness: after so many steps it was asked for what never comes. */
  readonly askedAfter?: number
}

/** How often runs met the same states: what an estimate of the states not seen is made from. */
export interface SampleCounts {
  readonly runs: number
  readonly steps: number
  /** Pairs of a run and a state in it. */
  readonly incidences: number
  /** States that exactly one run, and exactly two runs, came through. */
  readonly inOneRun: number
  readonly inTwoRuns: number
  /** Whether every state that was met is counted, rather than those up to a bound. */
  readonly isComplete: boolean
}

/** A search that left states out, as far as properties of the whole graph can be decided on it. */
export interface ReducedSearch {
  readonly search: LevelSearch
  /** The stored form of a state; absent: itself. */
  readonly represent?: (values: Int32Array) => Int32Array
  /** Whether every step out of a state leads to one that is kept, up to `represent`. */
  readonly keepsEveryStep: boolean
}

export interface StrategyResult {
  readonly end: SearchEnd
  /** Whether silence about a property proves it (given `end` is `exhausted`). */
  readonly isExhaustive: boolean
  /** Different states seen. */
  readonly states: number
  /** Pairs of a state and a step enabled in it that were taken, those that change nothing included. */
  readonly transitions: number
  /** Breadth-first: the largest distance of a state; else the longest run. */
  readonly depth: number
  readonly bytes: number
  /** By property. */
  readonly found: ReadonlyMap<string, FoundRun>
  /** What a reader should know: reductions that did not apply, samples taken. */
  readonly notes: readonly string[]
  /** Of strategies that draw runs. */
  readonly sample?: SampleCounts
  /** Of a search that kept every state: what properties of the whole graph are decided on. */
  readonly levels?: LevelSearch
  /** Of a search that kept some states for all. */
  readonly reduced?: ReducedSearch
}

export interface Strategy {
  readonly description: string
  /** Where it comes from. */
  readonly paper: string
  /** What it promises. */
  readonly guarantee: string
  /** Those that it knows how to use. */
  readonly reductions: readonly ReductionName[]
  search(partition: SystemPartition, options: SearchOptions): StrategyResult
}
