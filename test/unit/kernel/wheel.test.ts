/** Tests | the event wheel: cycles in order, ranks within a cycle, first in first out within a rank, near and far alike. */

import { describe, expect, it } from 'vitest'
import { Wheel } from '../../../src/kernel/wheel.ts'
import { prngFor, seed } from '../../support/seed.ts'

function drain(wheel: Wheel): [number, number][] {
  const events: [number, number][] = []
  for (let input = wheel.next(); input >= 0; input = wheel.next()) events.push([wheel.now, input])
  return events
}

describe('wheel', () => {
  it('is empty at first', () => {
    expect(new Wheel().next()).toBe(-1)
  })

  it('keeps order within a cycle, also for what is inserted while the cycle is being served', () => {
    const wheel = new Wheel(8)
    wheel.insert(3, 1)
    wheel.insert(3, 2)
    expect([wheel.next(), wheel.now]).toEqual([1, 3])
    wheel.insert(3, 3)
    wheel.insert(4, 4)
    expect(drain(wheel)).toEqual([
      [3, 2],
      [3, 3],
      [4, 4],
    ])
  })

  it('an event inserted when it was far stays ahead of one inserted when it was near', () => {
    const wheel = new Wheel(8)
    wheel.insert(20, 1)
    wheel.insert(14, 2)
    expect(wheel.next()).toBe(2)
    wheel.insert(20, 3)
    expect(drain(wheel)).toEqual([
      [20, 1],
      [20, 3],
    ])
  })

  it('jumps over long silence', () => {
    const wheel = new Wheel()
    wheel.insert(4_000_000_000_000, 7)
    wheel.insert(1023, 1)
    wheel.insert(1024, 2)
    expect(drain(wheel)).toEqual([
      [1023, 1],
      [1024, 2],
      [4_000_000_000_000, 7],
    ])
  })

  it('a lower rank comes first within a cycle, also while the cycle is being served', () => {
    const wheel = new Wheel(8)
    for (const [input, rank] of [
      [1, 2],
      [2, 0],
      [3, 1],
      [4, 0],
    ] as const) {
      wheel.insert(3, input, rank)
    }
    expect(wheel.next()).toBe(2)
    wheel.insert(3, 5, 0)
    expect(drain(wheel)).toEqual([4, 5, 3, 1].map((input) => [3, input]))
  })

  // Goal: no event lost, early, or out of order. Method: against a list kept sorted by (cycle, rank, arrival).
  it(`behaves like a stable sorted list, and peeks at what comes next (seed ${seed})`, () => {
    const prng = prngFor('wheel')
    for (const span of [2, 16, 1024]) {
      const wheel = new Wheel(span)
      const model: { cycle: number; rank: number; arrival: number }[] = []
      for (let arrival = 0; arrival < 20_000; arrival++) {
        if (prng.chance(1, 2)) {
          const cycle = wheel.now + prng.below(prng.chance(1, 4) ? span * 5 : span + 1)
          const rank = prng.below(4)
          wheel.insert(cycle, arrival, rank)
          const at = model.findIndex((other) => other.cycle > cycle || (other.cycle === cycle && other.rank > rank))
          model.splice(at < 0 ? model.length : at, 0, { cycle, rank, arrival })
        } else {
          const peeked = wheel.peek()
          const input = wheel.next()
          const expected = model.shift()
          expect(peeked).toEqual(expected && { cycle: expected.cycle, rank: expected.rank, input: expected.arrival })
          if (expected === undefined) expect(input).toBe(-1)
          else expect([wheel.now, input]).toEqual([expected.cycle, expected.arrival])
        }
      }
      expect(drain(wheel)).toEqual(model.map(({ cycle, arrival }) => [cycle, arrival]))
    }
  })
})
