/** Statechart | coverage of a machine of XState's own: what it can do, by name, and reactors that tell when it is done. */

import type { AnyStateNode } from 'xstate'
import type { ActorDefinition, Decision, Message, Out } from '../kernel/actor.ts'
import type { ChartItems, CoverageFacet, CoverageWatch } from '../kernel/coverage.ts'
import type { XStateDefinition } from './from-xstate.ts'
import { nameOf } from './xstate-contract.ts'
import { PureReactor } from './xstate-reactors.ts'

/** One candidate, as XState keeps it. */
interface Candidate {
  readonly target?: readonly AnyStateNode[] | undefined
  readonly guard?: unknown
  readonly meta?: { readonly ignore?: string; readonly stall?: string } | undefined
}

/** Transition → its name, for those that do something. */
type Labels = ReadonlyMap<object, string>

/** Which guards passed only XState knows: the list of them is empty. */
export function coverageOfXState(definition: XStateDefinition): CoverageFacet {
  const { inPorts, spontaneous, states, machine } = definition
  const labels = labelsOf(machine.root as AnyStateNode)
  const chosen = spontaneous.map(({ event }) => event)
  const items: ChartItems = {
    states,
    transitions: [...labels.values()],
    guards: [],
    messages: [...new Set([...Object.values(inPorts).flat(), ...chosen])],
  }
  return { items, watched: (watch) => watchedBy(watch, definition, labels) }
}

function watchedBy(watch: CoverageWatch, definition: XStateDefinition, labels: Labels): ActorDefinition {
  const { id, description, inPorts, outPorts, spontaneous, ends, states } = definition
  const createReactor = (_runtime: unknown, out: Out) => new WatchedReactor(definition, out, { watch, labels })
  return { id, description, inPorts, outPorts, spontaneous, ends, states, createReactor }
}

class WatchedReactor extends PureReactor {
  private readonly watch: CoverageWatch
  private readonly labels: Labels

  constructor(definition: XStateDefinition, out: Out, by: { readonly watch: CoverageWatch; readonly labels: Labels }) {
    super(definition, out)
    this.watch = by.watch
    this.labels = by.labels
  }

  override start(): void {
    this.tell(this.definition.initial.taken)
    super.start()
  }

  override decide(message: Message): Decision {
    const decision = super.decide(message)
    if (decision === 'ignore') this.watch.consumed(message.type)
    return decision
  }

  override commit(message: Message): void {
    this.watch.consumed(message.type)
    this.tell(this.expected?.taken ?? [])
    super.commit(message)
  }

  private tell(taken: readonly object[]): void {
    for (const transition of taken) {
      const label = this.labels.get(transition)
      if (label !== undefined) this.watch.taken(label)
    }
  }
}

/** In document order: "busy.walking: go [ready] -> idle". */
function labelsOf(root: AnyStateNode): Labels {
  const labels = new Map<object, string>()
  const known = new Set<string>()
  const add = (node: AnyStateNode, trigger: string, candidate: Candidate): void => {
    const { guard, target, meta } = candidate
    if (meta?.ignore !== undefined || meta?.stall !== undefined) return
    const when = guard === undefined ? '' : ` [${guardName(guard)}]`
    const to = target ? ` -> ${target.map(nameOf).join(', ')}` : ''
    const label = `${nameOf(node)}: ${trigger}${when}${to}`
    let unique = label
    for (let copy = 2; known.has(unique); copy++) unique = `${label} (${copy})`
    known.add(unique)
    labels.set(candidate, unique)
  }
  const visit = (node: AnyStateNode): void => {
    for (const [event, candidates] of node.transitions) {
      const trigger = event.startsWith('xstate.done.') ? 'done' : event
      for (const candidate of candidates) add(node, trigger, candidate as unknown as Candidate)
    }
    for (const candidate of node.always ?? []) add(node, 'always', candidate as unknown as Candidate)
    for (const child of Object.values(node.states) as AnyStateNode[]) visit(child)
  }
  visit(root)
  return labels
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard
  const { type, name } = Object(guard) as { type?: unknown; name?: unknown }
  return String(typeof type === 'string' ? type : name || 'guard')
}
