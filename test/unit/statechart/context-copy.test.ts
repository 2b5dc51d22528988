/** Tests | copies of contexts by a text are what `clone` makes, also of contexts that look different from the example. */

import { expect, test } from 'vitest'
import { Bytes } from '../../../src/base/bytes.ts'
import { clone } from '../../../src/base/canonical.ts'
import { contextCopier, writeCopier } from '../../../src/statechart/context-copy.ts'

const example = {
  count: 0,
  name: 'x',
  list: [1, 2],
  entries: [{ addr: 1, data: [1] }],
  inner: { on: false, deeper: { value: 1 } },
  empty: {},
  none: null,
  memory: new Bytes(8),
}

const others: readonly [string, unknown][] = [
  ['the example', example],
  ['other values', { ...example, count: 7, list: [], entries: [], inner: { on: true, deeper: { value: 2 } } }],
  ['another key', { ...example, more: [1] }],
  ['a key less', { count: 1 }],
  ['an undefined field', { ...example, name: undefined }],
  ['other kinds', { ...example, count: [1], list: { a: 1 }, entries: null, inner: null, none: { a: [1] }, memory: 3 }],
  ['other elements', { ...example, list: [[1], { a: 2 }], entries: [{ addr: [1], data: 1 }, null, 3] }],
  ['no object', 5],
  ['null', null],
]

test.each(others)('%s', (_name, value) => {
  const copy = (writeCopier(example) as (value: unknown) => unknown)(value)
  expect(copy).toStrictEqual(clone(value))
})

test('nothing is shared', () => {
  const copy = (writeCopier(example) as (value: unknown) => typeof example)(example)
  copy.list.push(3)
  copy.entries[0]?.data.push(2)
  copy.inner.deeper.value = 9
  copy.memory.set(0, 5)
  expect(example.list).toEqual([1, 2])
  expect(example.entries).toEqual([{ addr: 1, data: [1] }])
  expect(example.inner.deeper.value).toBe(1)
  expect(example.memory.get(0)).toBe(0)
})

test('the copier of a chart goes on copying once it is hot', () => {
  const copy = contextCopier()
  for (let i = 0; i < 1000; i++) expect(copy({ ...example, count: i })).toEqual({ ...example, count: i })
})
