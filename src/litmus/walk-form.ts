/** Litmus | everything that stands in a form, depth first and in the order of the text. */

import type { Statement } from './form.ts'

/** Every object. */
export function* partsIn(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (Array.isArray(value)) for (const one of value) yield* partsIn(one)
  else if (typeof value === 'object' && value !== null) {
    yield value as Readonly<Record<string, unknown>>
    for (const one of Object.values(value)) yield* partsIn(one)
  }
}

/** Every statement. */
export function* statementsIn(value: unknown): Generator<Statement> {
  for (const part of partsIn(value)) if (typeof part.do === 'string') yield part as unknown as Statement
}
