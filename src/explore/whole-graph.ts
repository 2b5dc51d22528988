/** Explore | properties that need the whole graph, decided together after an exhausted full search. */

import type { LevelSearch } from './breadth-first.ts'
import { type CompletionGoal, completionProperty, decideCompletion } from './completion.ts'
import type { Property } from './define-system.ts'
import { exploreGraph, type GraphOptions } from './graph.ts'
import { type LeadsToOptions, violationOf } from './liveness.ts'
import { finishedPredicate } from './predicates.ts'
import type { FoundRun } from './strategy.ts'
import type { SystemPartition } from './system-partition.ts'

export interface WholeGraphOptions extends GraphOptions, LeadsToOptions, CompletionGoal {
  /** Whether to ask for the built-in `completion`, too. Default: yes, where something has an end. */
  readonly completion?: 'decide' | 'skip'
}

export interface WholeGraphResult {
  /** A run for each violated property. */
  readonly found: ReadonlyMap<string, FoundRun>
  /** Properties that hold. */
  readonly held: readonly string[]
  /** Properties about which nothing is known, because there is no graph; a note says why. */
  readonly undecided: readonly string[]
  readonly notes: readonly string[]
}

/** Decides each `leadsTo` among `properties`, and `completion`. */
export function decideOnGraph(
  partition: SystemPartition,
  search: LevelSearch,
  properties: Readonly<Record<string, Property>>,
  options: WholeGraphOptions = {},
): WholeGraphResult {
  const asksCompletion = options.completion !== 'skip' && finishedPredicate(partition) !== undefined
  const liveness = Object.entries(properties).flatMap(([name, property]) => {
    return property.kind === 'leadsTo' ? [{ name, property }] : []
  })
  const names = [...liveness.map(({ name }) => name), ...(asksCompletion ? [completionProperty] : [])]
  const found = new Map<string, FoundRun>()
  if (names.length === 0) return { found, held: [], undecided: [], notes: [] }
  const result = exploreGraph(partition, search, options)
  if (result.graph === undefined) return { found, held: [], undecided: names, notes: [result.note] }
  const notes: string[] = []
  for (const named of liveness) {
    const run = violationOf(partition, result.graph, named, options)
    if (run !== undefined) found.set(named.name, run)
  }
  if (asksCompletion) {
    const completion = decideCompletion(partition, result.graph, options)
    if (completion.run !== undefined) found.set(completionProperty, completion.run)
    notes.push(...completion.notes)
  }
  return { found, held: names.filter((name) => !found.has(name)), undecided: [], notes }
}
