/**
 * Tests | symmetry and partial order together. Goal: the verdicts of the full search. Method: generated systems of members
 * that behave alike, and the reference models that declare a symmetry; every run found is followed step by step.
 */

import { expect, test } from 'vitest'
import { breadthFirst, searchLevels } from '../../src/explore/breadth-first.ts'
import type { CheckableSystem } from '../../src/explore/define-system.ts'
import { diningPhilosophers } from '../models/dining-philosophers.ts'
import { dmaRing, ringVariants } from '../models/dma-ring.ts'
import { sysmmuTable, sysmmuVariants } from '../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'
import { partitionOf } from '../support/compare-searches.ts'
import { followRun } from '../support/follow-run.ts'
import { prngFor, seed } from '../support/seed.ts'
import { symmetricSystem } from '../support/symmetric-system.ts'

/** States of the full search and of the one reduced twice; undefined if there are too many. */
function compare(system: CheckableSystem): readonly [number, number] | undefined {
  const full = searchLevels(partitionOf(system), { statesMax: 4000 })
  if (full.end !== 'exhausted') return undefined
  const { symmetries, valueSymmetries } = system
  const less = breadthFirst.search(partitionOf(system), {
    reductions: ['por', 'symmetry'],
    symmetries,
    valueSymmetries,
  })
  expect([...less.found.keys()].sort()).toEqual([...full.found.keys()].sort())
  for (const [name, { steps }] of less.found) expect(followRun(partitionOf(system), steps).says).toContain(name)
  return [full.states, less.states]
}

const bare = (system: CheckableSystem): CheckableSystem => {
  const nevers = Object.entries(system.properties).filter(([, { kind }]) => kind === 'never')
  return { ...system, properties: Object.fromEntries(nevers) }
}

test.each([0, 1, 2, 3])(`generated systems, part %i (seed ${seed})`, (part) => {
  let compared = 0
  for (let index = part * 50; index < part * 50 + 50; index++) {
    const { system } = symmetricSystem(prngFor(`symmetry and order ${index}`))
    if (compare(index % 2 === 0 ? system : bare(system))) compared++
  }
  expect(compared).toBeGreaterThan(10)
})

test.each([
  twoPhaseCommit(3),
  ...ringVariants.map((variant) => dmaRing(2, variant)),
  ...sysmmuVariants.map((variant) => sysmmuTable(2, 2, variant)),
])('$id', (system) => {
  compare(system)
  compare(bare(system))
})

test('philosophers without a property: 728 states, 39 left', () => {
  expect(compare(bare(diningPhilosophers(6)))).toEqual([728, 39])
})
