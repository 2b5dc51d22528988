/**
 * Differential | partial-order reduction against the full search. Goal: no verdict and no stop is lost. Method: reference
 * models; random systems; the definition of stubborn sets, checked on whole graphs; reductions broken on purpose.
 */

import { describe, expect, test } from 'vitest'
import { Prng } from '../../src/base/prng.ts'
import { searchLevels } from '../../src/explore/breadth-first.ts'
import type { CheckableSystem } from '../../src/explore/define-system.ts'
import { Explorer } from '../../src/explore/explorer.ts'
import { Futures } from '../../src/explore/futures.ts'
import { strategies } from '../../src/explore/index.ts'
import type { Observer } from '../../src/explore/observer.ts'
import { PartialOrder, searchInOrder, searchPartialOrder } from '../../src/explore/partial-order.ts'
import type { Expansion } from '../../src/explore/partition.ts'
import type { SystemPartition } from '../../src/explore/system-partition.ts'
import { diningPhilosophers } from '../models/dining-philosophers.ts'
import { dmaRing, ringVariants } from '../models/dma-ring.ts'
import { german } from '../models/german.ts'
import { leaderElection } from '../models/leader-election.ts'
import { sharedMemory } from '../models/shared-memory.ts'
import { sysmmuTable, sysmmuVariants } from '../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'
import { type Chosen, faultsOf, partitionOf, searchFully, verdictOf } from '../support/compare-searches.ts'
import { type GeneratedOptions, generateSystem, orderObserver } from '../support/generated-system.ts'
import { seed } from '../support/seed.ts'

describe('reference models', () => {
  test.each([
    { system: leaderElection(3, 2), states: 395, reduced: 61 },
    { system: leaderElection(5), states: 15779, reduced: 97 },
    { system: twoPhaseCommit(3), states: 288, reduced: 288 },
    { system: diningPhilosophers(5), states: 242, reduced: 242 },
    { system: diningPhilosophers(5, 'lefty'), states: 243, reduced: 243 },
    { system: sharedMemory(2, 2), states: 802, reduced: 191 },
    { system: sharedMemory(2, 2, 'on'), states: 26384, reduced: 2883 },
    { system: sharedMemory(3, 2), states: 23572, reduced: 1312 },
  ])('$system.id: $states states, reduced to $reduced', ({ system, states, reduced }) => {
    const [full, less] = [searchLevels(partitionOf(system)), searchPartialOrder(partitionOf(system))]
    expect([full.states, less.states]).toEqual([states, reduced])
    expect(verdictOf(less)).toEqual(verdictOf(full))
  })

  test.each([
    ...ringVariants.map((variant) => dmaRing(2, variant)),
    ...sysmmuVariants.map((variant) => sysmmuTable(2, 2, variant)),
  ])('$id: the verdict stays', (system) => {
    const [full, less] = [searchLevels(partitionOf(system)), searchPartialOrder(partitionOf(system))]
    expect(less.states).toBeLessThanOrEqual(full.states)
    expect(verdictOf(less)).toEqual(verdictOf(full))
  })

  test('dining philosophers without a property to look at', () => {
    const bare = (system: CheckableSystem) => partitionOf({ ...system, properties: {} })
    const lefty = diningPhilosophers(8, 'lefty')
    expect([searchLevels(bare(lefty)).states, searchPartialOrder(bare(lefty)).states]).toEqual([6561, 925])
  })

  test.each([
    { count: 2, states: 1344, reduced: 951, rounds: 1 },
    { count: 3, states: 25110, reduced: 14580, rounds: 1 },
  ])(
    'German’s protocol with $count clients is searched $rounds time, not again and again',
    ({ count, states, reduced, rounds }) => {
      const system = german(count)
      const [full, less] = [searchLevels(partitionOf(system)), searchPartialOrder(partitionOf(system))]
      expect([full.states, less.states, less.rounds]).toEqual([states, reduced, rounds])
      // Without scouting it comes to the same, later.
      const slow = unscouted(partitionOf(system))
      expect(slow.states).toBe(reduced)
      expect(slow.rounds).toBeGreaterThan(rounds)
      expect(verdictOf(less)).toEqual(verdictOf(full))
    },
  )

  test('runs of the strategy replay', () => {
    const system = dmaRing(2, 'noinval')
    const result = strategies.bfs.search(partitionOf(system), { reductions: ['por'] })
    const run = result.found.get('S2')
    expect(result.end).toBe('exhausted')
    expect(run?.isShortest).toBe(false)
    expect(run?.steps.length).toBeGreaterThanOrEqual(8)
  })
})

interface Generated {
  readonly number: number
  readonly system: CheckableSystem
  readonly observers: readonly Observer[]
}

/** One in three has nothing but `never`, because predicates see much and leave little to reduce; one in two an observer. */
function generated(number: number, options: GeneratedOptions = {}): Generated {
  const system = generateSystem(new Prng(seed * 1_000_000 + number, 'partial order'), `generated-${number}`, options)
  const { never } = system.properties
  const properties = number % 3 === 0 && never ? { never } : system.properties
  return { number, system: { ...system, properties }, observers: number % 2 === 0 ? [] : [orderObserver()] }
}

const statesMax = 1500

/** The search that begins with nothing learned: what it relies on turns out wrong more often. */
function unscouted(partition: SystemPartition): ReturnType<typeof searchPartialOrder> {
  return searchInOrder(partition, new PartialOrder(partition, new Futures(partition)), {}, undefined)
}

