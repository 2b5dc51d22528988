/** Explore | the explorer: a partition, what is known of it as trees, and packed states; the base of every strategy. */

import { InternalError } from '../base/errors.ts'
import { Answers } from './answers.ts'
import { type Clusters, cluster, tableLimits } from './clusters.ts'
import { bitsFor, differenceOf, Layout, movesBetween } from './layout.ts'
import type { Expansion, Partition } from './partition.ts'
import { type MakeInts, plainInts, Trees } from './tree.ts'
import { Visited } from './visited.ts'
import { leafHeader, successorHeader, unchanged, type WalkerTables } from './walker.ts'

export class Explorer {
  readonly partition: Partition
  readonly trees: Trees
  readonly visited: Visited
  /** Sets of properties that steps violate or states fire, by number. */
  readonly sets: (readonly number[])[] = [[]]
  /** Charts were asked this often. */
  misses = 0
  /** Is told of all that is learned, with the whole state that it was learned in. May throw. */
  watch: ((group: number, present: Int32Array, expansion: Expansion) => void) | undefined
  /** Is called before the trees know of something that states cannot be packed with: then no other thread may walk them. */
  quiet: (() => void) | undefined
  private tablesMade: WalkerTables | undefined
  private clusters: Clusters
  private answers: Answers
  /** Groups that are no longer answered together with those before them. */
  private readonly apart = new Set<number>()
  private fittedAt = 1
  private fits = 0
  private readonly makeInts: MakeInts
  private leafOffsets: Int32Array
  private leafInts: Int32Array
  private leafUsed = 0
  private leavesWritten = 0
  private readonly setNumbers = new Map<string, number>([['', 0]])
  /** Largest value of each component that was ever written. */
  private readonly largest: Int32Array
  /** By component: the number of the last expansion that read it. */
  private readonly seenAt: number[] = []

  /** @param known trees of an earlier search of the same partition, to go on with. */
  constructor(partition: Partition, makeInts: MakeInts = plainInts, known?: Trees) {
    this.partition = partition
    this.makeInts = makeInts
    this.trees = known ?? new Trees(partition.groups.length, makeInts)
    this.leafOffsets = makeInts(256)
    this.leafInts = makeInts(1024)
    const { values } = partition.initial()
    this.largest = Int32Array.from(values)
    this.clusters = this.clustered(new Layout(values.map((value) => bitsFor(value))))
    this.answers = new Answers(this.clusters, this.trees, this.apart, makeInts)
    this.visited = new Visited(this.layout.words, makeInts)
    const packed = new Int32Array(this.layout.words)
    this.layout.pack(values, packed, 0)
    this.visited.add(packed, 0, -1)
  }

  get layout(): Layout {
    return this.clusters.layout
  }

  /** Begins with this state instead of the initial one. Nothing may have been added yet. */
  beginAt(values: Int32Array): void {
    if (!this.holds(values)) this.fit()
    this.visited.clear()
    const packed = new Int32Array(this.layout.words)
    this.layout.pack(values, packed, 0)
    this.visited.add(packed, 0, -1)
  }

  /** What walkers need now. Ask again after `learn`. */
  get tables(): WalkerTables {
    this.tablesMade ??= {
      code: this.trees.code,
      roots: this.trees.roots,
      leafOffsets: this.leafOffsets,
      leaves: this.leafInts,
      layout: this.layout,
      groups: this.partition.groups.length,
      clusters: this.clusters.count,
      descriptions: this.clusters.descriptions,
      answers: this.answers.entries,
      summaries: this.answers.summaries,
      skips: this.trees.kinds.rows,
      skipInts: this.trees.kinds.rowInts,
    }
    return this.tablesMade
  }

  /** The expansion of `group` in a state whose components are `present`, from the trees if it is known. */
  expansion(group: number, present: Int32Array): Expansion {
    const leaf = this.trees.leafOf(group, present)
    if (leaf !== 0) return this.trees.leaves[leaf] as Expansion
    this.learn(group, present)
    return this.expansion(group, present)
  }

  /**
   * Asks the partition what `group` does in this state and remembers it. Says whether states have to be packed anew
   * (`fit`) because a component has a value that its bits do not hold.
   */
  learn(group: number, present: Int32Array): 'kept' | 'outgrown' {
    this.misses++
    const reads: number[] = []
    const { seenAt } = this
    const now = this.misses
    const expansion = this.partition.expand(group, (component) => {
      if (seenAt[component] !== now) {
        seenAt[component] = now
        reads.push(component)
      }
      return present[component] as number
    })
    for (const { writes } of expansion.successors) {
      for (const { component } of writes) {
        if (seenAt[component] !== now) throw new InternalError(`group ${group} writes component ${component} unread`)
      }
    }
    const leaf = this.trees.leafNumber(group, reads, expansion)
    let outgrown = false
    for (const { writes } of expansion.successors) {
      for (const { component, to } of writes) {
        if (to > (this.largest[component] as number)) this.largest[component] = to
        if (!this.layout.fits(component, to)) outgrown = true
      }
    }
    this.tablesMade = undefined
    // Other threads may come to the leaf as soon as it is linked.
    if (outgrown) this.quiet?.()
    else this.writeLeaves()
    this.trees.link(group, reads, present, leaf)
    this.watch?.(group, present, expansion)
    return outgrown ? 'outgrown' : 'kept'
  }

  /** Whether much more is known about what groups read than when states were packed last, and packing is still cheap. */
  get isDueToFit(): boolean {
    const { count } = this.visited
    const isLarger = count >= 8 * this.fittedAt || (count >= statesFew && this.fittedAt < statesFew)
    return count >= 256 && isLarger && count <= 1 << 16
  }

