/** Tests | what a reduced search must not lose: verdicts, and the states in which nothing can go on. */

import { canonical } from '../../src/base/canonical.ts'
import { type LevelSearch, searchLevels } from '../../src/explore/breadth-first.ts'
import type { CheckableSystem } from '../../src/explore/define-system.ts'
import type { Explorer } from '../../src/explore/explorer.ts'
import type { Observer } from '../../src/explore/observer.ts'
import { after, equal, successorsOf, valuesOf } from '../../src/explore/runs.ts'
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

/** A step in the whole graph. */
interface Move {
  readonly group: number
  readonly label: string
  readonly next: Int32Array
}

/** A stubborn set that was chosen: the state and the groups gone on with, when others were enabled too. */
export interface Chosen {
  readonly values: Int32Array
  readonly groups: ReadonlySet<number>
}

/**
 * Looks at every run of steps outside the chosen groups: each chosen step must stay possible all along it, no other step
 * of the chosen groups may become possible, and each step outside must commute with each chosen one. What is wrong, in words.
 */
export function faultsOf(explorer: Explorer, { values, groups }: Chosen): string[] {
  const moves = (from: Int32Array): Move[] =>
    explorer.partition.groups.flatMap(({ kind }, group) => {
      const { successors } = kind === 'step' ? explorer.expansion(group, from) : { successors: [] }
      return successors.map((successor) => ({ group, label: canonical(successor.label), next: after(from, successor) }))
    })
  const taken = (from: Int32Array, label: string) => moves(from).find((move) => move.label === label)?.next
  const isIn = ({ group }: Move) => groups.has(group)
  const wanted = moves(values).filter(isIn)
  const texts = (list: readonly Move[]) => canonical([...new Set(list.map(({ label }) => label))].sort())
  const seen = new Set([values.join()])
  const pending = [values]
  const faults: string[] = []
  for (let from = pending.pop(); from !== undefined; from = pending.pop()) {
    const present = moves(from)
    if (texts(present.filter(isIn)) !== texts(wanted)) faults.push(`${texts(wanted)} does not stay what is possible`)
    for (const outside of present) {
      if (isIn(outside)) continue
      for (const { label, next } of present.filter(isIn)) {
        const [one, other] = [taken(next, outside.label), taken(outside.next, label)]
        if (!one || !other || !equal(one, other)) faults.push(`${label} and ${outside.label} do not commute`)
      }
      const text = outside.next.join()
      if (!seen.has(text)) pending.push(outside.next)
      seen.add(text)
    }
  }
  return faults
}
