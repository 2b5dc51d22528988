/** Explore | stored states one at a time: unpacked, asked group by group, and led to their successors move by move. */

import type { BestRuns } from './best-runs.ts'
import type { Explorer } from './explorer.ts'
import { Moves } from './moves.ts'
import type { StepLabel } from './partition.ts'
import { nodeHeader } from './tree.ts'

export class StateReader {
  readonly moves: Moves
  /** The groups that take steps, in order. */
  readonly steps: readonly number[]
  /** The components of the state that was read last. */
  readonly present: Int32Array
  private readonly explorer: Explorer
  private readonly predicates: readonly number[]
  private readonly end: number
  private packed: Int32Array

  constructor(explorer: Explorer) {
    const { groups, components } = explorer.partition
    this.explorer = explorer
    this.moves = new Moves(explorer.trees)
    this.steps = groups.flatMap(({ kind }, group) => (kind === 'step' ? [group] : []))
    this.predicates = groups.flatMap(({ kind }, group) => (kind === 'state' ? [group] : []))
    this.end = groups.length - 1
    this.present = new Int32Array(components.length)
    this.packed = new Int32Array(explorer.layout.words)
  }

  read(state: number): void {
    const { layout, visited } = this.explorer
    layout.unpack(visited.states, state * layout.words, this.present)
  }

  /** The leaf that a group comes to in the state that was read. */
  leafOf(group: number): number {
    const { present } = this
    const { code, roots } = this.explorer.trees
    let node = roots[group] as number
    while (node > 0) {
      const value = present[code[node] as number] as number
      node = value < (code[node + 1] as number) ? (code[node + nodeHeader + value] as number) : 0
    }
    return node === 0 ? this.learn(group) : -node
  }

  /** The number of the state that `move` leads to from `state`; added if it is new, for which there must be room. */
  lead(state: number, move: number): number {
    this.pack(state, move)
    const added = this.explorer.visited.add(this.packed, 0, state)
    return added < 0 ? -1 - added : added
  }

  /** The same, or -1 if that state is not stored. */
  findNext(state: number, move: number): number {
    this.pack(state, move)
    return this.explorer.visited.find(this.packed, 0)
  }

  /** Hands on what properties say of the state that was read and of the steps of `groups` out of it. */
  listen(groups: readonly number[], best: BestRuns, depth: number, steps: () => StepLabel[]): void {
    const { moves } = this
    let progress = 0
    for (const group of groups) {
      const leaf = this.leafOf(group)
      progress += moves.progress[leaf] as number
      if (moves.says[leaf] !== 0) best.offerLeaf(moves, leaf, depth, steps)
    }
    for (const group of this.predicates) {
      const leaf = this.leafOf(group)
      if (moves.says[leaf] !== 0) best.offerLeaf(moves, leaf, depth, steps)
    }
    if (progress > 0) return
    const leaf = this.leafOf(this.end)
    if (moves.says[leaf] !== 0) best.offerLeaf(moves, leaf, depth, steps)
  }

  private pack(state: number, move: number): void {
    const { layout, visited } = this.explorer
    const { words, word, shift } = layout
    const { writes, writesFrom } = this.moves
    const { packed } = this
    for (let w = 0; w < words; w++) packed[w] = visited.states[state * words + w] as number
    const last = writesFrom[move + 1] as number
    for (let i = writesFrom[move] as number; i < last; i += 3) {
      const component = writes[i] as number
      const at = word[component] as number
      const difference = (writes[i + 1] as number) ^ (writes[i + 2] as number)
      packed[at] = (packed[at] as number) ^ (difference << (shift[component] as number))
    }
  }

  private learn(group: number): number {
    const { explorer } = this
    if (explorer.learn(group, this.present) === 'outgrown') {
      explorer.fit()
      if (this.packed.length !== explorer.layout.words) this.packed = new Int32Array(explorer.layout.words)
    }
    this.moves.update()
    return this.leafOf(group)
  }
}
