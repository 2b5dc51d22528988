/** Run | one scenario over a range of seeds: a job and its outcome as plain data, for a thread of its own. */

import { type OracleName, oracleNames } from '../oracle/index.ts'
import { type RunRequest, resolveOptions } from './options.ts'
import { buildSystem, type RunVerdict, runScenario } from './run.ts'

/** Runs of one request without pictures of its own, for the seeds `firstSeed` to `firstSeed + seeds - 1`. */
export interface SeedsJob {
  readonly request: Omit<RunRequest, 'seed' | 'pictures'>
  readonly firstSeed: number
  readonly seeds: number
}

/** What one seed came to. */
export interface SeedOutcome {
  readonly seed: number
  readonly verdict: RunVerdict
  /** Violated oracles, in the order of the registry. */
  readonly oracles: readonly OracleName[]
  readonly messages: number
}

/** Runs them one after the other; the platform is built once. Usage errors as `resolveOptions`. */
export function runSeeds({ request, firstSeed, seeds }: SeedsJob): SeedOutcome[] {
  const system = buildSystem(resolveOptions({ ...request, seed: firstSeed }))
  return Array.from({ length: seeds }, (_, index) => {
    const seed = firstSeed + index
    const { verdict, violations, statistics } = runScenario(resolveOptions({ ...request, seed }), {
      runtime: 'sim',
      system,
    })
    const violated = violations.map(({ violation }) => violation.oracle)
    const oracles = oracleNames.filter((name) => violated.includes(name))
    return { seed, verdict, oracles, messages: statistics.messages }
  })
}

/** `seeds` seeds from `firstSeed` on, cut into jobs of at most `jobSeeds`. */
export function seedJobs(job: SeedsJob, jobSeeds: number): SeedsJob[] {
  const { request, firstSeed, seeds } = job
  return Array.from({ length: Math.ceil(seeds / jobSeeds) }, (_, index) => ({
    request,
    firstSeed: firstSeed + index * jobSeeds,
    seeds: Math.min(jobSeeds, seeds - index * jobSeeds),
  }))
}
