/** Statechart | how a user's XState machine reacts: purely in sim and explore, as an actor of XState's in live. */

import { type Actor, type AnyMachineSnapshot, type AnyStateMachine, createActor } from 'xstate'
import { canonical, clone, deepFreeze } from '../base/canonical.ts'
import { InternalError, UsageError } from '../base/errors.ts'
import type { Decision, Message, Out, Reactor, SavedState } from '../kernel/actor.ts'
import { failure, ownFailure } from './failure.ts'
import type { XStateDefinition } from './from-xstate.ts'
import type { Effect } from './xstate-effects.ts'
import type { PureStep } from './xstate-stepper.ts'

/** What a `decide` found. */
interface Selection {
  readonly decision: Decision
  readonly reason: string
  readonly room: readonly number[]
  readonly step: PureStep | undefined
}

/** Computes the step in `decide`, so its room is exact; `commit` only takes it. */
export class PureReactor implements Reactor {
  protected readonly definition: XStateDefinition
  protected readonly out: Out
  protected snapshot: AnyMachineSnapshot
  private selected: Selection | undefined

  constructor(definition: XStateDefinition, out: Out) {
    this.definition = definition
    this.out = out
    this.snapshot = definition.initial.snapshot
  }

  start(): void {
    this.take(this.definition.initial)
  }

  decide(message: Message): Decision {
    this.selected = this.select(message)
    return this.selected.decision
  }

  get selection(): unknown {
    return this.selected
  }

  set selection(selection: unknown) {
    this.selected = selection as Selection
  }

  get room(): readonly number[] {
    return (this.selected as Selection).room
  }

  get reason(): string {
    return (this.selected as Selection).reason
  }

  commit(_message: Message): void {
    const { step } = this.selected as Selection
    if (step !== undefined) this.take(step)
  }

  value(): unknown {
    return this.snapshot.value
  }

  get context(): unknown {
    return this.snapshot.context
  }

  finished(): boolean {
    return this.snapshot.hasTag('finished') || !this.definition.ends
  }

  save(): SavedState {
    return { configuration: this.definition.configurationOf(this.snapshot), context: this.snapshot.context }
  }

  restore({ configuration, context }: SavedState): void {
    const example = this.definition.exampleOf(configuration)
    const own = Object.isFrozen(context) ? context : deepFreeze(clone(context))
    this.snapshot = { ...example, context: own } as AnyMachineSnapshot
    this.selected = undefined
  }

  protected take({ snapshot, effects }: PureStep): void {
    this.snapshot = snapshot
    this.definition.addresses.record(effects, this.out)
  }

  /** What the last `decide` said would happen. */
  protected get expected(): PureStep | undefined {
    return this.selected?.step
  }

  private select(message: Message): Selection {
    const { definition, snapshot } = this
    const { id, machine, addresses, stepper } = definition
    const what = `event "${message.type}" in state ${canonical(snapshot.value)}`
    let transitions: readonly { readonly meta?: { readonly ignore?: string; readonly stall?: string } }[]
    try {
      transitions = machine.getTransitionData(snapshot as never, message) as never
    } catch (error) {
      throw ownFailure(id, what, error)
    }
    if (transitions.length === 0) {
      throw new UsageError(`machine "${id}": ${what} is undecided: add a transition, ignore('why') or stall('why')`)
    }
    const stalling = transitions.find(({ meta }) => meta?.stall !== undefined)
    if (stalling) return { decision: 'stall', reason: stalling.meta?.stall ?? '', room: [], step: undefined }
    if (transitions.every(({ meta }) => meta?.ignore !== undefined)) {
      return { decision: 'ignore', reason: transitions[0]?.meta?.ignore ?? '', room: [], step: undefined }
    }
    const step = stepper.step(snapshot, message)
    return { decision: 'react', reason: '', room: addresses.roomFor(step.effects), step }
  }
}

/** Latency belongs to channels, so an actor that asks for a timer is a mistake. */
const NO_TIMERS = {
  setTimeout: (): never => {
    throw new InternalError('a statechart asked for a timer')
  },
  clearTimeout: (): void => {},
}

/** The same machine as a running XState actor, which must do what the pure step said. */
export class ActorReactor extends PureReactor {
  private running: Actor<AnyStateMachine> | undefined
  private emitted: Message[] = []
  private failed: unknown

  override start(): void {
    this.launch({ input: this.definition.input })
    this.follow(this.definition.initial, 'the start')
  }

  override commit(message: Message): void {
    const { expected } = this
    if (expected === undefined) return
    this.actor.send(message)
    this.follow(expected, `event "${message.type}"`)
  }

  override restore(saved: SavedState): void {
    super.restore(saved)
    const { value, context } = this.snapshot
    this.launch({ snapshot: this.definition.machine.resolveState({ value, context } as never) })
  }

  /** The XState actor, for inspection; never send to it. */
  get actor(): Actor<AnyStateMachine> {
    if (this.running === undefined) throw new InternalError(`${this.definition.id}: used before start`)
    return this.running
  }

  private launch(from: object): void {
    this.emitted = []
    this.failed = undefined
    // What `log` writes would stand among the lines of a report.
    const options = { clock: NO_TIMERS, logger: () => {}, ...from }
    const actor = createActor(this.definition.machine, options as never) as Actor<AnyStateMachine>
    this.running = actor
    actor.subscribe({
      error: (error) => {
        this.failed = error
      },
    })
    actor.on('*', (event) => {
      this.emitted.push(clone(event as Message))
    })
    actor.start()
  }

  private follow(expected: PureStep, what: string): void {
    const { id, addresses, stepper } = this.definition
    if (this.failed !== undefined) throw failure(id, what, this.failed)
    const snapshot = stepper.settle(this.actor.getSnapshot())
    const effects = this.emitted.splice(0).map((event) => addresses.effectOf(event))
    const [actual, pure] = [textOf(snapshot, effects), textOf(expected.snapshot, expected.effects)]
    if (actual !== pure) {
      throw new InternalError(`${id} ${what}: the running actor came to ${actual}, the pure step to ${pure}`)
    }
    this.take({ ...expected, snapshot, effects })
  }
}

function textOf({ value, context }: AnyMachineSnapshot, effects: readonly Effect[]): string {
  return canonical({ value, context, effects })
}
