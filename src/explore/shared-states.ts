/** Explore | states that several threads add to one table at the same time, with the parents that one thread would give them. */

import { type Enterable, hashOf, lookAhead } from './hash-table.ts'
import { moved } from './state-order.ts'
import type { Candidates } from './visited.ts'

/** The arrays of a visited set, shared. */
export interface SharedStates extends Enterable {
  /** By place: the number of the state that this one was first reached from. */
  readonly parents: Int32Array
  readonly arrivals: Int32Array
}

/** Places that belong to one thread. */
export interface Window {
  next: number
  end: number
  /** States that this thread has moved here from elsewhere. */
  moves: number
}

const hashes = new Int32Array(lookAhead)
const entries = new Int32Array(lookAhead)

/**
 * Adds candidates as far as the window has room for them. Returns the first that is not added.
 *
 * A state is stored before its entry goes into the table, by compare-and-exchange: whoever reads the entry may read the
 * state (A. Laarman, J. van de Pol, M. Weber, "Boosting multi-core reachability performance with shared hash tables",
 * FMCAD 2010). Entries never leave the table. If somebody has come upon the state before, from a later parent, it moves
 * here: so in each window states are in the order of their parents, and each is where the first parent's successors are,
 * whichever thread was faster.
 */
export function addShared(
  { words, states, parents: firstParents, arrivals, table, numberMask, regionMask: region }: SharedStates,
  { candidates, parents, kinds }: Candidates,
  first: number,
  last: number,
  window: Window,
): number {
  const mask = table.length - 1
  const arrivalMask = arrivals.length - 1
  let { next } = window
  const { end } = window
  for (let from = first; from < last; from += lookAhead) {
    const to = Math.min(last, from + lookAhead)
    // As in `Visited.addAll2`.
    for (let i = from; i < to; i++) {
      const hash = hashOf(candidates, i * words, words)
      hashes[i - from] = hash
      entries[i - from] = table[hash & mask] as number
    }
    for (let i = from; i < to; i++) {
      if (next === end) {
        window.next = next
        return i
      }
      const hash = hashes[i - from] as number
      const parent = parents[i] as number
      const at = i * words
      let slot = hash & mask
      let entry = (entries[i - from] as number) || (table[slot] as number)
      for (;;) {
        while (entry !== 0) {
          if (((entry ^ hash) & ~numberMask) === 0) {
            const known = ((entry & numberMask) - 1) * words
            let w = 0
            while (w < words && states[known + w] === candidates[at + w]) w++
            if (w === words) break
          }
          slot = (slot & ~region) | ((slot + 1) & region)
          entry = table[slot] as number
        }
        const known = (entry & numberMask) - 1
        if (entry !== 0 && (firstParents[known] as number) <= parent) break
        for (let w = 0; w < words; w++) states[next * words + w] = candidates[at + w] as number
        firstParents[next] = parent
        arrivals[next & arrivalMask] = kinds[i] as number
        const met = Atomics.compareExchange(table, slot, entry, (hash & ~numberMask) | (next + 1))
        if (met === entry) {
          next++
          if (entry !== 0) {
            arrivals[known & arrivalMask] = moved
            window.moves++
          }
          break
        }
        entry = met
      }
    }
  }
  window.next = next
  return last
}
