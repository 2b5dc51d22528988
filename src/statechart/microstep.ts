/** Statechart | one microstep as sets of states: what XState exits, runs and enters for the selected transitions. */

import { InternalError } from '../base/errors.ts'
import { type ChartNode, type ChartTransition, doneType } from './chart.ts'

/** Microsteps that one message may cause before it counts as an endless loop. */
export const MICROSTEPS_MAX = 10_000

/** Deliberate mistakes, for tests that show the differential harness finds them. Never set outside tests. */
export interface Quirks {
  readonly exitOrder?: 'document'
  readonly entryOrder?: 'reverse'
  readonly conflict?: 'later region wins'
  readonly raised?: 'last in first out'
  readonly selfTarget?: 'external'
  readonly alwaysOrder?: 'document'
  readonly done?: 'first region'
}

/** What one microstep does. Lists are in the order of execution. */
export interface Microstep {
  readonly exited: readonly ChartNode[]
  readonly transitions: readonly ChartTransition[]
  readonly entered: readonly { readonly node: ChartNode; readonly done: readonly string[] }[]
  /** Active states afterwards, in XState's order (insertion), which decides the order of `always`. */
  readonly active: readonly ChartNode[]
  readonly changed: boolean
}

// The functions below follow XState's stateUtils one by one, its odd corners included: the tests compare both on
// thousands of generated charts. History, lists of targets and final root states are rejected at definition.

/** As XState: everything, the root included, is a descendant of `undefined`. */
export function isDescendant(child: ChartNode, ancestor: ChartNode | undefined): boolean {
  let marker = child
  while (marker.parent && marker.parent !== ancestor) marker = marker.parent
  return marker.parent === ancestor
}

/** Proper ancestors, innermost first, up to but not including `end`. */
export function properAncestors(node: ChartNode, end: ChartNode | undefined): ChartNode[] {
  const ancestors: ChartNode[] = []
  if (end === node) return ancestors
  for (let marker = node.parent; marker && marker !== end; marker = marker.parent) ancestors.push(marker)
  return ancestors
}

/** The state whose descendants a transition exits; `undefined` when the root itself is left and entered again. */
export function transitionDomain(transition: ChartTransition, quirks: Quirks = {}): ChartNode | undefined {
  const { source, target, reenter } = transition
  const root = rootOf(source)
  if (target === undefined) return reenter ? properAncestors(source, undefined)[0] : source
  const external = reenter || (quirks.selfTarget === 'external' && target === source && source.parent !== undefined)
  if (!external && (target === source || isDescendant(target, source))) return source
  const common = properAncestors(target, undefined).find((ancestor) => isDescendant(source, ancestor))
  if (common) return common
  return reenter ? undefined : root
}

function rootOf(node: ChartNode): ChartNode {
  let marker = node
  while (marker.parent) marker = marker.parent
  return marker
}

/** The active states that `transitions` leave together. */
export function exitSet(
  transitions: readonly ChartTransition[],
  active: readonly ChartNode[],
  quirks: Quirks = {},
): Set<ChartNode> {
  const result = new Set<ChartNode>()
  for (const transition of transitions) {
    if (transition.target === undefined) continue
    const domain = transitionDomain(transition, quirks)
    if (transition.reenter && domain === transition.source) result.add(domain)
    for (const node of active) if (isDescendant(node, domain)) result.add(node)
  }
  return result
}

/** Of transitions that leave a common state, the earlier region's wins unless the later one's source lies inside. */
export function withoutConflicts(
  selected: readonly ChartTransition[],
  active: readonly ChartNode[],
  quirks: Quirks = {},
): ChartTransition[] {
  const kept = new Set<ChartTransition>()
  for (const candidate of selected) {
    const exits = exitSet([candidate], active, quirks)
    const replaced: ChartTransition[] = []
    let preempted = false
    for (const other of kept) {
      if (!intersects(exits, exitSet([other], active, quirks))) continue
      if (isDescendant(candidate.source, other.source) || quirks.conflict) replaced.push(other)
      else {
        preempted = true
        break
      }
    }
    if (preempted) continue
    for (const other of replaced) kept.delete(other)
    kept.add(candidate)
  }
  return [...kept]
}

function intersects(a: ReadonlySet<ChartNode>, b: ReadonlySet<ChartNode>): boolean {
  for (const node of a) if (b.has(node)) return true
  return false
}

