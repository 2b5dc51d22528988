/** Explore | completion: from every reachable state, all programs can still come to their ends, and all to rest where that is asked. */

import { InternalError } from '../base/errors.ts'
import type { LevelSearch } from './breadth-first.ts'
import { componentsOf } from './components.ts'
import type { Predicate } from './define-system.ts'
import { type Edges, noUnit, type ReverseEdges, reaching, rests, reverseOf, type StateGraph } from './graph.ts'
import { finishedPredicate, PredicateTree, statesWhere } from './predicates.ts'
import { after, chainTo, stepsAlong, successorsOf } from './runs.ts'
import type { FoundRun, ReducedSearch } from './strategy.ts'
import type { SystemPartition } from './system-partition.ts'

/** The name of the built-in property. */
export const completionProperty = 'completion'

export interface CompletionResult {
  /** A shortest run to a state from which the programs can no longer end, though the system can go on for ever. */
  readonly run: FoundRun | undefined
  readonly notes: readonly string[]
}

export interface CompletionGoal {
  /** What must be reached, where that is more than the ends of all programs. */
  readonly over?: Predicate | undefined
  /**
   * Which steps count as a way there. `must`: only those that come in the end, since a program that ends because something
   * happens that perhaps never does, as an eviction, has not been brought to its end. Default: `any`.
   */
  readonly ways?: 'any' | 'must' | undefined
}

/** Decides the property. For a system in which nothing has an end there is nothing to decide; a note says so. */
export function decideCompletion(
  partition: SystemPartition,
  graph: StateGraph,
  { over, ways }: CompletionGoal = {},
): CompletionResult {
  const finished = finishedPredicate(partition)
  if (finished === undefined) {
    return { run: undefined, notes: [`${completionProperty}: not decided, no program of this system has an end`] }
  }
  const { search } = graph
  const marks = statesWhere(search, new PredicateTree(partition, over ?? finished, completionProperty))
  const edges = ways === 'must' ? withoutMay(graph) : graph
  const { candidates, doomed } = findLivelock(edges, edges === graph ? graph.reverse : reverseOf(edges), marks)
  const state = shownOf(partition, search, { candidates, ...(over ? { finished } : {}) })
  const notes = doomed === 0 ? [] : [`${completionProperty}: out of reach in ${doomed} of ${graph.count} states`]
  if (state === undefined) return { run: undefined, notes }
  const { steps } = stepsAlong(search.explorer, chainTo(search.explorer, state))
  return { run: { property: completionProperty, steps, isShortest: true }, notes }
}

/**
 * Decides the property on a reduced graph, as far as that can: `undecided` names it where only the whole graph tells.
 *
 * Symmetry alone loses nothing: who has ended does not depend on names, and a cycle among states that stand for others is
 * one among those. Partial order keeps a way from every state of the whole graph into the reduced one (by the induction of
 * Claim 1 in docs/checking/partial-order.md, on where its runs end). So the property holds if each reduced state can reach the end
 * by steps between reduced states; if one can't, steps that were left out may help, and nothing is known.
 */
export function decideCompletionReduced(
  partition: SystemPartition,
  reduced: ReducedSearch,
  { over, ways }: CompletionGoal = {},
): CompletionResult & { readonly isDecided: boolean } {
  const finished = finishedPredicate(partition)
  if (finished === undefined) return { run: undefined, notes: [], isDecided: true }
  const { search, represent, keepsEveryStep } = reduced
  const all = edgesAmong(reduced)
  const edges = ways === 'must' ? withoutMay(all) : all
  const marks = statesWhere(search, new PredicateTree(partition, over ?? finished, completionProperty))
  const { candidates, doomed } = findLivelock(edges, reverseOf(edges), marks)
  const state = shownOf(partition, search, { candidates, ...(over ? { finished } : {}) })
  if (doomed === 0) return { run: undefined, notes: [], isDecided: true }
  if (!keepsEveryStep) return { run: undefined, notes: [], isDecided: false }
  const notes = [`${completionProperty}: out of reach in ${doomed} of ${search.states} states`]
  if (state === undefined) return { run: undefined, notes, isDecided: true }
  const { steps } = stepsAlong(search.explorer, chainTo(search.explorer, state), represent)
  return { run: { property: completionProperty, steps, isShortest: true }, notes, isDecided: true }
}

/** All steps of the whole system that lead from a state of the search to one. The only unit is progress. */
function edgesAmong({ search, represent, keepsEveryStep }: ReducedSearch): Edges {
  const { explorer, states: count } = search
  const { layout, visited, partition } = explorer
  const offsets = new Int32Array(count + 1)
  const targets: number[] = []
  const units: number[] = []
  const values = new Int32Array(partition.components.length)
  const words = new Int32Array(layout.words)
  for (let state = 0; state < count; state++) {
    layout.unpack(visited.states, state * layout.words, values)
    for (const successor of successorsOf(explorer, values)) {
      const next = after(values, successor)
      const standing = represent ? represent(next) : next
      let target = -1
      if (explorer.holds(standing)) {
        layout.pack(standing, words, 0)
        target = visited.find(words, 0)
      }
      if (target >= 0) {
        targets.push(target)
        units.push(successor.progress ? 0 : noUnit)
      } else if (keepsEveryStep) {
        throw new InternalError(`state ${state} has a successor that the search has not kept`)
      }
    }
    offsets[state + 1] = targets.length
  }
  return { count, offsets, targets: Int32Array.from(targets), units: Int32Array.from(units) }
}

/** The edges of deliveries and `must` choices. */
function withoutMay({ count, offsets, targets, units }: Edges): Edges {
  const kept = new Int32Array(count + 1)
  const left: number[] = []
  for (let node = 0; node < count; node++) {
    for (let edge = offsets[node] as number; edge < (offsets[node + 1] as number); edge++) {
      if (units[edge] !== noUnit) left.push(edge)
    }
    kept[node + 1] = left.length
  }
  return {
    count,
    offsets: kept,
    targets: Int32Array.from(left, (edge) => targets[edge] as number),
    units: Int32Array.from(left, (edge) => units[edge] as number),
  }
}

export interface Livelock {
  /** By state: 1 of those that can go on for ever and never finish. */
  readonly candidates: Uint8Array
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
  const candidates = reaching(reverse, moving, doomed).map((marked, node) => (marked && !rests(edges, node) ? 1 : 0))
  return { candidates, doomed: doomed.reduce((sum, mark) => sum + mark, 0) }
}

/** The nearest candidate; where more than ends must be reached, the nearest in which all programs are `finished`: it says more. */
function shownOf(
  partition: SystemPartition,
  search: LevelSearch,
  { candidates, finished }: { readonly candidates: Uint8Array; readonly finished?: Predicate },
): number | undefined {
  const first = candidates.indexOf(1)
  if (first < 0) return undefined
  if (finished === undefined) return first
  const ended = statesWhere(search, new PredicateTree(partition, finished, completionProperty))
  const nearest = candidates.findIndex((marked, state) => marked === 1 && ended[state] === 1)
  return nearest < 0 ? first : nearest
}
