/** Statechart | CompiledReactor runs one instance of a compiled chart; nothing on its hot path allocates. */

import { clone } from '../base/canonical.ts'
import { InternalError } from '../base/errors.ts'
import type { Decision, Message, Out, Reactor, SavedState } from '../kernel/actor.ts'
import type { CompiledChart, Configuration, Decider, InnerOut, Operation, Outcome, Plan } from './compile.ts'
import { failure } from './failure.ts'
import { MICROSTEPS_MAX } from './microstep.ts'
import { choose, chooseEach, type Selector, throwingGuard } from './selector.ts'
import { SendLimits } from './send-limits.ts'

const INIT: Message = Object.freeze({ type: 'xstate.init' })

/** One machine instance. Its context is mutated in place; its configuration is a shared, immutable table entry. */
export class CompiledReactor implements Reactor {
  context: unknown
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
    this.box.queue.length = 0
    this.box.allow(undefined)
    this.run(this.chart.initial, INIT)
    this.settle(INIT)
  }

  decide(message: Message): Decision {
    const type = message.type
    const configuration = this.configuration
    const decider = (configuration.lastType === type ? configuration.lastDecider : this.decider(type)) as Decider
    const outcome =
      decider.fixed ??
      (decider.hasRegions ? this.chooseAmongRegions(decider, message) : this.chooseFirst(decider, message))
    this.outcome = outcome
    return outcome.decision
  }

  get room(): readonly number[] {
    return (this.outcome as Outcome).room
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
    this.box.allow(outcome.budget)
    this.run(plan, message)
    if (plan.next.always !== undefined || this.box.queue.length > 0) this.settle(message)
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
    return { configuration: this.configuration.id, context: clone(this.context) }
  }

  restore(saved: SavedState): void {
    const configuration = this.chart.configurations[saved.configuration]
    if (configuration === undefined) {
      throw new InternalError(`${this.chart.id}: no configuration ${saved.configuration}`)
    }
    this.configuration = configuration
    this.context = clone(saved.context)
    this.isStarted = true
    this.outcome = undefined
    this.box.queue.length = 0
  }

  /** Transitions that the last `decide` selected, for explanations. */
  get selected(): Outcome['transitions'] {
    return (this.outcome as Outcome).transitions
  }

  private decider(type: string): Decider {
    const configuration = this.configuration
    const isEarlier = configuration.earlierType === type
    const decider = isEarlier
      ? (configuration.earlierDecider as Decider)
      : (configuration.deciders[type] ?? this.chart.decider(configuration, type))
    configuration.earlierType = configuration.lastType
    configuration.earlierDecider = configuration.lastDecider
    configuration.lastType = type
    configuration.lastDecider = decider
    return decider
  }

  private chooseFirst(decider: Decider, message: Message): Outcome {
    const guards = decider.guards
    const context = this.context
    let at = 0
    try {
      for (; at < guards.length; at++) {
        const guard = guards[at]
        if (guard === undefined || guard.test(context, message, guard.params)) break
      }
    } catch (error) {
      throw failure(this.chart.id, `guard ${guards[at]?.name}`, error)
    }
    return decider.outcomes[at] ?? this.addOutcome(decider, at)
  }

  private addOutcome(decider: Decider, at: number): Outcome {
    const transition = decider.selector.candidates[at]
    const outcome = this.chart.outcome(this.configuration, transition ? [transition] : [])
    decider.outcomes[at] = outcome
    return outcome
  }

  private chooseAmongRegions(decider: Decider, message: Message): Outcome {
    try {
      const choice = choose(decider.selector, decider.start, this.context, message)
      choice.outcome ??= this.chart.outcome(this.configuration, choice.selected)
      return choice.outcome
    } catch (error) {
      throw this.guardFailure([decider.selector], message, error)
    }
  }

  /** Guards are pure, so the one that threw throws again; looking for it afterwards keeps names off the hot path. */
  private guardFailure(selectors: readonly Selector[], message: Message, error: unknown): InternalError {
    const name = throwingGuard(selectors, this.context, message)
    return failure(this.chart.id, name === undefined ? 'selection' : `guard ${name}`, error)
  }

  protected run(plan: Plan, message: Message): void {
    const operations = plan.operations
    const context = this.context
    const box = this.box
    let at = 0
    try {
      for (; at < operations.length; at++) {
        const operation = operations[at] as Operation
        box.begin(operation)
        operation.run(context, message, box, operation.params)
      }
    } catch (error) {
      box.queue.length = 0
      throw failure(this.chart.id, `action ${operations[at]?.name}`, error)
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
      const automatic: Plan | undefined = selectsAlways ? this.selectAlways(message) : undefined
      if (automatic !== undefined) {
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

  private selectAlways(message: Message): Plan | undefined {
    const configuration = this.configuration
    const lists = configuration.always
    if (lists === undefined) return undefined
    const start = configuration.alwaysStart
    try {
      const choice = chooseEach(lists, start, this.context, message)
      if (choice.selected.length === 0) return undefined
      choice.outcome ??= this.chart.plan(configuration, choice.selected)
      return choice.outcome
    } catch (error) {
      throw this.guardFailure(lists, message, error)
    }
  }
}

/** What actions see as `out`: checks every send against the declarations and keeps raised events inside. */
class OutBox extends SendLimits implements InnerOut {
  readonly queue: Message[] = []
  private readonly out: Out

  constructor(chart: CompiledChart, out: Out) {
    super(chart.chart)
    this.out = out
  }

  send(port: string, message: Message): void {
    this.count(port, message.type)
    this.out.send(port, message)
  }

  raise(message: Message): void {
    this.checkRaise(message.type)
    this.queue.push(clone(message))
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
