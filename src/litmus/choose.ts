/** Litmus | one variant of a test, with its parameters: what is left has no `variant` statements. */

import { UsageError, unknownName } from '../base/errors.ts'
import type { ActorForm, FeatureForm, LitmusTest, ParameterForm, Statement } from './form.ts'

/** Usage errors for a variant or a parameter that the test does not have. */
export function chooseVariant(
  test: LitmusTest,
  choice: {
    readonly variant: string
    readonly parameters?: readonly ParameterForm[]
    readonly features?: readonly FeatureForm[]
  },
): LitmusTest {
  const { variant, parameters = [] } = choice
  if (!test.variants.includes(variant)) throw unknownName('variant', variant, test.variants)
  for (const { name } of parameters) {
    if (test.parameters.some((one) => one.name === name)) continue
    if (test.parameters.length === 0) throw new UsageError(`${test.name} has no parameters, so "${name}" cannot be set`)
    throw unknownName(
      'parameter',
      name,
      test.parameters.map((one) => one.name),
    )
  }
  const given = new Map(parameters.map(({ name, value }) => [name, value]))
  return {
    ...test,
    parameters: test.parameters.map((one) => ({ ...one, value: given.get(one.name) ?? one.value })),
    actors: test.actors.map((actor) => chosenActor(actor, variant)),
    conditions: test.conditions.filter(({ variants }) => variants.length === 0 || variants.includes(variant)),
  }
}

function chosenActor(actor: ActorForm, variant: string): ActorForm {
  const body = chosen(actor.body, variant)
  if (actor.actor !== 'device') return { ...actor, body }
  return { ...actor, body, reactions: actor.reactions.map((one) => ({ ...one, body: chosen(one.body, variant) })) }
}

function chosen(body: readonly Statement[], variant: string): Statement[] {
  return body.flatMap((statement): Statement[] => {
    switch (statement.do) {
      case 'variant':
        return statement.variants.includes(variant) ? chosen(statement.body, variant) : []
      case 'if':
        return [
          { ...statement, body: chosen(statement.body, variant), otherwise: chosen(statement.otherwise, variant) },
        ]
      case 'while':
      case 'repeat':
        return [{ ...statement, body: chosen(statement.body, variant) }]
      case 'poll':
        return [statement.otherwise ? { ...statement, otherwise: chosen(statement.otherwise, variant) } : statement]
      default:
        return [statement]
    }
  })
}
