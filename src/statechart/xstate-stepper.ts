/** Statechart | PureStepper computes steps of a user's XState machine without taking them, twice, to see that they are pure. */

import {
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createActor,
  type InspectionEvent,
} from 'xstate'
import { canonical, clone, deepFreeze } from '../base/canonical.ts'
import { UsageError } from '../base/errors.ts'
import { notPlainIn } from '../base/plain.ts'
import { shown } from '../base/shown.ts'
import type { Message } from '../kernel/actor.ts'
import { ownFailure } from './failure.ts'
import { MICROSTEPS_MAX } from './microstep.ts'
import { insteadOf, noSpawn } from './xstate-contract.ts'
import type { Addresses, Effect } from './xstate-effects.ts'

/** Where a step leads. The snapshot's context is frozen. */
export interface PureStep {
  readonly snapshot: AnyMachineSnapshot
  readonly effects: readonly Effect[]
  /** XState's own objects of the transitions that were taken, in order. */
  readonly taken: readonly object[]
}

interface Executed {
  readonly type: string
  readonly params?: { readonly event?: Message; readonly delay?: unknown }
}

/** Actions that need nothing done: raised events are handled within the step, log lines concern nobody. */
const SILENT: ReadonlySet<string> = new Set(['xstate.raise', 'xstate.log', 'xstate.assign', 'xstate.enqueueActions'])

export class PureStepper {
  readonly id: string
  private readonly machine: AnyStateMachine
  private readonly addresses: Addresses
  private readonly scope: AnyActorScope
  private executed: Executed[] = []
  private microsteps = 0
  private taken: object[] = []
  /** An event that the machine raised and no transition took. */
  private dropped: string | undefined

  constructor(id: string, machine: AnyStateMachine, addresses: Addresses) {
    this.id = id
    this.machine = machine
    this.addresses = addresses
    this.scope = this.makeScope()
  }

  /** Entry into the initial state. */
  start(input: unknown): PureStep {
    return this.twice('the start', undefined, () =>
      this.machine.getInitialSnapshot(this.scope as never, input as never),
    )
  }

  /** The step of `message` from `snapshot`, whatever is declared about stalls. */
  step(snapshot: AnyMachineSnapshot, message: Message): PureStep {
    const what = `event "${message.type}" in state ${canonical(snapshot.value)}`
    return this.twice(what, snapshot, () => this.machine.transition(snapshot as never, message, this.scope as never))
  }

  /** `snapshot` with a context that is plain, frozen, and shared with nobody. */
  settle(snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
    const { context } = snapshot as { context: unknown }
    if (typeof context !== 'object' || context === null || Array.isArray(context)) {
      throw new UsageError(`machine "${this.id}": its context is ${shown(context)}: expected an object`)
    }
    const found = notPlainIn(context, 'context')
    if (found !== undefined) {
      const instead = found.is === 'an actor' ? noSpawn : 'use objects, arrays, numbers, strings and booleans only'
      throw new UsageError(`machine "${this.id}": ${found.path} is not plain data (${found.is}): ${instead}`)
    }
    return { ...snapshot, context: deepFreeze(clone(snapshot.context)) } as AnyMachineSnapshot
  }

  private twice(what: string, before: AnyMachineSnapshot | undefined, compute: () => unknown): PureStep {
    const first = this.once(what, before, compute)
    const second = this.once(what, before, compute)
    const difference = differenceOf(first, second)
    if (difference === undefined) return first
    throw new UsageError(
      `machine "${this.id}", ${what}: the same step gave two results (${difference}). ` +
        'An action or guard uses a clock, randomness or a variable of its own; everything it uses must be in the context or the event.',
    )
  }

  private once(what: string, before: AnyMachineSnapshot | undefined, compute: () => unknown): PureStep {
    this.executed = []
    this.microsteps = 0
    this.taken = []
    this.dropped = undefined
    let snapshot: AnyMachineSnapshot
    try {
      snapshot = compute() as AnyMachineSnapshot
    } catch (error) {
      throw this.explained(what, error)
    }
    if (snapshot.status === 'error') throw this.explained(what, snapshot.error)
    if (this.dropped !== undefined) {
      throw new UsageError(
        `machine "${this.id}", ${what}: it raises "${this.dropped}", which nothing decides there; ` +
          "add a transition or ignore('why')",
      )
    }
    if (snapshot.status !== 'active') throw new UsageError(`machine "${this.id}", ${what}: the machine has ended`)
    const effects = this.executed.flatMap((action) => this.effectOf(action, what))
    const same = before !== undefined && snapshot.context === before.context
    return { snapshot: same ? snapshot : this.settle(snapshot), effects, taken: this.taken }
  }

