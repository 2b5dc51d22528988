/** Litmus | hardware features: a correct form is clean whatever is switched on, be it everything or one feature alone. */

import { describe, expect, test } from 'vitest'
import { type FeatureName, features } from '../../machines/features.ts'
import { runJobs } from '../../src/run/pool.ts'
import type { SeedsJob } from '../../src/run/seeds.ts'
import { scenarios } from '../../src/scenario/index.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'

const names = Object.keys(features) as FeatureName[]
const correct = Object.values<Scenario>(scenarios).filter(({ twinOf }) => !twinOf)
const sweepMsMax = 300_000

/** Features switched on over the defaults, or with all others off; more seeds where more can go wrong. */
const settings: readonly { readonly title: string; readonly features: string; readonly seeds: number }[] = [
  { title: 'everything on', features: names.join(','), seeds: 300 },
  ...names
    .filter((name) => !features[name].default)
    .map((name) => ({ title: `${name} over the defaults`, features: name, seeds: 200 })),
  ...names.map((name) => ({ title: `${name} alone`, features: only(name), seeds: 100 })),
  { title: 'everything off', features: names.map((name) => `-${name}`).join(','), seeds: 100 },
]

function only(kept: FeatureName): string {
  return names.map((name) => (name === kept ? name : `-${name}`)).join(',')
}

test('the settings are what they are called', () => {
  const off = names.filter((name) => !features[name].default)
  expect(off).toContain('postedDeviceWrites')
  expect(settings).toHaveLength(2 + off.length + names.length)
})

describe.each(settings)('$title', (setting) => {
  test(
    `no correct form is violated or bounded at seeds 1 to ${setting.seeds}`,
    async () => {
      const jobs = correct.map(({ id }): SeedsJob => {
        const request = { scenario: id, geometry: 'litmus', features: setting.features }
        return { request, firstSeed: 1, seeds: setting.seeds }
      })
      const results = await runJobs('run-seeds', jobs, { maxThreads: 2 })
      const wrong = results.flatMap((outcomes, job) => {
        expect(outcomes).toHaveLength(setting.seeds)
        return outcomes
          .filter(({ verdict }) => verdict !== 'clean')
          .map(({ seed, verdict, oracles }) => `${correct[job]?.id} seed ${seed}: ${verdict} ${oracles.join(', ')}`)
      })
      expect(wrong).toEqual([])
    },
    sweepMsMax,
  )
})
