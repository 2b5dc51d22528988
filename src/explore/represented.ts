/** Explore | represented states: puts candidates into the visited set as the states that stand for them. */

import type { Explorer } from './explorer.ts'
import { hashOf } from './visited.ts'

/** Candidates seen lately, by hash: many come again and again, and need no representative then. */
const recentMax = 1 << 15

export class RepresentedStates {
  private readonly explorer: Explorer
  private readonly represent: (values: Int32Array) => Int32Array
  private readonly values: Int32Array
  private packed = new Int32Array(1)
  /** Candidates in the layout `recentLayout`; a slot counts if its words are the candidate's. */
  private recent = new Int32Array(0)
  private recentLayout: unknown

  constructor(explorer: Explorer, represent: (values: Int32Array) => Int32Array) {
    this.explorer = explorer
    this.represent = represent
    this.values = new Int32Array(explorer.partition.components.length)
    explorer.beginAt(represent(Int32Array.from(explorer.partition.initial().values)))
  }

  /** As `Visited.addAll`. May pack the visited states anew; the candidates are used up either way. */
  addAll(candidates: Int32Array, parents: Int32Array, count: number): void {
    const { explorer, values } = this
    const { visited, layout } = explorer
    const { words } = layout
    if (this.recentLayout !== layout) {
      this.recentLayout = layout
      this.recent = new Int32Array(recentMax * words)
      if (this.packed.length !== words) this.packed = new Int32Array(words)
    }
    const { recent, packed } = this
    for (let i = 0; i < count; i++) {
      const at = i * words
      const slot = (hashOf(candidates, at, words) & (recentMax - 1)) * words
      let isKnown = true
      for (let w = 0; w < words; w++) {
        if (recent[slot + w] === candidates[at + w]) continue
        isKnown = false
        recent[slot + w] = candidates[at + w] as number
      }
      // All zeros may be a slot that was never used.
      if (isKnown && candidates[at] !== 0) continue
      layout.unpack(candidates, at, values)
      const standing = this.represent(values)
      if (!explorer.holds(standing)) {
        this.addRest(candidates, parents, i, count)
        return
      }
      layout.pack(standing, packed, 0)
      visited.add(packed, 0, parents[i] as number)
    }
  }

  /** The candidates from `first` on, with a layout that has room for what they stand for. */
  private addRest(candidates: Int32Array, parents: Int32Array, first: number, count: number): void {
    const { explorer, values } = this
    const before = explorer.layout
    const all = new Int32Array((count - first) * values.length)
    for (let i = first; i < count; i++) {
      before.unpack(candidates, i * before.words, values)
      const standing = this.represent(values)
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
