/** Unit | allocators of IO addresses: further bitmaps, exact bounds, masks; the pool of granules. */

import { describe, expect, test } from 'vitest'
import { createIoBitmaps, giveIoRange, ioRangeBytes, takeIoRange } from '../../../../machines/os/io-allocator.ts'
import type { IoSpaceConfig } from '../../../../machines/os/types.ts'
import { canonical } from '../../../../src/base/canonical.ts'
import { prngFor, seed } from '../../../support/seed.ts'

const page = 4096
const base = 0x20000000

function space(pages: number, allocator?: IoSpaceConfig['allocator']): IoSpaceConfig {
  return { name: 'test', base, bytes: pages * page, tableAddr: 0, ...(allocator ? { allocator } : {}) }
}

describe('bitmaps', () => {
  const config = space(10, { kind: 'bitmap', pages: 4 })

  test('a further one is made when those before are full, up to the end of the window, and dropped when empty', () => {
    const bitmaps = createIoBitmaps(config, page)
    const fresh = canonical(bitmaps)
    const taken = Array.from({ length: 10 }, () => takeIoRange(bitmaps, config, page, page) as number)
    expect(taken).toEqual(taken.map((_, index) => base + index * page))
    expect(bitmaps).toHaveLength(3)
    expect(takeIoRange(bitmaps, config, page, page)).toBeUndefined()
    for (const iova of taken.slice(0, 8)) expect(giveIoRange(bitmaps, config, page, iova, page)).toBe(true)
    expect(bitmaps).toHaveLength(3)
    for (const iova of taken.slice(8)) giveIoRange(bitmaps, config, page, iova, page)
    expect(canonical(bitmaps)).toBe(fresh)
  })

  test('no range spans two', () => {
    const bitmaps = createIoBitmaps(config, page)
    takeIoRange(bitmaps, config, page, 3 * page)
    expect(takeIoRange(bitmaps, config, page, 2 * page)).toBe(base + 4 * page)
    expect(takeIoRange(bitmaps, config, page, 5 * page)).toBeUndefined()
  })

  test('a mask ends the window', () => {
    const bitmaps = createIoBitmaps(config, page)
    const within = () => takeIoRange(bitmaps, config, page, page, base + 5 * page - 1)
    expect(Array.from({ length: 6 }, within)).toEqual(
      [0, 1, 2, 3, 4].map((at) => base + at * page).concat(undefined as never),
    )
  })

  test('what is not in use, or is not all in use, is not given back', () => {
    const bitmaps = createIoBitmaps(config, page)
    const iova = takeIoRange(bitmaps, config, page, page) as number
    expect(giveIoRange(bitmaps, config, page, iova, 2 * page)).toBe(false)
    expect(giveIoRange(bitmaps, config, page, iova + 4, page)).toBe(false)
    expect(giveIoRange(bitmaps, config, page, base + 10 * page, page)).toBe(false)
    expect(giveIoRange(bitmaps, config, page, iova, page)).toBe(true)
    expect(giveIoRange(bitmaps, config, page, iova, page)).toBe(false)
  })
})

test('the pool: whole granules, first fit, no alignment beyond the granule', () => {
  const config = space(64, { kind: 'pool', granuleBytes: 0x10000 })
  const bitmaps = createIoBitmaps(config, page)
  expect(ioRangeBytes(config, page, page)).toBe(0x10000)
  expect(takeIoRange(bitmaps, config, page, page)).toBe(base)
  expect(takeIoRange(bitmaps, config, page, 0x10001)).toBe(base + 0x10000)
  expect(takeIoRange(bitmaps, config, page, 0x20000)).toBeUndefined()
  expect(giveIoRange(bitmaps, config, page, base, page)).toBe(true)
})

test(`everything given back, in any order: as fresh, seed ${seed}`, () => {
  const prng = prngFor('io-allocator')
  for (const allocator of [
    { kind: 'bitmap', pages: 7 },
    { kind: 'pool', granuleBytes: 8192 },
  ] as const) {
    const config = space(40, allocator)
    const bitmaps = createIoBitmaps(config, page)
    const fresh = canonical(bitmaps)
    const live: [number, number][] = []
    for (let step = 0; step < 500; step++) {
      const bytes = (1 + prng.below(5)) * page
      const iova = prng.chance(1, 2) ? takeIoRange(bitmaps, config, page, bytes) : undefined
      if (iova !== undefined) live.push([iova, bytes])
      else if (live.length > 0) {
        const [[at, size]] = live.splice(prng.below(live.length), 1) as [[number, number]]
        expect(giveIoRange(bitmaps, config, page, at, size)).toBe(true)
      }
    }
    for (const [at, size] of live) giveIoRange(bitmaps, config, page, at, size)
    expect(canonical(bitmaps)).toBe(fresh)
  }
})
