/** Tests | properties of the whole graph together: what is decided, what is found, and what is said when there is no graph. */

import { describe, expect, test } from 'vitest'
import { searchLevels } from '../../../src/explore/breadth-first.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import { decideOnGraph, type WholeGraphOptions } from '../../../src/explore/whole-graph.ts'
import { dmaRing } from '../../models/dma-ring.ts'
import { twoPhaseCommit } from '../../models/two-phase-commit.ts'

function decide({ spec, properties }: ReturnType<typeof dmaRing>, options?: WholeGraphOptions, statesMax?: number) {
  const partition = new SystemPartition({ spec, properties })
  const search = searchLevels(partition, statesMax === undefined ? {} : { statesMax })
  const { found, ...rest } = decideOnGraph(partition, search, properties, options)
  return { found: [...found.keys()], ...rest }
}

describe('deciding on the whole graph', () => {
  test('leadsTo and completion', () => {
    expect(decide(dmaRing(1))).toEqual({ found: [], held: ['L1', 'completion'], undecided: [], notes: [] })
  })

  test('without fairness, and without completion', () => {
    expect(decide(dmaRing(1), { fairness: 'none', completion: 'skip' })).toEqual({
      found: ['L1'],
      held: [],
      undecided: [],
      notes: [],
    })
  })

  test('nothing is said where the search is not exhausted', () => {
    expect(decide(dmaRing(2), {}, 100)).toEqual({
      found: [],
      held: [],
      undecided: ['L1', 'completion'],
      notes: ['no state graph: the search ended before all states were known (states)'],
    })
  })

  test('no graph is made where nobody asks', () => {
    expect(decide(twoPhaseCommit(2), { bytesMax: 0 })).toEqual({ found: [], held: [], undecided: [], notes: [] })
  })
})
