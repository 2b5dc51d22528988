/** Explore | the cursor: one state and what is enabled in it, kept up to date step by step without looking at all of it. */

import type { Explorer } from './explorer.ts'
import { Moves } from './moves.ts'
import { nodeHeader } from './tree.ts'
import { type Units, unitsOf } from './units.ts'

/** Groups whose enabled moves are summed, so that picking one skips them at once. */
const blockBits = 3

/**
 * What a group can do depends only on the components on the way through its tree, so after a step only those groups are
 * asked again that had come by a component which it writes. Nothing is allocated per step once the trees know the way.
 */
export class Cursor {
  readonly explorer: Explorer
  readonly moves: Moves
  readonly units: Units
  /** The present state, in parts and packed. */
  readonly values: Int32Array
  packed: Int32Array
  /** By group: the leaf that it comes to in this state; 0: not asked. */
  readonly leaves: Int32Array
  /** Moves enabled, those that change nothing included. */
  enabled = 0
  /** By unit: enabled moves that change the state. */
  readonly changingOf: Int32Array
  /** Leaves with something to say of this state or of a step out of it, as far as the step before did not say it. */
  readonly saying: Int32Array
  sayings = 0
  private progress = 0
  /** By group, and by block of groups: enabled moves. */
  private readonly counts: Int32Array
  private readonly blocks: Int32Array
  private readonly end: number
  private readonly isAsked: readonly boolean[]
  /** By group: the components on the way to its leaf, as bits; components that are 32 apart share one. */
  private readonly masks: Int32Array
  /** By move: the groups that may have to be asked again after it, and the components that it writes, as bits. */
  private affected: (number[] | undefined)[] = []
  private readonly writeMasks: number[] = []
  /** By component: the groups that have read it; made anew when a group reads something new. */
  private readers: number[][] = []
  private code: Int32Array
  private roots: Int32Array
  private word: Int32Array
  private shift: Int32Array

  constructor(explorer: Explorer) {
    this.explorer = explorer
    const { partition, trees, layout } = explorer
    const groups = partition.groups.length
    this.moves = new Moves(trees)
    this.units = unitsOf(partition)
    this.values = new Int32Array(partition.components.length)
    this.packed = new Int32Array(layout.words)
    this.leaves = new Int32Array(groups)
    this.counts = new Int32Array(groups + 1)
    this.blocks = new Int32Array((groups >> blockBits) + 1)
    this.changingOf = new Int32Array(this.units.names.length)
    this.saying = new Int32Array(groups)
    this.masks = new Int32Array(groups)
    this.end = groups - 1
    this.isAsked = partition.groups.map(({ kind }) => kind !== 'end')
    this.code = trees.code
    this.roots = trees.roots
    this.word = layout.word
    this.shift = layout.shift
    this.findReaders()
  }

  /** Whether neither a delivery nor a `must` choice is enabled. */
  get rests(): boolean {
    return this.progress === 0
  }

  /** Goes to a state, given by its components. */
  goTo(values: ArrayLike<number>): void {
    this.values.set(values)
    if (!this.explorer.holds(this.values)) this.explorer.fit()
    this.relayout()
    this.sayings = 0
    // Forgotten, so that everything is said again.
    for (let group = 0; group < this.leaves.length; group++) this.setLeaf(group, 0)
    for (let group = 0; group < this.leaves.length; group++) if (this.isAsked[group]) this.ask(group)
    if (this.progress === 0) this.ask(this.end)
  }

  /** The `k`-th enabled move, in the order of the groups; `k` from 0 to `enabled` - 1. */
  pick(k: number): number {
    const { blocks, counts } = this
    let left = k
    let block = 0
    while (left >= (blocks[block] as number)) left -= blocks[block++] as number
    let group = block << blockBits
    while (left >= (counts[group] as number)) left -= counts[group++] as number
    return (this.moves.first[this.leaves[group] as number] as number) + left
  }

  /** The `k`-th enabled move of `unit` that changes the state; `k` from 0 to `changingOf[unit]` - 1. */
  pickOf(unit: number, k: number): number {
    let left = k
    for (const group of this.units.groups[unit] as readonly number[]) {
      const leaf = this.leaves[group] as number
      const changing = this.moves.changing[leaf] as number
      if (left < changing) return this.moves.changingMove(leaf, left)
      left -= changing
    }
    return -1
  }

