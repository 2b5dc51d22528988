/** Litmus | one variant of a test, with its parameters: a test without variants is left. */

import { UsageError, unknownName } from '../base/errors.ts'
import type { ActorForm, ExpectationForm, FeatureForm, LitmusTest, ParameterForm, Statement } from './form.ts'
import { isIdleSize, isIdleSwitch } from './idle.ts'
import { isSwitchGone, splitOption, withOptions } from './options.ts'
import { isSizeName, litmusSizes } from './sizes.ts'
import { mapStatements } from './statements.ts'

/** Which of the possible runs of a test is meant. */
export interface Choice {
  readonly variant: string
  /** Features, and options of parts by their dotted names, instead of what the test itself says of these. */
  readonly features?: readonly FeatureForm[]
  /** Parameters and sizes. */
  readonly parameters?: readonly ParameterForm[]
}

/**
 * The test with one variant and without `variant` statements; parameters have the values chosen, and conditions and
 * expectations of other variants are gone.
 * Usage errors: no such variant, parameter, size or option, a value that is no u32.
 */
export function chooseVariant(whole: LitmusTest, { variant, features = [], parameters = [] }: Choice): LitmusTest {
  if (!whole.variants.includes(variant)) throw unknownName('variant', variant, whole.variants)
  const test = withParts(whole, variant)
  const known = test.parameters.map(({ name }) => name)
  for (const { name, value } of parameters) {
    if (!known.includes(name) && !isSizeName(name)) {
      throw unknownName('parameter or size', name, [...known, ...Object.keys(litmusSizes)])
    }
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      throw new UsageError(`parameter "${name}" must be a whole number from 0 to 4294967295, not ${value}`)
    }
  }
  const isOption = ({ name }: FeatureForm) => splitOption(name) !== undefined
  const options = features.filter(isOption)
  const sizes = parameters.filter(({ name }) => !known.includes(name))
  const applies = ({ variants }: { readonly variants: readonly string[] }) =>
    variants.length === 0 || variants.includes(variant)
  return {
    ...test,
    variants: [variant],
    parameters: test.parameters.map((each) => ({ ...each, ...parameters.findLast(({ name }) => name === each.name) })),
    platform: {
      features: later(
        test.platform.features,
        features.filter((each) => !isOption(each)),
      ),
      sizes: later(test.platform.sizes, sizes),
      units: withOptions(test, options),
    },
    actors: test.actors.map((actor) => choose(actor, variant, options)),
    conditions: test.conditions.filter(applies).map((each) => ({ ...each, variants: [] })),
    expectations: test.expectations
      .filter(applies)
      .map((each) => ({ ...(whole.parts ? busy(test, each) : each), variants: [] })),
  }
}

/** With the hardware and memory that the variant has beside that of all. */
export function withParts({ parts = [], ...test }: LitmusTest, variant: string): LitmusTest {
  let { features, sizes } = test.platform
  const own = parts.filter(({ variants }) => variants.includes(variant))
  for (const { platform } of own) {
    features = later(features, platform.features)
    sizes = later(sizes, platform.sizes)
  }
  const units = [...test.platform.units, ...own.flatMap(({ platform }) => platform.units)]
  return {
    ...test,
    platform: { features, sizes, units },
    memory: [...test.memory, ...own.flatMap(({ memory }) => memory)],
  }
}

/** Without what is so anyway in this variant, though not in others. */
function busy(test: LitmusTest, expectation: ExpectationForm): ExpectationForm {
  return {
    ...expectation,
    features: expectation.features.filter((each) => !isIdleSwitch(test, each)),
    parameters: expectation.parameters.filter((each) => !isIdleSize(test, each)),
  }
}

/** The later ones win. */
function later<Named extends { readonly name: string }>(before: readonly Named[], after: readonly Named[]): Named[] {
  return [...before.filter(({ name }) => !after.some((each) => each.name === name)), ...after]
}

function choose(actor: ActorForm, variant: string, options: readonly FeatureForm[]): ActorForm {
  const chosen = (body: readonly Statement[]) =>
    mapStatements(body, (statement) => {
      if (isSwitchGone(statement, options)) return []
      if (statement.do !== 'variant') return statement
      return statement.variants.includes(variant) ? statement.body : []
    })
  if (actor.actor !== 'device') return { ...actor, body: chosen(actor.body) }
  const reactions = actor.reactions.map((reaction) => ({ ...reaction, body: chosen(reaction.body) }))
  return { ...actor, reactions, body: chosen(actor.body) }
}
