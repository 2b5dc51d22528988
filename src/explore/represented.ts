/** Explore | represented states: puts candidates into the visited set as the states that stand for them. */

import type { Explorer } from './explorer.ts'
import type { Layout } from './layout.ts'
import { Recent } from './recent.ts'
import type { SymmetryReduction } from './symmetry.ts'
import type { Candidates } from './visited.ts'

/** Candidates remembered. More than elsewhere: a representative costs more than a look into the second-level cache. */
const placesMax = 1 << 15

/**
 * Which steps need not be followed (`StepKinds`) holds for representatives, too, as long as members keep their places: what
 * else a symmetry does is to rename values, and that takes each step to one of the same group, which writes the same
 * components. What a step that is left out leads to is then come upon from a state with a lower number, as itself or as
 * another state with the same representative.
 */
export class RepresentedStates {
  private readonly explorer: Explorer
  private readonly symmetry: Pick<SymmetryReduction, 'represent' | 'isMoved'>
  private readonly values: Int32Array
  /** Candidates whose representatives are in the visited set, or are about to be. */
  private readonly recent = new Recent(placesMax)
  private recentLayout: Layout | undefined

  constructor(explorer: Explorer, symmetry: RepresentedStates['symmetry']) {
    this.explorer = explorer
    this.symmetry = symmetry
    this.values = new Int32Array(explorer.partition.components.length)
    explorer.beginAt(symmetry.represent(Int32Array.from(explorer.partition.initial().values)))
  }

  /** As `Visited.addAll`. May pack the visited states anew; the candidates are used up either way. */
  addAll(some: Candidates, count: number): void {
    const { candidates, parents, kinds } = some
    const { explorer, values, symmetry } = this
    const { visited, layout } = explorer
    if (this.recentLayout !== layout) this.recent.reset(visited.states, layout.words)
    this.recentLayout = layout
    const left = this.recent.sieve(some, count)
    for (let i = 0; i < left; i++) {
      const at = i * layout.words
      layout.unpack(candidates, at, values)
      const standing = symmetry.represent(values)
      if (!explorer.holds(standing)) {
        visited.addAll(some, 0, i)
        this.addRest(candidates, parents, i, left)
        return
      }
      // In the candidate's own place. Where members have moved, another kind of step leads to it.
      layout.pack(standing, candidates, at)
      if (symmetry.isMoved()) kinds[i] = 0
    }
    visited.addAll(some, 0, left)
  }

  /** The candidates from `first` on, with a layout that has room for what they stand for. */
  private addRest(candidates: Int32Array, parents: Int32Array, first: number, count: number): void {
    const { explorer, values } = this
    const before = explorer.layout
    const all = new Int32Array((count - first) * values.length)
    for (let i = first; i < count; i++) {
      before.unpack(candidates, i * before.words, values)
      const standing = this.symmetry.represent(values)
      explorer.holds(standing)
      all.set(standing, (i - first) * values.length)
    }
    explorer.fit()
    const { layout, visited } = explorer
    const packed = new Int32Array(layout.words)
    for (let i = first; i < count; i++) {
      const from = (i - first) * values.length
      layout.pack(all.subarray(from, from + values.length), packed, 0)
      visited.add(packed, 0, parents[i] as number)
    }
  }
}
