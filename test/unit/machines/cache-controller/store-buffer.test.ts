/** Test | the outer cache's store and eviction buffer. */

import { expect, test } from 'vitest'
import {
  bufferHolds,
  emptyStoreBuffer,
  entryCount,
  entryData,
  entryState,
  freeEntry,
  mayDrain,
  putEntry,
  releaseEntry,
} from '../../../../machines/cache-controller/store-buffer.ts'
import { canonical } from '../../../../src/base/canonical.ts'

const entry = (line: number, data: number[], offset = 0) => ({ line, offset, data, eviction: false })

test('entries of one line leave in order, one at a time; others in any order', () => {
  const buffer = emptyStoreBuffer(3, 8)
  const old = putEntry(buffer, entry(1, [1], 4))
  const other = putEntry(buffer, entry(2, [2]))
  const young = putEntry(buffer, entry(1, [3], 4))
  expect([old, other, young].map((each) => mayDrain(buffer, each))).toEqual([true, true, false])
  buffer.states[old] = entryState.draining
  expect(mayDrain(buffer, young)).toBe(false)
  releaseEntry(buffer, old)
  expect(mayDrain(buffer, young)).toBe(true)
  const next = putEntry(buffer, entry(1, [4]))
  expect(next).toBe(old)
  expect(mayDrain(buffer, next)).toBe(false)
})

test('ranks stay below the number of entries, however long it runs', () => {
  const buffer = emptyStoreBuffer(2, 8)
  for (let round = 0; round < 50; round++) {
    putEntry(buffer, entry(round, [round, round]))
    if (freeEntry(buffer) < 0) releaseEntry(buffer, round % 2)
    expect(Math.max(...buffer.ranks)).toBeLessThan(2)
  }
})

test('a released entry leaves nothing behind', () => {
  const buffer = emptyStoreBuffer(2, 8)
  const put = putEntry(buffer, { line: 9, offset: 0, data: [5, 6], eviction: true })
  expect(entryData(buffer, put)).toEqual([5, 6])
  expect(bufferHolds(buffer, 9)).toBe(true)
  expect(entryCount(buffer)).toBe(1)
  releaseEntry(buffer, put)
  expect(canonical(buffer)).toBe(canonical(emptyStoreBuffer(2, 8)))
  expect(bufferHolds(buffer, 9)).toBe(false)
})