/** The number of the first system on which another search comes to another verdict. */
function firstDifference(
  from: number,
  to: number,
  search: (partition: SystemPartition) => ReturnType<typeof searchPartialOrder>,
  options: GeneratedOptions = {},
): { readonly at: number | undefined; readonly full: number; readonly reduced: number } {
  let [full, reduced] = [0, 0]
  for (let number = from; number < to; number++) {
    const { system, observers } = generated(number, options)
    const all = searchFully(partitionOf(system, observers), statesMax)
    if (!all) continue
    const less = search(partitionOf(system, observers))
    full += all.states
    reduced += less.states
    const [one, other] = [verdictOf(all), verdictOf(less)]
    if (JSON.stringify(one) !== JSON.stringify(other)) return { at: number, full, reduced }
  }
  return { at: undefined, full, reduced }
}

describe(`generated systems, seed ${seed}`, () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7])('the verdict stays, part %i', (part) => {
    const result = firstDifference(part * 250, (part + 1) * 250, (partition) => searchPartialOrder(partition))
    expect(result.at).toBeUndefined()
    expect(result.reduced).toBeLessThan(0.9 * result.full)
  })

  test.each([0, 1, 2])('the verdict stays without scouting, part %i', (part) => {
    const result = firstDifference(part * 250, (part + 1) * 250, unscouted)
    expect(result.at).toBeUndefined()
    expect(result.reduced).toBeLessThan(0.9 * result.full)
  })

  test.each([0, 1, 2])('the verdict stays where participants of a rendezvous are asked first, part %i', (part) => {
    const options = { companions: 'some', orders: ['rendezvous', 'fifo'] } as const
    const search = part === 2 ? unscouted : (partition: SystemPartition) => searchPartialOrder(partition)
    const result = firstDifference(part * 250, (part + 1) * 250, search, options)
    expect(result.at).toBeUndefined()
    expect(result.reduced).toBeLessThan(0.95 * result.full)
  })

  test('what is chosen is stubborn', () => {
    let chosenSets = 0
    for (let number = 0; number < 60; number++) {
      const { system, observers } = generated(number)
      const chosen: Chosen[] = []
      const partition = partitionOf(system, observers)
      if (!searchFully(partition, 300)) continue
      const order = new PartialOrder(partition, new Futures(partition))
      const watched: Pick<PartialOrder, 'begin' | 'isWrong' | 'choose'> = {
        begin: () => {
          order.begin()
          chosen.length = 0
        },
        get isWrong() {
          return order.isWrong
        },
        choose: (values, enabled, place, explorer) => {
          const indexes = order.choose(values, enabled, place, explorer)
          const groups = new Set(indexes.map((index) => enabled[index]?.group as number))
          if (indexes.length < enabled.length) chosen.push({ values: values.slice(), groups })
          return indexes
        },
      }
      searchInOrder(partition, watched, {}, undefined)
      const explorer = new Explorer(partition)
      chosenSets += chosen.length
      expect(chosen.flatMap((one) => faultsOf(explorer, one))).toEqual([])
    }
    expect(chosenSets).toBeGreaterThan(500)
  })
})

/** Does not know that a step looks at other actors than its own. */
class Shortsighted extends Futures {
  private readonly isChannel: (component: number) => boolean

  constructor(partition: SystemPartition) {
    super(partition)
    this.isChannel = (component) => partition.channelAt(component) !== undefined
  }

  override learn(group: number, reads: readonly number[], values: Int32Array, { successors, fires }: Expansion): void {
    const known = (component: number) => this.isChannel(component) || component === this.home[group]
    const seen = successors.map((successor) => ({
      ...successor,
      writes: successor.writes.filter(({ component }) => known(component)),
    }))
    super.learn(group, reads.filter(known), values, { successors: seen, fires })
  }
}

/** Believes that no message still to come would be taken. */
class Overconfident extends Futures {
  override isDeaf(): boolean {
    return true
  }
}

describe(`broken on purpose, seed ${seed}`, () => {
  const choosing = (order: PartialOrder) => order.choose.bind(order)
  const broken: Record<string, (partition: SystemPartition) => Pick<PartialOrder, 'begin' | 'isWrong' | 'choose'>> = {
    'other actors are forgotten': (partition) => new PartialOrder(partition, new Shortsighted(partition)),
    'messages to come are forgotten': (partition) => new PartialOrder(partition, new Overconfident(partition)),
    'what turns out wrong is not searched again': (partition) => {
      const order = new PartialOrder(partition, new Futures(partition))
      return { begin: () => order.begin(), isWrong: false, choose: choosing(order) }
    },
    'steps are put off for ever': (partition) => {
      const order = new PartialOrder(partition, new Futures(partition))
      const choose = choosing(order)
      return {
        begin: () => order.begin(),
        get isWrong() {
          return order.isWrong
        },
        choose: (values, enabled, place, explorer) => choose(values, enabled, { ...place, find: () => -1 }, explorer),
      }
    },
  }
  test.each(Object.keys(broken))('%s: noticed', (name) => {
    const make = broken[name] as (typeof broken)[string]
    const { at } = firstDifference(0, 2000, (partition) => searchInOrder(partition, make(partition), {}, undefined))
    expect(at).toBeDefined()
  })
})
