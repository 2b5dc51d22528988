/** Differential | the core's compiled chart against its XState actor, at both geometries and with switched features. */

import { describe, expect, it } from 'vitest'
import { defineCpu } from '../../machines/cpu/machine.ts'
import { configs, messagesFor } from '../generators/cpu.ts'
import { type Coverage, compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 1)

/** Decisions that cannot be asked for; each says why in the chart. */
const unreachable = [
  // With an unmasked interrupt pending nothing issues, so no instruction can mask it or sleep.
  '(root): interrupts.on ignored',
  '(root): interrupts.off ignored',
  // Only a running handler raises it, and then the region is in `handling`.
  '(root): handler.left ignored',
  '(root): sleep.begin ignored',
  // Only a sleeping pipeline raises the question that this answers.
  '(root): sleep.end ignored',
  // The choice's own condition says so before.
  'storeBuffer.empty: store.drain stalled',
]

/** What was missed in every run. */
function missedByAll(coverages: readonly Coverage[], pick: (coverage: Coverage) => readonly string[]): string[] {
  const [first, ...others] = coverages.map(pick)
  return (first ?? []).filter((label) => others.every((other) => other.includes(label)))
}

describe(`cpu, compiled against XState (seed ${seed})`, () => {
  const coverages: Coverage[] = []

  for (const [name, config] of Object.entries(configs)) {
    it(`${name}: 40 000 messages agree`, () => {
      const coverage = compareMachine({
        definition: defineCpu(config),
        generate: messagesFor(config),
        messages: 40_000,
        seed,
        contextEvery: 50,
      })
      coverages.push(coverage)
      expect(coverage.reacted).toBeGreaterThan(5_000)
    })
  }

  it('together they take every transition', () => {
    expect(missedByAll(coverages, (coverage) => coverage.transitionsNeverTaken)).toEqual(unreachable)
  })

  it('together they see both outcomes of every guard', () => {
    expect(missedByAll(coverages, (coverage) => coverage.guardsOneSided)).toEqual([])
  })
})