  /** Takes an enabled move. */
  take(move: number): void {
    const { values, packed, word, shift } = this
    const { writes, writesFrom } = this.moves
    const last = writesFrom[move + 1] as number
    this.sayings = 0
    for (let i = writesFrom[move] as number; i < last; i += 3) {
      const component = writes[i] as number
      const to = writes[i + 2] as number
      const at = word[component] as number
      const difference = (values[component] as number) ^ to
      values[component] = to
      packed[at] = (packed[at] as number) ^ (difference << (shift[component] as number))
    }
    const groups = this.affected[move] ?? this.affectedBy(move)
    const mask = this.writeMasks[move] as number
    for (let i = 0; i < groups.length; i++) {
      const group = groups[i] as number
      if (((this.masks[group] as number) & mask) !== 0) this.ask(group)
    }
    if (this.progress === 0) this.ask(this.end)
    else if (this.leaves[this.end] !== 0) this.setLeaf(this.end, 0)
  }

  /** Finds what `group` comes to in the present state. */
  private ask(group: number): void {
    const { code, values } = this
    let node = this.roots[group] as number
    let mask = 0
    while (node > 0) {
      const component = code[node] as number
      const value = values[component] as number
      mask |= 1 << (component & 31)
      node = value < (code[node + 1] as number) ? (code[node + nodeHeader + value] as number) : 0
    }
    if (node === 0) {
      this.learn(group)
      this.ask(group)
      return
    }
    this.masks[group] = mask
    const leaf = -node
    if (leaf === this.leaves[group]) return
    this.setLeaf(group, leaf)
    if (this.moves.says[leaf] !== 0) this.saying[this.sayings++] = leaf
  }

  private setLeaf(group: number, leaf: number): void {
    const { count, progress, changing } = this.moves
    const before = this.leaves[group] as number
    this.leaves[group] = leaf
    this.progress += (progress[leaf] as number) - (progress[before] as number)
    const more = (count[leaf] as number) - (count[before] as number)
    const unit = this.units.of[group] as number
    if (unit < 0) return
    const changingOf = this.changingOf
    changingOf[unit] = (changingOf[unit] as number) + (changing[leaf] as number) - (changing[before] as number)
    if (more === 0) return
    this.enabled += more
    this.counts[group] = count[leaf] as number
    const block = group >> blockBits
    this.blocks[block] = (this.blocks[block] as number) + more
  }

  /** The slow way, once for each new combination of values: a chart runs. */
  private learn(group: number): void {
    const { explorer, moves } = this
    const footprint = explorer.trees.footprints[group] as ReadonlySet<number>
    const known = footprint.size
    if (explorer.learn(group, this.values) === 'outgrown') {
      explorer.fit()
      this.relayout()
    }
    moves.update()
    this.code = explorer.trees.code
    this.roots = explorer.trees.roots
    if (footprint.size !== known) {
      this.affected = []
      this.findReaders()
    }
  }

  private relayout(): void {
    const { layout } = this.explorer
    this.word = layout.word
    this.shift = layout.shift
    if (this.packed.length !== layout.words) this.packed = new Int32Array(layout.words)
    layout.pack(this.values, this.packed, 0)
  }

  private findReaders(): void {
    this.readers = Array.from(this.values, () => [])
    this.explorer.trees.footprints.forEach((footprint, group) => {
      if (this.isAsked[group]) for (const component of footprint) this.readers[component]?.push(group)
    })
  }

  private affectedBy(move: number): number[] {
    const { writes, writesFrom } = this.moves
    const groups = new Set<number>()
    let mask = 0
    for (let i = writesFrom[move] as number; i < (writesFrom[move + 1] as number); i += 3) {
      const component = writes[i] as number
      mask |= 1 << (component & 31)
      for (const group of this.readers[component] as readonly number[]) groups.add(group)
    }
    const sorted = [...groups].sort((a, b) => a - b)
    while (this.affected.length <= move) this.affected.push(undefined)
    while (this.writeMasks.length <= move) this.writeMasks.push(0)
    this.affected[move] = sorted
    this.writeMasks[move] = mask
    return sorted
  }
}
