/** Differential | pl310: the compiled chart against XState on generated messages, in both geometries. */

import { describe, expect, test } from 'vitest'
import { definePl310 } from '../../machines/cache-controller/index.ts'
import { board } from '../../machines/geometry.ts'
import { configs, generator } from '../generators/pl310.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

/** Excluded already by the `when` of the spontaneous choice. */
const unreachable = [
  '(root): buffer.drain stalled',
  '(root): way.step stalled',
  'maintenance.sweeping: way.step [canSweep] never false',
  'prefetcher.quiet: line.prefetch [canPrefetch] -> prefetching never false',
  'buffer.draining: buffer.drain [canDrain] never false',
]

describe(`pl310 (seed ${seed})`, () => {
  /** In how many configurations a transition was never taken, or a guard had one outcome only. */
  const missed = new Map<string, number>()

  for (const [name, config] of Object.entries(configs)) {
    test(`${name}: compiled and live agree`, () => {
      const { transitionsNeverTaken, guardsOneSided } = compareMachine({
        definition: definePl310(config),
        generate: generator(config),
        messages: 20_000,
        seed,
        contextEvery: config.geometry === board ? 10_000 : 100,
      })
      for (const each of [...transitionsNeverTaken, ...guardsOneSided]) missed.set(each, (missed.get(each) ?? 0) + 1)
    })
  }

  test('together they take every transition and see both outcomes of every guard', () => {
    const everywhere = [...missed.keys()].filter((each) => missed.get(each) === Object.keys(configs).length)
    expect(everywhere.sort()).toEqual(unreachable.sort())
  })
})
