/** Tests | prng: deterministic, separate streams, even. */

import { describe, expect, it } from 'vitest'
import { Prng } from '../../../src/base/prng.ts'

describe('prng', () => {
  // Pinned: a change of these numbers changes every seeded run and must bump the token version.
  it('gives the pinned numbers for seed 42', () => {
    const prng = new Prng(42)
    expect([prng.next(), prng.next(), prng.next()]).toEqual([3176710769, 3686032643, 1913061470])
  })

  it('gives the same stream for the same seed and label, another for another', () => {
    const draw = (seed: number, label?: string) => {
      const prng = new Prng(seed, label)
      return Array.from({ length: 8 }, () => prng.next()).join()
    }
    expect(draw(7, 'a')).toBe(draw(7, 'a'))
    const streams = [draw(7, 'a'), draw(7, 'b'), draw(8, 'a'), draw(7), draw(-7), draw(0)]
    expect(new Set(streams).size).toBe(streams.length)
  })

  it('stays within bounds and reaches every value about equally often', () => {
    const prng = new Prng(3)
    const counts = new Array(7).fill(0)
    for (let i = 0; i < 70_000; i++) counts[prng.below(7)]++
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
    expect(prng.below(1)).toBe(0)
    expect(prng.below(2 ** 32)).toBeLessThan(2 ** 32)
  })

  it('takes a chance as often as asked', () => {
    const prng = new Prng(4)
    let taken = 0
    for (let i = 0; i < 40_000; i++) if (prng.chance(1, 4)) taken++
    expect(Math.abs(taken - 10_000)).toBeLessThan(500)
    expect(prng.chance(0, 5)).toBe(false)
    expect(prng.chance(5, 5)).toBe(true)
  })

  it('picks only elements of the list', () => {
    const prng = new Prng(5)
    const seen = new Set(Array.from({ length: 100 }, () => prng.pick(['x', 'y', 'z'])))
    expect([...seen].sort()).toEqual(['x', 'y', 'z'])
  })
})
