/** Explore | completion: from every reachable state, all programs can still come to their ends. */

import { componentsOf } from './components.ts'
import { type Edges, noUnit, type ReverseEdges, reaching, rests, type StateGraph } from './graph.ts'
import { finishedPredicate, PredicateTree, statesWhere } from './predicates.ts'
import { chainTo, stepsAlong } from './runs.ts'
import type { FoundRun } from './strategy.ts'
import type { SystemPartition } from './system-partition.ts'

/** The name of the built-in property. */
export const completionProperty = 'completion'

export interface CompletionResult {
  /** A shortest run to a state from which the programs can no longer end, though the system can go on for ever. */
  readonly run: FoundRun | undefined
  readonly notes: readonly string[]
}

/** Decides the property. For a system in which nothing has an end there is nothing to decide; a note says so. */
export function decideCompletion(partition: SystemPartition, graph: StateGraph): CompletionResult {
  const finished = finishedPredicate(partition)
  if (finished === undefined) {
    return { run: undefined, notes: [`${completionProperty}: not decided, no program of this system has an end`] }
  }
  const { search } = graph
  const marks = statesWhere(search, new PredicateTree(partition, finished, completionProperty))
  const { state, doomed } = findLivelock(graph, graph.reverse, marks)
  const notes = doomed === 0 ? [] : [`${completionProperty}: out of reach in ${doomed} of ${graph.count} states`]
  if (state === undefined) return { run: undefined, notes }
  const { steps } = stepsAlong(search.explorer, chainTo(search.explorer, state))
  return { run: { property: completionProperty, steps, isShortest: true }, notes }
}

export interface Livelock {
  /** The first, so a nearest, state of those that can go on for ever and never finish. */
  readonly state: number | undefined
  /** States from which no finished one can be reached, deadlocks included. */
  readonly doomed: number
}

/**
 * Backward from the finished states. Of the states left over, those that can only run into a deadlock are left to the
 * report of that deadlock: a livelock can reach a cycle among them on which a message is delivered or a `must` choice
 * taken.
 */
export function findLivelock(edges: Edges, reverse: ReverseEdges, finished: Uint8Array): Livelock {
  const doomed = reaching(reverse, finished).map((reached) => 1 - reached)
  const { of } = componentsOf(edges, doomed)
  const { count, offsets, targets, units } = edges
  const moving = new Uint8Array(count)
  for (let node = 0; node < count; node++) {
    if (doomed[node] === 0) continue
    for (let edge = offsets[node] as number; edge < (offsets[node + 1] as number); edge++) {
      if (units[edge] !== noUnit && of[targets[edge] as number] === of[node]) moving[node] = 1
    }
  }
  const candidates = reaching(reverse, moving, doomed)
  const state = candidates.findIndex((marked, node) => marked !== 0 && !rests(edges, node))
  return { state: state < 0 ? undefined : state, doomed: doomed.reduce((sum, mark) => sum + mark, 0) }
}
