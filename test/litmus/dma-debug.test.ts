/** Litmus | the family dma-debug-*: every interleaving of the right calls holds, and of the wrong ones violates exactly its class. */

import { describe, expect, test } from 'vitest'
import type { DebugClassName } from '../../src/oracle/dma-debug/classes.ts'
import { check } from '../../src/run/check.ts'
import { subjectOfScenario } from '../../src/run/scenario-subject.ts'
import { dmaDebugPairs } from '../../src/scenario/dma-debug.ts'

/** States of the correct form, of the twin, and steps to the report. */
const known: Readonly<Record<DebugClassName, readonly [number, number, number]>> = {
  'unmap-invalid-address': [28, 28, 18],
  'unmap-not-allocated': [304, 306, 162],
  'unmap-size': [28, 28, 18],
  'unmap-function': [28, 28, 18],
  'unmap-cpu-address': [91, 91, 30],
  'unmap-sg-count': [4, 4, 2],
  'unmap-direction': [49, 28, 18],
  'unmap-unchecked': [28, 26, 16],
  'sync-not-allocated': [326, 306, 162],
  'sync-outside': [35, 42, 27],
  'sync-direction': [49, 49, 31],
  'sync-read-only': [28, 49, 31],
  'sync-write-only': [70, 70, 31],
  'sync-sg-count': [4, 4, 2],
  'map-stack': [21, 21, 12],
  'map-text': [21, 21, 12],
  'map-invalid-area': [8, 7, 2],
  'map-vmalloc': [10, 10, 3],
  'map-sg-length': [4, 4, 2],
  'map-sg-boundary': [4, 4, 2],
  'map-overlap': [38, 74, 24],
  'map-overlap-count': [36, 40, 36],
  'cpu-touch': [49, 28, 18],
  'alloc-too-big': [93, 339, 1],
  'device-pending': [29, 28, 18],
  'entries-exhausted': [66, 66, 24],
  'lines-exhausted': [66, 66, 24],
}

describe.each(Object.keys(dmaDebugPairs) as DebugClassName[])('%s', (name) => {
  const { correct, twin } = dmaDebugPairs[name]
  const [statesOfCorrect, statesOfTwin, length] = known[name] ?? []

  test('the right calls hold', () => {
    const verdict = check(subjectOfScenario({ scenario: correct.id }))
    expect(verdict).toMatchObject({ verdict: 'holds', isExhaustive: true, violations: [], states: statesOfCorrect })
  })

  test('the wrong ones are this class and nothing else', () => {
    const verdict = check(subjectOfScenario({ scenario: twin.id }))
    expect(verdict).toMatchObject({ verdict: 'violated', states: statesOfTwin })
    expect(verdict.violations.map(({ property, length: steps }) => [property, steps])).toEqual([
      [`dma-debug/${name}`, length],
    ])
    expect(twin.violates).toEqual([`dma-debug/${name}`])
  })
})
