/** Litmus | items of a text, in any order, put together to one test. */

import type { Problem } from './errors.ts'
import type { LitmusTest, PartForm, PlatformForm } from './form.ts'
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
    const [first, ...more] = all(kind).filter((item) => variantsOf(item).length === 0)
    return more.map(({ at }) => ({
      message: `a test has one ${kind}; the first is at ${first?.at.line}:${first?.at.column}`,
      at,
    }))
  })
  const namesOf = (kind: 'class' | 'variants' | 'locks') =>
    all(kind).flatMap((item) => ('words' in item ? item.words.map((word) => word.name) : []))
  const parts = items.flatMap((item): PartForm[] => {
    const variants = variantsOf(item)
    if (variants.length === 0 || !(item.item === 'platform' || item.item === 'memory')) return []
    const platform = item.item === 'platform' ? item.platform.of : noPlatform
    return [{ variants, platform, memory: item.item === 'memory' ? item.memory.of : [], at: item.at }]
  })
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
    platform: all('platform').find((item) => variantsOf(item).length === 0)?.platform.of ?? noPlatform,
    memory: all('memory').find((item) => variantsOf(item).length === 0)?.memory.of ?? [],
    ...(parts.length > 0 ? { parts } : {}),
    locks: namesOf('locks'),
    actors: all('actor').map(({ actor }) => actor),
    conditions: all('condition').map(({ condition }) => condition),
    expectations: all('expectation').map(({ expectation }) => expectation),
  }
  return { test, problems }
}

const noPlatform: PlatformForm = { features: [], sizes: [], units: [] }

/** Of a block that is not for all. */
function variantsOf(item: Item): readonly string[] {
  if (item.item === 'platform') return item.platform.variants
  return item.item === 'memory' ? item.memory.variants : []
}

function textsOf(items: readonly Item[], kind: 'source' | 'note'): string[] {
  return items.flatMap((item) => (item.item === kind && 'text' in item ? [item.text] : []))
}
