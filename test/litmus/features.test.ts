/** Litmus | hardware features: a correct form is clean whatever is switched on, be it everything or one feature alone. */

import { beforeAll, describe, expect, test } from 'vitest'
import { type FeatureName, features } from '../../machines/features.ts'
import { runJobs } from '../../src/run/pool.ts'
import type { SeedOutcome, SeedsJob } from '../../src/run/seeds.ts'
import { scenarios } from '../../src/scenario/index.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'
import { isBase } from '../support/base-scenarios.ts'

/**
 * What the correct forms are not written for: they maintain caches for devices that do not snoop, and where one does, an invalidation
 * drops what it has written; they take it that maintenance does what it says, where an erratum lets it do nothing, and that a line
 * which nobody stores to stays as it is.
 */
const foreign: readonly FeatureName[] = ['deviceCoherent', 'maintenanceMisses', 'speculativeStores']
const names = (Object.keys(features) as FeatureName[]).filter((name) => !foreign.includes(name))
const correct = Object.values<Scenario>(scenarios).filter(({ twinOf }) => !twinOf)
const sweepMsMax = 900_000

/** A tenth for scenarios that are made from others. */
function seedsOf(id: string, seeds: number): number {
  return isBase(id) ? seeds : Math.ceil(seeds / 10)
}

/**
 * What the correct forms are written for, and so always on: without it maintenance reaches the own core only, and they would have to
 * fetch each line first, as a driver for ARM11 MPCore does.
 */
const relied: readonly FeatureName[] = ['maintenanceBroadcast']

/** Features switched on over the defaults, or with all others off; more seeds where more can go wrong. */
const settings: readonly { readonly title: string; readonly features: string; readonly seeds: number }[] = [
  { title: 'everything on', features: names.join(','), seeds: 300 },
  ...names
    .filter((name) => !features[name].default)
    .map((name) => ({ title: `${name} over the defaults`, features: name, seeds: 60 })),
  ...names.map((name) => ({ title: `${name} alone`, features: only(name), seeds: 20 })),
  { title: 'everything off', features: switched([]), seeds: 20 },
]

function only(kept: FeatureName): string {
  return switched([kept])
}

/** These on, and what is relied on; all others off. */
function switched(on: readonly FeatureName[]): string {
  return names.map((name) => (on.includes(name) || relied.includes(name) ? name : `-${name}`)).join(',')
}

test('the settings are what they are called', () => {
  const off = names.filter((name) => !features[name].default)
  expect(off).toContain('postedDeviceWrites')
  expect(settings).toHaveLength(2 + off.length + names.length)
})

describe('correct forms', () => {
  const wrong = new Map<string, string[]>()

  beforeAll(async () => {
    const sweeps = settings.flatMap((setting) => correct.map(({ id }) => ({ setting, id })))
    const jobs = sweeps.map(({ setting, id }): SeedsJob => {
      const request = { scenario: id, geometry: 'litmus', features: setting.features }
      return { request, firstSeed: 1, seeds: seedsOf(id, setting.seeds) }
    })
    const results = await runJobs('run-seeds', jobs, { maxThreads: 2 })
    sweeps.forEach(({ setting, id }, job) => {
      const outcomes = results[job] as readonly SeedOutcome[]
      const found = outcomes
        .filter(({ verdict }) => verdict !== 'clean')
        .map(({ seed, verdict, oracles }) => `${id} seed ${seed}: ${verdict} ${oracles.join(', ')}`)
      const missing = outcomes.length === seedsOf(id, setting.seeds) ? [] : [`${id}: ${outcomes.length} seeds`]
      wrong.set(setting.title, [...(wrong.get(setting.title) ?? []), ...found, ...missing])
    })
  }, sweepMsMax)

  test.each(settings)('$title: none is violated or bounded at up to $seeds seeds', ({ title }) => {
    expect(wrong.get(title)).toEqual([])
  })
})

test('with devices that snoop, maintenance for ones that do not loses what they wrote', async () => {
  const request = { scenario: 'conversion-doorbell', geometry: 'litmus', features: 'deviceCoherent' } as const
  const results = await runJobs('run-seeds', [{ request, firstSeed: 1, seeds: 20 } satisfies SeedsJob], {
    maxThreads: 1,
  })
  const outcomes = results[0] as readonly SeedOutcome[]
  expect(outcomes.filter(({ verdict }) => verdict === 'violated').length).toBeGreaterThan(0)
  const oracles = new Set(outcomes.flatMap((outcome) => outcome.oracles))
  expect([...oracles].filter((name) => !['fresh-load', 'fresh-dma-read', 'no-lost-write'].includes(name))).toEqual([])
})

test('without maintenance in every core, a handover between two cores goes wrong', async () => {
  const request = { scenario: 'two-core-handover', geometry: 'litmus', features: '-maintenanceBroadcast' } as const
  const results = await runJobs('run-seeds', [{ request, firstSeed: 1, seeds: 20 } satisfies SeedsJob], {
    maxThreads: 1,
  })
  const outcomes = results[0] as readonly SeedOutcome[]
  expect(outcomes.filter(({ verdict }) => verdict === 'violated').length).toBeGreaterThan(0)
  expect(new Set(outcomes.flatMap(({ oracles }) => oracles))).toContain('fresh-load')
})
