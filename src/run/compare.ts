/** Run | compare: scenarios against editions, each cell a whole check, and whether it said what was expected. */

import { present } from '../base/assert.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import { dmarace, editions } from '../dma/index.ts'
import { comparisons } from '../scenario/comparisons/index.ts'
import type { Expectation, Scenario } from '../scenario/scenario.ts'
import { type CheckOptions, check } from './check.ts'
import { findScenario, type OwnEdition, requestOwn } from './options.ts'
import { subjectOfScenario } from './scenario-subject.ts'

/** One check to make. */
export interface Pair {
  readonly scenario: Scenario
  readonly edition: string
  /** Absent: nothing is known beforehand. */
  readonly expected?: Expectation
}

/** The same as plain data, for a thread of its own; only for shipped editions. */
export interface PairJob {
  readonly scenario: string
  readonly edition: string
}

/** One cell of the table, as plain data. */
export interface Cell {
  readonly scenario: string
  readonly edition: string
  readonly verdict: 'holds' | 'violated' | 'not found'
  /** Violated oracles with the length of a shortest run to each, shortest first. */
  readonly violations: readonly {
    readonly oracle: string
    readonly length: number
    readonly message: string
    readonly replay: string
  }[]
  readonly states: number
  readonly seconds: number
  readonly expected?: Expectation
  readonly asExpected: boolean
}

/** What can be asked for; absent: every scenario that compares editions, every shipped edition. */
export interface CompareRequest {
  readonly scenarios?: readonly string[]
  readonly editions?: readonly string[]
  readonly own?: OwnEdition
}

/** All pairs, a scenario after the other. Usage errors name what is not known. */
export function pairsOf({ scenarios, editions: names, own }: CompareRequest): Pair[] {
  const chosen = scenarios?.length ? scenarios.map(findScenario) : Object.values<Scenario>(comparisons)
  const known = [...Object.keys(editions), ...(own ? [own.edition.name] : [])]
  const asked = names?.length ? names : known
  for (const name of asked) if (!known.includes(name)) throw unknownName('edition', name, known)
  if (new Set(asked).size !== asked.length) throw new UsageError(`--editions names one twice: ${asked.join(', ')}`)
  return chosen.flatMap((scenario) =>
    asked.map((edition) => {
      const expected = expectationOf(scenario, edition)
      return { scenario, edition, ...(expected === undefined ? {} : { expected }) }
    }),
  )
}

/** In edition `dmarace` every correct form holds, and a twin violates what it names. */
export function expectationOf({ compares, violates }: Scenario, edition: string): Expectation | undefined {
  if (edition === dmarace.name) return compares?.expects[edition] ?? violates ?? 'holds'
  return compares?.expects[edition]
}

/** Makes one check, whole unless `options` bound it. */
export function compareOne({ scenario, edition, expected }: Pair, own?: OwnEdition, options: CheckOptions = {}): Cell {
  const asked = own?.edition.name === edition ? requestOwn(own) : { edition }
  const subject = subjectOfScenario({ scenario: scenario.id, ...asked }, scenario, 'ops' in asked ? own : undefined)
  const { verdict, violations, states, seconds } = check(subject, options)
  const found = violations.map(({ property, length, message, replay }) => ({
    oracle: property,
    length,
    message,
    replay,
  }))
  const oracles = found.map(({ oracle }) => oracle)
  return {
    scenario: scenario.id,
    edition,
    verdict,
    violations: found,
    states,
    seconds,
    ...(expected === undefined ? {} : { expected }),
    asExpected: expected === undefined || meets(expected, verdict, oracles),
  }
}

/** Makes the check of a job. */
export function comparePair({ scenario, edition }: PairJob): Cell {
  const [pair] = pairsOf({ scenarios: [scenario], editions: [edition] })
  return compareOne(present(pair, 'the pair of the job'))
}

/** The first oracle must be violated, the others may be, no other one is. */
function meets(expected: Expectation, verdict: Cell['verdict'], oracles: readonly string[]): boolean {
  if (expected === 'holds') return verdict === 'holds'
  const [first] = expected
  return (
    verdict === 'violated' &&
    oracles.includes(first as string) &&
    oracles.every((name) => (expected as readonly string[]).includes(name))
  )
}
