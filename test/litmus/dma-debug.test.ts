/** Litmus | the family dma-debug-*: every interleaving of the right calls holds, and of the wrong ones violates exactly its class. */

import { describe, expect, test } from 'vitest'
import type { DebugClassName } from '../../src/oracle/dma-debug/classes.ts'
import { check } from '../../src/run/check.ts'
import { subjectOfScenario } from '../../src/run/scenario-subject.ts'
import { dmaDebugPairs } from '../../src/scenario/dma-debug.ts'

/** States of the correct form, of the twin, and steps to the report. */
const known: Readonly<Record<DebugClassName, readonly [number, number, number]>> = {
  'unmap-invalid-address': [29, 29, 19],
  'unmap-not-allocated': [304, 306, 162],
  'unmap-size': [29, 29, 19],
  'unmap-function': [29, 29, 19],
  'unmap-cpu-address': [92, 92, 31],
  'unmap-sg-count': [4, 4, 2],
  'unmap-direction': [50, 29, 19],
  'unmap-unchecked': [29, 27, 17],
  'sync-not-allocated': [326, 306, 162],
  'sync-outside': [36, 43, 28],
  'sync-direction': [50, 50, 32],
  'sync-read-only': [29, 50, 32],
  'sync-write-only': [71, 71, 32],
  'sync-sg-count': [4, 4, 2],
  'map-stack': [22, 22, 13],
  'map-text': [22, 22, 13],
  'map-invalid-area': [9, 9, 2],
  'map-vmalloc': [11, 11, 3],
  'map-sg-length': [4, 4, 2],
  'map-sg-boundary': [4, 4, 2],
  'map-overlap': [40, 76, 26],
  'map-overlap-count': [44, 49, 45],
  'cpu-touch': [50, 29, 19],
  'alloc-too-big': [94, 340, 1],
  'device-pending': [30, 29, 19],
  'entries-exhausted': [68, 68, 26],
  'lines-exhausted': [68, 68, 26],
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
