/** Explore | partial-order reduction: of the orders of independent steps, breadth-first search follows as few as it can. */

import type { LevelSearch } from './breadth-first.ts'
import { Explorer } from './explorer.ts'
import { Futures, type Renaming } from './futures.ts'
import type { Successor } from './partition.ts'
import { type Enabled, type Place, type Reduction, searchReduced } from './reduced.ts'
import { scout } from './scouting.ts'
import type { SearchOptions, SearchProgress } from './strategy.ts'
import { StubbornSets } from './stubborn.ts'
import type { SystemPartition } from './system-partition.ts'
import type { Trees } from './tree.ts'

/** Searches of one partition until what they relied on has proved right; beyond that, nothing is reduced. */
const roundsMax = 200

/** A search that has relied on something wrong goes on until it has this many times the states: what it still learns saves others. */
const wrongFactor = 2

/** Chooses what to go on with, and finds out whether it was right to. See docs/checking/partial-order.md. */
export class PartialOrder {
  private readonly futures: Futures
  private readonly sets: StubbornSets
  private readonly trust = new Trust()

  constructor(partition: SystemPartition, futures: Futures) {
    this.futures = futures
    this.sets = new StubbornSets(partition, this.futures)
    partition.initial().values.forEach((value, component) => {
      if (partition.channelAt(component))
        for (const image of this.futures.imagesOf(component)) this.futures.listen(image, value)
    })
  }

  /** A search begins: decisions from now on are its own. */
  begin(): void {
    this.futures.relyOnNothing()
    this.sets.begin()
    this.trust.clear()
  }

  /** Whether a decision since `begin` relied on something that has turned out differently: the search must be done again. */
  get isWrong(): boolean {
    return this.futures.isWrong || this.sets.isWrong
  }

  /** Learns what can be seen in a state in which every group has been expanded, without deciding anything. */
  look(values: Int32Array, explorer: Explorer): void {
    this.sets.enter(values, explorer)
  }

  /** As `Reduction.ample`. */
  choose(values: Int32Array, enabled: readonly Enabled[], place: Place, explorer: Explorer): readonly number[] {
    this.sets.enter(values, explorer)
    const all = enabled.map((_, index) => index)
    if (enabled.length < 2) return all
    let total = 0
    for (const { successors } of enabled) total += successors.length
    const candidates: Candidate[] = []
    for (const { group, successors } of enabled) {
      // Where only `may` choices are left, what the end looks like depends on each of them.
      if (!successors.some(({ progress }) => progress)) continue
      const found = this.sets.around(group, total)
      if (!found) continue
      const members = new Set(found.groups)
      const chosen = all.filter((index) => members.has((enabled[index] as Enabled).group))
      const reached = chosen.flatMap((index) => (enabled[index] as Enabled).successors)
      const numbers = reached.map((successor) => place.find(successor))
      // What leads to the root of all trust but this state may be relied on to take in the end what is put off now.
      const way = numbers.findIndex((number) => number < 0 || this.trust.rootOf(number) !== place.state)
      if (way < 0) continue
      const fresh = numbers.filter((number) => number < 0).length
      candidates.push({ chosen, fresh, size: found.size, way: reached[way] as Successor })
      if (found.size === 1) break
    }
    const best = candidates.reduce<Candidate | undefined>((a, b) => (a && !isBetter(b, a) ? a : b), undefined)
    if (!best) return all
    this.sets.rely()
    this.trust.link(place.state, place.reach(best.way))
    return best.chosen
  }
}

/** Groups to go on with. */
interface Candidate {
  readonly chosen: readonly number[]
  /** Successors not reached before. */
  readonly fresh: number
  readonly size: number
  /** The successor that leads to where everything is taken in the end. */
  readonly way: Successor
}

/** Fewer states, or as many with fewer steps. */
function isBetter(a: Candidate, b: Candidate): boolean {
  return a.fresh < b.fresh || (a.fresh === b.fresh && a.size < b.size)
}

/** A forest over states: each that was not expanded in full points to a successor, each tree's root is expanded in full, or not yet. */
class Trust {
  private next = new Int32Array(1024).fill(-1)

  clear(): void {
    this.next.fill(-1)
  }

  /** Follows the pointers, and shortens them. */
  rootOf(state: number): number {
    let at = state
    for (;;) {
      const next = this.next[at] ?? -1
      if (next < 0) return at
      const further = this.next[next] ?? -1
      if (further >= 0) this.next[at] = further
      at = next
    }
  }

  /** `state`, a root, from now on relies on another tree. */
  link(state: number, to: number): void {
    if (state >= this.next.length) {
      const grown = new Int32Array(2 * state).fill(-1)
      grown.set(this.next)
      this.next = grown
    }
    this.next[state] = to
  }
}

/** Reduction by symmetry, beside that by order. */
export interface SymmetryBeside {
  /** As in `Reduction`. */
  readonly watch?: Reduction['watch']
  /** As in `Reduction`. */
  readonly represent: NonNullable<Reduction['represent']>
  /** What generates the permutations of components and groups that it makes use of; none for a symmetry of values only. */
  readonly renamings: readonly Renaming[]
}

/** What a search by partial order knows at its end, and how often it had to begin again. */
export interface PartialOrderSearch extends LevelSearch {
  readonly rounds: number
}

/**
 * Scouts, then searches again and again, with all that was learned before, until a search has relied on nothing wrong. Nearly always the
 * first one has not: what a breadth-first search learns late, about the later states of actors, walks come upon early.
 */
export function searchPartialOrder(
  partition: SystemPartition,
  options: SearchOptions = {},
  symmetry?: SymmetryBeside,
): PartialOrderSearch {
  const order = new PartialOrder(partition, new Futures(partition, symmetry?.renamings))
  const explorer = new Explorer(partition)
  explorer.watch = symmetry?.watch
  scout(explorer, {
    look: (values) => order.look(values, explorer),
    stop: () => options.stop?.({ states: 0, transitions: 0, depth: 0, frontier: 0, bytes: 0 }) ?? false,
  })
  return searchInOrder(partition, order, { ...options, known: explorer.trees }, symmetry)
}

/** The same with a given way to choose. @param options `known`: what is known of the groups by now */
export function searchInOrder(
  partition: SystemPartition,
  order: Pick<PartialOrder, 'begin' | 'isWrong' | 'choose'>,
  { known, ...options }: SearchOptions & { known?: Trees },
  symmetry?: Omit<SymmetryBeside, 'renamings'>,
): PartialOrderSearch {
  for (let round = 1; ; round++) {
    order.begin()
    let wrongAt = Number.POSITIVE_INFINITY
    let isGivenUp = false
    const stop = (progress: SearchProgress): boolean => {
      if (options.stop?.(progress)) return true
      if (!order.isWrong) return false
      wrongAt = Math.min(wrongAt, progress.states)
      isGivenUp = progress.states > wrongFactor * wrongAt
      return isGivenUp
    }
    const isLast = round === roundsMax
    const reduction: Reduction = {
      ...(symmetry ? { represent: symmetry.represent, watch: symmetry.watch } : {}),
      ...(isLast
        ? {}
        : { ample: (values, enabled, place, explorer) => order.choose(values, enabled, place, explorer) }),
    }
    const result = searchReduced(partition, reduction, { ...options, stop }, known)
    known = result.explorer.trees
    if (isGivenUp || (result.end === 'exhausted' && order.isWrong)) continue
    return { ...result, rounds: round }
  }
}
