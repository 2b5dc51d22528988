/** Contract | every registered strategy: deterministic, honest about its end, its runs replay, and it finds what it must. */

import { describe, expect, test } from 'vitest'
import type { CheckableSystem } from '../../src/explore/define-system.ts'
import { type StrategyName, strategies } from '../../src/explore/index.ts'
import { isFaithful } from '../../src/explore/shrink.ts'
import type { SearchOptions, Strategy } from '../../src/explore/strategy.ts'
import { diningPhilosophers } from '../models/dining-philosophers.ts'
import { dmaRing, ringVariants } from '../models/dma-ring.ts'
import { sysmmuTable, sysmmuVariants } from '../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'
import { factsOf, nameStep, partitionOf, searchWith, violations } from '../support/searches.ts'

const all = Object.entries(strategies) as [StrategyName, Strategy][]
const seeded: readonly StrategyName[] = ['random', 'pct', 'swarm']

/** Enough for every strategy to find every mistake below. */
const budgets: Readonly<Record<StrategyName, SearchOptions>> = {
  bfs: {},
  dfs: {},
  random: { runs: 200, stepsMax: 200 },
  pct: { runs: 2000, stepsMax: 60, bugDepth: 4 },
  preemption: { preemptionsMax: 5 },
  swarm: {},
}

/** Too little to come to the mistake in the large ring. */
const scraps: Readonly<Record<StrategyName, SearchOptions>> = {
  bfs: { statesMax: 4 },
  dfs: { stepsMax: 5 },
  random: { runs: 2, stepsMax: 5 },
  pct: { runs: 2, stepsMax: 5 },
  preemption: { statesMax: 4, preemptionsMax: 0 },
  swarm: { runs: 2, stepsMax: 5 },
}

const right: readonly CheckableSystem[] = [
  twoPhaseCommit(3),
  diningPhilosophers(4, 'lefty'),
  dmaRing(2),
  sysmmuTable(2, 2),
]
const faulty: readonly CheckableSystem[] = [
  ...ringVariants.slice(1).flatMap((variant) => [dmaRing(1, variant), dmaRing(2, variant)]),
  ...sysmmuVariants.slice(1).flatMap((variant) => [sysmmuTable(1, 2, variant), sysmmuTable(2, 2, variant)]),
  diningPhilosophers(2),
  diningPhilosophers(3),
]

describe.each(all)('%s', (name, strategy) => {
  test('says what it is', () => {
    expect(strategy.description).not.toBe('')
    expect(strategy.paper).toMatch(/\d{4}/)
    expect(strategy.guarantee).not.toBe('')
  })

  test.each(faulty.map((system) => [system.id, system] as const))('must find the mistake in %s', (_id, system) => {
    const partition = partitionOf(system)
    const result = strategy.search(partition, { ...budgets[name], seed: 42 })
    const nearest = searchWith(strategies.bfs, system).found
    expect(violations(system, result)).not.toEqual([])
    for (const [property, run] of result.found) {
      expect(run.property).toBe(property)
      expect(isFaithful(partition, run), `${property} replays`).toBe(true)
      const { length } = run.steps
      const least = nearest.get(property)?.steps.length as number
      expect(length).toBeGreaterThanOrEqual(least)
      if (run.isShortest) expect(length).toBe(least)
    }
  })

  test.each(right.map((system) => [system.id, system] as const))('finds nothing wrong in %s', (_id, system) => {
    const result = searchWith(strategy, system, { ...budgets[name], seed: 42 })
    expect(violations(system, result)).toEqual([])
  })

  test('may miss a mistake with too small a budget, and then claims nothing', () => {
    const result = searchWith(strategy, dmaRing(2, 'noinval'), { ...scraps[name], seed: 42 })
    expect([...result.found.keys()]).toEqual([])
    expect(result.end).not.toBe('exhausted')
  })

  test('an exhausted search has seen everything', () => {
    for (const system of right) {
      const result = searchWith(strategy, system, { ...budgets[name], seed: 42 })
      const whole = searchWith(strategies.bfs, system)
      expect(result.states).toBeLessThanOrEqual(whole.states)
      if (result.isExhaustive && result.end === 'exhausted') expect(result.states).toBe(whole.states)
      else if (!result.isExhaustive) expect(result.end).not.toBe('exhausted')
    }
  })

  test('does the same again, on a partition that knows nothing and on one that knows everything', () => {
    for (const system of [dmaRing(2, 'doneearly'), twoPhaseCommit(3)]) {
      const options = { ...budgets[name], seed: 42 }
      const partition = partitionOf(system)
      const first = factsOf(strategy.search(partition, options))
      expect(searchWith(strategy, system, options)).toEqual(first)
      strategies.bfs.search(partition, {})
      expect(factsOf(strategy.search(partition, options))).toEqual(first)
    }
  })

  test('stops when told to', () => {
    const options = { ...budgets[name], stop: () => true, runs: 1000, stepsMax: 1000 }
    expect(searchWith(strategy, dmaRing(2), options).end).toBe('stopped')
  })

  test('ends with the first violation if only that is wanted', () => {
    const options = { ...budgets[name], seed: 42, wanted: 'first' as const }
    const system = dmaRing(2, 'doneearly')
    const result = searchWith(strategy, system, options)
    expect(violations(system, result)).not.toEqual([])
    expect(['found', 'exhausted']).toContain(result.end)
  })

  test('its choices at seed 42', async () => {
    const system = dmaRing(2, 'doneearly')
    const partition = partitionOf(system)
    const { end, states, transitions, depth, found, notes } = strategy.search(partition, { ...budgets[name], seed: 42 })
    const lines = [`${end}: ${states} states, ${transitions} transitions, depth ${depth}`, ...notes]
    for (const [property, { steps }] of [...found].sort(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(
        '',
        `${property} after ${steps.length} steps`,
        ...steps.map((step) => `  ${nameStep(partition, step)}`),
      )
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`../golden/explore/${name}.txt`)
  })
})

test.each(seeded)('%s draws other runs from another seed', (name) => {
  const results = [1, 2].map((seed) => {
    const { found, transitions } = searchWith(strategies[name], dmaRing(2, 'doneearly'), {
      ...budgets[name],
      seed,
      runs: 3,
    })
    return { transitions, runs: [...found.values()].map(({ steps }) => steps) }
  })
  expect(results[0]).not.toEqual(results[1])
})
