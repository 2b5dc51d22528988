/** Litmus | what an expectation asks for that is so anyway, and would change nothing. */

import type { Problem } from './errors.ts'
import type { ExpectationForm, FeatureForm, LitmusTest, ParameterForm } from './form.ts'
import { optionsOf, splitOption, versionOption } from './options.ts'
import { isSizeName, litmusSizes } from './sizes.ts'

/** Whether the platform of `test` says so already. What it does not speak of may be meant for the reader. */
export function isIdleSwitch(test: LitmusTest, { name, on }: FeatureForm): boolean {
  const option = splitOption(name)?.option
  // There is always a version: to be without one is a mistake of another kind.
  if (option?.startsWith(versionOption) && !on) return false
  if (option !== undefined) return optionsOf(test).get(name) === on
  return test.platform.features.find((feature) => feature.name === name)?.on === on
}

/** Whether a size has this value already. Parameters never have: each expectation says what it is about. */
export function isIdleSize({ platform, parameters }: LitmusTest, { name, value }: ParameterForm): boolean {
  if (!isSizeName(name) || parameters.some((parameter) => parameter.name === name)) return false
  return (platform.sizes.find((size) => size.name === name)?.value ?? litmusSizes[name].usual) === value
}

/** What is so anyway in each of `tests`, the same test with each variant that the expectation is about. */
export function idleIn(
  tests: readonly LitmusTest[],
  { features, parameters, at }: ExpectationForm,
): readonly Problem[] {
  const everywhere = (isIdle: (test: LitmusTest) => boolean) => tests.every(isIdle)
  return [
    ...features
      .filter((each) => everywhere((test) => isIdleSwitch(test, each)))
      .map(({ name, on, at: where = at }) => {
        return { message: `"${name}" is ${on ? 'on' : 'off'} anyway: the platform says so`, at: where }
      }),
    ...parameters
      .filter((each) => everywhere((test) => isIdleSize(test, each)))
      .map(({ name, value, at: where = at }) => ({ message: `size ${name} is ${value} anyway`, at: where })),
  ]
}
