/** Statechart | LiveReactor steps an XState actor: the semantic reference for the compiled chart. */

import { type Actor, type AnyStateMachine, createActor, type InspectionEvent } from 'xstate'
import { clone } from '../base/canonical.ts'
import { InternalError } from '../base/errors.ts'
import type { Decision, Message, Out, Reactor, SavedState } from '../kernel/actor.ts'
import { disarmed } from '../kernel/traps.ts'
import type { ChartTransition } from './chart.ts'
import type { CompiledChart, Configuration, Outcome } from './compile.ts'
import type { MachineDefinition } from './define.ts'
import { failure } from './failure.ts'
import type { SendBound } from './send-limits.ts'
import type { Emitted } from './xstate-machine.ts'

export { type Emitted, toXStateMachine } from './xstate-machine.ts'

/** Latency belongs to channels, so an actor that asks for a timer is a mistake. */
const NO_TIMERS = {
  setTimeout: (): never => {
    throw new InternalError('a statechart asked for a timer')
  },
  clearTimeout: (): void => {},
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
  private readonly pairs: ReadonlyMap<object, ChartTransition>
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
    this.pairs = definition.pairs
  }

  /** The XState actor, for inspection; never send to it. */
  get actor(): Actor<AnyStateMachine> {
    if (this.running === undefined) throw new InternalError(`${this.definition.id}: used before start`)
    return this.running
  }

  start(): void {
    this.launch({})
    this.deliver(undefined)
  }

  configurationNames(configuration: number): string {
    return this.chart.namesOf(configuration)
  }

  configurationNumber(names: string): number | undefined {
    return this.chart.numberOf(names)
  }

  save(): SavedState {
    return { configuration: this.present().id, context: clone(this.context) }
  }

  /** XState enters no state again when it starts from a snapshot. */
  restore(saved: SavedState): void {
    const configuration = this.chart.configurations[saved.configuration]
    if (configuration === undefined) {
      throw new InternalError(`${this.chart.id}: no configuration ${saved.configuration}`)
    }
    const { value } = configuration
    this.launch({ snapshot: this.machine.resolveState({ value, context: clone(saved.context) } as never) })
    this.outcome = undefined
  }

  private launch(from: object): void {
    this.failed = undefined
    this.pending.length = 0
    const { inspect } = this.options
    const watched = inspect && { inspect: (event: InspectionEvent) => disarmed(() => inspect(event)) }
    const options = { clock: NO_TIMERS, ...watched, ...from }
    const actor = createActor(this.machine, options as never) as Actor<AnyStateMachine>
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

  get roomPort(): number {
    return (this.outcome as Outcome).roomPort
  }

  get roomCount(): number {
    return (this.outcome as Outcome).count
  }

  get reason(): string {
    return (this.outcome as Outcome).reason
  }

  commit(message: Message): void {
    this.rethrow()
    this.actor.send(message)
    this.rethrow()
    this.deliver(this.outcome as Outcome)
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
  private deliver(budget: SendBound | undefined): void {
    this.rethrow()
    const sent = this.chart.chart.ports.map(() => 0)
    for (const record of this.pending.splice(0)) {
      if (record.type === 'out.emit') this.out.emit(record.event)
      else if (record.type === 'out.reply') this.out.reply(record.message)
      else {
        const port = this.chart.portIndex.get(record.port) as number
        sent[port] = (sent[port] as number) + 1
        if (budget !== undefined && (sent[port] as number) > budget.of(port)) {
          throw new InternalError(
            `${this.definition.id}: the step sends ${sent[port]} messages to "${record.port}" but has room for ${budget.of(port)}`,
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
