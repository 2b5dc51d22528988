/** Statechart | the outline of any XState v5 machine: its states and transitions as plain data, in document order. */

import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { UsageError } from '../base/errors.ts'
import { shown } from '../base/shown.ts'
import type { Outline, OutlineKind, OutlineNode, OutlineTransition } from '../kernel/outline.ts'
import { MachineDefinition } from './define.ts'

/** XState's own transition, as far as an outline needs it. */
interface Candidate {
  readonly eventType: string
  readonly target?: readonly AnyStateNode[] | undefined
  readonly actions: readonly unknown[]
  readonly guard?: unknown
  readonly reenter?: boolean
  readonly description?: string | undefined
  readonly delay?: number | string | undefined
  readonly meta?: { readonly ignore?: unknown; readonly stall?: unknown } | undefined
}

/** Longest name of an inline value, in characters. */
const valueLengthMax = 40

/** Whether a value is a machine that `outlineOf` can read: XState's own, or one of `defineMachine`. */
export function isMachine(value: unknown): value is AnyStateMachine | MachineDefinition {
  if (value instanceof MachineDefinition) return true
  if (typeof value !== 'object' || value === null) return false
  const { root, getStateNodeById, config } = value as Record<string, unknown>
  return typeof root === 'object' && typeof getStateNodeById === 'function' && typeof config === 'object'
}

/** Names of events that XState makes up are put into words; what it adds to entry and exit for `after` is left out. */
export function outlineOf(machine: AnyStateMachine | MachineDefinition): Outline {
  if (!isMachine(machine)) {
    throw new UsageError(
      `outlineOf takes a machine, as createMachine or defineMachine returns one; this is ${shown(machine)}`,
    )
  }
  if (!(machine instanceof MachineDefinition)) return new OutlineReader(machine).read()
  const labels = new Map<object, string>()
  for (const [theirs, { label }] of machine.pairs) labels.set(theirs, label)
  return { ...new OutlineReader(machine.machine, labels).read(), description: machine.description }
}

class OutlineReader {
  private readonly machine: AnyStateMachine
  private readonly labels: ReadonlyMap<object, string>
  private readonly nodes: AnyStateNode[] = []
  private readonly indexes = new Map<AnyStateNode, number>()
  private readonly transitions: OutlineTransition[] = []

  constructor(machine: AnyStateMachine, labels: ReadonlyMap<object, string> = new Map()) {
    this.machine = machine
    this.labels = labels
  }

  read(): Outline {
    this.number(this.machine.root as AnyStateNode)
    const nodes = this.nodes.map((node, index) => this.nodeOf(node, index))
    for (const node of this.nodes) this.addTransitions(node)
    return { id: this.machine.id, description: this.machine.root.description, nodes, transitions: this.transitions }
  }

  private number(node: AnyStateNode): void {
    this.indexes.set(node, this.nodes.length)
    this.nodes.push(node)
    for (const child of Object.values(node.states)) this.number(child as AnyStateNode)
  }

  private nodeOf(node: AnyStateNode, index: number): OutlineNode {
    const initial = node.type === 'compound' ? node.initial : undefined
    return {
      index,
      id: node.id,
      key: node.parent ? node.key : this.machine.id,
      path: node.path.join('.'),
      kind: node.type as OutlineKind,
      parent: node.parent ? this.indexOf(node.parent) : undefined,
      children: Object.values(node.states).map((child) => this.indexOf(child as AnyStateNode)),
      initial: initial?.target?.[0] ? this.indexOf(initial.target[0] as AnyStateNode) : undefined,
      initialActions: (initial?.actions ?? []).map(actionName),
      history: node.type === 'history' ? this.historyOf(node) : undefined,
      entry: node.entry.filter((action) => !isDelay(action)).map(actionName),
      exit: node.exit.filter((action) => !isDelay(action)).map(actionName),
      invokes: node.invoke.map(({ id, src }) => ({ id, source: typeof src === 'string' ? src : sourceName(src) })),
      tags: [...node.tags],
      description: node.description,
    }
  }

  private historyOf(node: AnyStateNode): NonNullable<OutlineNode['history']> {
    // XState resolves the target of a history state only when it needs it; it is written as that of a transition.
    const { target } = node.config as { target?: string }
    const depth = node.history === 'deep' ? 'deep' : 'shallow'
    if (target === undefined) return { depth, targets: [] }
    const at = target.startsWith('#')
      ? this.machine.getStateNodeById(target.slice(1))
      : target
          .replace(/^\./, '')
          .split('.')
          .reduce(childOf, node.parent as AnyStateNode | undefined)
    if (at === undefined) throw new UsageError(`machine "${this.machine.id}": no state "${target}" for ${node.id}`)
    return { depth, targets: [this.indexOf(at as AnyStateNode)] }
  }

  private addTransitions(node: AnyStateNode): void {
    const candidates = [...node.transitions.values()].flat() as unknown as readonly Candidate[]
    for (const candidate of candidates) this.transitions.push(this.transitionOf(node, candidate))
    for (const candidate of (node.always ?? []) as unknown as readonly Candidate[]) {
      this.transitions.push(this.transitionOf(node, { ...candidate, eventType: '' }, candidate))
    }
  }

