/** Explore | partial-order reduction: of the orders of independent steps, breadth-first search follows as few as it can. */

import type { LevelSearch } from './breadth-first.ts'
import type { Explorer } from './explorer.ts'
import { Futures, type Renaming } from './futures.ts'
import type { Successor } from './partition.ts'
import { type Enabled, type Reduction, searchReduced } from './reduced.ts'
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
  }

  /** Whether a decision since `begin` relied on something that has turned out differently: the search must be done again. */
  get isWrong(): boolean {
    return this.futures.isWrong || this.sets.isWrong
  }

  /** As `Reduction.ample`. */
  choose(
    values: Int32Array,
    enabled: readonly Enabled[],
    isOpen: (successor: Successor) => boolean,
    explorer: Explorer,
  ): readonly number[] {
    this.sets.enter(values, explorer)
    const all = enabled.map((_, index) => index)
    if (enabled.length < 2) return all
    let total = 0
    for (const { successors } of enabled) total += successors.length
    const candidates: { readonly chosen: readonly number[]; readonly size: number }[] = []
    const isFresh = ({ chosen }: { readonly chosen: readonly number[] }): boolean =>
      chosen.some((index) => (enabled[index] as Enabled).successors.some(isOpen))
    for (const { group, successors } of enabled) {
      // Where only `may` choices are left, what the end looks like depends on each of them.
      if (!successors.some(({ progress }) => progress)) continue
      const found = this.sets.around(group, total)
      if (!found) continue
      const members = new Set(found.groups)
      const candidate = {
        chosen: all.filter((index) => members.has((enabled[index] as Enabled).group)),
        size: found.size,
      }
      if (candidate.size === 1 && isFresh(candidate)) return this.relyOn(candidate.chosen)
      candidates.push(candidate)
    }
    candidates.sort((a, b) => a.size - b.size)
    for (const candidate of candidates)
      if (candidate.size > 1 && isFresh(candidate)) return this.relyOn(candidate.chosen)
    return all
  }

  private relyOn(chosen: readonly number[]): readonly number[] {
    this.sets.rely()
    return chosen
  }
}

/** What a search by partial order knows at its end, and how often it had to begin again. */
export interface PartialOrderSearch extends LevelSearch {
  readonly rounds: number
}

/**
 * Searches again and again, with all that the searches before have learned, until one has relied on nothing wrong.
 * @param represent as in `Reduction`; `renamings` are what it renames by.
 */
export function searchPartialOrder(
  partition: SystemPartition,
  options: SearchOptions = {},
  symmetry: { readonly represent?: Reduction['represent']; readonly renamings?: readonly Renaming[] } = {},
): PartialOrderSearch {
  const order = new PartialOrder(partition, new Futures(partition, symmetry.renamings))
  return searchInOrder(partition, order, options, symmetry.represent)
}

/** The same with a given way to choose. */
export function searchInOrder(
  partition: SystemPartition,
  order: Pick<PartialOrder, 'begin' | 'isWrong' | 'choose'>,
  options: SearchOptions,
  represent: Reduction['represent'],
): PartialOrderSearch {
  let known: Trees | undefined
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
      ...(represent ? { represent } : {}),
      ...(isLast
        ? {}
        : { ample: (values, enabled, isOpen, explorer) => order.choose(values, enabled, isOpen, explorer) }),
    }
    const result = searchReduced(partition, reduction, { ...options, stop }, known)
    known = result.explorer.trees
    if (isGivenUp || (result.end === 'exhausted' && order.isWrong)) continue
    return { ...result, rounds: round }
  }
}
