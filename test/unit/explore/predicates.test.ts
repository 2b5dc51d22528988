/** Tests | predicates on stored states: asked once for each difference, and as the search itself sees them. */

import { describe, expect, test } from 'vitest'
import { searchLevels } from '../../../src/explore/breadth-first.ts'
import type { Predicate } from '../../../src/explore/define-system.ts'
import { finishedPredicate, PredicateTree, statesWhere } from '../../../src/explore/predicates.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { twoPhaseCommit } from '../../models/two-phase-commit.ts'

const partition = new SystemPartition({ spec: diningPhilosophers(4).spec })
const search = searchLevels(partition)

function count(predicate: Predicate): number {
  return statesWhere(search, new PredicateTree(partition, predicate, 'asked')).reduce((sum, mark) => sum + mark, 0)
}

describe('predicates', () => {
  test('hold in as many states as they should', () => {
    const eats =
      (seat: number): Predicate =>
      (state) =>
        state.actor(`philosopher${seat}`).matches('eating')
    // Neighbours do not eat: the two others share what is left of the forks.
    expect([0, 1, 2, 3].map((seat) => count(eats(seat)))).toEqual([9, 9, 9, 9])
    expect(count((state) => eats(0)(state) && eats(2)(state))).toBe(1)
    expect(count((state) => eats(0)(state) && eats(1)(state))).toBe(0)
    expect(count(() => true)).toBe(80)
  })

  test('are asked once for each way in which what they read differs', () => {
    let asked = 0
    const predicate: Predicate = (state) => {
      asked++
      return state.actor('philosopher0').matches('waiting') && state.actor('philosopher1').matches('waiting')
    }
    count(predicate)
    // Four states of the first; of the second only beside a waiting first, who leaves it one of the four fewer.
    expect(asked).toBeLessThanOrEqual(3 + 4)
  })

  test('name the property when they throw', () => {
    expect(() => count((state) => state.actor('nobody').finished)).toThrow('unknown actor "nobody"')
    const broken: Predicate = () => {
      throw new Error('broken')
    }
    expect(() => count(broken)).toThrow('property "asked" threw: Error: broken')
  })

  test('finished is when every program has ended; without programs there is no such predicate', () => {
    expect(count(finishedPredicate(partition) as Predicate)).toBe(1)
    expect(finishedPredicate(new SystemPartition({ spec: twoPhaseCommit(2).spec }))).toBeUndefined()
  })
})
