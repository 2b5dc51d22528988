/** Unit | preemption bounding: against a naive count over all runs, and against the whole state space. */

import { expect, test } from 'vitest'
import { searchLevels } from '../../../src/explore/breadth-first.ts'
import { always, type CheckableSystem } from '../../../src/explore/define-system.ts'
import { Explorer } from '../../../src/explore/explorer.ts'
import { preemptionBounded } from '../../../src/explore/preemption-bounded.ts'
import { after, successorsOf } from '../../../src/explore/runs.ts'
import { unitsOf } from '../../../src/explore/units.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { dmaRing } from '../../models/dma-ring.ts'
import { sysmmuTable } from '../../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../../models/two-phase-commit.ts'
import { partitionOf, programs, searchWith } from '../../support/searches.ts'

/** By state: the fewest preemptions of a run to it. Bellman and Ford's way: until nothing gets better. */
function fewestPreemptions(system: CheckableSystem): number[] {
  const partition = partitionOf(system)
  const explorer = new Explorer(partition)
  const { of } = unitsOf(partition)
  const least = new Map<string, number>()
  const initial = Int32Array.from(partition.initial().values)
  let open: { values: Int32Array; unit: number; cost: number }[] = [{ values: initial, unit: -1, cost: 0 }]
  const fewest = new Map<string, number>([[initial.join(), 0]])
  while (open.length > 0) {
    const next: typeof open = []
    for (const { values, unit, cost } of open) {
      const steps = partition.groups.flatMap(({ kind }, group) => {
        if (kind !== 'step') return []
        const { successors } = explorer.expansion(group, values)
        return successors.filter(({ writes }) => writes.length > 0).map((step) => ({ step, unit: of[group] as number }))
      })
      const goesOn = steps.some((step) => step.unit === unit)
      for (const { step, unit: other } of steps) {
        const more = cost + (goesOn && other !== unit ? 1 : 0)
        const to = after(values, step)
        const key = `${to.join()} by ${other}`
        if (more >= (least.get(key) ?? Number.POSITIVE_INFINITY)) continue
        least.set(key, more)
        fewest.set(to.join(), Math.min(more, fewest.get(to.join()) ?? more))
        next.push({ values: to, unit: other, cost: more })
      }
    }
    open = next
  }
  expect(successorsOf(explorer, initial).length).toBeGreaterThan(0)
  return [...fewest.values()]
}

test.each([
  twoPhaseCommit(2),
  diningPhilosophers(3),
  dmaRing(1, 'doneearly'),
  dmaRing(2, 'right'),
  sysmmuTable(2, 2, 'noflush'),
  programs([3, 3, 2], {}),
])('$id: at each bound as many states as the naive search', (system) => {
  const fewest = fewestPreemptions(system)
  const most = fewest.reduce((a, b) => Math.max(a, b), 0)
  for (let bound = 0; bound <= most + 1; bound++) {
    const result = searchWith(preemptionBounded, system, { preemptionsMax: bound })
    expect(result.states, `${bound} preemptions`).toBe(fewest.filter((count) => count <= bound).length)
    if (bound < most) expect(result.end).toBe('preemptions')
  }
})

test.each([twoPhaseCommit(4), diningPhilosophers(5), dmaRing(2), dmaRing(2, 'noclean'), sysmmuTable(2, 3)])(
  '$id: a large bound is the whole state space',
  (system) => {
    const { states, transitions, found } = searchLevels(partitionOf(system))
    const result = searchWith(preemptionBounded, system, { preemptionsMax: 1000 })
    expect(result).toMatchObject({ end: 'exhausted', isExhaustive: true, states, transitions })
    expect([...result.found.keys()].sort()).toEqual([...found.keys()].sort())
  },
)

test('finds what needs one preemption with one, and not with none', () => {
  // Each stands between two of its steps.
  const between = always((state) => !(state.actor('p0').matches('at2') && state.actor('p1').matches('at2')))
  const system = programs([4, 3], { between })
  const none = searchWith(preemptionBounded, system, { preemptionsMax: 0 })
  expect(none.found.has('between')).toBe(false)
  expect(none.notes).toEqual(['bounded: all runs with at most 0 preemptions'])
  const result = searchWith(preemptionBounded, system, { preemptionsMax: 1 })
  expect(result.found.get('between')?.steps).toHaveLength(4)
  expect(result.notes).toEqual(['all states can be reached with at most 1 preemption'])
})
