/** Statechart | CompiledReactor runs one instance of a compiled chart; nothing on its hot path allocates. */

import { InternalError } from '../base/errors.ts'
import type { Decision, IndexedOut, Message, Out, Reactor, SavedState } from '../kernel/actor.ts'
import { copyPayload } from '../kernel/payload.ts'
import type { CompiledChart, Configuration, Outcome, Plan } from './compile.ts'
import { failure } from './failure.ts'
import { MICROSTEPS_MAX } from './microstep.ts'
import { type Selector, throwingGuard } from './selector.ts'
import { SendLimits } from './send-limits.ts'
import type { RunnerBox } from './specialise.ts'

const INIT: Message = Object.freeze({ type: 'xstate.init' })

/** One machine instance. Its context is mutated in place; its configuration is a shared, immutable table entry. */
export class CompiledReactor implements Reactor {
  context: unknown
  changes = 0
  protected readonly chart: CompiledChart
  protected readonly box: OutBox
  protected configuration: Configuration
  private outcome: Outcome | undefined
  private isStarted = false

  /** @param out gets sends, emits and replies as they happen; raised events stay inside. */
  constructor(chart: CompiledChart, out: Out) {
    this.chart = chart
    this.box = new OutBox(chart, out)
    this.context = chart.makeContext()
    this.configuration = chart.initial.next
  }

  start(): void {
    // The constructor's context serves the first start: a machine may hold a whole memory.
    if (this.isStarted) this.context = this.chart.makeContext()
    this.isStarted = true
    this.changes++
    this.box.queue.length = 0
    this.box.allow(undefined)
    this.run(this.chart.initial, INIT)
    this.settle(INIT)
  }

  decide(message: Message): Decision {
    try {
      const outcome = this.configuration.decide.call(this.context, message)
      this.outcome = outcome
      return outcome.decision
    } catch (error) {
      throw this.decisionFailure(message, error)
    }
  }

  get refused(): number {
    return this.configuration.refused
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

  get selection(): unknown {
    return this.outcome
  }

  set selection(selection: unknown) {
    this.outcome = selection as Outcome
  }

  get reason(): string {
    return (this.outcome as Outcome).reason
  }

  commit(message: Message): void {
    const outcome = this.outcome as Outcome
    const plan = outcome.plan
    this.changes++
    this.box.allow(outcome)
    this.run(plan, message)
    if (plan.next.chooseAlways !== undefined || this.box.queue.length > 0) this.settle(message)
  }

  value(): unknown {
    return this.configuration.value
  }

  finished(): boolean {
    return this.configuration.finished
  }

  configurationNames(configuration: number): string {
    return this.chart.namesOf(configuration)
  }

  configurationNumber(names: string): number | undefined {
    return this.chart.numberOf(names)
  }

  save(): SavedState {
    return { configuration: this.configuration.id, context: this.chart.copyContext(this.context) }
  }

  restore(saved: SavedState): void {
    const configuration = this.chart.configurations[saved.configuration]
    if (configuration === undefined) {
      throw new InternalError(`${this.chart.id}: no configuration ${saved.configuration}`)
    }
    this.enter(configuration, saved.context)
  }

  resumeFrom(other: Reactor): void {
    const { configuration, context } = other as CompiledReactor
    this.enter(configuration, context)
  }

  /** Goes on from there, with a copy of `context`. */
  private enter(configuration: Configuration, context: unknown): void {
    this.configuration = configuration
    this.context = this.chart.copyContext(context)
    this.isStarted = true
    this.changes++
    this.outcome = undefined
    this.box.queue.length = 0
  }

  /** Transitions that the last `decide` selected, for explanations. */
  get selected(): Outcome['transitions'] {
    return (this.outcome as Outcome).transitions
  }

  actions(): readonly string[] {
    return (this.outcome as Outcome).plan.operations.map(({ name }) => name)
  }

  /** An unknown event, or a guard that threw. */
  private decisionFailure(message: Message, error: unknown): unknown {
    const decider = this.configuration.deciders.find(({ type }) => type === message.type)
    return decider ? this.guardFailure([decider.selector], message, error) : error
  }

  /** Guards are pure, so the one that threw throws again; looking for it afterwards keeps names off the hot path. */
  private guardFailure(selectors: readonly Selector[], message: Message, error: unknown): InternalError {
    const name = throwingGuard(selectors, this.context, message)
    return failure(this.chart.id, name === undefined ? 'selection' : `guard ${name}`, error)
  }

  protected run(plan: Plan, message: Message): void {
    const box = this.box
    try {
      plan.call(this.context, message, box)
    } catch (error) {
      box.queue.length = 0
      throw failure(this.chart.id, `action ${box.operation?.name}`, error)
    }
    this.configuration = plan.next
  }

  /** `always` until none is enabled, then the next queued event, until the queue is empty; counted as XState counts. */
  protected settle(cause: Message): void {
    let message = cause
    let selectsAlways = true
    for (let microsteps = 1; ; microsteps++) {
      if (microsteps > MICROSTEPS_MAX) {
        throw new InternalError(`${this.chart.id}: more than ${MICROSTEPS_MAX} microsteps for one "${cause.type}"`)
      }
      const automatic: Plan | null = selectsAlways ? this.selectAlways(message) : null
      if (automatic !== null) {
        this.run(automatic, message)
        selectsAlways = automatic.effective
        continue
      }
      const queue = this.box.queue
      if (queue.length === 0) return
      message = (this.chart.quirks.raised ? queue.pop() : queue.shift()) as Message
      this.decide(message)
      this.run((this.outcome as Outcome).plan, message)
      selectsAlways = true
    }
  }

  private selectAlways(message: Message): Plan | null {
    const { chooseAlways, always } = this.configuration
    if (chooseAlways === undefined) return null
    try {
      return chooseAlways.call(this.context, message)
    } catch (error) {
      throw this.guardFailure(always, message, error)
    }
  }
}

/** What actions see as `out`: checks every send against the declarations and keeps raised events inside. */
class OutBox extends SendLimits implements RunnerBox {
  readonly queue: Message[] = []
  private readonly out: Out
  /** The same, if it knows ports by index. */
  private readonly indexed: IndexedOut | undefined

  constructor(chart: CompiledChart, out: Out) {
    super(chart.chart)
    this.out = out
    this.indexed = 'sendAt' in out ? (out as IndexedOut) : undefined
  }

  send(port: string, message: Message): void {
    const end = this.count(port, message)
    if (this.indexed !== undefined) this.indexed.sendAt(end.index, end.kind.copier(message))
    else this.out.send(port, message)
  }

  give(port: string, message: Message): void {
    const end = this.count(port, message)
    if (this.indexed !== undefined) this.indexed.sendAt(end.index, message)
    else this.out.send(port, message)
  }

  raise(message: Message): void {
    this.checkRaise(message.type)
    this.queue.push(copyPayload(message))
  }

  emit(event: Message): void {
    this.out.emit(event)
  }

  reply(message: Message): void {
    this.out.reply(message)
  }

  done(event: Message): void {
    this.queue.push(event)
  }
}
