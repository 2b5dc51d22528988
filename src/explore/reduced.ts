/** Explore | breadth-first search that leaves out states: those that another one stands for, and orders that do not matter. */

import { keepFound, type LevelSearch } from './breadth-first.ts'
import { Explorer } from './explorer.ts'
import type { Partition, Successor } from './partition.ts'
import { after } from './runs.ts'
import type { SearchEnd, SearchOptions } from './strategy.ts'
import { plainInts, type Trees } from './tree.ts'

/** What is enabled in one state. */
export interface Enabled {
  readonly group: number
  readonly successors: readonly Successor[]
}

/** Where in the search a state is being expanded. */
export interface Place {
  readonly state: number
  /** The number of the state that a successor leads to; -1 if it has not been reached yet. */
  find(successor: Successor): number
  /** The same; it is reached by now. Only for a successor that is gone on with. */
  reach(successor: Successor): number
}

/** How a search is reduced. */
export interface Reduction {
  /** The state that stands for this one (symmetry). Absent: every state stands for itself. */
  readonly represent?: (values: Int32Array) => Int32Array
  /** As `Explorer.watch`. */
  readonly watch?: Explorer['watch']
  /** The groups to go on with (partial order): indexes into `enabled`. Absent: all of them. */
  readonly ample?: (
    values: Int32Array,
    enabled: readonly Enabled[],
    place: Place,
    explorer: Explorer,
  ) => readonly number[]
}

/**
 * Slower per state than the full search, which never looks at a state as a whole; worth it where it leaves out enough.
 * @param known what an earlier search of the same partition has found out about its groups.
 */
export function searchReduced(
  partition: Partition,
  reduction: Reduction,
  options: SearchOptions = {},
  known?: Trees,
): LevelSearch {
  const explorer = new Explorer(partition, plainInts, known)
  explorer.watch = reduction.watch
  const { visited } = explorer
  const { statesMax = 2 ** 31 - 2, bytesMax = Number.POSITIVE_INFINITY } = options
  const represent = reduction.represent ?? ((values: Int32Array) => values)
  const found: LevelSearch['found'] = new Map()
  const levels = [0, 1]
  const steps = partition.groups.flatMap(({ kind }, group) => (kind === 'step' ? [group] : []))
  const predicates = partition.groups.flatMap(({ kind }, group) => (kind === 'state' ? [group] : []))
  const end = partition.groups.length - 1
  const values = new Int32Array(partition.components.length)
  let packed = new Int32Array(explorer.layout.words)
  let transitions = 0
  let why: SearchEnd | undefined

  /** The words of the state that stands for `next`. */
  const pack = (next: Int32Array): Int32Array => {
    const standing = represent(next)
    if (!explorer.holds(standing)) explorer.fit()
    if (packed.length !== explorer.layout.words) packed = new Int32Array(explorer.layout.words)
    explorer.layout.pack(standing, packed, 0)
    return packed
  }
  const expand = (state: number, depth: number): void => {
    explorer.layout.unpack(visited.states, state * explorer.layout.words, values)
    const enabled: Enabled[] = []
    let progress = false
    for (const group of steps) {
      const { successors } = explorer.expansion(group, values)
      if (successors.length > 0) enabled.push({ group, successors })
      progress ||= successors.some((successor) => successor.progress)
    }
    for (const group of predicates) {
      keepFound(explorer, found, { properties: explorer.expansion(group, values).fires, depth, state, group })
    }
    if (!progress) {
      keepFound(explorer, found, { properties: explorer.expansion(end, values).fires, depth, state, group: end })
    }
    const find = (successor: Successor): number => visited.find(pack(after(values, successor)), 0)
    const reach = (successor: Successor): number => {
      visited.reserve(1)
      const number = visited.add(pack(after(values, successor)), 0, state)
      return number < 0 ? -1 - number : number
    }
    const chosen = reduction.ample?.(values, enabled, { state, find, reach }, explorer) ?? enabled.keys()
    for (const index of chosen) {
      const { group, successors } = enabled[index] as Enabled
      successors.forEach((successor, number) => {
        transitions++
        const { violates } = successor
        keepFound(explorer, found, { properties: violates, depth: depth + 1, state, group, successor: number })
        reach(successor)
      })
    }
  }

  keepFound(explorer, found, { properties: partition.initial().fires, depth: 0, state: 0, group: -1 })
  for (let depth = 0; why === undefined; depth++) {
    const to = levels[depth + 1] as number
    for (let state = levels[depth] as number; state < to && why === undefined; state++) {
      expand(state, depth)
      if (visited.count > statesMax) why = 'states'
      else if (visited.bytes > bytesMax) why = 'bytes'
      else if ((state & 1023) === 0 && options.stop) {
        const { count, bytes } = visited
        if (options.stop({ states: count, transitions, depth, frontier: to - state, bytes })) why = 'stopped'
      }
    }
    if (why !== undefined) break
    if (visited.count === to) why = 'exhausted'
    else {
      levels.push(visited.count)
      if (options.wanted === 'first' && [...found.keys()].some((name) => !partition.witnesses.has(name))) why = 'found'
    }
  }
  return { end: why, explorer, states: visited.count, transitions, depth: levels.length - 2, levels, found }
}
