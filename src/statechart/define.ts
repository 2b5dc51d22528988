/** Statechart | defineMachine wraps a plain XState chart with mutator actions, ports and spontaneous choices. */

import { demandDefinition } from '../base/shape.ts'
import {
  type ActionOut,
  type ActorDefinition,
  always,
  type Message,
  type Out,
  type Reactor,
  type RuntimeName,
  type Spontaneous,
} from '../kernel/actor.ts'
import type { CoverageFacet } from '../kernel/coverage.ts'
import type { Chart, ChartTransition } from './chart.ts'
import { type CompiledChart, CompiledReactor, compile } from './compile.ts'
import { coverageOf } from './coverage.ts'
import { LiveReactor, toXStateMachine } from './live.ts'
import { machineNamed, machineShape } from './machine-shape.ts'
import { checkTotality } from './totality.ts'
import { pairTransitions } from './xstate-machine.ts'

/** A mutator: changes `context`, records into `out`. At most 40 lines; no clock, no randomness, no module state. */
export interface ActionDefinition<Context, Msg extends Message> {
  readonly description: string
  /**
   * Most messages it sends per out port. A step's room is the sum over the actions it selects; an action that raises
   * an event also counts what the event's handling sends. Sending more is an internal error.
   */
  readonly sends?: Readonly<Record<string, number>>
  // biome-ignore lint/suspicious/noExplicitAny: params are typed by each action; the chart supplies them as data
  readonly run: (context: Context, message: Msg, out: ActionOut, params: any) => void
}

// biome-ignore lint/suspicious/noExplicitAny: params are typed by each guard; the chart supplies them as data
export type GuardDefinition<Context, Msg extends Message> = (context: Context, message: Msg, params: any) => boolean

/** A reference to a named action or guard, with optional parameters (plain data). */
export type Reference = string | { readonly type: string; readonly params?: unknown }

/** One candidate transition, as in XState. */
export interface TransitionConfig {
  readonly target?: string
  readonly guard?: Reference
  readonly actions?: Reference | readonly Reference[]
  readonly reenter?: boolean
  readonly description?: string
  readonly meta?: { readonly ignore?: string; readonly stall?: string }
}

export type Transitions = string | TransitionConfig | readonly TransitionConfig[]

/** One state, as in XState, description required. */
export interface StateConfig {
  readonly description: string
  readonly type?: 'parallel' | 'final' | 'atomic' | 'compound'
  readonly initial?: string
  readonly states?: Readonly<Record<string, StateConfig>>
  readonly on?: Readonly<Record<string, Transitions>>
  readonly always?: Transitions
  readonly onDone?: Transitions
  readonly entry?: Reference | readonly Reference[]
  readonly exit?: Reference | readonly Reference[]
  readonly tags?: readonly string[]
}

/** The choice as a machine file writes it; see `Spontaneous`. */
export interface SpontaneousConfig<Context> {
  readonly description: string
  readonly kind: 'may' | 'must'
  readonly domain?: number
  readonly when?: (context: Context, value: number) => boolean
  readonly latencyCycles?: number
  readonly aim?: (event: Message, context: Context) => number
}

/** Completes declared choices from defaults. */
// biome-ignore lint/suspicious/noExplicitAny: context types matter only inside a machine file
export function spontaneousOf(choices: Readonly<Record<string, SpontaneousConfig<any>>>): readonly Spontaneous[] {
  return Object.entries(choices).map(([event, choice]) => ({
    event,
    description: choice.description,
    kind: choice.kind,
    domain: choice.domain ?? 1,
    when: choice.when ?? always,
    latencyCycles: choice.latencyCycles ?? 1,
    aim: choice.aim,
  }))
}

