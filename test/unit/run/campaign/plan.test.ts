/** Unit | plans: every run is in one shard, targets take turns, and a number always means the same shard. */

import { expect, test } from 'vitest'
import {
  type CampaignPlan,
  campaignVersion,
  planDigest,
  shardOf,
  shardsEnd,
} from '../../../../src/run/campaign/plan.ts'

const plan = (runs: number | undefined): CampaignPlan => ({
  version: campaignVersion,
  targets: [
    { kind: 'litmus', request: { scenario: 'conversion-doorbell' } },
    { kind: 'board', request: { scenario: 'conversion-doorbell' } },
  ],
  strategy: 'random',
  seed: 1,
  ...(runs === undefined ? {} : { runs }),
  stepsMax: 100,
  bugDepth: 3,
  searchStatesMax: 0,
})

test.each([1, 2, 999, 1000, 1001, 2500])('%i runs of each target, each once', (runs) => {
  const seen = [new Set<number>(), new Set<number>()]
  for (let number = 0; number < shardsEnd(plan(runs)); number++) {
    const shard = shardOf(plan(runs), number)
    if (shard === undefined) continue
    expect(shard.number).toBe(number)
    for (let run = shard.from; run < shard.from + shard.runs; run++) {
      expect(seen[shard.target]?.has(run)).toBe(false)
      seen[shard.target]?.add(run)
    }
  }
  expect(seen.map(({ size }) => size)).toEqual([runs, runs])
})

test('a plan without an end goes on; its shards are those of a longer plan', () => {
  expect(shardsEnd(plan(undefined))).toBe(Number.POSITIVE_INFINITY)
  expect(shardOf(plan(undefined), 12_345)).toEqual(shardOf(plan(10 ** 9), 12_345))
})

test('the digest of a plan does not depend on the order of its fields', () => {
  const { seed, ...rest } = plan(5)
  expect(planDigest({ seed, ...rest })).toBe(planDigest({ ...rest, seed }))
  expect(planDigest(plan(5))).not.toBe(planDigest(plan(6)))
})
