/** Explore | preemption bounding: all runs that rarely take the turn from a unit that could go on, none at first. */

import { counted } from '../base/counted.ts'
import { UsageError } from '../base/errors.ts'
import { BestRuns } from './best-runs.ts'
import { Explorer } from './explorer.ts'
import type { Partition, StepLabel } from './partition.ts'
import { StateReader } from './state-reader.ts'
import type { SearchEnd, SearchOptions, Strategy, StrategyResult } from './strategy.ts'
import { type Units, unitsOf } from './units.ts'

const preemptionsDefault = 2

/** Nodes between two looks at bounds. */
const nodesPerLook = 1024

/**
 * Iterative context bounding, after Musuvathi and Qadeer. A node is a state and the unit that took the last step; level
 * B holds the nodes that B preemptions reach and B - 1 do not. Within a level nodes are taken in order of discovery.
 *
 * A step that changes nothing leads nowhere and is not taken, and a unit that can only do such steps cannot go on.
 */
class BoundedSearch {
  readonly explorer: Explorer
  readonly best: BestRuns
  transitions = 0
  depth = 0
  /** States that were looked at. */
  looked = 0
  private readonly options: SearchOptions
  private readonly reader: StateReader
  private readonly units: Units
  /** By node: its state, the unit of its last step (-1 at the start), the node before, the move between them, its steps. */
  private readonly states: number[] = [0]
  private readonly last: number[] = [-1]
  private readonly before: number[] = [-1]
  private readonly moved: number[] = [-1]
  private readonly depths: number[] = [0]
  /** By state: the units with which it is a node, one bit each. */
  private known = new Int32Array(1024)
  private readonly knownWords: number
  private readonly expanded: boolean[] = []
  private end: SearchEnd | undefined

  constructor(partition: Partition, options: SearchOptions) {
    this.explorer = new Explorer(partition)
    this.options = options
    this.reader = new StateReader(this.explorer)
    this.best = new BestRuns(partition)
    this.units = unitsOf(partition)
    this.knownWords = (this.units.names.length + 31) >> 5
    this.best.offer(partition.initial().fires, 0, () => [])
  }

  get bytes(): number {
    return this.explorer.visited.bytes + this.known.byteLength + 5 * 8 * this.states.length
  }

  /** Why it ended, and the largest number of preemptions for which everything was looked at. */
  run(preemptionsMax: number): { readonly end: SearchEnd; readonly complete: number } {
    let levelFrom = 0
    let at = 0
    for (let level = 0; ; level++) {
      for (; at < this.states.length && this.end === undefined; at++) this.expand(at, 'going on')
      if (this.end !== undefined) return { end: this.end, complete: level - 1 }
      if (this.options.wanted === 'first' && this.best.hasViolation) return { end: 'found', complete: level }
      // Everything that a preemption leads to from this level's nodes is the beginning of the next level.
      const levelTo = at
      for (let node = levelFrom; node < levelTo && this.end === undefined; node++) {
        if (level === preemptionsMax && this.states.length > levelTo) return { end: 'preemptions', complete: level }
        this.expand(node, 'preempting')
      }
      if (this.end !== undefined) return { end: this.end, complete: level }
      if (this.states.length === levelTo) return { end: 'exhausted', complete: level }
      if (level === preemptionsMax) return { end: 'preemptions', complete: level }
      levelFrom = levelTo
    }
  }

