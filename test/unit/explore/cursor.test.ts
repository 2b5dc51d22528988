/** Unit | the cursor: after every step, exactly what a look at the whole state finds enabled. */

import { expect, test } from 'vitest'
import { Cursor } from '../../../src/explore/cursor.ts'
import { Explorer } from '../../../src/explore/explorer.ts'
import { successorsOf } from '../../../src/explore/runs.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { dmaRing } from '../../models/dma-ring.ts'
import { sysmmuTable } from '../../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../../models/two-phase-commit.ts'
import { partitionOf } from '../../support/searches.ts'
import { prngFor, seed } from '../../support/seed.ts'

test.each([twoPhaseCommit(3), diningPhilosophers(4), dmaRing(2, 'doneearly'), sysmmuTable(2, 3, 'lazyflush')])(
  `$id, seed ${seed}`,
  (system) => {
    const prng = prngFor(`cursor ${system.id}`)
    const partition = partitionOf(system)
    const explorer = new Explorer(partition)
    const cursor = new Cursor(explorer)
    const { moves, units } = cursor
    const unpacked = new Int32Array(partition.components.length)
    cursor.goTo(partition.initial().values)
    for (let step = 0; step < 400; step++) {
      const successors = successorsOf(explorer, cursor.values)
      const enabled = Array.from({ length: cursor.enabled }, (_, k) => moves.labels[cursor.pick(k)])
      expect(enabled).toEqual(successors.map(({ label }) => label))
      const changing = successors.filter(({ writes }) => writes.length > 0).map(({ label }) => JSON.stringify(label))
      const byUnit = units.names.flatMap((_, unit) => {
        const count = cursor.changingOf[unit] as number
        return Array.from({ length: count }, (_, k) => JSON.stringify(moves.labels[cursor.pickOf(unit, k)]))
      })
      expect(byUnit.sort()).toEqual(changing.sort())
      explorer.layout.unpack(cursor.packed, 0, unpacked)
      expect(unpacked).toEqual(cursor.values)
      if (cursor.enabled === 0) cursor.goTo(partition.initial().values)
      else cursor.take(cursor.pick(prng.below(cursor.enabled)))
    }
  },
)

test('units are actors, channels and single `may` choices', () => {
  const { units } = new Cursor(new Explorer(partitionOf(twoPhaseCommit(1))))
  expect(units.names).toEqual(['rm0.vote>tm.rm0', 'tm', 'tm.rm0>rm0.decision', 'rm0', 'chooseToAbort of rm0'])
  expect(units.isOptional).toEqual([false, false, false, false, true])
})
