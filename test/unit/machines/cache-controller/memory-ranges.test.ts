/** Test | sets of lines: counting through ranges, and what changes behind the caches. */

import { describe, expect, test } from 'vitest'
import { cacheShape } from '../../../../machines/cache-controller/cache-array.ts'
import { indexOfLine, isDisturbed, lineAt, linesIn } from '../../../../machines/cache-controller/memory-ranges.ts'

const shape = cacheShape({ sets: 2, ways: 2 }, 8)
const ranges = [
  { base: 0x40, bytes: 16 },
  { base: 0x80, bytes: 8 },
]

describe('ranges', () => {
  test('are counted through, one line after the other', () => {
    expect(linesIn(ranges, shape)).toBe(3)
    expect([0, 1, 2, 3].map((index) => lineAt(ranges, shape, index))).toEqual([8, 9, 16, -1])
    expect([8, 9, 10, 16, 17].map((line) => indexOfLine(ranges, shape, line))).toEqual([0, 1, -1, 2, -1])
  })

  test('without a declaration every line may change behind the caches', () => {
    expect(isDisturbed(undefined, shape, 3)).toBe(true)
    expect(isDisturbed(ranges, shape, 3)).toBe(false)
    expect(isDisturbed(ranges, shape, 9)).toBe(true)
  })
})
