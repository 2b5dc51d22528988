/** Explore | breadth-first search: all states in order of their distance, so the first counterexample is a shortest one. */

import { InternalError } from '../base/errors.ts'
import { Explorer } from './explorer.ts'
import type { Layout } from './layout.ts'
import { searchPartialOrder } from './partial-order.ts'
import type { Partition } from './partition.ts'
import { Recent } from './recent.ts'
import { RepresentedStates } from './represented.ts'
import { chainTo, stepsAlong, successorsOf } from './runs.ts'
import {
  type FoundRun,
  reductions,
  type SearchEnd,
  type SearchOptions,
  type Strategy,
  type StrategyResult,
} from './strategy.ts'
import { type SymmetryReduction, symmetryOf } from './symmetry.ts'
import type { SystemPartition } from './system-partition.ts'
import type { Team } from './team.ts'
import { Together } from './together.ts'
import { Walker } from './walker.ts'

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
  readonly found: Map<string, Found>
}

/**
 * Level by level. Every property is found at its least depth.
 * @param symmetry states that stand for others; only these are kept and expanded.
 */
export function searchLevels(
  partition: Partition,
  options: SearchOptions = {},
  symmetry?: SymmetryReduction,
): LevelSearch {
  const explorer = new Explorer(partition, options.team?.makeInts)
  explorer.watch = symmetry?.watch
  if (options.from) explorer.beginAt(options.from)
  const represented = symmetry && new RepresentedStates(explorer, symmetry)
  const { visited } = explorer
  let walker = new Walker(partition.components.length, candidatesMax, explorer.layout.words)
  const found = new Map<string, Found>()
  const levels = [0, 1]
  const { statesMax = 2 ** 31 - 2, bytesMax = Number.POSITIVE_INFINITY } = options
  let transitions = 0
  let end: SearchEnd | undefined
  const keep = (depth: number): void => {
    for (const { set, state, group, successor } of walker.findings.splice(0)) {
      const properties = explorer.sets[set] as readonly number[]
      keepFound(explorer, found, { properties, depth: successor < 0 ? depth : depth + 1, state, group, successor })
    }
  }
  const isShared = options.team !== undefined && options.team.members > 1 && represented === undefined
  const together = isShared ? new Together(options.team as Team, explorer) : undefined
  const hasRoom = (more: number): boolean => visited.bytesWith(more) <= bytesMax
  const recent = represented ? undefined : new Recent()
  let recentLayout: Layout | undefined
  const sieve = (): void => {
    if (recent === undefined) return
    const { layout } = explorer
    // Another layout: what was remembered has other words now.
    if (layout !== recentLayout) recent.reset(visited.states, layout.words)
    recentLayout = layout
    walker.count = recent.sieve(walker, walker.count)
  }
  /** @param next the first state that is still to be expanded. */
  const add = (next: number): SearchEnd | undefined => {
    sieve()
    if (!hasRoom(walker.count)) return 'bytes'
    visited.reserve(walker.count)
    visited.keepArrivals(next, walker.count)
    if (represented) represented.addAll(walker, walker.count)
    else visited.addAll(walker, 0, walker.count)
    walker.reset(explorer.layout.words)
    return visited.count > statesMax ? 'states' : undefined
  }
  const isViolation = (name: string): boolean => !partition.witnesses.has(name)
  const fires = options.from ? [] : partition.initial().fires
  keepFound(explorer, found, { properties: fires, depth: 0, state: 0, group: -1 })
  for (let depth = 0; end === undefined; depth++) {
    const to = levels[depth + 1] as number
    let next = levels[depth] as number
    while (next < to && end === undefined) {
      if (together?.isWorthIt(to - next)) {
        const block = together.expand(next, to, hasRoom)
        if (block === undefined) end = 'bytes'
        else {
          next = block.next
          transitions += block.transitions
          walker.findings.push(...block.findings)
          walker.reset(explorer.layout.words)
          if (visited.count > statesMax) end = 'states'
        }
        const progress = { states: visited.count, transitions, depth, frontier: to - next, bytes: visited.bytes }
        if (options.stop?.(progress)) end ??= 'stopped'
        continue
      }
      const why = walker.expand(explorer.tables, next, to, visited)
      next = walker.state
      transitions += walker.transitions
      walker.transitions = 0
      if (why === 'miss' || why === 'unsummed') {
        const { group, cluster, present } = walker
        const learned = why === 'miss' ? explorer.learn(group, present) : explorer.summarize(cluster, present)
        if (learned === 'kept') continue
        // What is packed the old way goes into the visited set before all of it is packed anew.
        end = add(next)
        explorer.fit()
        walker.reset(explorer.layout.words)
      } else if (why === 'full' && walker.count === 0) walker = walker.larger(explorer.layout.words)
      else end = add(next)
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

/** Something that properties say of a state or of a step out of it. */
export interface Saying {
  readonly properties: readonly number[]
  readonly depth: number
  readonly state: number
  readonly group: number
  /** Which successor of the group; absent or -1: the state itself. */
  readonly successor?: number
}

/** Keeps the nearest finding of each property; among those, the first. */
export function keepFound(explorer: Explorer, found: LevelSearch['found'], saying: Saying): void {
  const { properties, depth, state, group, successor = -1 } = saying
  for (const index of properties) {
    const property = explorer.partition.properties[index] as string
    const place = { property, depth, state, group, successor }
    const known = found.get(property)
    if (known === undefined || isBefore(place, known)) found.set(property, place)
  }
}

/** Nearest first, then in the order of discovery. */
function isBefore(a: Found, b: Found): boolean {
  return (a.depth - b.depth || a.state - b.state || a.group - b.group || a.successor - b.successor) < 0
}

export const breadthFirst: Strategy = {
  description: 'all states, nearest first',
  paper: 'E. F. Moore, "The shortest path through a maze", 1959',
  guarantee: 'exhaustive; every counterexample is a shortest one for its property',
  reductions,
  search: (partition, options) => {
    const notes: string[] = []
    const wantsSymmetry = options.reductions?.includes('symmetry') ?? false
    const symmetry = wantsSymmetry ? symmetryOf(partition, options) : undefined
    if (wantsSymmetry && !symmetry) notes.push('symmetry: the system declares none')
    if (options.reductions?.includes('por')) return reducedByOrder(partition, options, notes, symmetry)
    const result = searchLevels(partition, options, symmetry)
    const { end, explorer, states, transitions, depth } = result
    const { bytes } = explorer.visited
    const found = new Map<string, FoundRun>()
    for (const [name, place] of result.found) found.set(name, runTo(explorer, place, symmetry))
    if (symmetry) notes.push(symmetry.note())
    // Where some states stand for others, the graph is not the whole one.
    const levels = symmetry
      ? { reduced: { search: result, represent: symmetry.represent, keepsEveryStep: true } }
      : { levels: result }
    return { end, isExhaustive: true, states, transitions, depth, bytes, found, notes, ...levels }
  },
}

/** The same with fewer orders of independent steps: verdicts are the same, counterexamples may be longer than the shortest. */
function reducedByOrder(
  partition: SystemPartition,
  options: SearchOptions,
  notes: string[],
  symmetry: SymmetryReduction | undefined,
): StrategyResult {
  const result = searchPartialOrder(partition, options, symmetry)
  const { end, explorer, states, transitions, depth, rounds } = result
  const { bytes } = explorer.visited
  const found = new Map<string, FoundRun>()
  for (const [name, place] of result.found) found.set(name, { ...runTo(explorer, place, symmetry), isShortest: false })
  notes.push('por: states that differ only in the order of independent steps are left out; runs need not be shortest')
  if (rounds > 1) notes.push(`por: searched ${rounds} times, until what steps may do was known`)
  if (symmetry) notes.push(symmetry.note())
  const reduced = { search: result, ...(symmetry ? { represent: symmetry.represent } : {}), keepsEveryStep: false }
  return { end, isExhaustive: true, states, transitions, depth, bytes, found, notes, reduced }
}

/** The run that a finding stands for. */
export function runTo(
  explorer: Explorer,
  { property, state, group, successor }: Found,
  symmetry?: Pick<SymmetryReduction, 'represent'>,
): FoundRun {
  const { steps, last } = stepsAlong(explorer, chainTo(explorer, state), symmetry?.represent)
  if (successor >= 0) {
    // In a state that another one stood for, the step is another one, too, of a group that may be another.
    const { successors } = symmetry ? { successors: successorsOf(explorer, last) } : explorer.expansion(group, last)
    const index = explorer.partition.properties.indexOf(property)
    const taken = symmetry ? successors.find(({ violates }) => violates.includes(index)) : successors[successor]
    if (!taken) throw new InternalError(`no step out of the last state of the run violates "${property}"`)
    steps.push(taken.label)
  }
  return { property, steps, isShortest: true }
}
