/** Differential | the explorer against the naive one: same states, transitions, depth and shortest runs, on any system. */

import { describe, expect, test } from 'vitest'
import { Prng } from '../../src/base/prng.ts'
import { searchLevels } from '../../src/explore/breadth-first.ts'
import { type CheckableSystem, never } from '../../src/explore/define-system.ts'
import { searchReduced } from '../../src/explore/reduced.ts'
import { SystemPartition } from '../../src/explore/system-partition.ts'
import { exploreNaively } from '../support/naive-explorer.ts'
import { randomSystem } from '../support/random-system.ts'
import { seed } from '../support/seed.ts'

const systems = 60
const statesMax = 3_000

function randomCheckable(number: number): CheckableSystem {
  const prng = new Prng(seed, `explore ${number}`)
  return {
    id: `random-${number}`,
    description: '',
    spec: randomSystem(prng, { orders: ['fifo', 'per-id', 'per-source', 'unordered', 'set'] }),
    properties: {
      calm: never('seen', (event) => (event as unknown as { state: number }).state === 2),
    },
    symmetries: [],
    valueSymmetries: [],
  }
}

function factsOf(result: ReturnType<typeof searchLevels>) {
  const found = Object.fromEntries([...result.found.values()].map(({ property, depth }) => [property, depth]))
  return { end: result.end, states: result.states, transitions: result.transitions, depth: result.depth, found }
}

describe(`generated systems (seed ${seed})`, () => {
  test(`${systems} of them, whole or as far as ${statesMax} states`, () => {
    let compared = 0
    let violated = 0
    for (let number = 0; number < systems; number++) {
      const checkable = randomCheckable(number)
      const partition = new SystemPartition(checkable)
      const result = searchLevels(partition, { statesMax })
      if (result.end !== 'exhausted') continue
      const naive = exploreNaively(checkable, { statesMax: 2 * statesMax })
      const { states, transitions, depth, found } = naive
      expect(factsOf(result), checkable.id).toEqual({ end: 'exhausted', states, transitions, depth, found })
      expect(factsOf(searchReduced(new SystemPartition(checkable), {})), checkable.id).toEqual(factsOf(result))
      compared++
      if ('calm' in found) violated++
    }
    // Both kinds must have been there, or this has tested little.
    expect(compared).toBeGreaterThan(systems / 4)
    expect(violated).toBeGreaterThan(5)
  })
})
