/** Differential | l1: the compiled chart against XState on generated messages, in both geometries. */

import { describe, expect, test } from 'vitest'
import { defineL1 } from '../../machines/cache-controller/index.ts'
import { board } from '../../machines/geometry.ts'
import { configs, generator } from '../generators/l1.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

/** Excluded already by the `when` of the spontaneous choice, and the step that would raise `victim.waits` a second time stalls. */
const unreachable = [
  '(root): victim.waits ignored',
  'speculator.quiet: line.speculate [cannotSpeculate] stalled',
  'speculator.quiet: line.speculate [cannotSpeculate] stalled never true',
  'evictor.empty: line.evict [slotIsDirty] -> evicting never false',
]

describe(`l1 (seed ${seed})`, () => {
  /** In how many configurations a transition was never taken, or a guard had one outcome only. */
  const missed = new Map<string, number>()

  for (const [name, config] of Object.entries(configs)) {
    test(`${name}: compiled and live agree`, () => {
      const { transitionsNeverTaken, guardsOneSided } = compareMachine({
        definition: defineL1(config),
        generate: generator(config),
        messages: 30_000,
        seed,
        contextEvery: config.geometry === board ? 5000 : 100,
      })
      for (const each of [...transitionsNeverTaken, ...guardsOneSided]) missed.set(each, (missed.get(each) ?? 0) + 1)
    })
  }

  test('together they take every transition and see both outcomes of every guard', () => {
    const everywhere = [...missed.keys()].filter((each) => missed.get(each) === Object.keys(configs).length)
    expect(everywhere.sort()).toEqual(unreachable.sort())
  })
})
