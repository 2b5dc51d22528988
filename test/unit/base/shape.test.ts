/** Unit | shapes: what is wrong with a value, in words that say where. */

import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import {
  answers,
  demand,
  list,
  named,
  object,
  oneOf,
  oneOrList,
  optional,
  problemsOf,
  type Shape,
  table,
  text,
  wholeNumber,
} from '../../../src/base/shape.ts'
import { shown } from '../../../src/base/shown.ts'

interface Lamp {
  readonly id: string
  readonly watts?: number
  readonly colours?: readonly string[]
  readonly whenPressed: () => boolean
}

const lamp = object<Lamp>('a lamp', {
  id: text,
  watts: optional(wholeNumber(1, 100)),
  colours: optional(list(oneOf('colour', ['red', 'green']))),
  whenPressed: answers('a function that returns true or false'),
})
const good = { id: 'a', whenPressed: () => true }

describe('an object', () => {
  test('may leave out what is optional, be a class or a module, and have no prototype', () => {
    class Made implements Lamp {
      readonly id = 'a'
      whenPressed(): boolean {
        return true
      }
    }
    for (const fine of [good, { ...good, watts: undefined }, new Made(), Object.assign(Object.create(null), good)]) {
      expect(problemsOf(lamp, fine)).toEqual([])
    }
  })

  test.each<[string, unknown, string[]]>([
    ['nothing', undefined, ['it is undefined: expected a lamp { id, whenPressed }']],
    ['a map', new Map(), ['it is a Map: expected a lamp { id, whenPressed }']],
    ['a promise', Promise.resolve(good), ['it is a promise: expected a lamp { id, whenPressed }; await it first']],
    [
      'a misspelt field',
      { ...good, wats: 3 },
      ['unknown field of a lamp "wats". Did you mean watts? Known: id, watts, colours, whenPressed'],
    ],
    ['a missing field', { id: 'a' }, ['whenPressed is missing: expected a function that returns true or false']],
    ['null', { ...good, watts: null }, ['watts is null: leave it out, or give a whole number from 1 to 100']],
    ['a text for a number', { ...good, watts: '3' }, ['watts is "3": expected a whole number from 1 to 100']],
    ['no whole number', { ...good, watts: Number.NaN }, ['watts is NaN: expected a whole number from 1 to 100']],
    [
      'an async function',
      { ...good, whenPressed: async () => true },
      ['whenPressed is the AsyncFunction whenPressed: nobody waits for it, it has to answer at once'],
    ],
    ['a hole', { ...good, colours: new Array(1) }, ['colours[0] is undefined: expected one of red, green']],
    [
      'two problems',
      { ...good, id: 1, colours: ['gren'] },
      ['id is 1: expected a text', 'colours[0]: unknown colour "gren". Did you mean green or red? Known: red, green'],
    ],
  ])('with %s', (_name, value, problems) => {
    expect(problemsOf(lamp, value)).toEqual(problems)
  })
})

test('names of the user’s own are part of the path, but for the one that JavaScript keeps', () => {
  expect(problemsOf(table(text), { a: 1, 'b c': 2, constructor: 'fine' }, 'table')).toEqual([
    'table.a is 1: expected a text',
    'table["b c"] is 2: expected a text',
  ])
  expect(problemsOf(table(text), JSON.parse('{"__proto__":"x"}'))).toEqual([
    'JavaScript keeps the name "__proto__" for itself',
  ])
})

test('known names are told apart from others, and one from a list', () => {
  expect(problemsOf(named('feature', ['eviction'], text), { evictoin: 'x' })).toEqual([
    'unknown feature "evictoin". Did you mean eviction? Known: eviction',
  ])
  expect(problemsOf(oneOrList(text), ['a', 1])).toEqual(['[1] is 1: expected a text'])
  expect(problemsOf(oneOrList(text), 1)).toEqual(['it is 1: expected a text'])
})

test('what contains itself is told, and has an end', () => {
  const tree: Shape = object<{ children: unknown[] }>('a tree', {
    children: list({ expected: 'a tree', look: (value, path, findings) => tree.look(value, path, findings) }),
  })
  const round: { children: unknown[] } = { children: [] }
  round.children.push({ children: [] }, round)
  expect(problemsOf(tree, round)).toEqual(['children[1] contains itself'])
})

test('an argument of another shape is a usage error that names the function', () => {
  expect(() => demand(text, 1, 'parse(text)')).toThrow(new UsageError('parse(text): it is 1: expected a text'))
})

test('values in a few words', () => {
  class Lampshade {}
  const words = [
    -0,
    1n,
    Symbol('s'),
    null,
    [],
    [1, 2],
    {},
    { a: 1 },
    new Date(0),
    Lampshade,
    function* gen() {},
    'x'.repeat(99),
  ]
  expect(words.map(shown)).toEqual([
    '-0',
    '1n',
    'Symbol(s)',
    'null',
    'an empty list',
    'a list of 2',
    'an empty object',
    'an object with the field a',
    'a Date',
    'the class Lampshade',
    'the GeneratorFunction gen',
    `"${'x'.repeat(58)}…`,
  ])
})
