/** Explore | breadth-first search: all states in order of their distance, so the first counterexample is a shortest one. */

import { Explorer } from './explorer.ts'
import type { Partition } from './partition.ts'
import { chainTo, stepsAlong } from './runs.ts'
import type { FoundRun, SearchEnd, SearchOptions, Strategy } from './strategy.ts'
import { type Finding, Walker } from './walker.ts'

/** Candidates between two visits to the visited set: enough to overlap its cache misses, little enough for the L2 cache. */
const candidatesMax = 1 << 13

/** The first place where a property was found, at the least depth. */
export interface Found {
  readonly property: string
  /** Steps of the shortest run that shows it. */
  readonly depth: number
  readonly state: number
  readonly group: number
  readonly successor: number
}

/** All that a breadth-first search knows at its end. */
export interface LevelSearch {
  readonly end: SearchEnd
  readonly explorer: Explorer
  readonly states: number
  readonly transitions: number
  /** Largest distance of a state from the initial one. */
  readonly depth: number
  /** First state of each level, and the end of the last. */
  readonly levels: readonly number[]
  readonly found: ReadonlyMap<string, Found>
}

/** Level by level. Every property is found at its least depth. */
export function searchLevels(partition: Partition, options: SearchOptions = {}): LevelSearch {
  const explorer = new Explorer(partition)
  const { visited } = explorer
  let walker = new Walker(partition.components.length, candidatesMax, explorer.layout.words)
  const found = new Map<string, Found>()
  const levels = [0, 1]
  const { statesMax = 2 ** 31 - 2, bytesMax = Number.POSITIVE_INFINITY } = options
  let transitions = 0
  let end: SearchEnd | undefined
  const keep = (depth: number): void => {
    for (const finding of walker.findings.splice(0)) keepFinding(explorer, found, finding, depth)
  }
  const add = (): SearchEnd | undefined => {
    if (visited.bytesWith(walker.count) > bytesMax) return 'bytes'
    visited.reserve(walker.count)
    visited.addAll(walker.candidates, walker.parents, walker.count)
    walker.reset(explorer.layout.words)
    return visited.count > statesMax ? 'states' : undefined
  }
  const isViolation = (name: string): boolean => !partition.witnesses.has(name)
  keepInitial(explorer, found)
  for (let depth = 0; end === undefined; depth++) {
    const to = levels[depth + 1] as number
    let next = levels[depth] as number
    while (next < to && end === undefined) {
      const why = walker.expand(explorer.tables, visited.states, next, to)
      next = walker.state
      transitions += walker.transitions
      walker.transitions = 0
      if (why === 'miss' || why === 'unsummed') {
        const { group, cluster, answer, present } = walker
        const learned = why === 'miss' ? explorer.learn(group, present) : explorer.summarize(cluster, answer, present)
        if (learned === 'kept') continue
        // What is packed the old way goes into the visited set before all of it is packed anew.
        end = add()
        explorer.fit()
        walker.reset(explorer.layout.words)
      } else if (why === 'full' && walker.count === 0) walker = walker.larger(explorer.layout.words)
      else end = add()
      const progress = { states: visited.count, transitions, depth, frontier: to - next, bytes: visited.bytes }
      if (options.stop?.(progress)) end ??= 'stopped'
    }
    keep(depth)
    if (end !== undefined) break
    if (visited.count === to) end = 'exhausted'
    else {
      levels.push(visited.count)
      if (explorer.isDueToFit) {
        explorer.fit()
        walker.reset(explorer.layout.words)
      }
      if (options.wanted === 'first' && [...found.keys()].some(isViolation)) end = 'found'
    }
  }
  return { end, explorer, states: visited.count, transitions, depth: levels.length - 2, levels, found }
}

function keepInitial(explorer: Explorer, found: Map<string, Found>): void {
  for (const property of explorer.partition.initial().fires) {
    const name = explorer.partition.properties[property] as string
    found.set(name, { property: name, depth: 0, state: 0, group: -1, successor: -1 })
  }
}

function keepFinding(explorer: Explorer, found: Map<string, Found>, finding: Finding, level: number): void {
  const depth = finding.successor < 0 ? level : level + 1
  for (const property of explorer.namesOf(finding.set)) {
    const known = found.get(property)
    if (known === undefined || depth < known.depth) found.set(property, { ...finding, property, depth })
  }
}

export const breadthFirst: Strategy = {
  description: 'all states, nearest first',
  paper: 'E. F. Moore, "The shortest path through a maze", 1959',
  guarantee: 'exhaustive; every counterexample is a shortest one for its property',
  search: (partition, options) => {
    const result = searchLevels(partition, options)
    const { end, explorer, states, transitions, depth } = result
    const found = new Map<string, FoundRun>()
    for (const [name, place] of result.found) found.set(name, runTo(explorer, place))
    const { bytes } = explorer.visited
    return { end, isExhaustive: true, states, transitions, depth, bytes, found, notes: [] }
  },
}

/** The run that a finding stands for. */
function runTo(explorer: Explorer, { property, state, group, successor }: Found): FoundRun {
  const { steps, last } = stepsAlong(explorer, chainTo(explorer, state))
  if (successor >= 0) {
    const { successors } = explorer.expansion(group, last)
    steps.push((successors[successor] as (typeof successors)[number]).label)
  }
  return { property, steps, isShortest: true }
}
