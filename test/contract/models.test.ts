/** Contract | the reference models: states, transitions, depth and shortest violations, as other tools count them. */

import { describe, expect, test } from 'vitest'
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
