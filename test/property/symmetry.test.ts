/**
 * Symmetry on generated systems. Goal: one state for each orbit, and the same shortest violations. Method: random systems
 * of members around a hub, with indexes in every role; all states of the full search are sorted into orbits by trying all
 * permutations in the plainest way.
 */

import { expect, test } from 'vitest'
import { breadthFirst, searchLevels } from '../../src/explore/breadth-first.ts'
import { valuesOf } from '../../src/explore/runs.ts'
import { SystemPartition } from '../../src/explore/system-partition.ts'
import { followRun } from '../support/follow-run.ts'
import { prngFor, seed } from '../support/seed.ts'
import { orbitText, symmetricSystem } from '../support/symmetric-system.ts'

const statesMax = 6000

test.each(Array.from({ length: 30 }, (_, index) => index))(
  `one state for each orbit, system %i (seed ${seed})`,
  (index) => {
    const generated = symmetricSystem(prngFor(`symmetric system ${index}`))
    const { system } = generated
    const make = () => new SystemPartition({ spec: system.spec, properties: system.properties })
    const partition = make()
    const full = searchLevels(partition, { statesMax })
    // Too large to try all permutations of all of its states.
    if (full.end !== 'exhausted') return
    const orbits = new Set<string>()
    for (let state = 0; state < full.states; state++) {
      orbits.add(orbitText(generated, partition, valuesOf(full.explorer, state)))
    }
    const { symmetries, valueSymmetries } = system
    const reduced = breadthFirst.search(make(), { reductions: ['symmetry'], symmetries, valueSymmetries })
    expect(reduced.states).toBe(orbits.size)
    expect([...reduced.found.keys()].sort()).toEqual([...full.found.keys()].sort())
    for (const [name, { steps }] of reduced.found) {
      expect(steps.length).toBe(full.found.get(name)?.depth)
      expect(followRun(make(), steps).says).toContain(name)
    }
  },
)
