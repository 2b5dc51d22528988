/** Test | tags, ways and replacement of a set-associative cache. */

import { expect, test } from 'vitest'
import {
  addrOf,
  cacheShape,
  chooseSlot,
  claimSlot,
  clearSlot,
  crossesLine,
  displacesDirty,
  emptyArray,
  findHeld,
  findSlot,
  lineData,
  lineOf,
  lineState,
  readSlot,
  writeSlot,
} from '../../../../machines/cache-controller/cache-array.ts'
import { board } from '../../../../machines/geometry.ts'
import { canonical } from '../../../../src/base/canonical.ts'

const shape = cacheShape({ sets: 2, ways: 2 }, 8)

test('an address is its line and an offset within it, also in the upper half of the address space', () => {
  const big = cacheShape(board.l2, board.lineBytes)
  expect(addrOf(big, lineOf(big, 0xc000_1234))).toBe(0xc000_1220)
  expect(crossesLine(big, 0xc000_1234, 3)).toBe(false)
  expect(crossesLine(big, 0xc000_1234, 4)).toBe(true)
})

test('a claimed slot is found by its line, and held only when its data are there', () => {
  const array = emptyArray(shape)
  const slot = chooseSlot(array, shape, 4)
  claimSlot(array, shape, slot, 4, lineState.filling)
  expect(findSlot(array, shape, 4)).toBe(slot)
  expect(findHeld(array, shape, 4)).toBe(-1)
  array.states[slot] = lineState.clean
  expect(findHeld(array, shape, 4)).toBe(slot)
  expect(findSlot(array, shape, 6)).toBe(-1)
})

test('invalid slots are taken first, then the next way in turn, never one that waits', () => {
  const array = emptyArray(shape)
  for (const line of [0, 2]) claimSlot(array, shape, chooseSlot(array, shape, line), line, lineState.clean)
  const victim = chooseSlot(array, shape, 4)
  expect(array.lines[victim]).toBe(0)
  array.states[victim] = lineState.filling
  expect(array.lines[chooseSlot(array, shape, 4)]).toBe(2)
  array.states[findSlot(array, shape, 2)] = lineState.upgrading
  expect(chooseSlot(array, shape, 4)).toBe(-1)
  expect(displacesDirty(array, shape, 4)).toBe(false)
  array.states[findSlot(array, shape, 2)] = lineState.dirty
  expect(displacesDirty(array, shape, 4)).toBe(true)
})

test('words go in and out of a slot, and a cleared slot leaves nothing behind', () => {
  const array = emptyArray(shape)
  const slot = chooseSlot(array, shape, 5)
  claimSlot(array, shape, slot, 5, lineState.dirty)
  writeSlot(array, shape, slot, addrOf(shape, 5) + 4, [7])
  expect(lineData(array, shape, slot)).toEqual([0, 7])
  expect(readSlot(array, shape, slot, addrOf(shape, 5) + 4, 1)).toEqual([7])
  clearSlot(array, shape, slot)
  array.nextWay = 0
  expect(canonical(array)).toBe(canonical(emptyArray(shape)))
})
