/** Tests | from the end of a run on: whether the ends of all programs can still be reached, against naive search. */

import { expect, test } from 'vitest'
import { completionAfter } from '../../../src/explore/completion-from.ts'
import { Explorer } from '../../../src/explore/explorer.ts'
import type { StepLabel } from '../../../src/explore/partition.ts'
import { finishedPredicate, PredicateTree } from '../../../src/explore/predicates.ts'
import { after, successorsOf } from '../../../src/explore/runs.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import { loopingSystem } from '../../support/naive-graph.ts'
import { prngFor, seed } from '../../support/seed.ts'

const statesMax = 2000

/** Steps from these values to where `goal` holds; -1: never; undefined: too many states to say. */
function stepsTo(explorer: Explorer, from: Int32Array, goal: (values: Int32Array) => boolean): number | undefined {
  const seen = new Set([from.join()])
  let level = [from]
  for (let depth = 0; level.length > 0; depth++) {
    if (level.some(goal)) return depth
    const next: Int32Array[] = []
    for (const values of level) {
      for (const successor of successorsOf(explorer, values)) {
        const to = after(values, successor)
        if (seen.has(to.join())) continue
        seen.add(to.join())
        next.push(to)
      }
    }
    if (seen.size > statesMax) return undefined
    level = next
  }
  return -1
}

test(`of runs of generated systems (seed ${seed})`, () => {
  const prng = prngFor('completion from')
  const answers = { never: 0, possible: 0 }
  for (let index = 0; index < 120; index++) {
    const spec = loopingSystem(prng)
    const partition = new SystemPartition({ spec })
    const explorer = new Explorer(partition)
    const finished = finishedPredicate(partition)
    if (finished === undefined) continue
    const tree = new PredicateTree(partition, finished, 'end')
    let values: Int32Array = Int32Array.from(partition.initial().values)
    const steps: StepLabel[] = []
    for (let step = prng.below(8); step > 0; step--) {
      const successors = successorsOf(explorer, values)
      if (successors.length === 0) break
      const taken = prng.pick(successors)
      values = after(values, taken)
      steps.push(taken.label)
    }
    const naive = stepsTo(explorer, values, (one) => tree.holds(one))
    if (naive === undefined) continue
    const answer = completionAfter({ spec }, steps, { statesMax })
    const expected = naive < 0 ? { reach: 'never' } : { reach: 'possible', steps: naive }
    expect(answer, `system ${index}`).toMatchObject(expected)
    answers[naive < 0 ? 'never' : 'possible']++
  }
  expect(Math.min(answers.never, answers.possible)).toBeGreaterThan(10)
})

test('beyond a bound, and after an interruption, nothing is known', () => {
  const spec = loopingSystem(prngFor('bounded'))
  const over = () => false
  expect(completionAfter({ spec }, [], { over, statesMax: 2 })).toMatchObject({ reach: 'unknown' })
  const isInterrupted = () => true
  expect(completionAfter({ spec }, [], { over, statesMax, isInterrupted })).toMatchObject({ reach: 'unknown' })
})
