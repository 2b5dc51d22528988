/** Explore | weak fairness on a graph: which components hold a fair run for ever, and a cycle that is one. */

import { InternalError } from '../base/errors.ts'
import { type Components, componentsOf } from './components.ts'
import { type Edges, noUnit, rests, unitsEnabled } from './graph.ts'

/**
 * Which infinite runs count. `weak`: those in which every unit is taken, or not enabled, again and again. `none`: all.
 * Either way a run may end where nothing but `may` choices is enabled, and nowhere else.
 */
export type Fairness = 'weak' | 'none'

/** An edge, with the node that it leaves. */
export interface Edge {
  readonly from: number
  readonly edge: number
}

/** Where a run can stay among the nodes of `included` for ever. */
export interface FairPlaces {
  readonly components: Components
  /** By node: 0 nowhere, 1 in a component with a fair cycle, 2 right here, without a further step. */
  readonly stays: Uint8Array
}

/**
 * A component has a fair cycle iff the walk through all of its nodes and edges is one: for each unit, some node does not
 * enable it or some edge inside takes it. (More nodes and edges never make a walk less fair.)
 */
export function fairPlaces(edges: Edges, included: Uint8Array, fairness: Fairness): FairPlaces {
  const components = componentsOf(edges, included)
  const isFair = fairComponents(edges, components, fairness)
  const stays = new Uint8Array(edges.count)
  for (let node = 0; node < edges.count; node++) {
    const component = components.of[node] as number
    if (component < 0) continue
    if (rests(edges, node)) stays[node] = 2
    else if (isFair[component] !== 0) stays[node] = 1
  }
  return { components, stays }
}

/** By component: 1 if it has an edge inside and is fair. */
function fairComponents(edges: Edges, components: Components, fairness: Fairness): Uint8Array {
  const { offsets, targets, units } = edges
  const { of } = components
  const members = membersOf(components)
  const fair = new Uint8Array(components.count)
  const unitCount = units.reduce((most, unit) => Math.max(most, unit + 1), 0)
  const enabledIn = new Int32Array(unitCount)
  const isTaken = new Uint8Array(unitCount)
  /** The node that was last seen to enable a unit: a node counts once. */
  const seenIn = new Int32Array(unitCount).fill(-1)
  for (let component = 0; component < components.count; component++) {
    const begin = members.offsets[component] as number
    const end = members.offsets[component + 1] as number
    const touched: number[] = []
    let inside = false
    for (let i = begin; i < end; i++) {
      const node = members.nodes[i] as number
      for (let edge = offsets[node] as number; edge < (offsets[node + 1] as number); edge++) {
        const staysIn = of[targets[edge] as number] === component
        inside ||= staysIn
        const unit = units[edge] as number
        if (unit === noUnit) continue
        if (enabledIn[unit] === 0) touched.push(unit)
        if (seenIn[unit] !== node) enabledIn[unit] = (enabledIn[unit] as number) + 1
        seenIn[unit] = node
        if (staysIn) isTaken[unit] = 1
      }
    }
    const starves = (unit: number): boolean => enabledIn[unit] === end - begin && isTaken[unit] === 0
    if (inside && (fairness === 'none' || !touched.some(starves))) fair[component] = 1
    for (const unit of touched) {
      enabledIn[unit] = 0
      isTaken[unit] = 0
    }
  }
  return fair
}

/** Nodes by component. */
function membersOf({ count, of }: Components): { readonly offsets: Int32Array; readonly nodes: Int32Array } {
  const offsets = new Int32Array(count + 1)
  for (const component of of) if (component >= 0) offsets[component + 1] = (offsets[component + 1] as number) + 1
  for (let i = 0; i < count; i++) offsets[i + 1] = (offsets[i + 1] as number) + (offsets[i] as number)
  const nodes = new Int32Array(offsets[count] as number)
  const next = offsets.slice()
  of.forEach((component, node) => {
    if (component < 0) return
    const place = next[component] as number
    nodes[place] = node
    next[component] = place + 1
  })
  return { offsets, nodes }
}

/**
 * A fair cycle through `start`, whose component must be fair: from what is still owed to the nearest edge or node that
 * pays some of it, and home at the end. Short, not always shortest.
 */
export function fairCycle(edges: Edges, components: Components, start: number, fairness: Fairness): Edge[] {
  const walker = new ComponentWalker(edges, components, start)
  const owed = new Set(fairness === 'weak' ? unitsEnabled(edges, start) : [])
  const cycle: Edge[] = []
  let node = start
  const walk = (worth: Worth): void => {
    for (const step of walker.shortest(node, worth)) {
      cycle.push(step)
      owed.delete(edges.units[step.edge] as number)
      node = edges.targets[step.edge] as number
      const enabled = new Set(unitsEnabled(edges, node))
      for (const unit of owed) if (!enabled.has(unit)) owed.delete(unit)
    }
  }
  const paid: Worth = (unit, target) => {
    const enabled = new Set(unitsEnabled(edges, target))
    return [...owed].filter((other) => other === unit || !enabled.has(other)).length
  }
  while (owed.size > 0) walk(paid)
  if (node !== start || cycle.length === 0) walk((_unit, target) => (target === start ? 1 : 0))
  return cycle
}

/** How much a way that ends with this unit's edge into this node is worth; 0: it is no goal. */
type Worth = (unit: number, target: number) => number

/** Shortest ways within one component. */
class ComponentWalker {
  private readonly edges: Edges
  private readonly components: Components
  private readonly component: number

  constructor(edges: Edges, components: Components, start: number) {
    this.edges = edges
    this.components = components
    this.component = components.of[start] as number
  }

  /** A shortest way from `from` whose last edge is worth something; of several, one that is worth most. At least one edge. */
  shortest(from: number, worth: Worth): Edge[] {
    const { offsets, targets, units } = this.edges
    const via = new Map<number, Edge | undefined>([[from, undefined]])
    const depths = new Map<number, number>([[from, 0]])
    let best: { readonly last: Edge; readonly worth: number; readonly depth: number } | undefined
    // A map goes on to keys that are added while it is walked.
    for (const [node, depth] of depths) {
      if (best !== undefined && depth > best.depth) break
      for (let edge = offsets[node] as number; edge < (offsets[node + 1] as number); edge++) {
        const target = targets[edge] as number
        if (this.components.of[target] !== this.component) continue
        const value = worth(units[edge] as number, target)
        if (value > (best?.worth ?? 0)) best = { last: { from: node, edge }, worth: value, depth }
        if (depths.has(target)) continue
        depths.set(target, depth + 1)
        via.set(target, { from: node, edge })
      }
    }
    if (best === undefined) {
      throw new InternalError('a fair component owes something to a unit that it never pays')
    }
    return this.wayTo(via, best.last)
  }

  private wayTo(via: ReadonlyMap<number, Edge | undefined>, last: Edge): Edge[] {
    const way = [last]
    for (let step = via.get(last.from); step !== undefined; step = via.get(step.from)) way.unshift(step)
    return way
  }
}