  private transitionOf(node: AnyStateNode, candidate: Candidate, paired: object = candidate): OutlineTransition {
    const { eventType, target, actions, guard, reenter, description, meta } = candidate
    const { trigger, kind } = triggerOf(node, candidate)
    return {
      index: this.transitions.length,
      source: this.indexOf(node),
      event: eventType,
      trigger,
      kind,
      targets: (target ?? []).map((each) => this.indexOf(each)),
      guard: guard === undefined ? undefined : guardName(guard),
      actions: actions.map(actionName),
      reenter: reenter === true,
      ignore: typeof meta?.ignore === 'string' ? meta.ignore : undefined,
      stall: typeof meta?.stall === 'string' ? meta.stall : undefined,
      description,
      label: this.labels.get(paired),
    }
  }

  private indexOf(node: AnyStateNode): number {
    return this.indexes.get(node) as number
  }
}

function childOf(node: AnyStateNode | undefined, key: string): AnyStateNode | undefined {
  return node?.states[key] as AnyStateNode | undefined
}

function triggerOf(node: AnyStateNode, { eventType, delay }: Candidate): Pick<OutlineTransition, 'trigger' | 'kind'> {
  if (eventType === '') return { trigger: 'always', kind: 'always' }
  if (delay !== undefined) return { trigger: `after ${delay}${typeof delay === 'number' ? ' ms' : ''}`, kind: 'after' }
  if (eventType === `xstate.done.state.${node.id}`) return { trigger: 'done', kind: 'done' }
  const invoked = /^xstate\.(done\.actor|error\.actor|snapshot)\.(.*)$/s.exec(eventType)
  if (!invoked) return { trigger: eventType, kind: 'event' }
  const what = { 'done.actor': 'done', 'error.actor': 'error', snapshot: 'snapshot' }[invoked[1] as 'snapshot']
  const known = node.invoke.find(({ id }) => id === invoked[2])
  const name = known && /^\d+\./.test(known.id) && typeof known.src === 'string' ? known.src : invoked[2]
  return { trigger: `${what}: ${name}`, kind: 'invoked' }
}

/** The hidden pair that XState adds for `after`. */
function isDelay(action: unknown): boolean {
  if (typeof action !== 'function') return false
  const { type, id, sendId } = action as { type?: unknown; id?: unknown; sendId?: unknown }
  if (type === 'xstate.raise') return typeof id === 'string' && id.startsWith('xstate.after.')
  return type === 'xstate.cancel' && typeof sendId === 'string' && sendId.startsWith('xstate.after.')
}

function actionName(action: unknown): string {
  if (typeof action === 'string') return action
  if (typeof action === 'function') return builtInName(action as Built) ?? inlineName(action.name)
  const { type, params } = action as { type?: unknown; params?: unknown }
  return withParams(typeof type === 'string' ? type : 'inline', params)
}

/** What XState's action creators and guard combinators leave on the function that they return. */
interface Built {
  readonly name: string
  readonly type?: unknown
  readonly event?: unknown
  readonly sendId?: unknown
  readonly check?: unknown
  readonly guards?: readonly unknown[]
  readonly stateValue?: unknown
}

function builtInName({ type, event, sendId }: Built): string | undefined {
  if (typeof type !== 'string' || !type.startsWith('xstate.')) return undefined
  const name = type.slice('xstate.'.length)
  const sent = typeof event === 'object' && event !== null ? (event as { type?: unknown }).type : event
  if (typeof sent === 'string') return `${name} ${sent}`
  return typeof sendId === 'string' ? `${name} ${sendId}` : name
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard
  if (typeof guard === 'function') {
    const { name, check, guards, stateValue } = guard as unknown as Built
    if (check === undefined) return inlineName(name)
    if (stateValue !== undefined) return `in ${typeof stateValue === 'string' ? stateValue : short(stateValue)}`
    return guards ? `${name}(${guards.map(guardName).join(', ')})` : inlineName(name)
  }
  const { type, params } = guard as { type?: unknown; params?: unknown }
  return withParams(typeof type === 'string' ? type : 'inline', params)
}

/** A function written in place is named after the property it stands in, which says nothing. */
function inlineName(name: string): string {
  return ['', 'guard', 'actions', 'entry', 'exit', 'anonymous'].includes(name) ? 'inline' : name
}

/** XState hands out functions for params that depend on context and event. */
function withParams(name: string, params: unknown): string {
  if (params === undefined || typeof params === 'function') return name
  return `${name}(${short(params)})`
}

/** "take", "last: true, slot: 3": values that speak for themselves stand without quotes and braces. */

function short(value: unknown): string {
  const plain = (each: unknown) => (typeof each === 'string' ? each : (JSON.stringify(each) ?? String(each)))
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value)
  const entries = isRecord ? Object.entries(value) : []
  const [only] = entries
  const text =
    entries.length === 1 && typeof only?.[1] === 'string'
      ? only[1]
      : isRecord
        ? entries.map(([key, each]) => `${key}: ${plain(each)}`).join(', ')
        : plain(value)
  return text.length > valueLengthMax ? `${text.slice(0, valueLengthMax - 1)}…` : text
}

function sourceName(source: unknown): string {
  const { id, name } = (source ?? {}) as { id?: unknown; name?: unknown }
  if (typeof id === 'string') return id
  return typeof name === 'string' && name !== '' ? name : 'inline'
}
