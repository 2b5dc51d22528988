/** Statechart | the real XState v5 machine of a definition, self-contained, for any XState tool and for the live runtime. */

import { type AnyStateMachine, createMachine, enqueueActions } from 'xstate'
import { clone } from '../base/canonical.ts'
import { InternalError } from '../base/errors.ts'
import type { ActionOut, Message } from '../kernel/actor.ts'
import { copyPayload } from '../kernel/payload.ts'
import { buildChart, type Chart, type ChartTransition } from './chart.ts'
import { contextFactory } from './context.ts'
import type { ActionDefinition, GuardDefinition, MachineConfig, StateConfig } from './define.ts'
import { failure } from './failure.ts'
import { MICROSTEPS_MAX } from './microstep.ts'
import { SendBound, SendLimits } from './send-limits.ts'

/** How a record of the out box looks among the events that the XState actor emits. */
export type Emitted =
  | { readonly type: 'out.send'; readonly port: string; readonly message: Message }
  | { readonly type: 'out.emit'; readonly event: Message }
  | { readonly type: 'out.reply'; readonly message: Message }

/** The parts of XState's `enqueue` that mutators reach. */
interface Enqueue {
  assign(make: () => Record<string, unknown>): void
  emit(event: Emitted): void
  raise(event: Message): void
}

// biome-ignore lint/suspicious/noExplicitAny: context and message types matter only inside a machine file
type Config = MachineConfig<any, any>

/**
 * The XState v5 machine, self-contained: mutators run on a shallow copy of the context, which is then assigned;
 * sends, emits and replies are emitted events of type `out.*`; raised events are raised. Payloads are copied.
 */
export function toXStateMachine(config: Config): AnyStateMachine {
  const box = new EnqueueBox(buildChart(config, []))
  const actions: Record<string, unknown> = {}
  for (const [name, action] of Object.entries(config.actions ?? {})) {
    actions[name] = toXStateAction(config, name, action, box)
  }
  const guards: Record<string, unknown> = {}
  for (const [name, guard] of Object.entries(config.guards ?? {})) guards[name] = toXStateGuard(config, name, guard)
  const chart = {
    ...describeTransitions(config.chart, config.events),
    id: config.id,
    context: contextFactory(config.id, config.context) as () => never,
    options: { maxIterations: MICROSTEPS_MAX },
  }
  return createMachine(chart as never, { actions, guards } as never) as unknown as AnyStateMachine
}

function toXStateAction(
  config: Config,
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: see above
  action: ActionDefinition<any, any>,
  box: EnqueueBox,
): unknown {
  const limits = Object.keys(config.outPorts).map((port) => action.sends?.[port] ?? 0)
  const operation = Object.assign(new SendBound(limits), { name })
  return enqueueActions(({ context, event, enqueue }, params) => {
    const draft = { ...context }
    box.allow(undefined)
    box.begin(operation)
    box.enqueue = enqueue as unknown as Enqueue
    try {
      action.run(draft, event, box, params)
    } catch (error) {
      throw failure(config.id, `action ${name}`, error)
    }
    box.enqueue.assign(() => draft)
  })
}

// biome-ignore lint/suspicious/noExplicitAny: see above
function toXStateGuard(config: Config, name: string, guard: GuardDefinition<any, any>): unknown {
  return ({ context, event }: { context: unknown; event: Message }, params: unknown) => {
    try {
      return guard(context, event, params)
    } catch (error) {
      throw failure(config.id, `guard ${name}`, error)
    }
  }
}

/** XState tools show a transition's description; an event's description stands in where a transition has none. */
function describeTransitions(state: StateConfig, events: Readonly<Record<string, string>>): StateConfig {
  const on: Record<string, unknown> = {}
  for (const [event, list] of Object.entries(state.on ?? {})) {
    const entries = (Array.isArray(list) ? list : [list]) as readonly unknown[]
    on[event] = entries.map((entry) => ({
      description: events[event],
      ...(typeof entry === 'string' ? { target: entry } : (entry as object | undefined)),
    }))
  }
  const states: Record<string, StateConfig> = {}
  for (const [key, child] of Object.entries(state.states ?? {})) states[key] = describeTransitions(child, events)
  return {
    ...state,
    ...(state.on ? { on: on as NonNullable<StateConfig['on']> } : {}),
    ...(state.states ? { states } : {}),
  }
}

/** What actions see as `out`. One per machine: XState runs one action at a time, to its end. */
class EnqueueBox extends SendLimits implements ActionOut {
  enqueue: Enqueue | undefined

  send(port: string, message: Message): void {
    this.count(port, message)
    this.enqueue?.emit({ type: 'out.send', port, message: copyPayload(message) })
  }

  /** Copies all the same: where a runtime that does not behaves otherwise, an action has not given the message away. */
  give(port: string, message: Message): void {
    this.send(port, message)
  }

  raise(message: Message): void {
    this.checkRaise(message.type)
    this.enqueue?.raise(copyPayload(message))
  }

  emit(event: Message): void {
    this.enqueue?.emit({ type: 'out.emit', event: clone(event) })
  }

  reply(message: Message): void {
    this.enqueue?.emit({ type: 'out.reply', message: copyPayload(message) })
  }
}

/** XState's own transition objects → the chart's, for room and coverage. */
export function pairTransitions(machine: AnyStateMachine, chart: Chart): Map<object, ChartTransition> {
  const pairs = new Map<object, ChartTransition>()
  for (const node of chart.nodes) {
    const state = machine.getStateNodeById(node.id)
    if (state.order !== node.index) throw new InternalError(`${chart.id}: document order differs at ${node.id}`)
    for (const [event, list] of node.on) pairUp(state.transitions.get(event) ?? [], list, pairs)
    pairUp(state.always ?? [], node.always, pairs)
  }
  return pairs
}

function pairUp(
  theirs: readonly object[],
  ours: readonly ChartTransition[],
  pairs: Map<object, ChartTransition>,
): void {
  for (const [position, transition] of ours.entries()) pairs.set(theirs[position] as object, transition)
}
