/** Unit | the visited set against a Map: same numbers, same parents, through growth and other layouts. */

import { describe, expect, test } from 'vitest'
import { Prng } from '../../../src/base/prng.ts'
import { Visited } from '../../../src/explore/visited.ts'
import { seed } from '../../support/seed.ts'

describe('the visited set', () => {
  for (const words of [1, 2, 3]) {
    test(`holds states of ${words} words like a map would (seed ${seed})`, () => {
      const prng = new Prng(seed, `visited ${words}`)
      const visited = new Visited(words)
      const numbers = new Map<string, number>()
      const parents: number[] = []
      const arrivals: number[] = []
      const block = 1000
      for (let round = 0; round < 40; round++) {
        // Few different values in the low bits and in the high bits: collisions of slots and of parts of hashes.
        const candidates = Int32Array.from({ length: block * words }, () => prng.below(200) << prng.pick([0, 7, 24]))
        const origins = Int32Array.from({ length: block }, () => prng.below(1000))
        const kinds = Int32Array.from({ length: block }, () => prng.below(50))
        visited.reserve(block)
        visited.keepArrivals(0, block)
        visited.addAll({ candidates, parents: origins, kinds }, 0, block)
        for (let i = 0; i < block; i++) {
          const key = candidates.subarray(i * words, (i + 1) * words).join()
          if (numbers.has(key)) continue
          numbers.set(key, numbers.size)
          parents.push(origins[i] as number)
          arrivals.push(kinds[i] as number)
        }
        expect(visited.count).toBe(numbers.size)
        for (let i = 0; i < block; i++) {
          const key = candidates.subarray(i * words, (i + 1) * words).join()
          expect(visited.find(candidates, i * words)).toBe(numbers.get(key))
        }
      }
      expect([...visited.parents.subarray(0, visited.count)]).toEqual(parents)
      expect([...visited.arrivals.subarray(0, visited.count)]).toEqual(arrivals)
      const unseen = Int32Array.from({ length: words }, () => 0x5555_5555)
      expect(visited.find(unseen, 0)).toBe(-1)
      expect(visited.add(unseen, 0, 7)).toBe(-1 - numbers.size)
      expect(visited.add(unseen, 0, 8)).toBe(numbers.size)
    })
  }

  test('keeps numbers when states get other words', () => {
    const visited = new Visited(1)
    visited.reserve(5000)
    const one = new Int32Array(1)
    for (let i = 0; i < 5000; i++) {
      one[0] = i * 7
      visited.add(one, 0, i - 1)
    }
    visited.repack({ moves: Int32Array.of(0, 0, -1, 0), ends: Int32Array.of(0, 0, 4) })
    expect(visited.find(Int32Array.of(0, 0, 4999 * 7), 0)).toBe(4999)
    expect(visited.find(Int32Array.of(0, 0, 1), 0)).toBe(-1)
  })

  test('says how much memory more states would take', () => {
    const visited = new Visited(2)
    visited.reserve(10_000)
    const foretold = visited.bytesWith(10_000)
    const states = Int32Array.from({ length: 20_000 }, (_, i) => i)
    visited.addAll({ candidates: states, parents: states, kinds: states }, 0, 10_000)
    expect(visited.bytes).toBe(foretold)
  })
})
