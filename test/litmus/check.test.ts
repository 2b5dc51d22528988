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
    'fimc-capture-mmap': { states: 122_359, transitions: 597_219, depth: 324 },
    'fimc-capture-userptr': { states: 142_033, transitions: 686_705, depth: 327 },
    'conversion-doorbell': { states: 208_165, transitions: 1_078_535, depth: 422 },
    'conversion-streaming': { states: 81_671, transitions: 314_561, depth: 556 },
    'conversion-linear': { states: 6_933, transitions: 20_381, depth: 185 },
    'conversion-snooped': { states: 238_992, transitions: 1_013_774, depth: 309 },
    'conversion-linear-snooped': { states: 66_805, transitions: 254_964, depth: 133 },
    'conversion-scatter': { states: 6_573, transitions: 13_896, depth: 407 },
    'conversion-bounced': { states: 16_769, transitions: 51_349, depth: 259 },
    'allocation-alias': { states: 119_075, transitions: 585_603, depth: 396 },
    'unmap-reuse': { states: 172_599, transitions: 520_172, depth: 591 },
    'two-core-handover': { states: 353_037, transitions: 1_929_820, depth: 471 },
    'large-page-unmap': { states: 1_952, transitions: 3_957, depth: 615 },
    'shared-mapping': { states: 26_404, transitions: 99_939, depth: 962 },
    'sysmmu-banks': { states: 26_216, transitions: 99_550, depth: 906 },
    'first-level-fault': { states: 9_645, transitions: 23_718, depth: 356 },
    'lazy-unmap': { states: 184_250, transitions: 582_555, depth: 599 },
    'access-after-unmap': { states: 938, transitions: 1_833, depth: 294 },
    'block-timeout': { states: 1_652, transitions: 3_223, depth: 555 },
    'runtime-pm': { states: 1_444, transitions: 2_583, depth: 612 },
    'clock-gated-suspend': { states: 1_438, transitions: 2_577, depth: 606 },
    'fault-storm': { states: 2_341, transitions: 5_612, depth: 257 },
    'vb2-userptr': { states: 152_769, transitions: 737_659, depth: 349 },
    'vb2-m2m': { states: 10_662, transitions: 32_807, depth: 241 },
    'vb2-dmabuf': { states: 1_366, transitions: 2_653, depth: 465 },
    'stop-timeout': { states: 1_678, transitions: 3_060, depth: 219 },
    'stale-slot': { states: 2_464, transitions: 5_108, depth: 333 },
    'merged-interrupts': { states: 12_540, transitions: 27_016, depth: 281 },
    'capture-suspend': { states: 6_489, transitions: 14_724, depth: 485 },
    'm2m-abort': { states: 881, transitions: 1_639, depth: 324 },
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
    'fimc-capture-mmap-remapped': ['assertion', 230],
    'fimc-capture-userptr-no-sync-for-cpu': ['fresh-load', 214],
    'fimc-capture-userptr-no-sync-for-device': ['no-lost-write', 175],
    'conversion-doorbell-no-barrier': ['fresh-dma-read', 233],
    'conversion-streaming-pte-not-published': ['fresh-dma-read', 178],
    'conversion-streaming-unmap-while-running': ['frame-intact', 196],
    'conversion-streaming-coherent-table': ['fresh-dma-read', 182],
    'conversion-linear-coherent-table': ['fresh-dma-read', 50],
    'conversion-snooped-unpublished': ['no-fault', 160],
    'conversion-linear-snooped-maintained': ['no-lost-write', 86],
    'conversion-scatter-no-sync': ['ownership', 248],
    'conversion-scatter-mapped-count': ['dma-debug/sync-sg-count', 255],
    'conversion-bounced-no-copy-in': ['assertion', 222],
    'conversion-bounced-no-copy-out': ['assertion', 210],
    'conversion-bounced-not-initialised': ['assertion', 206],
    'allocation-alias-not-restored': ['assertion', 364],
    'allocation-alias-kept': ['alias', 225],
    'unmap-reuse-free-before-invalidate': ['iova-unique', 247],
    'two-core-handover-touched-early': ['ownership', 187],
    'large-page-unmap-one-entry': ['iova-unique', 396],
    'shared-mapping-own-sysmmu': ['iova-unique', 487],
    'sysmmu-banks-first-bank': ['iova-unique', 480],
    'first-level-fault-kept': ['no-fault', 207],
    'lazy-unmap-freed-early': ['iova-unique', 286],
    'access-after-unmap-lazy': ['live-translation', 278],
    'block-timeout-given-up': ['iova-unique', 316],
    'runtime-pm-not-reprogrammed': ['no-fault', 458],
    'runtime-pm-unclocked': ['assertion', 339],
    'clock-gated-suspend-not-flushed': ['iova-unique', 351],
    'vb2-userptr-no-maintenance': ['no-lost-write', 183],
    'vb2-m2m-v36': ['fresh-dma-read', 62],
    'vb2-m2m-finished-once': ['fresh-load', 203],
    'vb2-dmabuf-freed-early': ['dma-debug/cpu-touch', 359],
    'stop-timeout-handed-back': ['ownership', 168],
    'stop-timeout-reset-first': ['ownership', 178],
    'stale-slot-kept': ['no-fault', 277],
    'merged-interrupts-one-each': ['frame-intact', 170],
    'capture-suspend-not-waited': ['no-fault', 286],
    'm2m-abort-handed-back': ['frame-intact', 198],
    'm2m-abort-reset-first': ['frame-intact', 198],
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

// No run of these can end, from the first state on: what shows that is the whole graph, not a run.
test.each(['fault-storm-endless', 'capture-suspend-not-queued'])('%s: no end can be reached', (scenario) => {
  const { verdict, violations } = check(subjectOfScenario({ scenario }))
  expect(verdict).toBe('violated')
  expect(violations.map(({ property, length }) => [property, length])).toEqual([['progress', 0]])
})
