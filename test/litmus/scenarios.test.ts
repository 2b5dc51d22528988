/** Litmus | every scenario at its first seeds: the correct form never fails, a twin violates its oracle and no foreign one. */

import { beforeAll, describe, expect, test } from 'vitest'
import { runJobs } from '../../src/run/pool.ts'
import { type SeedOutcome, type SeedsJob, seedJobs } from '../../src/run/seeds.ts'
import { scenarios } from '../../src/scenario/index.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'
import { isBase } from '../support/base-scenarios.ts'

/** Of those that others are made from, and their twins. */
const seeds = 1000
/** Of the others, whose every interleaving `check.test.ts` looks at. */
const fewerSeeds = 200
/** Of a scenario whose runs do not end by themselves. */
const endlessSeeds = 40
/** Small enough that the threads end together. */
const jobSeeds = 200
const sweepMsMax = 2_400_000

const list: readonly Scenario[] = Object.values(scenarios)

function sweep(scenario: string, count: number, size: number): SeedsJob[] {
  return seedJobs({ request: { scenario, geometry: 'litmus' }, firstSeed: 1, seeds: count }, size)
}

function seedsOf({ id, twinOf = id, endless }: Scenario): number {
  if (endless) return endlessSeeds
  return isBase(twinOf) ? seeds : fewerSeeds
}

/** "violated fresh-load, ownership", or the verdict alone. */
function label({ verdict, oracles }: SeedOutcome): string {
  return [verdict, oracles.join(', ')].filter((part) => part !== '').join(' ')
}

/** One line for each outcome: how many seeds, and what happened; in alphabetical order. */
function histogram(outcomes: readonly SeedOutcome[]): string {
  const counts = new Map<string, number>()
  for (const outcome of outcomes) counts.set(label(outcome), (counts.get(label(outcome)) ?? 0) + 1)
  return [...counts.keys()]
    .sort()
    .map((name) => `${String(counts.get(name)).padStart(5)}  ${name}\n`)
    .join('')
}

describe('seeds from 1 on', () => {
  const outcomes = new Map<string, SeedOutcome[]>()

  beforeAll(async () => {
    const jobs = list.flatMap((scenario) => sweep(scenario.id, seedsOf(scenario), jobSeeds))
    const results = await runJobs('run-seeds', jobs, { maxThreads: 2 })
    jobs.forEach((job, index) => {
      const { scenario } = job.request
      outcomes.set(scenario, [...(outcomes.get(scenario) ?? []), ...(results[index] as readonly SeedOutcome[])])
    })
  }, sweepMsMax)

  const of = ({ id }: Scenario) => outcomes.get(id) as SeedOutcome[]

  test('every seed has run', () => {
    for (const scenario of list) {
      const wanted = Array.from({ length: seedsOf(scenario) }, (_, index) => index + 1)
      expect(of(scenario).map(({ seed }) => seed)).toEqual(wanted)
    }
  })

  test.each(list.filter(({ twinOf }) => !twinOf).map((scenario) => [scenario.id, scenario] as const))(
    '%s is never violated and never bounded',
    (_id, scenario) => {
      expect(of(scenario).filter(({ verdict }) => verdict !== 'clean')).toEqual([])
    },
  )

  test.each(list.filter(({ twinOf }) => twinOf).map((scenario) => [scenario.id, scenario] as const))(
    '%s violates its oracle, and none that it does not name',
    (_id, scenario) => {
      const violates = scenario.violates as readonly string[]
      expect(of(scenario).filter(({ oracles }) => oracles.includes(violates[0] as never)).length).toBeGreaterThan(0)
      expect(of(scenario).filter(({ oracles }) => oracles.some((name) => !violates.includes(name)))).toEqual([])
      expect(of(scenario).filter(({ verdict }) => verdict === 'bounded')).toEqual([])
    },
  )

  // Exact counts: any change in what the system does shows here. `npx vitest run -u test/litmus` writes them anew.
  test.each(list.map((scenario) => [scenario.id, scenario] as const))('%s has these outcomes', async (id, scenario) => {
    await expect(histogram(of(scenario))).toMatchFileSnapshot(`../golden/litmus/${id}.expected`)
  })
})

// Goal: which thread runs what, and when, decides nothing. Method: the same seeds in other jobs on other threads.
test('one thread and two give the same outcomes in the same order', async () => {
  const ids = ['conversion-doorbell-no-barrier', 'fimc-capture-userptr-no-sync-for-cpu', 'unmap-reuse']
  const [one, two] = await Promise.all([
    runJobs(
      'run-seeds',
      ids.flatMap((id) => sweep(id, 12, 12)),
      { maxThreads: 1 },
    ),
    runJobs(
      'run-seeds',
      ids.flatMap((id) => sweep(id, 12, 5)),
      { maxThreads: 2 },
    ),
  ])
  expect(one).toHaveLength(3)
  expect(two).toHaveLength(9)
  expect(two.flat()).toEqual(one.flat())
  expect(new Set(one.flat().map(label)).size).toBeGreaterThan(2)
}, 60_000)
