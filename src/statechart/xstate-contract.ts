/** Statechart | what a user's own XState machine must keep to be run and checked, found over its state nodes. */

import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { cut } from '../base/shown.ts'

/** What the wiring says about the events of a machine. */
export interface DeclaredEvents {
  /** Types that arrive on ports. */
  readonly received: readonly string[]
  /** Types of spontaneous choices; `must` are those that have to happen. */
  readonly spontaneous: readonly string[]
  readonly must: readonly string[]
}

/** One candidate, as XState keeps it. */
interface Transition {
  readonly target?: readonly AnyStateNode[] | undefined
  readonly actions: readonly unknown[]
  readonly guard?: unknown
  readonly meta?: Decided | undefined
}

interface Decided {
  readonly ignore?: string
  readonly stall?: string
}

/** What to do where something is spawned. */
export const noSpawn = 'the set of actors is fixed by the wiring; make it an actor of the system, reached through ports'

/** What to do instead of an action that is none for us. */
export const insteadOf: Readonly<Record<string, string>> & { readonly delay: string } = {
  'xstate.sendTo': 'emit an event whose type an out port declares; to send to itself is to raise',
  'xstate.spawnChild': noSpawn,
  'xstate.stopChild': noSpawn,
  'xstate.cancel': 'nothing is delayed; a state that does not handle an event, or stalls it, cancels it',
  delay:
    'latency belongs to channels, and when something happens is a choice; handle an event and declare it spontaneous',
}

/** One sentence for each thing that the contract forbids or that is left undecided. */
export function contractProblems(machine: AnyStateMachine, declared: DeclaredEvents): string[] {
  const check = new ContractCheck(machine, declared)
  check.visit(machine.root as AnyStateNode)
  check.ending()
  check.beginning()
  if (check.problems.length === 0) check.decisions()
  return check.problems
}

class ContractCheck {
  readonly problems: string[] = []
  private readonly machine: AnyStateMachine
  private readonly declared: DeclaredEvents
  /** Types that `raise` puts into the machine itself, as far as they are written down. */
  private readonly raised = new Set<string>()
  /** Whether it may raise anything, written down or not. */
  private raises = false

  constructor(machine: AnyStateMachine, declared: DeclaredEvents) {
    this.machine = machine
    this.declared = declared
    for (const type of [...declared.received, ...declared.spontaneous]) {
      if (type === '' || type.startsWith('xstate.') || type.includes('*')) {
        this.problems.push(`event "${type}" has a name that XState reserves`)
      }
    }
  }

  visit(node: AnyStateNode): void {
    const where = whereOf(node)
    const { config } = node as { config: { after?: unknown; invoke?: unknown } }
    if (config.invoke !== undefined) {
      this.problems.push(`${where} invokes an actor: other machines are actors of the system, reached through ports`)
    }
    if (config.after !== undefined) {
      this.problems.push(
        `${where} has "after": time is a choice here. Handle an event, say on: { timeout: … }, and declare it spontaneous: { timeout: { description: '…', kind: 'must' } }`,
      )
    }
    if (node.type === 'history') {
      this.problems.push(`${where} is a history state: use states or the context for what has to be remembered`)
    }
    if (config.after === undefined) this.actions([...node.entry, ...node.exit], where)
    for (const [event, candidates] of node.transitions) {
      if (config.after !== undefined && event.startsWith('xstate.after.')) continue
      for (const candidate of candidates) this.transition(candidate as unknown as Transition, node, `"${event}"`)
    }
    for (const candidate of node.always ?? []) this.transition(candidate as unknown as Transition, node, 'always')
    for (const child of childrenOf(node)) this.visit(child)
  }

  /** A chart that comes to its end would stop to take messages. */
  ending(): void {
    const root = this.machine.root as AnyStateNode
    if (root.type === 'final') this.problems.push('the root state is final')
    const ends = root.type === 'compound' ? childrenOf(root).filter(({ type }) => type === 'final') : []
    for (const child of ends)
      this.problems.push(`${whereOf(child)} is final at the top level: tag it "finished" instead`)
    if (root.type === 'parallel' && childrenOf(root).every(canBeDone)) {
      this.problems.push('all regions of the root can be final, which ends the machine: tag states "finished" instead')
    }
  }