  private effectOf({ type, params }: Executed, what: string): Effect[] {
    if (type === 'xstate.emit') {
      const event = params?.event as Message
      const wrong = notPlainIn(event, event.type)
      if (wrong === undefined) return [this.addresses.effectOf(clone(event))]
      throw new UsageError(
        `machine "${this.id}", ${what}: it emits ${wrong.path}, which is not plain data (${wrong.is}): use objects, arrays, numbers, strings and booleans only`,
      )
    }
    if (SILENT.has(type) && params?.delay === undefined) return []
    throw new UsageError(`machine "${this.id}", ${what}: ${reasonAgainst(type)}`)
  }

  private explained(what: string, error: unknown): Error {
    const text = error instanceof Error ? error.message : String(error)
    if (/read only|not extensible|Cannot delete property/.test(text)) {
      return new UsageError(
        `machine "${this.id}", ${what}: an action or guard changes the context in place (${text}); assign a new value instead`,
      )
    }
    // XState throws as soon as it looks for the other one.
    const [, other] = /^Unable to send event to actor '(.*)' from machine/.exec(text) ?? []
    if (other !== undefined) {
      return new UsageError(
        `machine "${this.id}", ${what}: it sends to the actor "${other}": ${insteadOf['xstate.sendTo']}`,
      )
    }
    return ownFailure(this.id, what, error)
  }

  /** An actor that never runs stands for the machine: steps are computed, never taken. */
  private makeScope(): AnyActorScope {
    const inert = { transition: (state: unknown) => state, getInitialSnapshot: () => ({ status: 'active' }) }
    const self = createActor(inert as never, { inspect: (event: InspectionEvent) => this.inspect(event) } as never)
    const { system } = self as unknown as { system: unknown }
    const nothing = (): void => {}
    return {
      self,
      system,
      id: '',
      sessionId: '',
      logger: nothing,
      defer: nothing,
      stopChild: nothing,
      emit: nothing,
      actionExecutor: (action: Executed) => this.executed.push(action),
    } as never
  }

  private inspect(event: InspectionEvent): void {
    if (event.type !== '@xstate.microstep') return
    if (++this.microsteps > MICROSTEPS_MAX) {
      throw new UsageError(
        `machine "${this.id}": more than ${MICROSTEPS_MAX} microsteps in one step, the last for "${event.event.type}": ` +
          'it raises events, or takes always transitions, without end',
      )
    }
    this.taken.push(...event._transitions)
    if (event._transitions.length > 0 || event.event.type.startsWith('xstate.')) return
    this.dropped ??= event.event.type
  }
}

/** Why an action that `enqueueActions` puts in is none for us: what is written down is found at definition. */
function reasonAgainst(type: string): string {
  if (type === 'xstate.raise') return `it raises with a delay: ${insteadOf.delay}`
  const instead = insteadOf[type]
  if (instead !== undefined) return `it has the action ${type.slice('xstate.'.length)}: ${instead}`
  const shown = type === '(anonymous)' ? 'a plain function' : `the plain function "${type}"`
  return `it enqueues ${shown}, whose effects cannot be taken back; use assign, raise and emit`
}

/** What differs between two results of one step, in words. */
function differenceOf(first: PureStep, second: PureStep): string | undefined {
  const parts = [
    ['the state', first.snapshot.value, second.snapshot.value],
    ['what it emits', first.effects, second.effects],
    ...contextParts(first.snapshot.context, second.snapshot.context),
  ] as const
  for (const [name, one, other] of parts) {
    if (one === other) continue
    const [left, right] = [canonical(one), canonical(other)]
    if (left !== right) return `${name}: ${left} and ${right}`
  }
  return undefined
}

function contextParts(first: object, second: object): [string, unknown, unknown][] {
  if (first === second) return []
  return [...new Set([...Object.keys(first), ...Object.keys(second)])].map((key) => [
    `context.${key}`,
    (first as Record<string, unknown>)[key],
    (second as Record<string, unknown>)[key],
  ])
}
