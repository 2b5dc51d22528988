/** Litmus | items of a text, in any order, put together to one test. */

import type { Problem } from './errors.ts'
import type { LitmusTest } from './form.ts'
import type { Item, Parsed } from './grammar.ts'

/** The variant of a test without `variants`. */
export const soleVariant = 'main'

/** Items that a test has once at most. */
const once: readonly Item['item'][] = ['source', 'variants', 'platform', 'memory']

/** `problems`: items that are there twice; then the first one counts. */
export function assemble({ name, question, items }: Parsed): { test: LitmusTest; problems: Problem[] } {
  const all = <Kind extends Item['item']>(kind: Kind) =>
    items.filter((item): item is Extract<Item, { readonly item: Kind }> => item.item === kind)
  const problems = once.flatMap((kind) => {
    const [first, ...more] = all(kind)
    return more.map(({ at }) => ({
      message: `a test has one ${kind}; the first is at ${first?.at.line}:${first?.at.column}`,
      at,
    }))
  })
  const namesOf = (kind: 'class' | 'variants' | 'locks') =>
    all(kind).flatMap((item) => ('words' in item ? item.words.map((word) => word.name) : []))
  const [source] = textsOf(items, 'source')
  const variants = namesOf('variants')
  const test: LitmusTest = {
    name: name.name,
    question,
    ...(source === undefined ? {} : { source }),
    classes: namesOf('class'),
    notes: textsOf(items, 'note'),
    parameters: all('param').map(({ parameter }) => parameter),
    variants: variants.length > 0 ? variants : [soleVariant],
    platform: all('platform')[0]?.platform ?? { features: [], sizes: [], units: [] },
    memory: all('memory')[0]?.memory ?? [],
    locks: namesOf('locks'),
    actors: all('actor').map(({ actor }) => actor),
    conditions: all('condition').map(({ condition }) => condition),
    expectations: all('expectation').map(({ expectation }) => expectation),
  }
  return { test, problems }
}

function textsOf(items: readonly Item[], kind: 'source' | 'note'): string[] {
  return items.flatMap((item) => (item.item === kind && 'text' in item ? [item.text] : []))
}
