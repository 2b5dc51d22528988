/** Unit | sampling in shards: results depend on the runs alone, not on who took which shard before; against plain walks. */

import { describe, expect, test } from 'vitest'
import { canonical } from '../../../src/base/canonical.ts'
import { Cursor } from '../../../src/explore/cursor.ts'
import { Explorer } from '../../../src/explore/explorer.ts'
import { Fingerprints } from '../../../src/explore/fingerprints.ts'
import { type SampledShard, Sampler, type SamplerOptions, sampledStrategies } from '../../../src/explore/sampler.ts'
import { Sighter, timesMax } from '../../../src/explore/sightings.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import { packSightings, SightedStates, unpackSightings } from '../../../src/run/campaign/sighted.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { dmaRing } from '../../models/dma-ring.ts'
import { followRun } from '../../support/follow-run.ts'
import { prngFor, seed } from '../../support/seed.ts'

const ring = dmaRing(2, 'doneearly')
const partition = () => new SystemPartition({ spec: ring.spec, properties: ring.properties })
const options: SamplerOptions = { strategy: 'random', seed: 7, stepsMax: 80, bugDepth: 3 }

const plain = ({ sightings, ...rest }: SampledShard) => rest

function union(shards: readonly { readonly shard: number; readonly result: SampledShard }[]) {
  const states = new SightedStates()
  for (const { shard, result } of shards) states.add(unpackSightings(packSightings(result.sightings)), shard)
  return {
    count: states.count,
    times: [1, 2, 3].map((times) => states.countOf(times)),
    first: [...states.firstSeen()].sort(([a], [b]) => a - b),
  }
}

describe.each(sampledStrategies)('%s', (strategy) => {
  const shardRuns = 40
  const shardOf = (sampler: Sampler, shard: number) => ({
    shard,
    result: sampler.run(shard, shard * shardRuns, shardRuns),
  })

  test('shards are the same whoever takes them, in whatever order', () => {
    const one = new Sampler(partition(), { ...options, strategy })
    const inOrder = [0, 1, 2, 3, 4, 5].map((shard) => shardOf(one, shard))
    const [left, right] = [0, 1].map(() => new Sampler(partition(), { ...options, strategy })) as [Sampler, Sampler]
    const mixed = [
      ...[5, 0, 3].map((shard) => shardOf(left, shard)),
      ...[4, 2, 1].map((shard) => shardOf(right, shard)),
    ]
    for (const { shard, result } of mixed) expect(plain(result)).toEqual(plain(inOrder[shard]?.result as SampledShard))
    expect(union(mixed)).toEqual(union(inOrder))
    // Taken twice by threads that know nothing of each other, as after a crash: the journal has it once.
    const late = new Sampler(partition(), { ...options, strategy })
    expect(union([...[1, 2, 4].map((shard) => shardOf(late, shard)), ...mixed.slice(0, 3)])).toEqual(union(inOrder))
  })

  test('findings are real runs, and say what they violate', () => {
    const { findings, outcomes } = new Sampler(partition(), { ...options, strategy }).run(0, 0, 400)
    expect(findings.length).toBeGreaterThan(0)
    for (const { property, examples, runs } of findings) {
      expect(runs).toBeGreaterThan(0)
      for (const { steps } of examples) expect(followRun(partition(), steps).says).toContain(property)
    }
    expect(Object.values(outcomes).reduce((a, b) => a + b)).toBe(400)
  })
})

test('fingerprints follow the state, and tell states apart', () => {
  const { spec } = diningPhilosophers(3)
  const own = new SystemPartition({ spec })
  const cursor = new Cursor(new Explorer(own))
  const along = new Fingerprints(own, cursor)
  const anew = new Fingerprints(own, cursor)
  const prng = prngFor('fingerprints')
  const texts = new Map<string, string>()
  for (let run = 0; run < 50; run++) {
    cursor.goTo(own.initial().values)
    along.enter()
    for (let step = 0; step < 60 && cursor.enabled > 0; step++) {
      const move = cursor.pick(prng.below(cursor.enabled))
      cursor.take(move)
      along.take(move)
      anew.enter()
      expect([along.low, along.high]).toEqual([anew.low, anew.high])
      const text = canonical(Array.from(cursor.values, (value, component) => own.describe(component, value)))
      const key = `${along.low} ${along.high}`
      expect(texts.get(key) ?? text).toBe(text)
      texts.set(key, text)
    }
  }
  expect(new Set(texts.values()).size).toBe(texts.size)
  expect(texts.size).toBeGreaterThan(20)
})

test(`sightings: sums over shards are those of a plain count, however shards fall to threads (seed ${seed})`, () => {
  const prng = prngFor('sightings')
  for (let round = 0; round < 60; round++) {
    const states = 1 + prng.below(40)
    const shards = Array.from({ length: 8 }, () =>
      Array.from({ length: 1 + prng.below(4) }, () => Array.from({ length: prng.below(12) }, () => prng.below(states))),
    )
    const sighters = [new Sighter(), new Sighter(), new Sighter()]
    const sum = new SightedStates()
    const order = shards.map((_, shard) => shard).sort(() => prng.below(3) - 1)
    let incidences = 0
    for (const shard of order) {
      const sighter = prng.pick(sighters)
      shards[shard]?.forEach((run, number) => {
        for (const state of run) sighter.see(state, -state, number)
      })
      const report = sighter.report(shard)
      incidences += report.incidences
      sum.add(unpackSightings(packSightings(report.sightings)), shard)
    }
    const times = new Map<number, number>()
    const first = new Map<number, number>()
    shards.forEach((runs, shard) => {
      for (const run of runs) {
        for (const state of new Set(run)) {
          times.set(state, (times.get(state) ?? 0) + 1)
          if (!first.has(state)) first.set(state, shard)
        }
      }
    })
    expect(sum.count).toBe(times.size)
    expect(incidences).toBe([...times.values()].reduce((a, b) => a + b, 0))
    for (const n of [1, 2, 3]) {
      expect(sum.countOf(n)).toBe([...times.values()].filter((count) => Math.min(timesMax, count) === n).length)
    }
    for (const [shard, count] of sum.firstSeen()) {
      expect(count).toBe([...first.values()].filter((at) => at === shard).length)
    }
  }
})
