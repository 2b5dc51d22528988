/** Contract | the reference models at their larger sizes, by the fast search: exact counts, depths and shortest violations. */

import { describe, expect, test } from 'vitest'
import { searchLevels } from '../../src/explore/breadth-first.ts'
import type { CheckableSystem } from '../../src/explore/define-system.ts'
import { SystemPartition } from '../../src/explore/system-partition.ts'
import { diningPhilosophers } from '../models/dining-philosophers.ts'
import { dmaRing } from '../models/dma-ring.ts'
import { leaderElection } from '../models/leader-election.ts'
import { sysmmuTable } from '../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'

/** Everything that counts, and the depth of each violation (witnesses are left out). */
function search({ spec, properties }: CheckableSystem) {
  const partition = new SystemPartition({ spec, properties })
  const { end, states, transitions, depth, found } = searchLevels(partition)
  expect(end).toBe('exhausted')
  const violations = [...found.values()].filter(({ property }) => !partition.witnesses.has(property))
  return {
    states,
    transitions,
    depth,
    violated: Object.fromEntries(violations.map(({ property, depth: at }) => [property, at])),
    witnessed: found.size - violations.length,
  }
}

const slow = { timeout: 120_000 }

test.each([2, 3, 4, 5, 6, 7, 8])('two-phase commit, %i managers', slow, (n) => {
  expect(search(twoPhaseCommit(n))).toEqual({
    states: 2 ** n + 4 ** n + 6 ** n,
    transitions: ((4 * n) / 3) * 6 ** n + (n + 1) * 4 ** n + n * 2 ** n + 1,
    depth: 3 * n + 1,
    violated: {},
    witnessed: 2,
  })
})

describe('dining philosophers', () => {
  test.each([2, 3, 4, 5, 6, 7, 8, 9, 10])('%i all alike', slow, (n) => {
    expect(search(diningPhilosophers(n))).toEqual({
      states: 3 ** n - 1,
      transitions: 2 * n * 3 ** (n - 1) - n,
      depth: 3 * n - 3,
      violated: { deadlock: n },
      witnessed: 0,
    })
  })

  test.each([2, 3, 4, 5, 6, 7, 8, 9, 10])('%i, the last one left-handed', slow, (n) => {
    expect(search(diningPhilosophers(n, 'lefty'))).toEqual({
      states: 3 ** n,
      transitions: 2 * n * 3 ** (n - 1),
      depth: 3 * n - 2,
      violated: {},
      witnessed: 0,
    })
  })
})

describe('DMA ring', () => {
  test.each([
    [1, 48, 96, 20],
    [2, 1_920, 7_216, 63],
    [3, 15_444, 75_804, 83],
    [4, 86_976, 519_552, 103],
    [5, 406_800, 2_851_280, 123],
  ])('%i buffers', slow, (count, states, transitions, depth) => {
    expect(search(dmaRing(count))).toEqual({ states, transitions, depth, violated: {}, witnessed: 0 })
  })

  test.each([
    ['noclean', 'S1', 3, [84, 168], [5_664, 21_232], [84_672, 413_904]],
    ['noinval', 'S2', 8, [48, 96], [1_956, 7_404], [16_524, 81_630]],
    ['invalearly', 'S2', 10, [52, 104], [2_292, 8_684], [19_872, 98_286]],
    ['invalforclean', 'S1', 4, [66, 132], [3_856, 14_760], [44_160, 220_056]],
    ['doorbellfirst', 'S1', 3, [146, 332], [7_496, 28_484], [86_916, 424_182]],
    ['doneearly', 'S2', 8, [142, 340], [9_768, 38_204], [137_088, 689_082]],
  ] as const)('%s: %s after %i steps', slow, (variant, property, steps, one, two, three) => {
    for (const [i, [states, transitions]] of [one, two, three].entries()) {
      const result = search(dmaRing(i + 1, variant))
      expect(result).toMatchObject({ states, transitions })
      expect(result.violated[property]).toBe(steps)
      expect(Math.min(...Object.values(result.violated))).toBe(steps)
    }
  })
})

describe('SYSMMU table', () => {
  test.each([
    [1, 1, 14, 25, 7],
    [1, 2, 27, 50, 7],
    [2, 2, 359, 1_240, 14],
    [2, 3, 997, 3_570, 14],
    [3, 3, 13_078, 66_375, 21],
    [3, 4, 46_489, 244_380, 21],
  ])('%i slots, %i pages', slow, (slots, pages, states, transitions, depth) => {
    expect(search(sysmmuTable(slots, pages))).toEqual({ states, transitions, depth, violated: {}, witnessed: 0 })
  })

  test.each([
    ['noflush', { I: 7, T1: 12 }, [43, 86], [921, 3_428], [4_528, 17_736]],
    ['flushfirst', { I: 9, T1: 14 }, [45, 90], [1_015, 3_796], [4_528, 17_736]],
    ['lazyflush', { I: 7 }, [28, 53], [464, 1_656], [1_153, 4_270]],
    ['earlyclear', { T2: 5, T1: 8 }, [64, 161], [1_089, 4_610], [3_777, 16_778]],
  ] as const)('%s', slow, (variant, violated, small, middle, large) => {
    const counts = [small, middle, large]
    for (const [i, [slots, pages]] of (
      [
        [1, 2],
        [2, 2],
        [2, 3],
      ] as const
    ).entries()) {
      const result = search(sysmmuTable(slots, pages, variant))
      expect([result.states, result.transitions]).toEqual(counts[i])
      expect(result.violated).toMatchObject(violated)
      expect(Math.min(...Object.values(result.violated))).toBe(Math.min(...Object.values(violated)))
      // The lazy flush is never caught by T1 alone.
      if (variant === 'lazyflush') expect(result.violated.T1).toBeUndefined()
    }
  })
})

test.each([
  [4, 2_391, 7_054],
  [5, 15_779, 58_180],
])('leader election, %i nodes', slow, (count, states, transitions) => {
  const result = search(count === 4 ? leaderElection(4, 2) : leaderElection(count))
  expect(result).toMatchObject({ states, transitions, violated: {} })
})
