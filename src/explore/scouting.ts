/** Explore | scouting: random walks before a search, which come upon what actors may do late in a run sooner than the search would. */

import { Prng } from '../base/prng.ts'
import type { Explorer } from './explorer.ts'
import type { Successor } from './partition.ts'
import { after } from './runs.ts'

/** Steps of one walk; most of them together, and most looks at groups; steps without any news after which there is little left to learn. */
const walkMax = 500
const stepsMax = 20_000
const looksMax = 4_000_000
const quietMin = 500

/** What to do on the way. */
export interface Scouting {
  /** Called in each state, once, when every group has been expanded there. */
  readonly look: (values: Int32Array) => void
  /** Asked before each walk. */
  readonly stop?: () => boolean
}

/**
 * Walks at random, the same way each time, until nothing new has shown for as long again as it took to learn the rest, or hardly any state
 * is new. What is learned stays with the explorer's trees.
 */
export function scout(explorer: Explorer, { look, stop }: Scouting): void {
  const { partition } = explorer
  const most = Math.min(stepsMax, Math.ceil(looksMax / partition.groups.length))
  const prng = new Prng(1, 'scouting')
  /** By the values of a state: steps that change something. */
  const known = new Map<string, readonly Successor[]>()
  let steps = 0
  let newsAt = 0
  let newStateAt = 0
  const movesFrom = (values: Int32Array): readonly Successor[] => {
    const key = values.join()
    const before = known.get(key)
    if (before !== undefined) return before
    const { misses } = explorer
    const moves: Successor[] = []
    partition.groups.forEach(({ kind }, group) => {
      const { successors } = explorer.expansion(group, values)
      if (kind !== 'step') return
      for (const successor of successors) if (successor.writes.length > 0) moves.push(successor)
    })
    look(values)
    known.set(key, moves)
    newStateAt = steps
    if (explorer.misses > misses) newsAt = steps
    return moves
  }
  const isWorthIt = (): boolean => steps - newStateAt < quietMin && steps - newsAt < Math.max(quietMin, newsAt)
  while (steps < most && isWorthIt() && !stop?.()) {
    let values: Int32Array = Int32Array.from(partition.initial().values)
    for (let step = 0; step < walkMax && steps < most; step++) {
      const moves = movesFrom(values)
      steps++
      if (moves.length === 0) break
      values = after(values, prng.pick(moves))
    }
  }
}
