/** Contract | the reference models: states, transitions, depth, orbits and shortest violations, as other tools count them. */

import { describe, expect, test } from 'vitest'
import { diningPhilosophers } from '../models/dining-philosophers.ts'
import { dmaRing } from '../models/dma-ring.ts'
import { leaderElection } from '../models/leader-election.ts'
import { sysmmuTable } from '../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'
import { twoPhaseCommitInXState } from '../models/two-phase-commit-xstate.ts'
import { exploreNaively } from '../support/naive-explorer.ts'

describe.each([
  ['two-phase commit', twoPhaseCommit],
  ['two-phase commit in XState', twoPhaseCommitInXState],
])('%s', (_name, model) => {
  test.each([
    [2, 56, 153, 7, [34, 93]],
    [3, 288, 1145, 10, [80, 317]],
    [4, 1568, 8257, 13, [166, 868]],
  ] as const)('%i resource managers', (count, states, transitions, depth, quotient) => {
    const result = exploreNaively(model(count), { orbits: true })
    expect(result).toMatchObject({ states, transitions, depth, deadlocks: 0, ends: 0, unreached: [] })
    expect([result.orbits?.states, result.orbits?.transitions]).toEqual(quotient)
    expect(Object.keys(result.found).sort()).toEqual(['all abort', 'all commit'])
  })
})

describe('dining philosophers', () => {
  test.each([
    [2, 5],
    [3, 10],
    [4, 23],
    [5, 50],
    [6, 129],
  ])('%i all alike', (count, orbits) => {
    expect(exploreNaively(diningPhilosophers(count), { orbits: true })).toEqual({
      states: 3 ** count - 1,
      transitions: 2 * count * 3 ** (count - 1) - count,
      depth: 3 * count - 3,
      deadlocks: 1,
      ends: 1,
      found: { deadlock: count },
      unreached: [],
      orbits: { states: orbits, transitions: expect.any(Number) },
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

describe('DMA ring', () => {
  test.each([
    [1, 48, 96, 20],
    [2, 1920, 7216, 63],
  ])('%i buffers', (count, states, transitions, depth) => {
    expect(exploreNaively(dmaRing(count), { orbits: true })).toEqual({
      states,
      transitions,
      depth,
      deadlocks: 0,
      ends: 0,
      found: {},
      unreached: [],
      orbits: { states: states / (2 * count), transitions: transitions / (2 * count) },
    })
  })

  test.each([
    ['noclean', 'S1', 3, [84, 168], [5664, 21232]],
    ['noinval', 'S2', 8, [48, 96], [1956, 7404]],
    ['invalearly', 'S2', 10, [52, 104], [2292, 8684]],
    ['invalforclean', 'S1', 4, [66, 132], [3856, 14760]],
    ['doorbellfirst', 'S1', 3, [146, 332], [7496, 28484]],
    ['doneearly', 'S2', 8, [142, 340], [9768, 38204]],
  ] as const)('%s: %s after %i steps', (variant, property, steps, one, two) => {
    for (const [count, [states, transitions]] of [[1, one] as const, [2, two] as const]) {
      const result = exploreNaively(dmaRing(count, variant))
      expect([result.states, result.transitions]).toEqual([states, transitions])
      expect(result.found[property]).toBe(steps)
      expect(Math.min(...Object.values(result.found))).toBe(steps)
    }
  })
})

describe('SYSMMU table', () => {
  test.each([
    [1, 1, 14, 25, 7, [14, 25]],
    [1, 2, 27, 50, 7, [14, 26]],
    [2, 2, 359, 1240, 14, [95, 329]],
    [2, 3, 997, 3570, 14, [95, 344]],
  ] as const)('%i slots, %i pages', (slots, pages, states, transitions, depth, quotient) => {
    expect(exploreNaively(sysmmuTable(slots, pages), { orbits: true })).toEqual({
      states,
      transitions,
      depth,
      deadlocks: 0,
      ends: 0,
      found: {},
      unreached: [],
      orbits: { states: quotient[0], transitions: quotient[1] },
    })
  })

  test.each([
    ['noflush', { I: 7, T1: 12 }, [43, 86], [921, 3428]],
    ['flushfirst', { I: 9, T1: 14 }, [45, 90], [1015, 3796]],
    ['lazyflush', { I: 7 }, [28, 53], [464, 1656]],
    ['earlyclear', { T2: 5, T1: 8 }, [64, 161], [1089, 4610]],
  ] as const)('%s', (variant, violations, small, large) => {
    for (const [slots, [states, transitions]] of [[1, small] as const, [2, large] as const]) {
      const result = exploreNaively(sysmmuTable(slots, 2, variant))
      expect([result.states, result.transitions]).toEqual([states, transitions])
      expect(result.found).toMatchObject(violations)
      const expected = Object.values(violations)
      expect(Math.min(...Object.values(result.found))).toBe(Math.min(...expected))
    }
    // The lazy flush is never caught by T1 alone.
    if (variant === 'lazyflush') expect(exploreNaively(sysmmuTable(2, 2, variant)).found.T1).toBeUndefined()
  })
})

describe('leader election', () => {
  // SPIN 6.5.2 on its own example leader0.pml with -DNOREDUCE; for 5 nodes it has 15779 states, 58181 - 1 transitions.
  test.each([
    [2, 79, 114],
    [3, 395, 864],
    [4, 2391, 7054],
  ])('%i nodes', (count, states, transitions) => {
    expect(exploreNaively(leaderElection(count, 2))).toEqual({
      states,
      transitions,
      depth: 18 * count + 6,
      deadlocks: 0,
      ends: 1,
      found: { elected: expect.any(Number) },
      unreached: [],
    })
  })
})

describe('in the live runtime', () => {
  test.each([
    ['two-phase commit', twoPhaseCommit(2)],
    ['two-phase commit in XState', twoPhaseCommitInXState(2)],
    ['dining philosophers', diningPhilosophers(3)],
    ['DMA ring', dmaRing(1, 'doneearly')],
    ['SYSMMU table', sysmmuTable(1, 2, 'earlyclear')],
    ['leader election', leaderElection(2, 2)],
  ])('%s: XState itself finds the same', (_name, model) => {
    expect(exploreNaively(model, { runtime: 'live' })).toEqual(exploreNaively(model))
  })
})
