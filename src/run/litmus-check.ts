/** Run | litmus tests against what they expect: which runs a test asks for, and whether each came out as it says. */

import { UsageError } from '../base/errors.ts'
import { demand, parts } from '../base/shape.ts'
import type { Choice } from '../litmus/choose.ts'
import type { ExpectationForm, FeatureForm, LitmusTest, ParameterForm } from '../litmus/form.ts'
import { testShape } from '../litmus/form-shape.ts'
import { type CheckOptions, check, type Verdict, violatedIn } from './check.ts'
import { checkWithin } from './check-within.ts'
import { litmusId, subjectOfLitmus } from './litmus-subject.ts'
import { type RepairOptions, verifyRoots } from './repair/verify.ts'
import type { Subject, SystemSource } from './subject.ts'

/** One variant with one set of features and parameters: one search. */
export interface LitmusCase {
  readonly test: LitmusTest
  readonly choice: Choice & {
    readonly features: readonly FeatureForm[]
    readonly parameters: readonly ParameterForm[]
  }
  /** Empty: the test does not say. */
  readonly expectations: readonly ExpectationForm[]
}

/** `name/variant, -speculation`. */
export function caseName({ test, choice }: LitmusCase): string {
  const { variant, features, parameters } = choice
  const switched = features.map(({ name, on }) => (on ? `+${name}` : `-${name}`))
  const set = parameters.map(({ name, value }) => `${name}=${value}`)
  return [litmusId(test, variant), ...switched, ...set].join(' ')
}

/** The cases that a test's expectations are about, in the order of the text; every variant as it stands if there are none. */
export function casesOf(test: LitmusTest, more: readonly FeatureForm[] = []): LitmusCase[] {
  demand(testShape, test, 'casesOf(test)')
  const cases = new Map<string, LitmusCase & { readonly expectations: ExpectationForm[] }>()
  const add = (
    variant: string,
    of: Pick<ExpectationForm, 'features' | 'parameters'>,
    expected?: ExpectationForm,
  ): void => {
    const choice = {
      variant,
      features: [...of.features.map(bare), ...more],
      parameters: of.parameters.map(bareParameter),
    }
    const one = { test, choice, expectations: [] as ExpectationForm[] }
    const known = cases.get(caseName(one)) ?? one
    if (expected) known.expectations.push(expected)
    cases.set(caseName(one), known)
  }
  for (const expected of test.expectations) {
    for (const variant of expected.variants.length > 0 ? expected.variants : test.variants)
      add(variant, expected, expected)
  }
  for (const variant of test.variants) {
    if (![...cases.values()].some(({ choice }) => choice.variant === variant))
      add(variant, { features: [], parameters: [] })
  }
  return [...cases.values()]
}

function bare({ name, on }: FeatureForm): FeatureForm {
  return { name, on }
}
function bareParameter({ name, value }: ParameterForm): ParameterForm {
  return { name, value }
}

const caseShape = parts('one of what casesOf returns', { test: testShape, choice: parts('a choice', {}) })

/** What a search said, and whether that is what the test expects. */
export interface LitmusOutcome {
  readonly case: LitmusCase
  readonly name: string
  readonly verdict: Verdict
  /** `open`: the search met a bound, so that it cannot be said. */
  readonly met: 'met' | 'unmet' | 'open' | 'unsaid'
  /** Why not. */
  readonly reason?: string
}

/** A case as something to check. Usage errors for what does not fit together in the test. */
export function subjectOfCase(one: LitmusCase, source?: SystemSource): Subject {
  return { ...subjectOfLitmus(one.test, one.choice, source), id: caseName(one) }
}

/** Checks one case. */
export function checkCase(one: LitmusCase, options: CheckOptions = {}, source?: SystemSource): LitmusOutcome {
  demand(caseShape, one, 'checkCase(one)')
  return judgeCase(one, check(subjectOfCase(one, source), options))
}

/** All cases of one file, for a thread; plain data. */
export interface CasesJob {
  readonly cases: readonly LitmusCase[]
  readonly source: SystemSource
  readonly options: CheckOptions
  /** Of each search. */
  readonly limitMs: number
}

/** Of each case its verdict, or the usage error that keeps it from being checked. */
export type CasesResult = readonly (Verdict | { readonly wrong: string })[]

export function checkCases({ cases, source, options, limitMs }: CasesJob): CasesResult {
  return cases.map((one) => {
    try {
      return checkWithin(subjectOfCase(one, source), options, limitMs)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      return { wrong: error.message }
    }
  })
}

/** Holds a verdict against what the test expects. */
export function judgeCase(one: LitmusCase, verdict: Verdict): LitmusOutcome {
  const name = caseName(one)
  if (one.expectations.length === 0) return { case: one, name, verdict, met: 'unsaid' }
  const violated = violatedIn(verdict)
  for (const expected of one.expectations) {
    const reason = mismatch(expected, verdict, violated)
    if (reason !== undefined)
      return { case: one, name, verdict, met: isOpen(verdict, reason) ? 'open' : 'unmet', reason }
  }
  return { case: one, name, verdict, met: 'met' }
}

const bounded = 'the search met a bound before it could tell'

/** Whether more of the search could still show what was expected. */
function isOpen({ verdict }: Verdict, reason: string): boolean {
  return verdict === 'not found' || reason.startsWith(bounded)
}

/** Why a verdict is not the expected one. */
function mismatch(expected: ExpectationForm, verdict: Verdict, violated: readonly string[]): string | undefined {
  if (verdict.verdict === 'not found') return bounded
  if (expected.verdict === 'holds') {
    return violated.length === 0 ? undefined : `expected to hold, and ${violated.join(', ')} is violated`
  }
  if (violated.length === 0) return `expected ${expected.violates.join(', ') || 'a violation'}, and all holds`
  const missing = expected.violates.filter((name) => !violated.some((one) => isNamed(one, name)))
  if (missing.length > 0) {
    const found = `expected ${missing.join(', ')}, and violated is ${violated.join(', ')}`
    return verdict.isExhaustive ? found : `${bounded}: ${found}`
  }
  if (!expected.only) return undefined
  const more = violated.filter((one) => !expected.violates.some((name) => isNamed(one, name)))
  if (more.length > 0) return `expected only ${expected.violates.join(', ')}, and ${more.join(', ')} is violated too`
  return verdict.isExhaustive ? undefined : `${bounded} that nothing else is violated`
}

/** `never` stands for every condition of that kind, `dma-debug` for all of its classes. */
function isNamed(property: string, name: string): boolean {
  return property === name || property.startsWith(`${name}-`) || property.startsWith(`${name}/`)
}

/** The verdict of a case with its missing steps tried out: see `verifyRoots`. */
export function verifyCase({ test, choice }: LitmusCase, verdict: Verdict, options?: RepairOptions): Verdict {
  if (verdict.violations.length === 0) return verdict
  const { roots } = subjectOfLitmus(test, choice)
  return verifyRoots(test, choice, verdict, ({ property, events }) => roots?.(property, events) ?? [], options)
}
