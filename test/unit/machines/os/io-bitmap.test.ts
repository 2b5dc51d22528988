/** Unit | the IO address bitmap: no overlap, natural alignment, exact bounds, everything given back. */

import { expect, test } from 'vitest'
import { createIoBitmap, findIoRange, ioRangeUsed, ioWindow, markIoRange } from '../../../../machines/os/io-bitmap.ts'
import { alignmentPagesMax, naturalAlignment } from '../../../../machines/os/page-allocator.ts'
import { canonical } from '../../../../src/base/canonical.ts'
import { prngFor, seed } from '../../../support/seed.ts'

test('a window of any size has exactly its pages, the page of the error value excepted', () => {
  expect(ioWindow(0x20000000, 0x5000, 0x1000)).toEqual({ firstUnit: 0x20000, units: 5 })
  expect(ioWindow(0xfffff000, 0x1000, 0x1000).units).toBe(0)
  expect(ioWindow(0xffffe000, 0x2000, 0x1000).units).toBe(1)
  const window = ioWindow(0, 37 * 16, 16)
  const bitmap = createIoBitmap(window)
  for (let i = 0; i < 37; i++) {
    const start = findIoRange(bitmap, window, 1, 1)
    expect(start).toBe(i)
    markIoRange(bitmap, start, 1, true)
  }
  expect(findIoRange(bitmap, window, 1, 1)).toBe(-1)
  expect(ioRangeUsed(bitmap, window, 36, 2)).toBe(false)
})

test('alignment is that of the address, not of the bit', () => {
  const window = ioWindow(3 * 16, 13 * 16, 16)
  expect(findIoRange(createIoBitmap(window), window, 4, 4)).toBe(1)
  expect(findIoRange(createIoBitmap(window), window, 8, 8)).toBe(5)
  expect(findIoRange(createIoBitmap(window), window, 13, 16)).toBe(-1)
})

test(`random allocations against a list of ranges, seed ${seed}`, () => {
  const prng = prngFor('io-bitmap')
  for (let round = 0; round < 40; round++) {
    const window = { firstUnit: prng.below(64), units: 1 + prng.below(300) }
    const bitmap = createIoBitmap(window)
    const fresh = canonical(bitmap)
    const live: { start: number; count: number }[] = []
    for (let step = 0; step < 200; step++) {
      if (prng.chance(2, 5) && live.length > 0) {
        const [range] = live.splice(prng.below(live.length), 1) as [{ start: number; count: number }]
        expect(ioRangeUsed(bitmap, window, range.start, range.count)).toBe(true)
        markIoRange(bitmap, range.start, range.count, false)
        continue
      }
      const count = 1 + prng.below(12)
      const start = findIoRange(bitmap, window, count, naturalAlignment(count, alignmentPagesMax))
      expect(start).toBe(firstFit(window, live, count))
      if (start < 0) continue
      markIoRange(bitmap, start, count, true)
      live.push({ start, count })
    }
    for (const range of live) markIoRange(bitmap, range.start, range.count, false)
    expect(canonical(bitmap)).toBe(fresh)
  }
})

/** The same by trying every place. */
function firstFit(
  window: { firstUnit: number; units: number },
  live: readonly { start: number; count: number }[],
  count: number,
): number {
  const align = Math.min(2 ** Math.ceil(Math.log2(count)), alignmentPagesMax)
  for (let start = 0; start + count <= window.units; start++) {
    if ((window.firstUnit + start) % align !== 0) continue
    if (live.every((range) => range.start + range.count <= start || start + count <= range.start)) return start
  }
  return -1
}
