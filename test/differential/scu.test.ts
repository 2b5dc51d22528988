/** Differential | scu: the compiled chart against XState on generated messages, in both geometries. */

import { describe, expect, test } from 'vitest'
import { defineScu } from '../../machines/cache-controller/index.ts'
import { configs, generator } from '../generators/scu.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

describe(`scu (seed ${seed})`, () => {
  /** In how many configurations a transition was never taken, or a guard had one outcome only. */
  const missed = new Map<string, number>()

  for (const [name, config] of Object.entries(configs)) {
    test(`${name}: compiled and live agree`, () => {
      const { transitionsNeverTaken, guardsOneSided } = compareMachine({
        definition: defineScu(config),
        generate: generator(config),
        messages: 30_000,
        seed,
        contextEvery: 100,
      })
      for (const each of [...transitionsNeverTaken, ...guardsOneSided]) missed.set(each, (missed.get(each) ?? 0) + 1)
    })
  }

  test('together they take every transition and see both outcomes of every guard', () => {
    const everywhere = [...missed.keys()].filter((each) => missed.get(each) === Object.keys(configs).length)
    expect(everywhere.sort()).toEqual([])
  })
})
