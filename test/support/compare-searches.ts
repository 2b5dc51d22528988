/** Tests | what a reduced search must not lose: verdicts, and the states in which nothing can go on. */

import { type LevelSearch, searchLevels } from '../../src/explore/breadth-first.ts'
import type { CheckableSystem } from '../../src/explore/define-system.ts'
import type { Observer } from '../../src/explore/observer.ts'
import { successorsOf, valuesOf } from '../../src/explore/runs.ts'
import { SystemPartition } from '../../src/explore/system-partition.ts'

/** What two searches of one system must agree on. */
export interface Verdict {
  readonly found: readonly string[]
  /** States without progress. */
  readonly stops: number
}

export function verdictOf(search: LevelSearch): Verdict {
  let stops = 0
  for (let state = 0; state < search.states; state++) {
    const successors = successorsOf(search.explorer, valuesOf(search.explorer, state))
    if (!successors.some(({ progress }) => progress)) stops++
  }
  return { found: [...search.found.keys()].sort(), stops }
}

export function partitionOf(
  { spec, properties }: CheckableSystem,
  observers: readonly Observer[] = [],
): SystemPartition {
  return new SystemPartition({ spec, properties, observers })
}

/** The full search; undefined if there are more states than that. */
export function searchFully(partition: SystemPartition, statesMax: number): LevelSearch | undefined {
  const search = searchLevels(partition, { statesMax })
  return search.end === 'exhausted' ? search : undefined
}
