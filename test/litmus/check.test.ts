/** Litmus | every interleaving of the shipped scenarios: correct forms hold, twins show their oracle after a shortest run. */

import { describe, expect, test } from 'vitest'
import { check } from '../../src/run/check.ts'
import { subjectOfScenario } from '../../src/run/scenario-subject.ts'
import { scenarios } from '../../src/scenario/index.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'

const minutes = 5 * 60_000

/** Captures of one frame: two have thirty times the states. */
const frames = (id: string) => (id.startsWith('fimc-') ? { frames: 1 } : {})

describe('correct forms hold, and these are all their states', () => {
  const known = {
    'fimc-capture-mmap': { states: 116_989, transitions: 572_035, depth: 314 },
    'fimc-capture-userptr': { states: 133_161, transitions: 647_341, depth: 315 },
    'conversion-doorbell': { states: 203_677, transitions: 1_058_015, depth: 422 },
    'conversion-streaming': { states: 81_591, transitions: 314_369, depth: 552 },
    'unmap-reuse': { states: 233_579, transitions: 684_656, depth: 601 },
    'two-core-handover': { states: 349_745, transitions: 1_914_596, depth: 469 },
    'large-page-unmap': { states: 1_948, transitions: 3_953, depth: 611 },
    'first-level-fault': { states: 9_606, transitions: 23_642, depth: 354 },
    'lazy-unmap': { states: 183_632, transitions: 581_060, depth: 595 },
    'access-after-unmap': { states: 928, transitions: 1_815, depth: 291 },
    'block-timeout': { states: 1_648, transitions: 3_219, depth: 551 },
    'runtime-pm': { states: 1_440, transitions: 2_579, depth: 608 },
    'clock-gated-suspend': { states: 1_434, transitions: 2_573, depth: 602 },
    'fault-storm': { states: 3_757, transitions: 9_310, depth: 255 },
  } as const

  test('every correct form is here', () => {
    const correct = Object.values(scenarios as Record<string, Scenario>).filter(({ twinOf }) => !twinOf)
    expect(Object.keys(known)).toEqual(correct.map(({ id }) => id))
  })

  test.each(Object.entries(known))(
    '%s',
    (scenario, numbers) => {
      const verdict = check(subjectOfScenario({ scenario, ...frames(scenario) }))
      expect(verdict).toMatchObject({ verdict: 'holds', isExhaustive: true, violations: [], ...numbers })
    },
    minutes,
  )
})

describe('twins violate the oracle that they name, after so many steps', () => {
  const known = {
    'fimc-capture-mmap-dirty-alias': ['no-lost-write', 186],
    'fimc-capture-userptr-no-sync-for-cpu': ['fresh-load', 212],
    'fimc-capture-userptr-no-sync-for-device': ['no-lost-write', 174],
    'conversion-doorbell-no-barrier': ['fresh-dma-read', 233],
    'conversion-streaming-pte-not-published': ['fresh-dma-read', 176],
    'conversion-streaming-unmap-while-running': ['frame-intact', 194],
    'unmap-reuse-free-before-invalidate': ['iova-unique', 245],
    'two-core-handover-touched-early': ['ownership', 185],
    'large-page-unmap-one-entry': ['iova-unique', 393],
    'first-level-fault-kept': ['no-fault', 205],
    'lazy-unmap-freed-early': ['iova-unique', 284],
    'access-after-unmap-lazy': ['live-translation', 276],
    'block-timeout-given-up': ['iova-unique', 314],
    'runtime-pm-not-reprogrammed': ['no-fault', 454],
    'runtime-pm-unclocked': ['assertion', 337],
    'clock-gated-suspend-not-flushed': ['iova-unique', 349],
  } as const

  test.each(Object.entries(known))(
    '%s',
    (scenario, [oracle, length]) => {
      const subject = subjectOfScenario({ scenario, ...frames(scenario) })
      const { verdict, violations } = check(subject, { wanted: 'first' })
      expect(verdict).toBe('violated')
      for (const { property } of violations) expect(subject.violates).toContain(property)
      expect(violations.map(({ property, length: steps }) => [property, steps])).toContainEqual([oracle, length])
      expect(violations[0]).toMatchObject({ length, minimality: 'shortest' })
    },
    minutes,
  )
})

// No run of it can end, from the first state on: what shows that is the whole graph, not a run.
test('fault-storm-endless: no end can be reached', () => {
  const { verdict, violations } = check(subjectOfScenario({ scenario: 'fault-storm-endless' }))
  expect(verdict).toBe('violated')
  expect(violations.map(({ property, length }) => [property, length])).toEqual([['progress', 0]])
})
