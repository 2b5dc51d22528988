/** Unit | sample builds small machines whose actions write what they saw, and runs them in either runtime. */

import { canonical } from '../../../src/base/canonical.ts'
import type { Message, Out, Reactor, RuntimeName } from '../../../src/kernel/actor.ts'
import { defineMachine, type MachineConfig, type MachineDefinition } from '../../../src/statechart/define.ts'

export const RUNTIMES: readonly RuntimeName[] = ['sim', 'live']

export interface Context {
  log: string[]
  n: number
}

/** Parts of a chart without the descriptions, which `describe` adds. */
// biome-ignore lint/suspicious/noExplicitAny: charts in tests are written loosely, also wrong ones on purpose
export type Loose = any

export type Overrides = Partial<MachineConfig<Context, Loose>>

/**
 * A machine with `chart`. Every state gets a description; every action named in the chart that `overrides` does not
 * define logs `name:event type`; every event in the chart is accepted by in port `in`, unless raised or spontaneous.
 */
export function sampleConfig(chart: Loose, overrides: Overrides = {}): MachineConfig<Context, Loose> {
  const names = { actions: new Set<string>(), events: new Set<string>() }
  collect(chart, names)
  const raised = overrides.raised ?? []
  const outside = [...names.events].filter(
    (event) => !raised.includes(event) && !(event in (overrides.spontaneous ?? {})),
  )
  const logging = [...names.actions].map((name) => [name, logger(name)])
  return {
    id: 'm',
    description: 'a sample',
    inPorts: { in: outside },
    outPorts: { out: ['word'], other: ['word'] },
    events: Object.fromEntries([...names.events].map((event) => [event, `event ${event}`])),
    context: () => ({ log: [], n: 0 }),
    chart: described(chart, 'root'),
    ...overrides,
    actions: { ...Object.fromEntries(logging), ...overrides.actions },
  }
}

export function sample(chart: Loose, overrides: Overrides = {}): MachineDefinition {
  return defineMachine(sampleConfig(chart, overrides))
}

function logger(name: string): Loose {
  return {
    description: `logs ${name}`,
    run: (context: Context, message: Message) => context.log.push(`${name}:${message.type}`),
  }
}

function described(state: Loose, name: string): Loose {
  const states = Object.entries(state.states ?? {}).map(([key, child]) => [key, described(child, key)])
  return { description: name, ...state, ...(state.states ? { states: Object.fromEntries(states) } : {}) }
}

function collect(state: Loose, names: { actions: Set<string>; events: Set<string> }): void {
  const actionsOf = (list: Loose) => {
    for (const each of [list ?? []].flat()) {
      if (typeof each === 'string') names.actions.add(each)
      else if (typeof each?.type === 'string') names.actions.add(each.type)
    }
  }
  actionsOf(state.entry)
  actionsOf(state.exit)
  for (const event of Object.keys(state.on ?? {})) names.events.add(event)
  for (const list of [...Object.values(state.on ?? {}), state.always, state.onDone]) {
    for (const candidate of [list ?? []].flat()) actionsOf((candidate as Loose)?.actions)
  }
  for (const child of Object.values(state.states ?? {})) collect(child, names)
}

/** A running instance and everything it did. */
export class Run {
  readonly reactor: Reactor
  readonly out: string[] = []

  constructor(definition: MachineDefinition, runtime: RuntimeName) {
    this.reactor = definition.createReactor(runtime, this.box())
    this.reactor.start()
  }

  get context(): Context {
    return this.reactor.context as Context
  }

  /** Decides and, if it reacts, commits. Returns the decision. */
  send(message: Message | string): string {
    const full = typeof message === 'string' ? { type: message } : message
    const decision = this.reactor.decide(full)
    if (decision === 'react') this.reactor.commit(full)
    return decision
  }

  /** The log of one message, or since the start. */
  log(message?: Message | string): string[] {
    if (message !== undefined) {
      this.context.log.length = 0
      this.send(message)
    }
    return this.context.log.splice(0)
  }

  value(): string {
    return canonical(this.reactor.value())
  }

  private box(): Out {
    return {
      send: (port, message) => this.out.push(`send ${port} ${canonical(message)}`),
      emit: (event) => this.out.push(`emit ${canonical(event)}`),
      reply: (message) => this.out.push(`reply ${canonical(message)}`),
      raise: () => {
        throw new Error('raised events stay inside')
      },
    }
  }
}