  /** A chart that handles events and that nothing ever happens to is most likely one whose options were forgotten. */
  beginning(): void {
    const { received, spontaneous } = this.declared
    if (received.length > 0 || spontaneous.length > 0 || this.raises) return
    const handled = [...new Set(this.machine.events as readonly string[])].filter((type) => !type.startsWith('xstate.'))
    if (handled.length === 0) return
    this.problems.push(
      `nothing brings it an event, and it handles ${handled.map(cut).join(', ')}: declare which arrive, ` +
        `inPorts: { port: ['${cut(handled[0] as string)}'] }, and which happen by themselves, ` +
        `spontaneous: { '${cut(handled[0] as string)}': { description: '…', kind: 'must' } }`,
    )
  }

  decisions(): void {
    const { received, spontaneous } = this.declared
    for (const type of new Set([...received, ...spontaneous, ...this.raised])) {
      const { count, examples } = undecided(this.machine.root as AnyStateNode, type)
      if (count === 0) continue
      const listed = examples.map((leaves) => leaves.map((leaf) => `"${nameOf(leaf)}"`).join(' with '))
      if (count > listed.length) listed.push(`${count - listed.length} more`)
      const once = count > LISTED_MAX ? ' (at the root it decides all of them)' : ''
      this.problems.push(
        `event "${type}" is undecided in ${listed.join('; ')}: ` +
          `add a transition without a guard, ignore('why') or stall('why')${once}`,
      )
    }
  }

  private transition({ actions, guard, meta, target }: Transition, node: AnyStateNode, event: string): void {
    const where = `${whereOf(node)}, ${event}`
    const type = event.slice(1, -1)
    this.actions(actions, where)
    this.guard(guard, where)
    const does = target !== undefined || actions.length > 0
    const { ignore, stall } = meta ?? {}
    if (ignore === undefined && stall === undefined) {
      if (!does && this.declared.must.includes(type)) {
        this.problems.push(`${where}: nothing happens, though it must: say ignore or stall`)
      }
      return
    }
    const word = ignore === undefined ? 'stall' : 'ignore'
    if (ignore !== undefined && stall !== undefined) this.problems.push(`${where}: both ignored and stalled`)
    if (!(ignore ?? stall)) this.problems.push(`${where}: ${word} needs a reason`)
    if (does) this.problems.push(`${where}: ${word} excludes a target and actions`)
    if (event === 'always' || type.startsWith('xstate.')) {
      this.problems.push(`${where}: only a message can be declared ${word}`)
    }
    if (ignore === undefined) return
    const hidden = handlerAbove(node, type)
    if (hidden) this.problems.push(`${where}: ignored, which hides the handler of ${whereOf(hidden)}`)
  }

  private actions(actions: readonly unknown[], where: string): void {
    for (const action of actions) this.action(action, where)
  }

  private action(reference: unknown, where: string): void {
    const name = nameOfReference(reference)
    const found = name === undefined ? reference : this.machine.implementations.actions[name]
    const shown = name === undefined ? 'an inline action' : `action "${name}"`
    if (found === undefined) {
      this.problems.push(`${where}: ${shown} has no implementation; give it one with setup or machine.provide`)
      return
    }
    const builtin = found as { type?: string; resolve?: unknown; event?: unknown; delay?: unknown }
    if (typeof builtin.resolve !== 'function') {
      this.problems.push(
        `${where}: ${shown} is a plain function, whose effects cannot be taken back; use assign, raise, emit or ` +
          'enqueueActions, or put something harmless in its place with machine.provide',
      )
      return
    }
    const type = builtin.type ?? ''
    const reason = insteadOf[type]
    if (reason !== undefined) this.problems.push(`${where}: ${shown} is ${type.slice('xstate.'.length)}: ${reason}`)
    if (type === 'xstate.raise' || type === 'xstate.enqueueActions') this.raises = true
    if (type !== 'xstate.raise') return
    if (builtin.delay !== undefined) this.problems.push(`${where}: ${shown} raises later: ${insteadOf.delay}`)
    const event = builtin.event as { type?: unknown } | undefined
    if (typeof event?.type === 'string') this.raised.add(event.type)
  }

