/** Unit | depth-first search: the same states as breadth-first, whole and within a bounded depth. */

import { describe, expect, test } from 'vitest'
import { searchLevels } from '../../../src/explore/breadth-first.ts'
import { depthFirst } from '../../../src/explore/depth-first.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { dmaRing, ringVariants } from '../../models/dma-ring.ts'
import { sysmmuTable, sysmmuVariants } from '../../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../../models/two-phase-commit.ts'
import { exploreNaively } from '../../support/naive-explorer.ts'
import { partitionOf, searchWith } from '../../support/searches.ts'

const models = [
  ...[2, 3, 4, 5].map((count) => twoPhaseCommit(count)),
  ...[2, 3, 4, 5, 6].flatMap((count) => [diningPhilosophers(count), diningPhilosophers(count, 'lefty')]),
  dmaRing(3),
  ...ringVariants.flatMap((variant) => [dmaRing(1, variant), dmaRing(2, variant)]),
  ...sysmmuVariants.flatMap((variant) => [sysmmuTable(1, 2, variant), sysmmuTable(2, 2, variant)]),
]

test.each(models)('$id: as many states and transitions as breadth-first', (system) => {
  const wide = searchLevels(partitionOf(system))
  const { end, isExhaustive, states, transitions, found } = searchWith(depthFirst, system)
  expect({ end, isExhaustive, states, transitions }).toEqual({
    end: 'exhausted',
    isExhaustive: true,
    states: wide.states,
    transitions: wide.transitions,
  })
  expect([...found.keys()].sort()).toEqual([...wide.found.keys()].sort())
})

test('as the naive explorer counts', () => {
  const system = sysmmuTable(2, 2, 'noflush')
  const { states, transitions, found } = exploreNaively(system)
  const result = searchWith(depthFirst, system)
  expect(result).toMatchObject({ states, transitions })
  expect([...result.found.keys()].sort()).toEqual(Object.keys(found).sort())
})

describe('bounded depth', () => {
  const system = dmaRing(2, 'doneearly')
  const { levels, depth, states } = searchLevels(partitionOf(system))

  test.each([0, 1, 2, 5, 10, 20, 40])('%i steps: every state so near, and the bound is named', (stepsMax) => {
    const result = searchWith(depthFirst, system, { stepsMax })
    expect(result.states).toBe(levels[stepsMax + 1])
    expect(result.end).toBe('depth')
    expect(result.depth).toBe(stepsMax)
  })

  test('deep enough for everything: exhausted', () => {
    expect(searchWith(depthFirst, system, { stepsMax: depth })).toMatchObject({ end: 'exhausted', states })
  })
})

test('bounds of states and bytes', () => {
  expect(searchWith(depthFirst, dmaRing(2), { statesMax: 100 })).toMatchObject({ end: 'states' })
  expect(searchWith(depthFirst, dmaRing(3), { bytesMax: 100_000 })).toMatchObject({ end: 'bytes' })
})
