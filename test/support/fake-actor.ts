/** Tests | actors written by hand, without a chart: what the kernel may assume of a reactor and nothing more. */

import { clone } from '../../src/base/canonical.ts'
import type {
  ActorDefinition,
  Decision,
  Message,
  Out,
  Reactor,
  SavedState,
  Spontaneous,
} from '../../src/kernel/actor.ts'

/** How one message type is handled. Without `decide` the message is always reacted to. */
export interface FakeHandler<Context> {
  decide?(context: Context, message: Message): Decision
  /** Most messages sent, by out port. */
  sends?: Readonly<Record<string, number>> | ((context: Context, message: Message) => Readonly<Record<string, number>>)
  run?(context: Context, message: Message, out: Out): void
}

export interface FakeActor<Context> {
  readonly id: string
  readonly in?: Readonly<Record<string, readonly string[]>>
  readonly out?: Readonly<Record<string, readonly string[]>>
  readonly context: Context
  readonly on?: Readonly<Record<string, FakeHandler<Context>>>
  readonly spontaneous?: readonly (Pick<Spontaneous, 'event' | 'kind'> &
    Partial<Omit<Spontaneous, 'when'>> & { when?: (context: Context, value: number) => boolean })[]
  start?(context: Context, out: Out): void
  finished?(context: Context): boolean
}

/** A message with payload, for literals in tests. */
export function message(type: string, payload: Readonly<Record<string, unknown>> = {}): Message {
  return { type, ...payload }
}

/** The definition of a hand-made actor. */
export function fakeActor<Context>(spec: FakeActor<Context>): ActorDefinition {
  return {
    id: spec.id,
    description: `hand-made ${spec.id}`,
    inPorts: spec.in ?? {},
    outPorts: spec.out ?? {},
    spontaneous: (spec.spontaneous ?? []).map((choice) => ({
      description: choice.event,
      domain: 1,
      latencyCycles: 1,
      ...choice,
      when: (choice.when ?? (() => true)) as Spontaneous['when'],
    })),
    createReactor: (_runtime, out) => new FakeReactor(spec, out),
  }
}

class FakeReactor<Context> implements Reactor {
  context: Context
  room: readonly number[] = []
  reason = ''
  private readonly spec: FakeActor<Context>
  private readonly out: Out
  private decided: Message | undefined

  constructor(spec: FakeActor<Context>, out: Out) {
    this.spec = spec
    this.out = out
    this.context = clone(spec.context)
  }

  start(): void {
    this.spec.start?.(this.context, this.out)
  }

  decide(message: Message): Decision {
    const handler = this.spec.on?.[message.type]
    if (!handler) throw new Error(`${this.spec.id} has no handler for ${message.type}`)
    const decision = handler.decide?.(this.context, message) ?? 'react'
    this.reason = decision === 'react' ? '' : `${this.spec.id} says ${decision}`
    const sends = typeof handler.sends === 'function' ? handler.sends(this.context, message) : (handler.sends ?? {})
    const ports = Object.keys(this.spec.out ?? {})
    this.room = Object.entries(sends).flatMap(([port, count]) => (count > 0 ? [ports.indexOf(port), count] : []))
    this.decided = message
    return decision
  }

  commit(message: Message): void {
    if (this.decided !== message) throw new Error(`${this.spec.id} commits ${message.type} without a decision`)
    const handler = this.spec.on?.[message.type]
    // An ignored message runs nothing, as in a chart.
    if (handler?.decide?.(this.context, message) === 'ignore') return
    handler?.run?.(this.context, message, this.out)
  }

  value(): unknown {
    return clone(this.context)
  }

  finished(): boolean {
    return this.spec.finished?.(this.context) ?? true
  }

  save(): SavedState {
    return { configuration: 0, context: clone(this.context) }
  }

  restore(saved: SavedState): void {
    this.context = clone(saved.context) as Context
  }
}