  /** Whether the layout has room for these values; if not, `fit` makes it. */
  holds(values: ArrayLike<number>): boolean {
    const { largest } = this
    const { mask } = this.layout
    let fits = true
    for (let c = 0; c < largest.length; c++) {
      const value = values[c] as number
      if (value > (largest[c] as number)) largest[c] = value
      if (value > (mask[c] as number) >>> 0) fits = false
    }
    return fits
  }

  /** Gives every component the bits it needs by now; all states are packed anew. */
  fit(): void {
    const before = this.layout
    this.fittedAt = this.visited.count
    // Of very many components, each gets its first value in a pass of its own unless there is a bit for it.
    const leastBits = ++this.fits > fitsMany && this.visited.count < statesFew ? 1 : 0
    this.clusters = this.clustered(roomy(this.largest, this.partition.components, leastBits))
    this.answers = new Answers(this.clusters, this.trees, this.apart, this.makeInts)
    const { layout } = this
    this.visited.repack(movesBetween(before, layout))
    this.leafUsed = 0
    this.leavesWritten = 0
    this.tablesMade = undefined
    this.writeLeaves()
  }

  /** Works out what a cluster leads to in this state, unless that is known by now. The same answers as `learn`. */
  summarize(k: number, present: Int32Array): 'kept' | 'outgrown' {
    const { answers } = this
    for (let unknown = answers.summarize(k, present); unknown !== undefined; ) {
      if (this.learn(unknown, present) === 'outgrown') return 'outgrown'
      unknown = answers.summarize(k, present)
    }
    const { tablesMade } = this
    if (tablesMade?.answers !== answers.entries || tablesMade.summaries !== answers.summaries)
      this.tablesMade = undefined
    return 'kept'
  }

  /** The clusters for a layout that is dense. */
  private clustered(densest: Layout): Clusters {
    // The last group looks at ends: it has no cluster.
    const { trees, apart, largest } = this
    const used = Array.from(largest, (most) => bitsFor(most))
    const prefixOf = (group: number) => trees.prefixOf(group)
    const limits = this.fittedAt < statesFew ? tableLimits.few : tableLimits.many
    const reading = { used, footprints: trees.footprints, prefixOf, apart, limits }
    return cluster(this.partition.groups.length - 1, reading, densest.bits, densest)
  }

  /** Brings the int form of the leaves up to date. */
  private writeLeaves(): void {
    const { leaves, stepKinds } = this.trees
    const { words } = this.layout
    if (leaves.length > this.leafOffsets.length) this.leafOffsets = this.grown(this.leafOffsets, leaves.length)
    for (; this.leavesWritten < leaves.length; this.leavesWritten++) {
      const { successors, fires } = leaves[this.leavesWritten] as Expansion
      const kinds = stepKinds[this.leavesWritten] as readonly number[]
      const length = leafHeader + successors.length * (successorHeader + words)
      if (this.leafUsed + length > this.leafInts.length) {
        this.leafInts = this.grown(this.leafInts, this.leafUsed + length)
      }
      this.leafOffsets[this.leavesWritten] = this.leafUsed
      this.writeLeaf(successors, kinds, fires)
      this.leafUsed += length
    }
  }

  private writeLeaf(successors: Expansion['successors'], kinds: readonly number[], fires: readonly number[]): void {
    const { leafInts } = this
    let at = this.leafUsed
    leafInts[at] = successors.length
    leafInts[at + 1] = successors.filter(({ progress }) => progress).length
    leafInts[at + 2] = this.setNumber(fires)
    at += leafHeader
    for (const [i, successor] of successors.entries()) {
      leafInts[at] = successor.writes.length === 0 ? unchanged : 0
      leafInts[at + 1] = this.setNumber(successor.violates)
      leafInts[at + 2] = kinds[i] as number
      leafInts.set(differenceOf(this.layout, successor.writes), at + successorHeader)
      at += successorHeader + this.layout.words
    }
  }

  private setNumber(properties: readonly number[]): number {
    const key = properties.join()
    let number = this.setNumbers.get(key)
    if (number === undefined) {
      number = this.sets.push(properties) - 1
      this.setNumbers.set(key, number)
    }
    return number
  }

  private grown(ints: Int32Array, least: number): Int32Array {
    const grown = this.makeInts(Math.max(least, ints.length * 2))
    grown.set(ints)
    return grown
  }
}

/** After so many passes, and while states are so few that a later pass can be expected to take back what was not needed. */
const fitsMany = 48
const statesFew = 1 << 12

/** Most bits to spare for a component, and the least value of one that is worth them. */
const spareBitsMax = 4
const spareFrom = 4

/**
 * A layout with bits to spare, as far as they cost no further word: packing anew is a pass over all states, and late in a
 * search there are many. First come components that will probably have more values, then those with the most values:
 * they go on growing.
 */
function roomy(largest: Int32Array, components: Partition['components'], leastBits: number): Layout {
  let layout = new Layout(Array.from(largest, (most) => Math.max(leastBits, bitsFor(most))))
  const widen = (component: number, bits: number): void => {
    if (bits <= (layout.bits[component] as number)) return
    const wider = new Layout(layout.bits.map((count, c) => (c === component ? bits : count)))
    if (wider.words === layout.words) layout = wider
  }
  components.forEach(({ likelyValues = 1 }, component) => {
    widen(component, bitsFor(likelyValues - 1))
  })
  const order = components.map((_, component) => component)
  const growing = order.filter((component) => (largest[component] as number) >= spareFrom)
  growing.sort((a, b) => (largest[b] as number) - (largest[a] as number) || a - b)
  for (let spare = 0; spare < spareBitsMax; spare++) {
    for (const component of growing) widen(component, (layout.bits[component] as number) + 1)
  }
  return layout
}
