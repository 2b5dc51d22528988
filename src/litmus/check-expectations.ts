/** Litmus | the checks of expectations: names, and expectations that cannot be met together. */

import { features } from '../../machines/features.ts'
import { oracleNames } from '../oracle/index.ts'
import type { Checker } from './declarations.ts'
import type { ConditionForm, ExpectationForm, ParameterForm, Place } from './form.ts'
import { idleIn } from './idle.ts'
import { optionsOf, splitOption, versionOption } from './options.ts'
import { type LitmusSizeName, litmusSizes, sizeProblem } from './sizes.ts'

const conditionKinds = ['never', 'always', 'sometimes'] as const satisfies readonly ConditionForm['kind'][]

export function checkExpectations(checker: Checker): void {
  const { test } = checker
  for (const expectation of test.expectations) {
    checkExpectation(checker, expectation)
    for (const { message, at } of idleIn([test], expectation)) checker.report(message, at)
  }
  checkContradictions(checker)
}

function checkExpectation(checker: Checker, expectation: ExpectationForm): void {
  const { test } = checker
  const { variants, features: switches, parameters, violates, only, at } = expectation
  checker.variants(variants, at)
  const switched = new Map<string, boolean>()
  const options = optionsOf(test)
  for (const { name, on, at: where = at } of switches) {
    const isOption = splitOption(name) !== undefined
    const known = isOption ? [...options.keys()] : Object.keys(features)
    if (!checker.known(name, isOption ? 'option' : 'feature', known, where)) continue
    const before = switched.get(name)
    if (before !== undefined) {
      checker.report(before === on ? `"${name}" is there twice` : `both with and without "${name}"`, where)
    }
    switched.set(name, on)
    if (!on && splitOption(name)?.option.startsWith(versionOption)) {
      checker.report(`every SYSMMU has a version: say with which one, as in "with ${name}"`, where)
    }
  }
  const set = new Set<string>()
  for (const parameter of parameters) {
    const { name, at: where = at } = parameter
    checkSetting(checker, parameter, where)
    if (set.has(name)) checker.report(`"${name}" is set twice`, where)
    set.add(name)
  }
  if (only && violates.length === 0) checker.report('only what is violated?', at)
  const conditions = namesOfConditions(test.conditions)
  for (const [index, name] of violates.entries()) {
    if (violates.indexOf(name) < index) checker.report(`"${name}" is there twice`, at)
    if (conditions.includes(name)) continue
    const kind = conditionKinds.find((each) => each === name)
    if (kind) checker.report(`the test has no condition "${kind}" that could be violated`, at)
    else checker.known(name, 'oracle', [...oracleNames, ...conditions], at)
  }
}

/** A parameter or a size. */
function checkSetting(checker: Checker, { name, value }: ParameterForm, at: Place | undefined): void {
  const { parameters } = checker.test
  const own = parameters.map((parameter) => parameter.name)
  if (own.includes(name)) return
  if (!checker.known(name, 'parameter or size', [...own, ...Object.keys(litmusSizes)], at)) return
  const problem = sizeProblem(name as LitmusSizeName, value)
  if (problem !== undefined) checker.report(problem, at)
}

/** As reports call them: the second of a kind has a number. */
function namesOfConditions(conditions: readonly ConditionForm[]): string[] {
  const counts = new Map<string, number>()
  return conditions.map(({ kind }) => {
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    return count === 1 ? kind : `${kind}-${count}`
  })
}

/** The same check cannot come out in two ways. */
function checkContradictions(checker: Checker): void {
  const seen = new Map<string, ExpectationForm>()
  for (const expectation of checker.test.expectations) {
    for (const variant of expectation.variants.length > 0 ? expectation.variants : checker.test.variants) {
      const key = keyOf(checker, expectation, variant)
      const before = seen.get(key)
      if (before === undefined) {
        seen.set(key, expectation)
        continue
      }
      const what = contradiction(before, expectation)
      if (what === undefined) continue
      const where = before.at ? ` (${before.at.line}:${before.at.column})` : ''
      checker.report(`the same check of "${variant}" is expected to ${what}${where}`, expectation.at)
      break
    }
  }
}

function contradiction(before: ExpectationForm, after: ExpectationForm): string | undefined {
  if (before.verdict !== after.verdict) return `${after.verdict === 'holds' ? 'hold' : 'be violated'}, and not to`
  const beyond = (one: ExpectationForm, other: ExpectationForm) =>
    one.only ? other.violates.find((name) => !one.violates.includes(name)) : undefined
  const name = beyond(before, after) ?? beyond(after, before)
  return name === undefined ? undefined : `violate ${name}, and only something else`
}

/** The variant with every feature and parameter as it will be. */
function keyOf({ test }: Checker, expectation: ExpectationForm, variant: string): string {
  const switches = new Map<string, boolean>(Object.entries(features).map(([name, feature]) => [name, feature.default]))
  for (const [name, on] of optionsOf(test)) switches.set(name, on)
  for (const { name, on } of [...test.platform.features, ...expectation.features]) switches.set(name, on)
  const values = new Map([...test.platform.sizes, ...test.parameters].map(({ name, value }) => [name, value]))
  for (const { name, value } of expectation.parameters) values.set(name, value)
  return JSON.stringify([variant, [...switches].sort(byName), [...values].sort(byName)])
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