/** Everything a machine file states. `Msg` is the union of messages, raised events and spontaneous events. */
export interface MachineConfig<Context, Msg extends Message> {
  readonly id: string
  readonly description: string
  /** In port → accepted message types. */
  readonly inPorts: Readonly<Record<string, readonly string[]>>
  /** Out port → sent message types. */
  readonly outPorts: Readonly<Record<string, readonly string[]>>
  /** Event type → description, for every event the chart decides: messages, raised and spontaneous ones. */
  readonly events: Readonly<Record<string, string>>
  /** Event types that only `out.raise` produces. A stall of one fails at definition. */
  readonly raised?: readonly string[]
  readonly spontaneous?: Readonly<Record<string, SpontaneousConfig<Context>>>
  /** A fresh context; trees of plain objects, arrays, numbers, strings, booleans and `Bytes`, with fixed keys. */
  readonly context: () => Context
  readonly guards?: Readonly<Record<string, GuardDefinition<Context, Msg>>>
  readonly actions?: Readonly<Record<string, ActionDefinition<Context, Msg>>>
  /** The chart: root state, as given to XState's `createMachine` (id and context are added). */
  readonly chart: StateConfig
}

/** A defined machine: an `ActorDefinition` that can also be opened by any XState tool. */
export class MachineDefinition implements ActorDefinition {
  // biome-ignore lint/suspicious/noExplicitAny: context and message types matter only inside a machine file
  readonly config: MachineConfig<any, any>
  readonly spontaneous: readonly Spontaneous[]
  private readonly chart: Chart
  private compiledChart: CompiledChart | undefined
  private xstateMachine: ReturnType<typeof toXStateMachine> | undefined
  private pairsMade: ReadonlyMap<object, ChartTransition> | undefined

  // biome-ignore lint/suspicious/noExplicitAny: see above
  constructor(config: MachineConfig<any, any>) {
    demandDefinition(machineShape, config, machineNamed(config))
    this.config = config
    this.spontaneous = spontaneousOf(config.spontaneous ?? {})
    this.chart = checkTotality(config)
  }

  get id(): string {
    return this.config.id
  }
  get description(): string {
    return this.config.description
  }
  get inPorts(): Readonly<Record<string, readonly string[]>> {
    return this.config.inPorts
  }
  get outPorts(): Readonly<Record<string, readonly string[]>> {
    return this.config.outPorts
  }

  get ends(): boolean {
    return this.compiled.hasFinished
  }

  get states(): readonly string[] {
    return this.chart.nodes.filter(({ parent }) => parent !== undefined).map(({ path }) => path)
  }

  get coverage(): CoverageFacet {
    return coverageOf(this)
  }

  /** The chart as flat tables; made once per definition. */
  get compiled(): CompiledChart {
    this.compiledChart ??= compile(this.config, {}, this.chart)
    return this.compiledChart
  }

  /** The real XState v5 machine; sends and raises appear as emitted and raised events. */
  get machine(): ReturnType<typeof toXStateMachine> {
    this.xstateMachine ??= toXStateMachine(this.config)
    return this.xstateMachine
  }

  /** XState's own transitions, and which of the chart each is. */
  get pairs(): ReadonlyMap<object, ChartTransition> {
    this.pairsMade ??= pairTransitions(this.machine, this.chart)
    return this.pairsMade
  }

  createReactor(runtime: RuntimeName, out: Out): Reactor {
    return runtime === 'live' ? new LiveReactor(this, out) : new CompiledReactor(this.compiled, out)
  }
}

/**
 * Defines a machine. Throws `DefinitionError`, naming each problem, if a message is undecided in some configuration,
 * an `ignore` shadows an ancestor's handler, a raised event is stalled, a name is unknown, or a feature that a
 * runtime cannot reproduce is used.
 */
export function defineMachine<Context, Msg extends Message>(config: MachineConfig<Context, Msg>): MachineDefinition {
  return new MachineDefinition(config)
}

/** A transition that consumes the message and does nothing, for a stated reason. */
export function ignore(why: string): { readonly meta: { readonly ignore: string } } {
  return { meta: { ignore: why } }
}

/** A transition that leaves the message at the head of its channel, for a stated reason. */
export function stall(why: string): { readonly meta: { readonly stall: string } } {
  return { meta: { stall: why } }
}
