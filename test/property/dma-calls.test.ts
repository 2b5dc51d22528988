/** Property | any sequence of correct DMA calls by one or two cores, in the whole system: clean, and everything given back. */

import { describe, expect, test } from 'vitest'
import { backendNames } from '../../src/dma/types.ts'
import { runCalls, type Sample } from '../../src/run/random-calls.ts'
import { seed } from '../support/seed.ts'

/** Goal: no order of calls, and no two cores calling at once, leaks, loses or corrupts anything. */
function expectClean(sample: Sample, runs: number): void {
  let calls = 0
  let conversions = 0
  for (let run = 1; run <= runs; run++) {
    const result = runCalls({ sample, run, seed })
    expect({ run, problems: result.problems }).toEqual({ run, problems: [] })
    calls += result.calls
    conversions += result.conversions
  }
  expect(calls).toBeGreaterThanOrEqual(runs * sample.calls * sample.cores)
  expect(conversions).toBeGreaterThan(runs / 8)
}

describe.each(backendNames)(`random DMA calls, %s, seed ${seed}`, (backend) => {
  test.each([1, 2] as const)('%i cores on litmus', (cores) => {
    expectClean({ geometry: 'litmus', backend, cores, calls: 40 }, 24)
  })

  test.each([1, 2] as const)('%i cores on a board', (cores) => {
    expectClean({ geometry: 'board', backend, cores, calls: 40 }, 6)
  })
})