  /** Follows the moves of a node that are no preemptions, or those that are. */
  private expand(node: number, which: 'going on' | 'preempting'): void {
    const { reader, units } = this
    const { moves } = reader
    const state = this.states[node] as number
    const unit = this.last[node] as number
    reader.read(state)
    if (which === 'going on' && !this.expanded[state]) this.listen(node)
    let goesOn = false
    if (unit >= 0) {
      for (const group of units.groups[unit] as readonly number[]) {
        if ((moves.changing[reader.leafOf(group)] as number) > 0) goesOn = true
      }
    }
    if (which === 'preempting' && !goesOn) return
    const groups = goesOn && which === 'going on' ? (units.groups[unit] as readonly number[]) : reader.steps
    for (const group of groups) {
      if (which === 'preempting' && units.of[group] === unit) continue
      const leaf = reader.leafOf(group)
      for (let k = 0; k < (moves.changing[leaf] as number); k++) {
        this.follow(node, moves.changingMove(leaf, k), units.of[group] as number)
      }
    }
    if (node % nodesPerLook === 0 || this.looked > (this.options.statesMax ?? this.looked)) this.look()
  }

  /** Everything that properties say of a node's state, and of all steps out of it. */
  private listen(node: number): void {
    const { reader } = this
    this.looked++
    this.expanded[this.states[node] as number] = true
    for (const group of reader.steps) this.transitions += reader.moves.count[reader.leafOf(group)] as number
    reader.listen(reader.steps, this.best, this.depths[node] as number, () => this.stepsTo(node))
  }

  private follow(node: number, move: number, unit: number): void {
    this.explorer.visited.reserve(1)
    const state = this.reader.lead(this.states[node] as number, move)
    const at = state * this.knownWords + (unit >> 5)
    if (at >= this.known.length) this.grow(at)
    const bit = 1 << (unit & 31)
    if (((this.known[at] as number) & bit) !== 0) return
    this.known[at] = (this.known[at] as number) | bit
    this.states.push(state)
    this.last.push(unit)
    this.before.push(node)
    this.moved.push(move)
    const depth = (this.depths[node] as number) + 1
    this.depths.push(depth)
    if (depth > this.depth) this.depth = depth
  }

  private look(): void {
    const { statesMax = 2 ** 31 - 2, bytesMax = Number.POSITIVE_INFINITY, stop } = this.options
    const { transitions, depth, bytes } = this
    const states = this.looked
    if (states > statesMax) this.end = 'states'
    else if (bytes > bytesMax) this.end = 'bytes'
    else if (stop?.({ states, transitions, depth, frontier: 0, bytes })) this.end = 'stopped'
  }

  private stepsTo(node: number): StepLabel[] {
    const steps: StepLabel[] = []
    for (let at = node; at > 0; at = this.before[at] as number) {
      steps.push(this.reader.moves.labels[this.moved[at] as number] as StepLabel)
    }
    return steps.reverse()
  }

  private grow(least: number): void {
    const grown = new Int32Array(Math.max(least + 1, this.known.length * 2))
    grown.set(this.known)
    this.known = grown
  }
}

export const preemptionBounded: Strategy = {
  description: 'all runs with at most preemptionsMax switches away from a unit that could go on, fewest first',
  paper:
    'M. Musuvathi, S. Qadeer, ' +
    '"Iterative context bounding for systematic testing of multithreaded programs", PLDI 2007',
  guarantee:
    'every state and violation that a run of any length with at most so many preemptions reaches; ' +
    'exhaustive if one preemption more reaches nothing new',
  reductions: [],
  search: (partition, options): StrategyResult => {
    const { preemptionsMax = preemptionsDefault } = options
    if (!(preemptionsMax >= 0)) throw new UsageError(`preemptionsMax is ${preemptionsMax}; choose 0, 1, 2, …`)
    const search = new BoundedSearch(partition, options)
    const { end, complete } = search.run(preemptionsMax)
    const preemptions = counted(complete, 'preemption')
    const bound =
      complete < 0 ? 'the runs without preemption were not all looked at' : `all runs with at most ${preemptions}`
    return {
      end,
      isExhaustive: end === 'exhausted',
      states: search.looked,
      transitions: search.transitions,
      depth: search.depth,
      bytes: search.bytes,
      found: search.best.found,
      notes: end === 'exhausted' ? [`all states can be reached with at most ${preemptions}`] : [`bounded: ${bound}`],
    }
  },
}
