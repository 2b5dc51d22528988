/** Explore | the state graph: every edge between the states of an exhausted search, with the fairness unit that takes it. */

import { InternalError } from '../base/errors.ts'
import type { LevelSearch } from './breadth-first.ts'
import type { Expansion, StepLabel } from './partition.ts'
import { successorsOf, valuesOf } from './runs.ts'
import type { SystemPartition } from './system-partition.ts'

/**
 * What weak fairness is promised to. A channel that keeps its order is one unit: its head. In the others each message is
 * one, by its text: two equal ones cannot be told apart, so that to deliver one is to deliver either. A `must` choice is
 * one unit whatever its parameter. `may` choices are promised nothing and are no unit.
 */
export type FairnessUnit =
  | { readonly kind: 'channel'; readonly channel: number; readonly message?: string }
  | { readonly kind: 'choice'; readonly actor: number; readonly choice: number }

/** The unit of an edge that belongs to none. */
export const noUnit = -1

/** A graph in compressed sparse rows. The edges of node n are those from offsets[n] to offsets[n + 1] - 1. */
export interface Edges {
  readonly count: number
  readonly offsets: Int32Array
  /** By edge: where it leads. */
  readonly targets: Int32Array
  /** By edge: the number of the fairness unit that takes it, or `noUnit`. */
  readonly units: Int32Array
}

/** Edges the other way round: those into node n come from sources[offsets[n]] to sources[offsets[n + 1] - 1]. */
export interface ReverseEdges {
  readonly offsets: Int32Array
  readonly sources: Int32Array
}

/** The unit of a step, as a value; undefined for a `may` choice. */
export function unitOf(
  label: StepLabel,
  progress: boolean,
  isInOrder: (channel: number) => boolean,
): FairnessUnit | undefined {
  if (!progress) return undefined
  if (label.kind === 'spontaneous') return { kind: 'choice', actor: label.actor, choice: label.choice }
  const { channel, message } = label
  return isInOrder(channel) ? { kind: 'channel', channel } : { kind: 'channel', channel, message }
}

/** Units of an edge list that are enabled in `node`: those that take one of its edges. In ascending order. */
export function unitsEnabled({ offsets, units }: Edges, node: number): number[] {
  const enabled = new Set(units.subarray(offsets[node], offsets[node + 1]))
  enabled.delete(noUnit)
  return [...enabled].sort((a, b) => a - b)
}

/** Whether neither a delivery nor a `must` choice is enabled in `node`. */
export function rests({ offsets, units }: Edges, node: number): boolean {
  for (let edge = offsets[node] as number; edge < (offsets[node + 1] as number); edge++) {
    if (units[edge] !== noUnit) return false
  }
  return true
}

export interface GraphOptions {
  /** Bytes of the graph and of what is computed on it. Default: `graphBytesMax`. */
  readonly bytesMax?: number
  /** Asked now and then; true: there is no graph. */
  readonly isInterrupted?: () => boolean
}

export const graphBytesMax = 2 ** 30

/** The whole graph, or why there is none. */
export type GraphResult =
  | { readonly graph: StateGraph }
  | {
      readonly graph: undefined
      /** A sentence for a report. */
      readonly note: string
    }

export class StateGraph implements Edges {
  readonly search: LevelSearch
  readonly count: number
  readonly offsets: Int32Array
  readonly targets: Int32Array
  readonly units: Int32Array
  /** By number. */
  readonly unitList: readonly FairnessUnit[]
  private reversed: ReverseEdges | undefined

  constructor(search: LevelSearch, edges: Omit<Edges, 'count'>, unitList: readonly FairnessUnit[]) {
    this.search = search
    this.count = search.states
    this.offsets = edges.offsets
    this.targets = edges.targets
    this.units = edges.units
    this.unitList = unitList
  }

  /** Made on first use. */
  get reverse(): ReverseEdges {
    this.reversed ??= reverseOf(this)
    return this.reversed
  }

  /** Which step an edge of `state` is. */
  label(state: number, edge: number): StepLabel {
    const { explorer } = this.search
    const successors = successorsOf(explorer, valuesOf(explorer, state))
    return (successors[edge - (this.offsets[state] as number)] as (typeof successors)[number]).label
  }
}

/** The graph of a system's search. Only a full search knows every successor: a reduced one leaves out what this needs. */
export function exploreGraph(partition: SystemPartition, search: LevelSearch, options: GraphOptions = {}): GraphResult {
  const { channels } = partition.system
  return buildGraph(search, (channel) => channels[channel]?.inOrder ?? true, options)
}

/** As `exploreGraph`, for any partition. @param isInOrder whether only the oldest message of a channel can be next. */
export function buildGraph(
  search: LevelSearch,
  isInOrder: (channel: number) => boolean,
  options: GraphOptions = {},
): GraphResult {
  const { states, transitions } = search
  if (search.end !== 'exhausted') {
    return { graph: undefined, note: `no state graph: the search ended before all states were known (${search.end})` }
  }
  const { bytesMax = graphBytesMax } = options
  const bytes = bytesFor(states, transitions)
  if (bytes > bytesMax || transitions >= 2 ** 31) {
    const mib = (count: number) => `${Math.ceil(count / 2 ** 20)} MiB`
    const size = `${states} states and ${transitions} edges`
    return { graph: undefined, note: `no state graph: ${size} need ${mib(bytes)}, the bound is ${mib(bytesMax)}` }
  }
  search.explorer.visited.settle()
  const graph = new GraphBuilder(search, isInOrder).build(options.isInterrupted)
  return graph ? { graph } : { graph, note: 'no state graph: interrupted before it was whole' }
}

