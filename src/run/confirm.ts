/** Run | counterexamples are shown only after the live runtime has run them: finds the choices, takes them, looks at the end. */

import { canonical } from '../base/canonical.ts'
import { InternalError, unknownName } from '../base/errors.ts'
import { completionProperty } from '../explore/completion.ts'
import type { ActorView, Property, StateView } from '../explore/define-system.ts'
import type { StepLabel } from '../explore/partition.ts'
import { matcherOf } from '../explore/predicate-view.ts'
import { deadlockProperty } from '../explore/system-partition.ts'
import type { Message, RuntimeName } from '../kernel/actor.ts'
import type { Channel } from '../kernel/channel.ts'
import { ReplayScheduler } from '../kernel/replay.ts'
import type { Schedule } from '../kernel/schedule.ts'
import type { Progress, Scheduler } from '../kernel/scheduler.ts'
import { Simulation } from '../kernel/simulation.ts'
import { apply, type Choice, type Stepper } from '../kernel/step.ts'
import type { SystemSpec } from '../kernel/system.ts'
import { type TraceEvent, toTraceEvent } from '../kernel/trace.ts'
import { ContextWatcher, StatementWatcher, type StepDetails, type ToldStatements } from './step-details.ts'
import type { Subject } from './subject.ts'

/** Takes the steps of a searched run, each found by its message and not by its place in a channel. */
class FollowScheduler implements Scheduler {
  readonly now = 0
  private readonly steps: readonly StepLabel[]
  private stepper!: Stepper
  private position = 0

  constructor(steps: readonly StepLabel[]) {
    this.steps = steps
  }

  attach(stepper: Stepper): void {
    this.stepper = stepper
    stepper.start()
  }

  sent(channel: Channel, message: Message): void {
    channel.enqueue(message, 0)
  }

  advance(): Progress {
    const label = this.steps[this.position]
    if (label === undefined) return 'quiet'
    const choice = this.choiceFor(label)
    if (choice === undefined || !apply(this.stepper, choice)) {
      throw new InternalError(`step ${this.position + 1} of a searched run is not enabled: ${JSON.stringify(label)}`)
    }
    this.position++
    return 'stepped'
  }

  private choiceFor(label: StepLabel): Choice | undefined {
    if (label.kind === 'spontaneous') return label
    const channel = this.stepper.system.channels[label.channel] as Channel
    for (let position = 0; position < channel.count; position++) {
      if (channel.eligible(position) && canonical(channel.at(position)) === label.message) {
        return { kind: 'deliver', channel: label.channel, position }
      }
    }
    return undefined
  }
}

/** The choices of these steps, as a run makes them. */
export function scheduleOf(spec: SystemSpec, steps: readonly StepLabel[]): Schedule {
  const simulation = new Simulation(spec, { runtime: 'sim', scheduler: new FollowScheduler(steps), record: 'schedule' })
  simulation.run()
  return simulation.schedule as Schedule
}

/** A run of given choices that is over. */
export interface Replayed {
  /** Every reaction, in order; those at the start have step 0. */
  readonly events: readonly TraceEvent[]
  readonly state: StateView
  /** Whether something other than a `may` choice can still happen. */
  readonly goesOn: boolean
  /** Whether the last state is the one after step `closesAt`. */
  readonly closes: boolean
  readonly unfinished: readonly string[]
  /** By event: what it changed in its actor's context. */
  readonly changes: StepDetails['changes']
  /** Empty where nobody asked. */
  readonly statements: ToldStatements
}

export interface ReplayWishes {
  readonly closesAt?: number | undefined
  readonly details?: 'wanted' | undefined
  readonly statementAt?: Subject['statementAt']
}

/**
 * Takes the choices; a usage error says where they cannot be taken.
 * @param options `closesAt`: the step whose state the last one is held against; `details`: to note what contexts become; `statementAt`: to note statements.
 */
export function replaySchedule(
  spec: SystemSpec,
  schedule: Schedule,
  runtime: RuntimeName,
  { closesAt, details, statementAt }: ReplayWishes = {},
): Replayed {
  const events: TraceEvent[] = []
  let circled: string | undefined
  const contexts = new ContextWatcher()
  const statements = statementAt && new StatementWatcher(statementAt)
  const scheduler = new ReplayScheduler(schedule)
  const simulation = new Simulation(spec, {
    runtime,
    scheduler,
    watchers: [
      (reaction) => {
        events.push(toTraceEvent(reaction))
        if (details === 'wanted') contexts.note(reaction)
        statements?.note(reaction)
      },
    ],
  })
  if (closesAt !== undefined) {
    simulation.run({ stepsMax: closesAt })
    circled = textOf(simulation)
  }
  simulation.run()
  return {
    events,
    closes: circled !== undefined && circled === textOf(simulation),
    state: new SimulationView(simulation),
    goesOn: simulation.goesOn,
    unfinished: simulation.unfinished().map(({ actor }) => actor),
    changes: contexts.changes,
    statements: statements?.statements ?? [],
  }
}

/** The whole state as text. */
function textOf({ system }: Simulation): string {
  const actors = system.actors.map(({ reactor }) => reactor.save())
  return canonical([actors, system.channels.map((channel) => channel.contents())])
}

/** Whether a run that is over shows what a search says about this property. */
export function shows(replayed: Replayed, name: string, property: Property | undefined): boolean {
  const { events, state, goesOn, unfinished, closes } = replayed
  if (name === completionProperty) return unfinished.length > 0 || goesOn
  if (name === deadlockProperty) return !goesOn && (unfinished.length > 0 || events.length > 0)
  switch (property?.kind) {
    case 'always':
      return !property.holds(state)
    case 'sometimes':
      return property.holds(state)
    case 'never':
    case 'emits':
      return soughtEvent(events, property) !== undefined
    case 'leadsTo':
      // For ever, or at rest for good.
      return (closes || !goesOn) && !property.to(state)
    default:
      return false
  }
}

/** The event of the last step that a property is about. */
export function soughtEvent(
  events: readonly TraceEvent[],
  { event, when }: Extract<Property, { kind: 'never' | 'emits' }>,
): Message | undefined {
  const last = events.at(-1)?.step
  return events
    .filter(({ step }) => step === last)
    .flatMap(({ emitted = [] }) => emitted)
    .find((one) => one.type === event && (when?.(one) ?? true))
}

/** The present state of a simulation, as predicates see it. */
class SimulationView implements StateView {
  private readonly simulation: Simulation

  constructor(simulation: Simulation) {
    this.simulation = simulation
  }

  actor(id: string): ActorView {
    const { actors } = this.simulation.system
    const actor = actors.find((candidate) => candidate.id === id)
    if (!actor) {
      throw unknownName(
        'actor',
        id,
        actors.map((candidate) => candidate.id),
      )
    }
    const value = actor.reactor.value()
    return {
      value,
      context: actor.reactor.context,
      finished: actor.reactor.finished(),
      matches: matcherOf(id, actor.definition, value),
    }
  }

  channel(from: string): readonly Message[] {
    const { channels } = this.simulation.system
    const channel = channels.find(({ spec }) => spec.from === from)
    if (!channel) {
      throw unknownName(
        'channel',
        from,
        channels.map(({ spec }) => spec.from),
      )
    }
    return channel.contents()
  }
}
