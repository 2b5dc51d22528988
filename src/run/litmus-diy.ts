/** Run | generated litmus tests with what is expected of them: found by exhaustive searches, and held against the architecture. */

import { LimitError } from '../base/errors.ts'
import { buildTest, type DiyTest } from '../litmus/diy/build.ts'
import { parseCycle } from '../litmus/diy/cycle.ts'
import { switchSets } from '../litmus/diy/switches.ts'
import { diyText } from '../litmus/diy/text.ts'
import type { ExpectationForm, FeatureForm } from '../litmus/form.ts'
import { violatedIn } from './check.ts'
import { caseName, checkCase, type LitmusCase } from './litmus-check.ts'

/** A search of a generated test that needs more states than this is given up. */
export const diyStatesMax = 400_000

export interface WrittenTest {
  readonly name: string
  readonly text: string
  /** Cases in which the search shows what the architecture forbids: the model is wrong there, or the axioms are. */
  readonly disagreements: readonly string[]
}

/**
 * The litmus test of a cycle, with its expectations. Usage errors as `parseCycle` and `buildTest`; LimitError: a search that
 * does not end.
 * @param version that the text names
 */
export function writeDiyTest(cycle: string, version: string): WrittenTest {
  const built = buildTest(parseCycle(cycle))
  const disagreements: string[] = []
  const expectations = expectationsOf(built, disagreements)
  return { name: built.test.name, text: diyText(built, expectations, version), disagreements }
}

function expectationsOf(built: DiyTest, disagreements: string[]): ExpectationForm[] {
  const { said, tried } = switchSets(built)
  const found = said.map((features) => expectationOf(built, features, disagreements))
  const [base] = found as [ExpectationForm]
  const more = tried.map((features) => expectationOf(built, features, disagreements))
  return [...found, ...more.filter((one) => outcomeOf(one) !== outcomeOf(base))]
}

const outcomeOf = ({ verdict, violates }: ExpectationForm): string => [verdict, ...violates].join()

function expectationOf(
  { test, architecture }: DiyTest,
  features: readonly FeatureForm[],
  disagreements: string[],
): ExpectationForm {
  const one: LitmusCase = { test, choice: { variant: 'main', features, parameters: [] }, expectations: [] }
  const { verdict } = checkCase(one, { statesMax: diyStatesMax })
  if (!verdict.isExhaustive) {
    throw new LimitError(`${caseName(one)}: the search has more than ${diyStatesMax} states: leave out agents or edges`)
  }
  const violated = violatedIn(verdict)
  if (violated.includes('never') && architecture === 'forbidden') disagreements.push(caseName(one))
  const violates = violated.filter((name) => name !== 'never').sort()
  const isViolated = violates.length > 0
  return {
    variants: [],
    features,
    parameters: [],
    verdict: isViolated ? 'violated' : 'holds',
    violates,
    only: isViolated,
  }
}
