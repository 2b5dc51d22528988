/** Statechart | transitions that need no message (`always`, `onDone`): cycles among them, and how much they can send. */

import type { Chart, ChartAction, ChartNode, ChartTransition } from './chart.ts'
import { doneType, nameOf } from './chart.ts'
import { entrySet, isDescendant, type Microstep, transitionDomain } from './microstep.ts'

/** Most messages per out port, by port index. */
export type Counts = readonly number[]

/** One sentence per cycle: an `always` that stays enabled, or automatic transitions that lead back to each other. */
export function automaticCycles(chart: Chart): string[] {
  const problems: string[] = []
  const automatic = chart.transitions.filter((transition) => transition.kind !== 'on')
  for (const transition of automatic) {
    if (transition.kind === 'always' && staysActive(transition)) {
      problems.push(`"${transition.label}" does not leave its state, so it would happen again at once`)
    }
  }
  const reported = new Set<ChartTransition>()
  for (const start of automatic) {
    const cycle = cycleThrough(start)
    if (cycle === undefined || cycle.some((transition) => reported.has(transition))) continue
    for (const transition of cycle) reported.add(transition)
    const labels = cycle.map((transition) => `"${transition.label}"`).join(', then ')
    problems.push(`cycle of automatic transitions: ${labels}, then the first again`)
  }
  return problems
}

/** Whether the source is still active, without having been entered again, after the transition. */
function staysActive(transition: ChartTransition): boolean {
  if (transition.target === undefined) return true
  const domain = transitionDomain(transition)
  if (transition.reenter && domain === transition.source) return false
  return !isDescendant(transition.source, domain)
}

/** Breadth first, so the shortest cycle through `start` is the one reported. */
function cycleThrough(start: ChartTransition): ChartTransition[] | undefined {
  const cameFrom = new Map<ChartTransition, ChartTransition>()
  const queue = [start]
  for (let at = 0; at < queue.length; at++) {
    const transition = queue[at] as ChartTransition
    for (const next of followers([...entrySet([transition])])) {
      if (next === start) {
        const cycle = [transition]
        while (cycle[0] !== start) cycle.unshift(cameFrom.get(cycle[0] as ChartTransition) as ChartTransition)
        return cycle
      }
      if (cameFrom.has(next)) continue
      cameFrom.set(next, transition)
      queue.push(next)
    }
  }
  return undefined
}

/** Automatic transitions that entering `nodes` can enable. */
function followers(nodes: readonly ChartNode[]): ChartTransition[] {
  const result: ChartTransition[] = []
  for (const node of nodes) {
    result.push(...node.always)
    for (const done of completedBy(node)) result.push(...candidatesFor(done))
  }
  return result
}

/** States that may become done when `node` is entered. */
function completedBy(node: ChartNode): ChartNode[] {
  if (node.kind !== 'final' || node.parent === undefined) return []
  const result: ChartNode[] = node.parent.kind === 'compound' ? [node.parent] : []
  let marker = node.parent.kind === 'parallel' ? node.parent : node.parent.parent
  for (; marker?.kind === 'parallel'; marker = marker.parent) result.push(marker)
  return result
}

function candidatesFor(done: ChartNode): readonly ChartTransition[] {
  return done.on.get(doneType(done.id)) ?? []
}

/** Upper bounds for the messages of a whole step; needs a chart without automatic cycles. */
export class RoomBounds {
  private readonly totals = new Map<ChartTransition, number[]>()
  private readonly worstExits = new Map<ChartNode, number[]>()
  private readonly width: number

  constructor(chart: Chart) {
    this.width = chart.ports.length
  }

  /** Declared sends of one microstep's actions and, over all guards, of everything that can follow by itself. */
  step(step: Microstep): number[] {
    const sum = this.zero()
    for (const node of step.exited) addActions(sum, node.exit)
    for (const transition of step.transitions) addActions(sum, transition.actions)
    for (const { node } of step.entered) addActions(sum, node.entry)
    // An `always` of any active state may follow, because the step may have changed what its guard sees.
    for (const node of step.active) add(sum, this.worst(node.always))
    for (const { node, done } of step.entered) {
      if (done.length > 0) for (const complete of completedBy(node)) add(sum, this.worst(candidatesFor(complete)))
    }
    return sum
  }

  private zero(): number[] {
    return new Array<number>(this.width).fill(0)
  }

  /** Alternatives: only one of a list happens. */
  private worst(alternatives: readonly ChartTransition[]): number[] {
    const most = this.zero()
    for (const transition of alternatives) raise(most, this.total(transition))
    return most
  }

  /** One automatic transition, whatever is active, with what it can cause. */
  private total(transition: ChartTransition): number[] {
    const known = this.totals.get(transition)
    if (known) return known
    const sum = this.zero()
    this.totals.set(transition, sum)
    addActions(sum, transition.actions)
    if (transition.target === undefined) return sum
    const domain = transitionDomain(transition)
    add(sum, domain ? this.worstExitBelow(domain) : this.worstExit(rootOf(transition.source)))
    for (const node of entrySet([transition])) {
      addActions(sum, node.entry)
      add(sum, this.worst(node.always))
      for (const complete of completedBy(node)) add(sum, this.worst(candidatesFor(complete)))
    }
    return sum
  }

  private worstExit(node: ChartNode): number[] {
    const known = this.worstExits.get(node)
    if (known) return known
    const sum = this.worstExitBelow(node)
    addActions(sum, node.exit)
    this.worstExits.set(node, sum)
    return sum
  }

  private worstExitBelow(node: ChartNode): number[] {
    const sum = this.zero()
    for (const child of node.children) (node.kind === 'parallel' ? add : raise)(sum, this.worstExit(child))
    return sum
  }
}

function rootOf(node: ChartNode): ChartNode {
  let marker = node
  while (marker.parent) marker = marker.parent
  return marker
}

function addActions(sum: number[], actions: readonly ChartAction[]): void {
  for (const action of actions) add(sum, action.limits)
}

function add(sum: number[], counts: Counts): void {
  for (let port = 0; port < sum.length; port++) sum[port] = (sum[port] as number) + (counts[port] as number)
}

function raise(most: number[], counts: Counts): void {
  for (let port = 0; port < most.length; port++) most[port] = Math.max(most[port] as number, counts[port] as number)
}

/** States in which the whole chart would end: the final substates that make the root done. */
export function endsChart(chart: Chart): string[] {
  if (chart.root.kind === 'final') return ['the root state is final: a chart must not end']
  if (!canBeDone(chart.root)) return []
  const finals = chart.nodes.filter((node) => node.kind === 'final').map((node) => `"${nameOf(node)}"`)
  return [`the chart can end (final states ${finals.join(', ')} make the root done): a chart must not end`]
}

/** Whether some configuration makes `node` done. */
export function canBeDone(node: ChartNode): boolean {
  if (node.kind === 'compound') return node.children.some((child) => child.kind === 'final')
  if (node.kind === 'parallel') return node.children.every(canBeDone)
  return node.kind === 'final'
}
