/** Explore | moves: what the leaves of decision trees lead to, as numbers, for searches that take one step at a time. */

import type { StepLabel } from './partition.ts'
import type { Trees } from './tree.ts'

/**
 * A move is one successor of one leaf; those of a leaf are numbered side by side. Arrays of small ints, so that looking
 * one up costs what it costs in a typed array, and growing is a push.
 */
export class Moves {
  /** By leaf: its first move, how many it has, how many of them change the state, how many are progress. */
  readonly first: number[] = []
  readonly count: number[] = []
  readonly changing: number[] = []
  readonly progress: number[] = []
  /** By leaf: 1 if a property says something of a state that comes to it, or of a step out of it. */
  readonly says: number[] = []
  /** By move: where its writes begin in `writes`; the entry after it is where they end. */
  readonly writesFrom: number[] = [0]
  /** Component, value before, value after. */
  readonly writes: number[] = []
  /** By move. */
  readonly labels: StepLabel[] = []
  readonly violates: (readonly number[])[] = []
  /** By leaf. */
  readonly fires: (readonly number[])[] = []
  private readonly trees: Trees

  constructor(trees: Trees) {
    this.trees = trees
    this.update()
  }

  /** Takes in the leaves that are new. */
  update(): void {
    const { leaves } = this.trees
    for (let leaf = this.first.length; leaf < leaves.length; leaf++) {
      const { successors, fires } = leaves[leaf] as (typeof leaves)[number]
      this.first.push(this.labels.length)
      this.count.push(successors.length)
      this.changing.push(successors.filter(({ writes }) => writes.length > 0).length)
      this.progress.push(successors.filter(({ progress }) => progress).length)
      this.says.push(fires.length > 0 || successors.some(({ violates }) => violates.length > 0) ? 1 : 0)
      this.fires.push(fires)
      for (const { writes, label, violates } of successors) {
        for (const { component, from, to } of writes) this.writes.push(component, from, to)
        this.writesFrom.push(this.writes.length)
        this.labels.push(label)
        this.violates.push(violates)
      }
    }
  }

  /** Whether taking it leads to another state. */
  changes(move: number): boolean {
    return this.writesFrom[move] !== this.writesFrom[move + 1]
  }

  /** The move of `leaf` that is number `k` among those that change the state. */
  changingMove(leaf: number, k: number): number {
    const first = this.first[leaf] as number
    if (this.changing[leaf] === this.count[leaf]) return first + k
    let move = first
    for (let left = k; ; move++) {
      if (!this.changes(move)) continue
      if (left-- === 0) return move
    }
  }
}
