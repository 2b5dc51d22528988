/** Tests | placed runs of random small systems: whatever the groups, they are the run in one thread. */

import { describe, expect, it } from 'vitest'
import { Prng } from '../../src/base/prng.ts'
import { islandsOf } from '../../src/kernel/islands.ts'
import type { TimedOptions } from '../../src/kernel/timed.ts'
import { inline, placed } from '../support/placed.ts'
import { randomSystem } from '../support/random-system.ts'
import { seed } from '../support/seed.ts'

const systems = 1500
const systemOf = (n: number) =>
  randomSystem(new Prng(seed * 90_001 + n, 'placed'), {
    orders: ['fifo', 'fifo', 'per-id', 'unordered', 'set'],
    apart: 3,
  })
const policies = ['random', 'adversarial', 'mixed', 'off'] as const
const timedOf = (n: number): TimedOptions => ({
  seed: n,
  may: policies[n % 4] as TimedOptions['may'],
  mayPeriodCycles: 1 + (n % 9),
  mustJitterCycles: n % 3,
  ...(n % 5 === 0 ? { lateness: { go: { oneIn: 2, cyclesMax: 9 } } } : {}),
})

describe(`placed runs of ${systems} random systems (seed ${seed})`, () => {
  // Goal: order, random numbers, room, chances and the end depend on nothing but the system and the seed. Method: every
  // system with every island on its own, and with islands dealt to groups at random; with and without a bound on time.
  it('are the runs in one thread', () => {
    let placements = 0
    let bounded = 0
    for (let n = 0; n < systems; n++) {
      const build = () => systemOf(n)
      const islands = 1 + Math.max(...islandsOf(build()))
      if (islands === 1) continue
      const prng = new Prng(n, 'groups')
      const dealt = Array.from({ length: islands }, () => prng.below(islands))
      const used = [...new Set(dealt)].sort((a, b) => a - b)
      const groupings = [
        Array.from({ length: islands }, (_, island) => island),
        dealt.map((group) => used.indexOf(group)),
      ]
      for (const bounds of [{}, { cyclesMax: 20 }]) {
        const expected = inline(build(), timedOf(n), bounds)
        if (expected.end === 'cycles') bounded++
        for (const groupOf of groupings) {
          expect([n, groupOf, placed(build, timedOf(n), groupOf, bounds)]).toEqual([n, groupOf, expected])
          placements++
        }
      }
    }
    expect(placements).toBeGreaterThan(1000)
    expect(bounded).toBeGreaterThan(100)
  })
})