/** The states that `transitions` enter, whatever is active. */
export function entrySet(transitions: readonly ChartTransition[], quirks: Quirks = {}): Set<ChartNode> {
  const entered = new Set<ChartNode>()
  for (const transition of transitions) {
    const { source, target, reenter } = transition
    if (target === undefined) continue
    const domain = transitionDomain(transition, quirks)
    if (source !== target || source !== domain || reenter) entered.add(target)
    addDescendants(target, entered)
    const ancestors = properAncestors(target, domain)
    if (domain?.kind === 'parallel') ancestors.push(domain)
    addAncestors(ancestors, !source.parent && reenter ? undefined : domain, entered)
  }
  return entered
}

/** The states that are active before anything happened: each compound state's initial one. */
export function initialSet(root: ChartNode): Set<ChartNode> {
  const entered = new Set([root])
  addDescendants(root, entered)
  return entered
}

function addDescendants(node: ChartNode, entered: Set<ChartNode>): void {
  if (node.kind === 'compound') {
    const initial = node.initial as ChartNode
    entered.add(initial)
    addDescendants(initial, entered)
    addAncestors(properAncestors(initial, node), undefined, entered)
  } else if (node.kind === 'parallel') addRegions(node, entered)
}

function addRegions(parallel: ChartNode, entered: Set<ChartNode>): void {
  for (const region of parallel.children) {
    if ([...entered].some((node) => isDescendant(node, region))) continue
    entered.add(region)
    addDescendants(region, entered)
  }
}

function addAncestors(ancestors: readonly ChartNode[], domain: ChartNode | undefined, entered: Set<ChartNode>): void {
  for (const ancestor of ancestors) {
    if (!domain || isDescendant(ancestor, domain)) entered.add(ancestor)
    if (ancestor.kind === 'parallel') addRegions(ancestor, entered)
  }
}

/** Whether `node` counts as done: a final substate, or every region done. */
export function isDone(node: ChartNode, active: ReadonlySet<ChartNode>): boolean {
  if (node.kind === 'compound') return node.children.some((child) => child.kind === 'final' && active.has(child))
  if (node.kind === 'parallel') return node.children.every((child) => isDone(child, active))
  return node.kind === 'final'
}

/** Done events that entering the final state `node` queues, given the states active at that moment. */
function doneEvents(
  node: ChartNode,
  active: ReadonlySet<ChartNode>,
  completed: Set<ChartNode>,
  quirks: Quirks,
): string[] {
  const parent = node.parent as ChartNode
  const events: string[] = []
  if (parent.kind === 'compound') events.push(doneType(parent.id))
  let marker = parent.kind === 'parallel' ? parent : parent.parent
  while (
    marker?.kind === 'parallel' &&
    !completed.has(marker) &&
    (isDone(marker, active) || isDoneTooEarly(marker, quirks))
  ) {
    completed.add(marker)
    events.push(doneType(marker.id))
    marker = marker.parent
  }
  if (marker === undefined) throw new InternalError(`chart ended in ${node.id}, which its definition forbids`)
  return events
}

/** The planted mistake: a parallel state counts as done with its first region. */
function isDoneTooEarly(node: ChartNode, quirks: Quirks): boolean {
  return quirks.done !== undefined && node.parent !== undefined
}

/** The microstep for `selected` (in the order of selection) on the states `active`. */
export function microstep(
  selected: readonly ChartTransition[],
  active: readonly ChartNode[],
  quirks: Quirks = {},
): Microstep {
  const transitions = withoutConflicts(selected, active, quirks)
  const exits = exitSet(transitions, active, quirks)
  const exited = [...exits].sort((a, b) => (quirks.exitOrder ? a.index - b.index : b.index - a.index))
  const remaining = active.filter((node) => !exits.has(node))
  return { exited, transitions, ...enter(entrySet(transitions, quirks), remaining, active, quirks) }
}

/** The start of a chart: nothing is left, everything initial is entered. */
export function initialMicrostep(root: ChartNode, quirks: Quirks = {}): Microstep {
  return { exited: [], transitions: [], ...enter(initialSet(root), [], [], quirks) }
}

function enter(
  entering: ReadonlySet<ChartNode>,
  remaining: readonly ChartNode[],
  before: readonly ChartNode[],
  quirks: Quirks,
): Pick<Microstep, 'entered' | 'active' | 'changed'> {
  const now = new Set(remaining)
  const completed = new Set<ChartNode>()
  const order = [...entering].sort((a, b) => (quirks.entryOrder ? b.index - a.index : a.index - b.index))
  const entered = order.map((node) => {
    now.add(node)
    return { node, done: node.kind === 'final' ? doneEvents(node, now, completed, quirks) : [] }
  })
  const changed = before.length !== now.size || before.some((node) => !now.has(node))
  return { entered, active: changed ? [...now] : before, changed }
}
