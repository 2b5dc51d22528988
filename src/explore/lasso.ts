/** Explore | lassos: runs that go on for ever by repeating their end, found on a graph and judged step by step. */

import { Explorer } from './explorer.ts'
import { type Edge, fairCycle, fairPlaces, type Promised, promisedTo } from './fairness.ts'
import { type FairnessUnit, type StateGraph, unitOf } from './graph.ts'
import type { Partition, StepLabel } from './partition.ts'
import { retrace } from './retrace.ts'
import { chainTo, equal, stepsAlong, successorsOf } from './runs.ts'

/** A run from the initial state. The steps from `cycleFrom` on repeat; none: it stays where it is. */
export interface Lasso {
  readonly steps: readonly StepLabel[]
  readonly cycleFrom: number
  /** Steps after which what never comes was asked for. */
  readonly askedAfter: number
}

/** By state of a graph: where something is asked for, and where it has come. */
export interface Response {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

/**
 * A run on which, from some state with `from` on, no state has `to`; undefined if there is none. The way to where it
 * stays is a shortest one.
 */
export function findLasso(graph: StateGraph, response: Response, promised: Promised<number>): Lasso | undefined {
  const { order, parents } = pendingStates(graph, response)
  const included = Uint8Array.from(parents, (parent) => (parent === unreached ? 0 : 1))
  const { components, stays } = fairPlaces(graph, included, promised)
  const start = order.find((state) => stays[state] !== 0)
  if (start === undefined) return undefined
  const pending: number[] = []
  for (let state = start; state !== entered; state = parents[state] as number) pending.unshift(state)
  const { explorer } = graph.search
  const asking = chainTo(explorer, pending[0] as number)
  const { steps } = stepsAlong(explorer, [...asking, ...pending.slice(1)])
  const cycle = stays[start] === 2 ? [] : fairCycle(graph, components, start, promised)
  const repeated = cycle.map(({ from, edge }: Edge) => graph.label(from, edge))
  return { steps: [...steps, ...repeated], cycleFrom: steps.length, askedAfter: asking.length - 1 }
}

const entered = -1
const unreached = -2

/**
 * The states in which something asked for has not come yet, nearest first: by the least number of steps of a run that
 * gets there so. `parents`: the state before, `entered` where `from` holds, `unreached`.
 */
function pendingStates(graph: StateGraph, { from, to }: Response) {
  const { offsets, targets } = graph
  const { levels } = graph.search
  const parents = new Int32Array(graph.count).fill(unreached)
  const order: number[] = []
  let begin = 0
  const add = (state: number, parent: number): void => {
    if (parents[state] !== unreached || to[state] !== 0) return
    parents[state] = parent
    order.push(state)
  }
  for (let depth = 0; depth + 1 < levels.length || begin < order.length; depth++) {
    // States at this distance: successors of those before, which are in `order` by now, and states that ask here.
    for (let state = levels[depth] ?? 0; state < (levels[depth + 1] ?? 0); state++) {
      if (from[state] !== 0) add(state, entered)
    }
    const end = order.length
    for (; begin < end; begin++) {
      const state = order[begin] as number
      for (let edge = offsets[state] as number; edge < (offsets[state + 1] as number); edge++) {
        add(targets[edge] as number, state)
      }
    }
  }
  return { order, parents }
}

/** What a lasso claims. */
export interface Claim {
  readonly from: (values: Int32Array) => boolean
  readonly to: (values: Int32Array) => boolean
  readonly fairness: Promised<FairnessUnit>
  readonly isInOrder: (channel: number) => boolean
}

/**
 * Takes a lasso step by step, on trees of its own, and says what is wrong with it; undefined if it is what it claims to
 * be. Knows nothing of graphs and components.
 */
export function judgeLasso(
  partition: Partition,
  lasso: Pick<Lasso, 'steps' | 'cycleFrom'>,
  claim: Claim,
): string | undefined {
  const explorer = new Explorer(partition)
  const { states, taken } = retrace(explorer, lasso.steps)
  const { cycleFrom } = lasso
  const last = states.at(-1) as Int32Array
  if (!equal(states[cycleFrom] as Int32Array, last)) return 'its end does not come back to where the cycle begins'
  const lastTo = states.findLastIndex((values) => claim.to(values))
  if (lastTo >= cycleFrom) return 'what is waited for comes again and again'
  if (askedAfter(states, claim) === undefined) return 'nothing is waited for'
  /** By text. */
  const units = new Map<string, FairnessUnit>()
  const textOf = (label: StepLabel, progress: boolean): string[] => {
    const unit = unitOf(label, progress, claim.isInOrder)
    if (unit === undefined) return []
    const text = JSON.stringify(unit)
    units.set(text, unit)
    return [text]
  }
  const enabled = states.slice(cycleFrom).map((values) => {
    return new Set(successorsOf(explorer, values).flatMap(({ label, progress }) => textOf(label, progress)))
  })
  const cycle = taken.slice(cycleFrom)
  if (cycle.length === 0) return enabled[0]?.size === 0 ? undefined : 'it stops where something must happen'
  const taking = new Set(cycle.flatMap(({ label, progress }) => textOf(label, progress)))
  for (const [text, unit] of units) {
    if (taking.has(text)) continue
    const fairness = promisedTo(claim.fairness, unit)
    const isEnabled = (one: ReadonlySet<string>): boolean => one.has(text)
    if (fairness === 'weak' && enabled.every(isEnabled)) return `it is unfair to ${text}`
    if (fairness === 'strong' && enabled.some(isEnabled))
      return `it is unfair to ${text}, which is possible again and again`
  }
  return undefined
}

/** The number of the first state after which what is asked for never comes, along a run; undefined where nothing is asked for. */
export function askedAfter(
  states: readonly Int32Array[],
  { from, to }: Pick<Claim, 'from' | 'to'>,
): number | undefined {
  const lastTo = states.findLastIndex((values) => to(values))
  const asked = states.findIndex((values, index) => index > lastTo && from(values))
  return asked < 0 ? undefined : asked
}
