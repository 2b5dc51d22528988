/** Explore | breadth-first search: all states in order of their distance, so the first counterexample is a shortest one. */

import { Explorer } from './explorer.ts'
import type { Partition } from './partition.ts'
import { type Finding, Walker } from './walker.ts'

/** Candidates between two visits to the visited set: enough to overlap its cache misses, little enough for the L2 cache. */
const candidatesMax = 1 << 13

export interface SearchBounds {
  readonly statesMax?: number
  readonly bytesMax?: number
  /** Stop at the end of the level in which every one of these properties, by name, has been found. Default: never. */
  readonly until?: (found: ReadonlySet<string>) => boolean
  /** Asked between blocks of states; true ends the search. */
  readonly stop?: (progress: SearchProgress) => boolean
}

export interface SearchProgress {
  readonly states: number
  readonly transitions: number
  readonly depth: number
  /** States of the present level that have not been expanded yet. */
  readonly frontier: number
  readonly bytes: number
}

/** Why a search ended. */
export type SearchEnd = 'exhausted' | 'until' | 'states' | 'bytes' | 'stopped'

/** The first place where a property was found, at the least depth. */
export interface Found {
  readonly property: string
  /** Steps of the shortest run that shows it. */
  readonly depth: number
  readonly state: number
  readonly group: number
  readonly successor: number
}

export interface SearchResult {
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

export function breadthFirst(partition: Partition, bounds: SearchBounds = {}): SearchResult {
  const explorer = new Explorer(partition)
  const { visited } = explorer
  let walker = new Walker(partition.components.length, candidatesMax, explorer.layout.words)
  const found = new Map<string, Found>()
  const levels = [0, 1]
  const { statesMax = 2 ** 31 - 2, bytesMax = Number.POSITIVE_INFINITY } = bounds
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
      if (bounds.stop?.(progress)) end ??= 'stopped'
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
      if (bounds.until?.(new Set(found.keys()))) end = 'until'
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
