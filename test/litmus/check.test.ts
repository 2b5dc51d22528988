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
    'fimc-capture-mmap': { states: 119_743, transitions: 585_019, depth: 323 },
    'fimc-capture-userptr': { states: 134_657, transitions: 654_025, depth: 327 },
    'conversion-doorbell': { states: 203_677, transitions: 1_058_015, depth: 422 },
    'conversion-streaming': { states: 81_671, transitions: 314_561, depth: 556 },
    'unmap-reuse': { states: 242_547, transitions: 708_532, depth: 609 },
    'two-core-handover': { states: 349_773, transitions: 1_914_716, depth: 471 },
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
    'fimc-capture-mmap-dirty-alias': ['no-lost-write', 187],
    'fimc-capture-userptr-no-sync-for-cpu': ['fresh-load', 214],
    'fimc-capture-userptr-no-sync-for-device': ['no-lost-write', 175],
    'conversion-doorbell-no-barrier': ['fresh-dma-read', 233],
    'conversion-streaming-pte-not-published': ['fresh-dma-read', 178],
    'conversion-streaming-unmap-while-running': ['frame-intact', 196],
    'unmap-reuse-free-before-invalidate': ['iova-unique', 247],
    'two-core-handover-touched-early': ['ownership', 187],
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
