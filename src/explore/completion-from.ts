/** Explore | from one state on: whether all programs can still come to their ends, by searching everything that can follow. */

import { searchLevels } from './breadth-first.ts'
import { completionProperty } from './completion.ts'
import type { Predicate } from './define-system.ts'
import { Explorer } from './explorer.ts'
import type { StepLabel } from './partition.ts'
import { finishedPredicate } from './predicates.ts'
import { retrace } from './retrace.ts'
import { type PartitionConfig, SystemPartition } from './system-partition.ts'

export type CompletionFrom =
  /** Everything that can follow was searched, and no end is among it. */
  | { readonly reach: 'never'; readonly states: number }
  /** So many steps from here, at the least. */
  | { readonly reach: 'possible'; readonly steps: number }
  | { readonly reach: 'unknown'; readonly states: number }

export interface CompletionFromOptions {
  /** What must be reached, where that is more than the ends of all programs. */
  readonly over?: Predicate | undefined
  readonly statesMax: number
  readonly isInterrupted?: () => boolean
}

/** Searches on from the end of a run. Undefined for a system in which nothing has an end. */
export function completionAfter(
  config: Pick<PartitionConfig, 'spec' | 'purity'>,
  steps: readonly StepLabel[],
  { over, statesMax, isInterrupted }: CompletionFromOptions,
): CompletionFrom | undefined {
  const finished = finishedPredicate(new SystemPartition({ ...config, properties: {}, deadlock: 'ignore' }))
  if (finished === undefined) return undefined
  const goal = over ?? finished
  // To reach the goal violates this, so the search ends with a shortest way there.
  const properties = {
    [completionProperty]: { kind: 'always', holds: (state: Parameters<Predicate>[0]) => !goal(state) },
  } as const
  const partition = new SystemPartition({ ...config, properties, deadlock: 'ignore' })
  const from = retrace(new Explorer(partition), steps).states.at(-1) as Int32Array
  const stop = isInterrupted ? { stop: isInterrupted } : {}
  const search = searchLevels(partition, { from, statesMax, wanted: 'first', ...stop })
  const reached = search.found.get(completionProperty)
  if (reached) return { reach: 'possible', steps: reached.depth }
  return { reach: search.end === 'exhausted' ? 'never' : 'unknown', states: search.states }
}
