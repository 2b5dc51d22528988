/** Unit | states added by several writers by turns, in any order: the numbers, parents and kinds that one writer would give. */

import { describe, expect, test } from 'vitest'
import { Prng } from '../../../src/base/prng.ts'
import { addShared } from '../../../src/explore/shared-states.ts'
import type { Run } from '../../../src/explore/state-order.ts'
import { type Candidates, Visited } from '../../../src/explore/visited.ts'
import { seed } from '../../support/seed.ts'

const parents = 400
const candidatesOfParent = 5
const windowPlaces = 64

/** What each of 400 states leads to: about half of it what another one leads to, too. */
function levelOf(prng: Prng, words: number): Candidates {
  const count = parents * candidatesOfParent
  return {
    candidates: Int32Array.from({ length: count * words }, (_, i) => (i % words === 0 ? prng.below(1200) + 1000 : 7)),
    parents: Int32Array.from({ length: count }, (_, i) => Math.floor(i / candidatesOfParent)),
    kinds: Int32Array.from({ length: count }, () => prng.below(50)),
  }
}

function begun(words: number): Visited {
  const visited = new Visited(words)
  visited.reserve(20_000)
  visited.keepArrivals(0, 20_000)
  const state = new Int32Array(words)
  for (let number = 0; number < parents; number++) {
    state[0] = number
    visited.add(state, 0, number - 1)
  }
  return visited
}

describe.each([1, 2, 3])('with states of %i words', (words) => {
  test(`chunks in any order, and states left out, come to what one writer does (seed ${seed})`, () => {
    const prng = new Prng(seed, `shared ${words}`)
    for (let round = 0; round < 20; round++) {
      const level = levelOf(prng, words)
      const one = begun(words)
      one.addAll(level, 0, level.parents.length)

      const many = begun(words)
      many.order.begin(parents)
      let place = parents
      let moves = 0
      const runs: Run[] = []
      /** Candidates of these parents, one range after the other, by a writer of their own. */
      const add = (...ranges: readonly (readonly [from: number, to: number])[]): void => {
        const window = { next: place, end: place, moves: 0 }
        let start = place
        const close = (): void => {
          if (window.next > start) runs.push({ start, end: window.next })
        }
        for (const [from, to] of ranges) {
          const last = to * candidatesOfParent
          for (let i = from * candidatesOfParent; i < last; i = addShared(many, level, i, last, window)) {
            if (window.next < window.end) continue
            close()
            start = window.next = place
            window.end = place += windowPlaces
          }
        }
        close()
        moves += window.moves
      }
      const chunks = Array.from({ length: parents / 20 }, (_, i) => 20 * i)
      const leftOut: number[] = []
      while (chunks.length > 0) {
        const [chunk] = chunks.splice(prng.below(chunks.length), 1) as [number]
        // One state of each chunk is seen to later, by itself. What comes behind it goes on in the same run.
        const left = chunk + prng.below(20)
        leftOut.push(left)
        add([chunk, left], [left + 1, chunk + 20])
      }
      while (leftOut.length > 0) {
        const [left] = leftOut.splice(prng.below(leftOut.length), 1) as [number]
        add([left, left + 1])
      }
      expect(moves).toBeGreaterThan(0)
      many.order.assemble(runs, many, true)
      many.count = many.order.count
      many.order.placesUsed = place

      expect(many.count).toBe(one.count)
      const places = Array.from({ length: one.count }, (_, number) => many.order.placeOf(number))
      expect(places.map((at) => many.arrivals[at]).slice(parents)).toEqual([
        ...one.arrivals.subarray(parents, one.count),
      ])
      many.settle()
      expect([...many.parents.subarray(0, many.count)]).toEqual([...one.parents.subarray(0, one.count)])
      expect([...many.states.subarray(0, many.count * words)]).toEqual([...one.states.subarray(0, one.count * words)])
      for (let number = 0; number < many.count; number += 17)
        expect(many.find(many.states, number * words)).toBe(number)
    }
  })
})

test('a run is cut where the successors of a state that was left out belong', () => {
  const visited = begun(1)
  visited.order.begin(parents)
  visited.parents.set([3, 3, 4, 8, 9, 9, 5, 5], parents)
  visited.order.assemble(
    [
      { start: parents, end: parents + 6 },
      { start: parents + 6, end: parents + 8 },
    ],
    visited,
    false,
  )
  const after = Array.from({ length: 8 }, (_, i) => visited.order.placeOf(parents + i) - parents)
  expect(after).toEqual([0, 1, 2, 6, 7, 3, 4, 5])
})
