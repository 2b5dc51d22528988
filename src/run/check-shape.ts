/** Run | the shape of what checks are asked for, and what is likely meant by what cannot be checked. */

import { UsageError } from '../base/errors.ts'
import { answers, bound, isRecord, list, object, oneOf, optional, parts, text, wholeNumber } from '../base/shape.ts'
import { shown, tagOf } from '../base/shown.ts'
import type { Fairness } from '../explore/fairness.ts'
import { strategies } from '../explore/index.ts'
import { reductions } from '../explore/strategy.ts'
import type { CheckOptions } from './check.ts'

/** What `check` takes besides what is checked. */
export const checkShape = object<CheckOptions>('the options of check', {
  strategy: optional(oneOf('strategy', Object.keys(strategies))),
  reductions: optional(list(oneOf('reduction', reductions), 'a list of reductions')),
  statesMax: optional(bound),
  bytesMax: optional(bound),
  wanted: optional(oneOf('search', ['first', 'all'])),
  seed: optional(wholeNumber(0, 0xffffffff)),
  runs: optional(bound),
  stepsMax: optional(bound),
  stop: optional(answers('a function that returns true or false')),
  isInterrupted: optional(answers('a function that returns true or false')),
  team: optional(parts('what startTeam returns', {})),
  properties: optional(list(text, 'a list of names')),
  coverage: optional(oneOf('coverage', ['report'])),
  fairness: optional(oneOf('fairness', ['weak', 'strong', 'none'] satisfies readonly Fairness[])),
  bugDepth: optional(bound),
  preemptionsMax: optional(bound),
})

/** Throws a usage error that says what `value` is if it is nothing that can be checked. @param taker the function that was given it */
export function demandSubject(value: unknown, taker: string): void {
  if (isRecord(value) && typeof value.id === 'string' && isRecord(value.spec) && isRecord(value.properties)) return
  throw new UsageError(`${taker} takes what defineSystem or subjectOfScenario returns; this is ${instead(value)}`)
}

function instead(value: unknown): string {
  if (value === undefined) return 'undefined: is it imported in a circle, or under another name?'
  if (tagOf(value) === 'Promise') return 'a promise: await it first'
  if (Array.isArray(value)) return `${shown(value)}: check one after another`
  const { actors, channels, createReactor, root, programs } = Object(value) as Readonly<Record<string, unknown>>
  if (typeof programs === 'function')
    return 'a scenario: give it to subjectOfScenario({ scenario: id }, scenario) first'
  if (actors !== undefined || channels !== undefined)
    return 'the plain config of a system: give it to defineSystem first'
  if (typeof createReactor === 'function') return 'a machine: make it an actor of a system, with defineSystem'
  if (root !== undefined) return 'an XState machine: give it to fromXState, and that to defineSystem'
  return shown(value)
}