  private guard(reference: unknown, where: string): void {
    if (reference === undefined) return
    const name = nameOfReference(reference)
    if (name !== undefined) {
      const found = this.machine.implementations.guards[name]
      if (found === undefined) this.problems.push(`${where}: guard "${name}" has no implementation`)
      else this.guard(found, where)
      return
    }
    for (const part of (reference as { guards?: readonly unknown[] }).guards ?? []) this.guard(part, where)
  }
}

function nameOfReference(reference: unknown): string | undefined {
  if (typeof reference === 'string') return reference
  if (typeof reference === 'function') return undefined
  return (reference as { type?: string }).type
}

function childrenOf(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states) as AnyStateNode[]
}

/** How a state is named in messages. */
export function nameOf(node: AnyStateNode): string {
  return node.path.length > 0 ? node.path.join('.') : '(root)'
}

function whereOf(node: AnyStateNode): string {
  return node.path.length > 0 ? `state "${nameOf(node)}"` : 'the root state'
}

/** What XState tries for `type`, in its order: exact first, then wildcards, longest first. */
function candidatesOf(node: AnyStateNode, type: string): readonly Transition[] {
  const wildcards = [...node.transitions.keys()]
    .filter((key) => key === '*' || (key.endsWith('.*') && `${type}.`.startsWith(key.slice(0, -1))))
    .sort((a, b) => b.length - a.length)
  return [type, ...wildcards].flatMap((key) => node.transitions.get(key) ?? []) as unknown as Transition[]
}

function handlerAbove(node: AnyStateNode, type: string): AnyStateNode | undefined {
  for (let above = node.parent; above; above = above.parent) {
    const works = candidatesOf(above, type).some(({ meta }) => meta?.ignore === undefined && meta?.stall === undefined)
    if (works) return above
  }
  return undefined
}

function canBeDone(node: AnyStateNode): boolean {
  if (node.type === 'compound') return childrenOf(node).some(({ type }) => type === 'final')
  return node.type === 'parallel' ? childrenOf(node).every(canBeDone) : node.type === 'final'
}

/** Most undecided configurations listed for one event; the rest is counted. */
const LISTED_MAX = 4

/** Configurations of a subtree in which nothing in it decides an event: how many, and the first of them as leaves. */
interface Undecided {
  readonly count: number
  readonly examples: readonly (readonly AnyStateNode[])[]
}

/** A parallel state leaves an event undecided exactly in the combinations of undecided configurations of all its regions. */
function undecided(node: AnyStateNode, type: string): Undecided {
  // A state that `always` leaves is never at rest, so no message meets it.
  if (endsUnguarded(candidatesOf(node, type)) || endsUnguarded((node.always ?? []) as unknown as Transition[]))
    return { count: 0, examples: [] }
  const children = childrenOf(node)
  if (children.length === 0) return { count: 1, examples: [[node]] }
  const parts = children.map((child) => undecided(child, type))
  if (node.type !== 'parallel') {
    return {
      count: parts.reduce((sum, { count }) => sum + count, 0),
      examples: parts.flatMap(({ examples }) => examples).slice(0, LISTED_MAX),
    }
  }
  return {
    count: parts.reduce((product, { count }) => product * count, 1),
    examples: parts.reduce<Undecided['examples']>(
      (all, part) => all.flatMap((left) => part.examples.map((right) => [...left, ...right])).slice(0, LISTED_MAX),
      [[]],
    ),
  }
}

function endsUnguarded(candidates: readonly Transition[]): boolean {
  return candidates.some(({ guard }) => guard === undefined)
}
