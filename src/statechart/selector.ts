/** Statechart | which transitions a message selects: candidate lists per region, guards, and a memo of every outcome. */

import type { Message } from '../kernel/actor.ts'
import { ChartGuard, type ChartNode, type ChartTransition } from './chart.ts'

/** One candidate list, tried in order, after the regions below it (if any) selected nothing. */
export interface Selector {
  readonly regions: readonly Selector[]
  /** Undefined entries are candidates without a guard; at most the last one is. */
  readonly guards: readonly (ChartGuard | undefined)[]
  readonly candidates: readonly ChartTransition[]
}

/** Selection so far, as a node of a trie: one edge per position in a candidate list. Outcomes hang on the last node. */
export class Choice<Outcome> {
  readonly selected: readonly ChartTransition[]
  readonly next: (Choice<Outcome> | undefined)[] = []
  outcome: Outcome | undefined

  constructor(selected: readonly ChartTransition[]) {
    this.selected = selected
  }

  /** After position `at` of `selector` was selected; `at` past the end means that nothing in it was. */
  after(selector: Selector, at: number): Choice<Outcome> {
    const known = this.next[at]
    if (known !== undefined) return known
    const transition = selector.candidates[at]
    // Two leaves may select the same `always` of a common ancestor; it happens once.
    const isNew = transition !== undefined && !this.selected.includes(transition)
    const choice = new Choice<Outcome>(isNew ? [...this.selected, transition] : this.selected)
    // A list that selects nothing must still be its own edge, and the memo dense.
    while (this.next.length <= at) this.next.push(undefined)
    this.next[at] = choice
    return choice
  }
}

/** Runs a selector, filling the memo. */
export function choose<Outcome>(
  selector: Selector,
  from: Choice<Outcome>,
  context: unknown,
  message: Message,
): Choice<Outcome> {
  let choice = from
  const regions = selector.regions
  for (let i = 0; i < regions.length; i++) choice = choose(regions[i] as Selector, choice, context, message)
  if (choice.selected.length > from.selected.length) return choice
  const guards = selector.guards
  let at = 0
  for (; at < guards.length; at++) {
    const guard = guards[at]
    if (guard === undefined || guard.test(context, message, guard.params)) break
  }
  return choice.after(selector, at)
}

/** Whether a stall is among what `selector` selects, whatever the guards say. Lists above regions may not be reached. */
export function certainlyStalls({ regions, candidates }: Selector): boolean {
  if (regions.length > 0) return regions.some(certainlyStalls)
  return candidates[0]?.guard === undefined && candidates[0]?.stall !== undefined
}

/** Selector for `event` on the states `active`: inner states first, an ancestor only if its descendants select nothing. */
export function eventSelector(node: ChartNode, event: string, active: ReadonlySet<ChartNode>, probe?: Probe): Selector {
  const own = node.on.get(event) ?? []
  if (node.kind === 'compound') {
    const child = node.children.find((candidate) => active.has(candidate)) as ChartNode
    const inner = eventSelector(child, event, active, probe)
    return selector(inner.regions, [...inner.candidates, ...own], probe)
  }
  if (node.kind !== 'parallel') return selector([], own, probe)
  const regions = node.children
    .map((child) => eventSelector(child, event, active, probe))
    .filter((region) => region.regions.length > 0 || region.candidates.length > 0)
  const only = regions[0]
  if (only === undefined) return selector([], own, probe)
  if (regions.length === 1) return selector(only.regions, [...only.candidates, ...own], probe)
  return selector(regions, own, probe)
}

/** The lists of `always` candidates, one per active leaf that has any, in XState's order. */
export function alwaysSelectors(active: readonly ChartNode[], probe?: Probe): Selector[] {
  const lists: Selector[] = []
  for (const leaf of active) {
    if (leaf.kind !== 'atomic' && leaf.kind !== 'final') continue
    const candidates: ChartTransition[] = []
    for (let node: ChartNode | undefined = leaf; node; node = node.parent) candidates.push(...node.always)
    if (candidates.length > 0) lists.push(selector([], candidates, probe))
  }
  return lists
}

/** The name of the first guard that throws, if any. */
export function throwingGuard(selectors: readonly Selector[], context: unknown, message: Message): string | undefined {
  for (const { regions, guards } of selectors) {
    const inner = throwingGuard(regions, context, message)
    if (inner !== undefined) return inner
    for (const guard of guards) {
      try {
        guard?.test(context, message, guard.params)
      } catch {
        return guard?.name
      }
    }
  }
  return undefined
}

/** Told of every guard evaluation and every transition taken; for coverage. Costs nothing when absent. */
export interface Probe {
  guard(transition: ChartTransition, passed: boolean): void
  taken(transitions: readonly ChartTransition[]): void
}

function selector(regions: readonly Selector[], all: readonly ChartTransition[], probe?: Probe): Selector {
  const unguarded = all.findIndex((transition) => transition.guard === undefined)
  const candidates = unguarded < 0 ? all : all.slice(0, unguarded + 1)
  return { regions, candidates, guards: candidates.map((transition) => probed(transition, probe)) }
}

function probed(transition: ChartTransition, probe: Probe | undefined): ChartGuard | undefined {
  const guard = transition.guard
  if (probe === undefined || guard === undefined) return guard
  const test: ChartGuard['test'] = (context, message, params) => {
    const passed = guard.test(context, message, params)
    probe.guard(transition, Boolean(passed))
    return passed
  }
  return new ChartGuard(guard.name, guard.params, test)
}
