/** Differential | the explorer against the naive one: same states, transitions, depth and shortest runs, on any system. */

import { describe, expect, test } from 'vitest'
import { Prng } from '../../src/base/prng.ts'
import { searchLevels } from '../../src/explore/breadth-first.ts'
import { type CheckableSystem, never } from '../../src/explore/define-system.ts'
import { searchReduced } from '../../src/explore/reduced.ts'
import { SystemPartition } from '../../src/explore/system-partition.ts'
import { dmaRing, ringVariants } from '../models/dma-ring.ts'
import { leaderElection } from '../models/leader-election.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'
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

/** By state: the one that it was come upon from. What is left out of a search must not change that. */
function parentsOf({ explorer, states }: ReturnType<typeof searchLevels>): number[] {
  return [...explorer.visited.parents.subarray(0, states)]
}

// The search that follows every step of every state is slow and simple.
const models: readonly (readonly [string, () => CheckableSystem])[] = [
  ['two-phase commit, 5 managers', () => twoPhaseCommit(5)],
  ['leader election, 4 nodes', () => leaderElection(4)],
  ...ringVariants.map((variant) => [`DMA ring, 2 buffers, ${variant}`, () => dmaRing(2, variant)] as const),
  ['DMA ring, 3 buffers', () => dmaRing(3)],
]
describe('states have the numbers and the parents of a search that follows every step', () => {
  test.each(models)('%s', { timeout: 60_000 }, (_name, model) => {
    const { spec, properties } = model()
    const result = searchLevels(new SystemPartition({ spec, properties }))
    const plain = searchReduced(new SystemPartition({ spec, properties }), {})
    expect(factsOf(result)).toEqual(factsOf(plain))
    expect(parentsOf(result)).toEqual(parentsOf(plain))
  })
})

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
      const plain = searchReduced(new SystemPartition(checkable), {})
      expect(factsOf(plain), checkable.id).toEqual(factsOf(result))
      expect(parentsOf(result), checkable.id).toEqual(parentsOf(plain))
      compared++
      if ('calm' in found) violated++
    }
    // Both kinds must have been there, or this has tested little.
    expect(compared).toBeGreaterThan(systems / 4)
    expect(violated).toBeGreaterThan(5)
  })
})
