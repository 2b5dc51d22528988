/** Unit | shrinking: the same property by fewer steps, none of which can be left out, or none fewer at all. */

import { describe, expect, test } from 'vitest'
import { Explorer } from '../../../src/explore/explorer.ts'
import { Follower, isSameStep } from '../../../src/explore/follow.ts'
import { strategies } from '../../../src/explore/index.ts'
import type { StepLabel } from '../../../src/explore/partition.ts'
import { isFaithful, shrink } from '../../../src/explore/shrink.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { dmaRing, ringVariants } from '../../models/dma-ring.ts'
import { sysmmuTable, sysmmuVariants } from '../../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../../models/two-phase-commit.ts'
import { partitionOf, searchWith } from '../../support/searches.ts'

const systems = [
  ...ringVariants.slice(1).map((variant) => dmaRing(2, variant)),
  ...sysmmuVariants.slice(1).map((variant) => sysmmuTable(2, 2, variant)),
  diningPhilosophers(5),
  twoPhaseCommit(3),
]

describe.each(systems)('$id', (system) => {
  const partition = partitionOf(system)
  const nearest = searchWith(strategies.bfs, system).found
  const { found } = strategies.random.search(partition, { seed: 7, runs: 40, stepsMax: 300 })

  test.each([...found.values()].map((run) => [run.property, run] as const))('%s', (property, run) => {
    const least = nearest.get(property)?.steps.length as number
    const debugged = shrink(partition, run, { statesMax: 0 })
    expect(isFaithful(partition, debugged.run)).toBe(true)
    expect(debugged.run.steps.length).toBeLessThanOrEqual(run.steps.length)
    if (!run.isShortest) expect(debugged.minimality).toBe('1-minimal')
    const follower = new Follower(new Explorer(partition))
    for (let i = 0; i < debugged.run.steps.length; i++) {
      const fewer = debugged.run.steps.filter((_, index) => index !== i)
      const shown = follower.follow(fewer, property, 'give up')?.shows
      expect(shown, `without step ${i}`).toBeUndefined()
    }
    const proved = shrink(partition, run)
    expect(proved.minimality).toBe('shortest')
    expect(proved.run.steps).toHaveLength(least)
    expect(isFaithful(partition, proved.run)).toBe(true)
  })
})

test('with too few states to prove the shortest, says how short a run could be', () => {
  const partition = partitionOf(dmaRing(2, 'doneearly'))
  const run = strategies.dfs.search(partition, {}).found.get('S1')
  if (!run) throw new Error('depth-first found no S1')
  const shrunk = shrink(partition, run, { statesMax: 200 })
  expect(shrunk.minimality).toBe('1-minimal')
  expect(shrunk.run.isShortest).toBe(false)
  expect(shrunk.run.steps).toHaveLength(20)
  expect(shrunk.stepsMin).toBe(10)
})

test('with too few tries, says that nothing is proved', () => {
  const partition = partitionOf(diningPhilosophers(5))
  const run = strategies.dfs.search(partition, {}).found.get('deadlock')
  if (!run) throw new Error('depth-first found no deadlock')
  const shrunk = shrink(partition, run, { statesMax: 0, triesMax: 3 })
  expect(shrunk.minimality).toBe('unproved')
  expect(isFaithful(partition, shrunk.run)).toBe(true)
})

test('what a run must keep is kept, and a shortest one without it is not taken', () => {
  const partition = partitionOf(diningPhilosophers(4))
  const run = strategies.dfs.search(partition, {}).found.get('deadlock')
  if (!run) throw new Error('depth-first found no deadlock')
  const [first] = run.steps
  const keeps = (steps: readonly StepLabel[]) => steps[0] !== undefined && isSameStep(steps[0], first as StepLabel)
  const shrunk = shrink(partition, run, { keeps })
  expect(isFaithful(partition, shrunk.run)).toBe(true)
  expect(keeps(shrunk.run.steps)).toBe(true)
  const longest = (steps: readonly StepLabel[]) => steps.length >= run.steps.length
  const kept = shrink(partition, { ...run, isShortest: false }, { keeps: longest })
  expect(kept.run.steps).toHaveLength(run.steps.length)
  expect(kept.minimality).toBe('1-minimal')
})

test('refuses runs that do not show what they claim, and runs without end', () => {
  const partition = partitionOf(diningPhilosophers(3))
  const claim = { property: 'deadlock', steps: [], isShortest: false }
  expect(() => shrink(partition, claim, { statesMax: 0 })).toThrow('does not show "deadlock"')
  expect(() => shrink(partition, { ...claim, cycleFrom: 0 })).toThrow('repeats for ever')
  expect(() => shrink(partition, { ...claim, property: 'x' }, { statesMax: 0 })).toThrow(
    'known: deadlock, one at a fork',
  )
})
