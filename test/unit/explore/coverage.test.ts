/** Unit | coverage: what is never exercised is named, both outcomes of guards are told apart, shares are honest. */

import { expect, test } from 'vitest'
import { Coverage, coverageJson, estimateSpace, formatCoverage, shareOf } from '../../../src/explore/coverage.ts'
import { strategies } from '../../../src/explore/index.ts'
import type { SampleCounts } from '../../../src/explore/strategy.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import { dmaRing } from '../../models/dma-ring.ts'
import { sysmmuTable } from '../../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../../models/two-phase-commit.ts'
import { fakeActor } from '../../support/fake-actor.ts'
import { factsOf, searchWith } from '../../support/searches.ts'

function coverSysmmu() {
  const system = sysmmuTable(1, 1, 'noflush')
  const coverage = new Coverage(system.spec)
  const partition = new SystemPartition({ spec: coverage.spec, properties: system.properties })
  const result = strategies.bfs.search(partition, {})
  return { system, report: coverage.report(partition, shareOf(result)), result }
}

test('an exhausted search: what is missing cannot happen', () => {
  const { report } = coverSysmmu()
  expect(report.actors.map(({ actor }) => actor)).toEqual(['device', 'pages', 'slot0'])
  const slot = report.actors[2]
  expect(slot?.messages.missing).toEqual(['flush'])
  expect(slot?.guards).toEqual({ total: 2, missing: ['tlb.empty: translate [isMapped] -> filled is false'] })
  expect(slot?.transitions.missing).toContain('tlb.filled: flush -> empty')
  expect(slot?.states.missing).toEqual([])
})

test('as text and as JSON', () => {
  const { report } = coverSysmmu()
  const text = formatCoverage(report)
  expect(text).toContain('  never: message flush\n')
  expect(text).toContain('  never: guard tlb.empty: translate [isMapped] -> filled is false\n')
  expect(text).toMatch(/states: (\d+) of \1 \(100.0 %\)\n$/)
  expect(JSON.parse(coverageJson(report))).toEqual(report)
})

test('watching changes nothing about the search', () => {
  const { system, result } = coverSysmmu()
  expect(factsOf(result)).toEqual(searchWith(strategies.bfs, system))
})

test('a short sample misses what an exhausted search exercises', () => {
  const system = dmaRing(2)
  const missing = (stepsMax: number) => {
    const coverage = new Coverage(system.spec)
    const partition = new SystemPartition({ spec: coverage.spec, properties: system.properties })
    strategies.random.search(partition, { seed: 1, runs: 5, stepsMax })
    return coverage.report(partition).actors.flatMap(({ transitions }) => transitions.missing)
  }
  expect(missing(3).length).toBeGreaterThan(missing(500).length)
})

test('charts that tell nothing are named', () => {
  const actor = fakeActor({ id: 'mute', context: {} })
  const coverage = new Coverage({ actors: [{ id: 'mute', definition: actor }], channels: [] })
  const partition = new SystemPartition({ spec: coverage.spec })
  expect(formatCoverage(coverage.report(partition))).toBe('mute: its chart does not tell what it does\n')
})

const sample = (more: Partial<SampleCounts>): SampleCounts => ({
  runs: 100,
  steps: 1000,
  incidences: 500,
  inOneRun: 20,
  inTwoRuns: 10,
  isComplete: true,
  ...more,
})

test('the estimate is Good and Chao, on runs', () => {
  expect(estimateSpace(200, sample({}))).toEqual({
    seen: 200,
    kind: 'estimate',
    of: 220,
    share: 200 / 220,
    unseenMass: 20 / 500,
  })
  expect(estimateSpace(200, sample({ inOneRun: 0 }))).toMatchObject({ of: 200, unseenMass: 0 })
  expect(estimateSpace(200, sample({ inTwoRuns: 0 }))).toMatchObject({ of: 388 })
  expect(estimateSpace(200, sample({ runs: 1 })).kind).toBe('unknown')
  expect(estimateSpace(200, sample({ isComplete: false })).kind).toBe('unknown')
})

test('counts of runs: every state of one run is in one run, and two equal runs are two', () => {
  const system = twoPhaseCommit(3)
  const one = searchWith(strategies.random, system, { seed: 5, runs: 1, stepsMax: 40 })
  expect(one.sample).toMatchObject({ inOneRun: one.states, inTwoRuns: 0, incidences: one.states })
  const many = searchWith(strategies.random, system, { seed: 5, runs: 3000, stepsMax: 40 })
  const whole = searchWith(strategies.bfs, system)
  expect(shareOf(many, whole)).toEqual({ seen: many.states, kind: 'exact', of: 288, share: many.states / 288 })
  // An estimate of a lower bound: near the truth once most states have been met.
  const { of = 0 } = shareOf(many)
  expect(of).toBeGreaterThan(250)
  expect(of).toBeLessThan(330)
})

test('beyond its bound, sampling says that it no longer counts', () => {
  const result = searchWith(strategies.random, dmaRing(2), { seed: 1, runs: 50, stepsMax: 200, statesMax: 100 })
  expect(result.states).toBe(100)
  expect(result.sample?.isComplete).toBe(false)
  expect(result.notes.join()).toContain('only the first 100 states')
  expect(formatCoverage({ actors: [], unknown: [], space: shareOf(result) })).toContain('not known')
})
