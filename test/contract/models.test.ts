/** Contract | the reference models: states, transitions, depth and shortest violations, as other tools count them. */

import { describe, expect, test } from 'vitest'
import { diningPhilosophers } from '../models/dining-philosophers.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'
import { exploreNaively } from '../support/naive-explorer.ts'

describe('two-phase commit', () => {
  test.each([
    [2, 56, 153, 7],
    [3, 288, 1145, 10],
    [4, 1568, 8257, 13],
  ])('%i resource managers', (count, states, transitions, depth) => {
    const result = exploreNaively(twoPhaseCommit(count))
    expect(result).toMatchObject({ states, transitions, depth, deadlocks: 0, ends: 0, unreached: [] })
    expect(Object.keys(result.found).sort()).toEqual(['all abort', 'all commit'])
  })
})

describe('dining philosophers', () => {
  test.each([2, 3, 4, 5, 6])('%i all alike', (count) => {
    expect(exploreNaively(diningPhilosophers(count))).toEqual({
      states: 3 ** count - 1,
      transitions: 2 * count * 3 ** (count - 1) - count,
      depth: 3 * count - 3,
      deadlocks: 1,
      ends: 1,
      found: { deadlock: count },
      unreached: [],
    })
  })

  test.each([2, 3, 4, 5, 6])('%i, the last one left-handed', (count) => {
    expect(exploreNaively(diningPhilosophers(count, 'lefty'))).toEqual({
      states: 3 ** count,
      transitions: 2 * count * 3 ** (count - 1),
      depth: 3 * count - 2,
      deadlocks: 0,
      ends: 0,
      found: {},
      unreached: [],
    })
  })
})
