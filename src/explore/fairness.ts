/** Explore | fairness on a graph: where runs can stay for ever, and a cycle that is one. */

import { InternalError } from '../base/errors.ts'
import { type Components, componentsOf } from './components.ts'
import { type Edges, noUnit, rests, unitsEnabled } from './graph.ts'

/**
 * What is promised to a unit, and so which infinite runs count. `weak`: it is, again and again, taken or not enabled. `strong`: if
 * it is enabled again and again, it is taken again and again. `none`: nothing. Either way a run may end where nothing but `may`
 * choices is enabled, and nowhere else.
 */
export type Fairness = 'weak' | 'strong' | 'none'

/** To all units the same, or to each its own. */
export type Promised<Unit> = Fairness | ((unit: Unit) => Fairness)

export function promisedTo<Unit>(promised: Promised<Unit>, unit: Unit): Fairness {
  return typeof promised === 'function' ? promised(unit) : promised
}

/** An edge, with the node that it leaves. */
export interface Edge {
  readonly from: number
  readonly edge: number
}

/** Where a run can stay among the nodes of `included` for ever. */
export interface FairPlaces {
  /** Of those with a fair cycle only. */
  readonly components: Components
  /** By node: 0 nowhere, 1 in a component with a fair cycle, 2 right here, without a further step. */
  readonly stays: Uint8Array
}

/**
 * A run stays in the end among nodes and edges that it visits again and again: a strongly connected part of the graph. The walk through
 * all of a component is fair iff each unit that is promised something is taken by an edge inside, or, `weak`, not enabled in some
 * node, or, `strong`, in none. More nodes and edges never make a walk less fair to what is `weak`; but to what is `strong` a part may be
 * fair where the whole is not. So of a component that is unfair to a `strong` unit the nodes that enable it are left out, for no fair run
 * visits them again and again, and what remains is taken apart again.
 *
 * O. Lichtenstein, A. Pnueli, "Checking that finite state concurrent programs satisfy their linear specification", POPL 1985;
 * E. A. Emerson, C.-L. Lei, "Modalities for model checking: branching time logic strikes back", Science of Computer Programming 8, 1987.
 */
export function fairPlaces(edges: Edges, included: Uint8Array, promised: Promised<number>): FairPlaces {
  const of = new Int32Array(edges.count).fill(-1)
  const stays = new Uint8Array(edges.count)
  for (let node = 0; node < edges.count; node++) if (included[node] !== 0 && rests(edges, node)) stays[node] = 2
  let count = 0
  let left = included
  while (left.includes(1)) {
    const components = componentsOf(edges, left)
    const next = new Uint8Array(edges.count)
    for (const { nodes, verdict } of judged(edges, components, promised)) {
      if (verdict === 'unfair') continue
      if (verdict === 'fair') {
        for (const node of nodes) {
          of[node] = count
          if (stays[node] === 0) stays[node] = 1
        }
        count++
      } else {
        for (const node of nodes) if (!unitsEnabled(edges, node).some((unit) => verdict.has(unit))) next[node] = 1
      }
    }
    left = next
  }
  return { components: { count, of }, stays }
}

/** A component: fair, or unfair with all of its parts, or unfair to these `strong` units, which some part may not enable. */
interface Judged {
  readonly nodes: Int32Array
  readonly verdict: 'fair' | 'unfair' | ReadonlySet<number>
}

function* judged(edges: Edges, components: Components, promised: Promised<number>): Generator<Judged> {
  const { offsets, targets, units } = edges
  const { of } = components
  const members = membersOf(components)
  const unitCount = units.reduce((most, unit) => Math.max(most, unit + 1), 0)
  const enabledIn = new Int32Array(unitCount)
  const isTaken = new Uint8Array(unitCount)
  /** The node that was last seen to enable a unit: a node counts once. */
  const seenIn = new Int32Array(unitCount).fill(-1)
  for (let component = 0; component < components.count; component++) {
    const nodes = members.nodes.subarray(members.offsets[component], members.offsets[component + 1])
    const touched: number[] = []
    let inside = false
    for (const node of nodes) {
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
    const passedOver = touched.filter((unit) => isTaken[unit] === 0)
    const starved = passedOver.filter((unit) => promisedTo(promised, unit) === 'strong')
    const isHopeless =
      !inside || passedOver.some((unit) => enabledIn[unit] === nodes.length && promisedTo(promised, unit) !== 'none')
    yield { nodes, verdict: isHopeless ? 'unfair' : starved.length > 0 ? new Set(starved) : 'fair' }
    for (const unit of touched) {
      enabledIn[unit] = 0
      isTaken[unit] = 0
    }
  }
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
export function fairCycle(edges: Edges, components: Components, start: number, promised: Promised<number>): Edge[] {
  const walker = new ComponentWalker(edges, components, start)
  const to = (unit: number): Fairness => promisedTo(promised, unit)
  const owed = new Set(unitsEnabled(edges, start).filter((unit) => to(unit) !== 'none'))
  const taken = new Set<number>()
  const cycle: Edge[] = []
  let node = start
  const walk = (worth: Worth): void => {
    for (const step of walker.shortest(node, worth)) {
      cycle.push(step)
      const unit = edges.units[step.edge] as number
      taken.add(unit)
      owed.delete(unit)
      node = edges.targets[step.edge] as number
      const enabled = new Set(unitsEnabled(edges, node))
      for (const other of owed) if (to(other) === 'weak' && !enabled.has(other)) owed.delete(other)
      // What is enabled on the way only is owed, too, if that is enough for it.
      for (const other of enabled) if (to(other) === 'strong' && !taken.has(other)) owed.add(other)
    }
  }
  const paid: Worth = (unit, target) => {
    const enabled = new Set(unitsEnabled(edges, target))
    return [...owed].filter((other) => other === unit || (to(other) === 'weak' && !enabled.has(other))).length
  }
  do {
    while (owed.size > 0) walk(paid)
    if (node !== start || cycle.length === 0) walk((_unit, target) => (target === start ? 1 : 0))
  } while (owed.size > 0)
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