/** Rows, targets and units; the reverse; and, by state, what components, searches and marks take. */
function bytesFor(states: number, edges: number): number {
  return 12 * edges + 48 * (states + 1)
}

/** What an expansion means for the edges of any state that it belongs to. */
interface Prepared {
  readonly units: readonly number[]
  /** By successor: exclusive or of the words of a state. */
  readonly differences: readonly Int32Array[]
}

/** States between two looks for an interruption, less one. */
const askedEvery = (1 << 12) - 1

class GraphBuilder {
  private readonly search: LevelSearch
  private readonly isInOrder: (channel: number) => boolean
  private readonly unitList: FairnessUnit[] = []
  private readonly unitNumbers = new Map<string, number>()
  private readonly prepared = new Map<Expansion, Prepared>()

  constructor(search: LevelSearch, isInOrder: (channel: number) => boolean) {
    this.search = search
    this.isInOrder = isInOrder
  }

  /** Undefined: interrupted. */
  build(isInterrupted: (() => boolean) | undefined): StateGraph | undefined {
    const { explorer, states, transitions } = this.search
    const { layout, visited, partition } = explorer
    const steps = partition.groups.flatMap(({ kind }, group) => (kind === 'step' ? [group] : []))
    const offsets = new Int32Array(states + 1)
    const targets = new Int32Array(transitions)
    const units = new Int32Array(transitions)
    const values = new Int32Array(partition.components.length)
    const words = new Int32Array(layout.words)
    let edge = 0
    for (let state = 0; state < states; state++) {
      if ((state & askedEvery) === askedEvery && isInterrupted?.()) return undefined
      const at = state * layout.words
      layout.unpack(visited.states, at, values)
      for (const group of steps) {
        const expansion = explorer.expansion(group, values)
        if (expansion.successors.length === 0) continue
        const prepared = this.prepare(expansion)
        for (let i = 0; i < prepared.units.length; i++) {
          const difference = prepared.differences[i] as Int32Array
          for (let w = 0; w < words.length; w++) {
            words[w] = (visited.states[at + w] as number) ^ (difference[w] as number)
          }
          const target = visited.find(words, 0)
          if (target < 0) throw new InternalError(`state ${state} has a successor that the search has not kept`)
          targets[edge] = target
          units[edge++] = prepared.units[i] as number
        }
      }
      offsets[state + 1] = edge
    }
    if (edge !== transitions) throw new InternalError(`${edge} edges, but the search has taken ${transitions} steps`)
    return new StateGraph(this.search, { offsets, targets, units }, this.unitList)
  }

  private prepare(expansion: Expansion): Prepared {
    let prepared = this.prepared.get(expansion)
    if (prepared === undefined) {
      const { layout } = this.search.explorer
      const units = expansion.successors.map(({ label, progress }) => {
        const unit = unitOf(label, progress, this.isInOrder)
        return unit === undefined ? noUnit : this.numberOf(unit)
      })
      const differences = expansion.successors.map(({ writes }) => {
        const words = new Int32Array(layout.words)
        for (const { component, from, to } of writes) {
          const word = layout.word[component] as number
          words[word] = (words[word] as number) ^ ((from ^ to) << (layout.shift[component] as number))
        }
        return words
      })
      prepared = { units, differences }
      this.prepared.set(expansion, prepared)
    }
    return prepared
  }

  private numberOf(unit: FairnessUnit): number {
    const key = JSON.stringify(unit)
    let number = this.unitNumbers.get(key)
    if (number === undefined) {
      number = this.unitList.push(unit) - 1
      this.unitNumbers.set(key, number)
    }
    return number
  }
}

/** Counting sort by target. */
export function reverseOf({ count, offsets, targets }: Edges): ReverseEdges {
  const into = new Int32Array(count + 1)
  for (const target of targets) into[target + 1] = (into[target + 1] as number) + 1
  for (let node = 0; node < count; node++) into[node + 1] = (into[node + 1] as number) + (into[node] as number)
  const sources = new Int32Array(targets.length)
  const next = into.slice()
  for (let node = 0; node < count; node++) {
    for (let edge = offsets[node] as number; edge < (offsets[node + 1] as number); edge++) {
      const target = targets[edge] as number
      const place = next[target] as number
      sources[place] = node
      next[target] = place + 1
    }
  }
  return { offsets: into, sources }
}

/** The nodes of `within` from which a node of `goal` can be reached through `within`, goals in `within` included. */
export function reaching(reverse: ReverseEdges, goal: Uint8Array, within?: Uint8Array): Uint8Array {
  const reached = new Uint8Array(goal.length)
  const queue = new Int32Array(goal.length)
  let tail = 0
  const add = (node: number): void => {
    if (reached[node] !== 0 || (within !== undefined && within[node] === 0)) return
    reached[node] = 1
    queue[tail++] = node
  }
  for (let node = 0; node < goal.length; node++) if (goal[node] !== 0) add(node)
  for (let head = 0; head < tail; head++) {
    const node = queue[head] as number
    const end = reverse.offsets[node + 1] as number
    for (let i = reverse.offsets[node] as number; i < end; i++) add(reverse.sources[i] as number)
  }
  return reached
}
