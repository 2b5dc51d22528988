/** Statechart | the real XState machine of a definition, and LiveReactor, which steps an XState actor of it. */

import { type Actor, type AnyStateMachine, createActor, createMachine, enqueueActions, type InspectionEvent } from 'xstate'
import { clone } from '../base/canonical.ts'
import { InternalError } from '../base/errors.ts'
import type { Decision, Message, Out, Reactor } from '../kernel/actor.ts'
import { buildChart, type Chart, type ChartTransition } from './chart.ts'
import type { CompiledChart, Configuration, Outcome } from './compile.ts'
import type { ActionDefinition, GuardDefinition, MachineConfig, MachineDefinition, StateConfig } from './define.ts'
import { failure } from './failure.ts'
import { MICROSTEPS_MAX } from './microstep.ts'
import { SendLimits } from './send-limits.ts'

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
    context: () => config.context(),
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
  const limits = { limits: Object.keys(config.outPorts).map((port) => action.sends?.[port] ?? 0) }
  return enqueueActions(({ context, event, enqueue }, params) => {
    const draft = { ...context }
    box.allow(undefined)
    box.begin(limits)
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
class EnqueueBox extends SendLimits implements Out {
  enqueue: Enqueue | undefined

  send(port: string, message: Message): void {
    this.count(port, message.type)
    this.enqueue?.emit({ type: 'out.send', port, message: clone(message) })
  }

  raise(message: Message): void {
    this.checkRaise(message.type)
    this.enqueue?.raise(clone(message))
  }

  emit(event: Message): void {
    this.enqueue?.emit({ type: 'out.emit', event: clone(event) })
  }

  reply(message: Message): void {
    this.enqueue?.emit({ type: 'out.reply', message: clone(message) })
  }
}

/** Latency belongs to channels, so an actor that asks for a timer is a mistake. */
const NO_TIMERS = {
  setTimeout: (): never => {
    throw new InternalError('a statechart asked for a timer')
  },
  clearTimeout: (): void => {},
}

/** XState's own transition objects → the chart's, for room and coverage. */
export function pairTransitions(machine: AnyStateMachine, chart: Chart): Map<object, ChartTransition> {
  const pairs = new Map<object, ChartTransition>()
  for (const node of chart.nodes) {
    const state = machine.getStateNodeById(node.id)
    if (state.order !== node.index) throw new InternalError(`${chart.id}: document order differs at ${node.id}`)
    for (const [event, list] of node.on) {
      list.forEach((transition, position) => pairs.set(state.transitions.get(event)?.[position] as object, transition))
    }
    node.always.forEach((transition, position) => pairs.set(state.always?.[position] as object, transition))
  }
  return pairs
}

/** Options that only live runs have. */
export interface LiveOptions {
  /** Receives XState's inspection events, for XState's own tools. */
  readonly inspect?: (event: InspectionEvent) => void
}

/** One machine instance as an XState actor: the semantic reference for the compiled one. */
export class LiveReactor implements Reactor {
  private readonly definition: MachineDefinition
  private readonly machine: AnyStateMachine
  private readonly chart: CompiledChart
  private readonly out: Out
  private readonly options: LiveOptions
  private readonly pairs: Map<object, ChartTransition>
  private readonly pending: Emitted[] = []
  private running: Actor<AnyStateMachine> | undefined
  private failed: InternalError | undefined
  private outcome: Outcome | undefined
  private nodes: unknown
  private configuration: Configuration | undefined

  constructor(definition: MachineDefinition, out: Out, options: LiveOptions = {}) {
    this.definition = definition
    this.machine = definition.machine
    this.chart = definition.compiled
    this.out = out
    this.options = options
    this.pairs = pairTransitions(this.machine, this.chart.chart)
  }

  /** The XState actor, for inspection; never send to it. */
  get actor(): Actor<AnyStateMachine> {
    if (this.running === undefined) throw new InternalError(`${this.definition.id}: used before start`)
    return this.running
  }

  start(): void {
    this.failed = undefined
    const actor = createActor(this.machine, { clock: NO_TIMERS, ...this.options } as never) as Actor<AnyStateMachine>
    this.running = actor
    actor.subscribe({
      error: (error) => {
        this.failed = this.asInternal(error)
      },
    })
    actor.on('*', (event) => {
      this.pending.push(event as unknown as Emitted)
    })
    actor.start()
    this.deliver(undefined)
  }

  decide(message: Message): Decision {
    this.rethrow()
    if (!this.chart.chart.events.has(message.type)) {
      throw new InternalError(`${this.definition.id}: event "${message.type}" is not one of its events`)
    }
    const snapshot = this.actor.getSnapshot()
    let selected: readonly object[]
    try {
      selected = this.machine.getTransitionData(snapshot as never, message)
    } catch (error) {
      throw this.asInternal(error)
    }
    const transitions = selected.map((transition) => this.pairs.get(transition) as ChartTransition)
    this.outcome = this.chart.outcome(this.present(), transitions)
    return this.outcome.decision
  }

  get room(): readonly number[] {
    return (this.outcome as Outcome).room
  }

  get reason(): string {
    return (this.outcome as Outcome).reason
  }

  commit(message: Message): void {
    this.rethrow()
    this.actor.send(message)
    this.rethrow()
    this.deliver((this.outcome as Outcome).budget)
  }

  value(): unknown {
    return this.actor.getSnapshot().value
  }

  get context(): unknown {
    return this.actor.getSnapshot().context
  }

  finished(): boolean {
    return this.present().finished
  }

  /** Transitions that the last `decide` selected, for explanations. */
  get selected(): Outcome['transitions'] {
    return (this.outcome as Outcome).transitions
  }

  /** XState keeps its list of active nodes as long as the set is the same, so one comparison usually suffices. */
  private present(): Configuration {
    const nodes = (this.actor.getSnapshot() as unknown as { _nodes: readonly { order: number }[] })._nodes
    if (nodes !== this.nodes || this.configuration === undefined) {
      const all = this.chart.chart.nodes
      this.configuration = this.chart.configuration(nodes.map((node) => all[node.order] as (typeof all)[number]))
      this.nodes = nodes
    }
    return this.configuration
  }

  /** XState hands emitted events over after the reaction and swallows what handlers throw, so they are only kept there. */
  private deliver(budget: readonly number[] | undefined): void {
    this.rethrow()
    const sent = this.chart.chart.ports.map(() => 0)
    for (const record of this.pending.splice(0)) {
      if (record.type === 'out.emit') this.out.emit(record.event)
      else if (record.type === 'out.reply') this.out.reply(record.message)
      else {
        const port = this.chart.portIndex.get(record.port) as number
        sent[port] = (sent[port] as number) + 1
        if (budget !== undefined && (sent[port] as number) > (budget[port] as number)) {
          throw new InternalError(
            `${this.definition.id}: the step sends ${sent[port]} messages to "${record.port}" but has room for ${budget[port]}`,
          )
        }
        this.out.send(record.port, record.message)
      }
    }
  }

  private rethrow(): void {
    if (this.failed === undefined) return
    this.pending.length = 0
    throw this.failed
  }

  /** XState wraps a guard's error in text of its own; ours starts with "internal: ". */
  private asInternal(error: unknown): InternalError {
    if (error instanceof InternalError) return error
    const text = error instanceof Error ? error.message : String(error)
    const ours = text.indexOf('internal: ')
    if (ours >= 0) return new InternalError(text.slice(ours + 'internal: '.length), { cause: error })
    return failure(this.definition.id, 'reaction', error)
  }
}
