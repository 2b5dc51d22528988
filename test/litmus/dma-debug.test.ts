/** Litmus | the family dma-debug-*: every interleaving of the right calls holds, and of the wrong ones violates exactly its class. */

import { describe, expect, test } from 'vitest'
import type { DebugClassName } from '../../src/oracle/dma-debug/classes.ts'
import { check } from '../../src/run/check.ts'
import { subjectOfScenario } from '../../src/run/scenario-subject.ts'
import { dmaDebugPairs } from '../../src/scenario/dma-debug.ts'

/** States of the correct form, of the twin, and steps to the report. */
const known: Readonly<Record<DebugClassName, readonly [number, number, number]>> = {}

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
