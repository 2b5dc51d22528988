/** Tests | generated values and places of litmus tests, by the names that generated tests declare. */

import fc from 'fast-check'
import type { BinaryOp, Expression, Location } from '../../src/litmus/form.ts'
import { given } from '../../src/litmus/given.ts'
import { precedences } from '../../src/litmus/operators.ts'

/** A property absent, or with a value. */
export const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
export const oneOf = <const Values extends readonly unknown[]>(...values: Values) =>
  fc.constantFrom<Values[number]>(...values)
export const types = oneOf('cacheable', 'nc', 'so')

// --- expressions: of a scope's registers and the parameter -----------------------------------------------------------------------

export const registers = ['r0', 'r1'] as const
export const number: fc.Arbitrary<Expression> = fc
  .oneof(fc.nat(9), fc.nat(0xffffffff))
  .map((value) => ({ expr: 'number', value }))
const name = (...names: readonly string[]): fc.Arbitrary<Expression> =>
  fc.constantFrom(...names).map((text) => ({ expr: 'name', name: text }))
const operators = fc.constantFrom(...(Object.keys(precedences) as BinaryOp[]))

export function expressions(leaf: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> {
  const { whole } = fc.letrec<{ whole: Expression; binary: Expression; not: Expression }>((tie) => ({
    whole: fc.oneof({ maxDepth: 3, depthIdentifier: 'expression' }, leaf, tie('binary'), tie('not')),
    binary: fc.record({ expr: fc.constant('binary' as const), op: operators, left: tie('whole'), right: tie('whole') }),
    not: fc.record({ expr: fc.constant('not' as const), value: tie('whole') }),
  }))
  return whole
}

export const small = (last: number): fc.Arbitrary<Expression> =>
  fc.nat(last).map((value) => ({ expr: 'number', value }))
export const plain = expressions(fc.oneof(number, name(...registers, 'rounds')))

/** Places with names. `ring` has two records, `buf` four words. */
export const named: fc.Arbitrary<Location> = fc.oneof(
  fc.constant<Location>({ place: 'named', name: 'buf' }),
  fc.tuple(fc.oneof(small(3), plain), maybe(fc.boolean())).map(([index, physical]) => ({
    place: 'named' as const,
    name: 'buf',
    index: index.expr === 'number' ? { ...index, value: index.value % 4 } : { expr: 'name' as const, name: 'r1' },
    ...(physical ? { physical: true as const } : {}),
  })),
  fc.tuple(fc.nat(3), fc.nat(3)).map(([one, other]) => ({
    place: 'named' as const,
    name: 'buf',
    index: { expr: 'number' as const, value: Math.min(one, other) },
    to: { expr: 'number' as const, value: Math.max(one, other) },
  })),
  oneOf('body', 'flag').map((field) => ({ place: 'named' as const, name: 'desc', field })),
  fc
    .tuple(fc.oneof(small(1), name('r0')), maybe(oneOf('body', 'flag')))
    .map(([index, field]) => ({ place: 'named' as const, name: 'ring', index, ...given({ field }) })),
)
export const unit = maybe(fc.constant('M'))
export const tablePlaces: fc.Arbitrary<Location> = fc.oneof(
  fc
    .record({ page: oneOf('v0', 'u0'), unit, tag: maybe(fc.nat(3)) })
    .map(({ page, ...aim }) => ({ place: 'pte' as const, page, ...given(aim) })),
  fc
    .record({ index: fc.oneof(plain, name('v0')), unit, tag: maybe(fc.nat(3)) })
    .map(({ index, ...aim }) => ({ place: 'pd' as const, index, ...given(aim) })),
  fc.record({ index: small(1), unit }).map(({ index, ...aim }) => ({
    place: 'dte' as const,
    device: 'D',
    index,
    ...given(aim),
  })),
)
export const pointers: fc.Arbitrary<Location> = fc
  .record({ register: oneOf(...registers), words: plain, physical: fc.boolean() })
  .map(({ physical, ...rest }) => ({ place: 'pointer', ...rest, ...(physical ? { physical } : {}) }) as Location)
export const places = fc.oneof(named, pointers, tablePlaces)
export const values = expressions(
  fc.oneof(
    number,
    name(...registers, 'rounds', 'buf', 'v0'),
    fc.oneof(named, tablePlaces).map((location) => ({ expr: 'address' as const, location })),
  ),
)
export const entries: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({
    expr: fc.constant('entry' as const),
    of: oneOf('page', 'large', 'section'),
    name: oneOf('p0', 'buf'),
    type: types,
    readOnly: fc.boolean(),
  }),
  fc.record({
    expr: fc.constant('entry' as const),
    of: fc.constant('table' as const),
    name: fc.constant('T0'),
    type: types,
    readOnly: fc.boolean(),
  }),
)
