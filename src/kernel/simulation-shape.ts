/** Kernel | the shapes of what simulations and schedulers take, for callers that no compiler has checked. */

import {
  answers,
  bound,
  demand,
  leaf,
  list,
  listener,
  object,
  oneOf,
  optional,
  seed,
  table,
  text,
  truth,
  wholeNumber,
} from '../base/shape.ts'
import type { Lateness } from './lateness.ts'
import type { Injection, RunBounds, SimulationOptions } from './simulation.ts'
import type { MayPolicy, TimedOptions } from './timed-options.ts'
import { countMax } from './wiring-shape.ts'

const message = leaf('a message, { type }', (value) => typeof (Object(value) as { type?: unknown }).type === 'string')

/** What `inject` takes as a message. */
export const messageShape = message

const watchers = optional(list(listener, 'a list of functions'))

function isScheduler(value: unknown): boolean {
  const { attach, advance } = Object(value) as Readonly<Record<string, unknown>>
  return typeof attach === 'function' && typeof advance === 'function'
}

export const simulationShape = object<SimulationOptions>('the options of a simulation', {
  runtime: oneOf('runtime', ['live', 'sim']),
  scheduler: leaf('a scheduler, as new RandomScheduler(seed)', isScheduler),
  watchers,
  emittedWatchers: watchers,
  onSubscriberError: optional(listener),
  record: optional(oneOf('record', ['schedule'])),
  injections: optional(
    list(
      object<Injection>('an injection', { step: wholeNumber(0), to: text, message, afterRoom: optional(truth) }),
      'a list of injections',
    ),
  ),
})

export const boundsShape = object<RunBounds>('the bounds of a run', {
  stepsMax: optional(bound),
  cyclesMax: optional(bound),
  stopWhen: optional(answers('a function that returns true or false')),
})

const lateness = object<Lateness>('a lateness', { oneIn: wholeNumber(1), cyclesMax: wholeNumber(0) })

const timedShape = object<TimedOptions>('the options of a TimedScheduler', {
  seed,
  may: oneOf('policy', ['off', 'random', 'adversarial', 'mixed'] satisfies readonly MayPolicy[]),
  mayPeriodCycles: wholeNumber(1, countMax),
  mustJitterCycles: wholeNumber(0, countMax),
  lateness: optional(table(lateness)),
})

/** What a `TimedScheduler` takes, looked at. */
export function checkedTimed(options: TimedOptions): TimedOptions {
  demand(timedShape, options, 'new TimedScheduler(options)')
  return options
}
