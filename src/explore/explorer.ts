/** Explore | the explorer: a partition, what is known of it as trees, and packed states; the base of every strategy. */

import { InternalError } from '../base/errors.ts'
import { type Clusters, cluster, clusterInts } from './clusters.ts'
import { bitsFor, Layout, movesBetween } from './layout.ts'
import type { Expansion, Partition, Successor } from './partition.ts'
import { type MakeInts, nodeHeader, plainInts, Trees } from './tree.ts'
import { Visited } from './visited.ts'
import { leafHeader, oneByOne, successorHeader, tableHeader, unchanged, type WalkerTables } from './walker.ts'

/** Summaries begin here, so that minus the offset of a further table is less than `oneByOne`. */
const summariesFrom = 2

/** Most bits of the index of a further table, unless one component alone has more. */
const furtherBitsMax = 8

/** Most entries of the further tables of one cluster: some of them are used often, and must stay in a cache. */
const furtherSizeMax = 1 << 17

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
  private tablesMade: WalkerTables | undefined
  private clusters: Clusters
  private answers: Int32Array
  private summaries: Int32Array
  private answersUsed = 0
  private summariesUsed = summariesFrom
  /** Where each summary is, by its ints. */
  private summaryOffsets = new Map<string, number>()
  /** By cluster: what its table's index tells, and the size of its further tables. */
  private rootComponents: Set<number>[] = []
  private furtherSizes: number[] = []
  /** By answer that leads to a further table: what its index tells. */
  private furtherComponents = new Map<number, readonly number[]>()
  /** Groups that are no longer answered together with those before them. */
  private readonly apart = new Set<number>()
  private fittedAt = 1
  private readonly makeInts: MakeInts
  private leafOffsets: Int32Array
  private leafInts: Int32Array
  private leafUsed = 0
  private leavesWritten = 0
  private readonly setNumbers = new Map<string, number>([['', 0]])
  /** Largest value of each component that was ever written. */
  private readonly largest: number[]
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
    this.largest = [...values]
    this.clusters = this.clustered(new Layout(values.map((value) => bitsFor(value))))
    this.answers = makeInts(Math.max(1, this.clusters.tableSize))
    this.answersUsed = this.clusters.tableSize
    this.summaries = makeInts(1024)
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
      answers: this.answers,
      summaries: this.summaries,
    }
    return this.tablesMade
  }

  /** The expansion of `group` in a state whose components are `present`, from the trees if it is known. */
  expansion(group: number, present: Int32Array): Expansion {
    const leaf = this.leafOf(group, present)
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
    this.trees.add(group, reads, present, expansion)
    this.watch?.(group, present, expansion)
    let outgrown = false
    for (const { writes } of expansion.successors) {
      for (const { component, to } of writes) {
        if (to > (this.largest[component] as number)) this.largest[component] = to
        if (!this.layout.fits(component, to)) outgrown = true
      }
    }
    this.tablesMade = undefined
    if (outgrown) return 'outgrown'
    this.writeLeaves()
    return 'kept'
  }

  /** Whether much more is known about what groups read than when states were packed last, and packing is still cheap. */
  get isDueToFit(): boolean {
    const { count } = this.visited
    return count >= 256 && count >= 8 * this.fittedAt && count <= 1 << 16
  }

  /** Whether the layout has room for these values; if not, `fit` makes it. */
  holds(values: ArrayLike<number>): boolean {
    let fits = true
    for (let c = 0; c < values.length; c++) {
      const value = values[c] as number
      if (value > (this.largest[c] as number)) this.largest[c] = value
      if (!this.layout.fits(c, value)) fits = false
    }
    return fits
  }

  /** Gives every component the bits it needs by now; all states are packed anew. */
  fit(): void {
    const before = this.layout
    this.fittedAt = this.visited.count
    const needs = this.largest.map((most) => bitsFor(most))
    this.clusters = this.clustered(roomy(needs, this.largest))
    this.answers = this.makeInts(Math.max(1, this.clusters.tableSize))
    this.answersUsed = this.clusters.tableSize
    this.summariesUsed = summariesFrom
    this.summaryOffsets = new Map()
    this.rootComponents = []
    this.furtherSizes = []
    this.furtherComponents = new Map()
    const { layout } = this
    this.visited.repack(movesBetween(before, layout))
    this.leafUsed = 0
    this.leavesWritten = 0
    this.tablesMade = undefined
    this.writeLeaves()
  }

  /**
   * Works out what a cluster leads to in this state, unless that is known by now. The same answers as `learn`. Where its
   * groups read more than the cluster's table tells, a further table begins.
   */
  summarize(k: number, present: Int32Array): 'kept' | 'outgrown' {
    const { descriptions } = this.clusters
    const at = k * clusterInts
    if (k >= this.clusters.count || (descriptions[at + 2] as number) < 0) return 'kept'
    const first = descriptions[at] as number
    const last = descriptions[at + 1] as number
    for (let group = first; group <= last; group++) {
      if (this.leafOf(group, present) === 0) return this.learn(group, present)
    }
    const packed = new Int32Array(this.layout.words)
    this.layout.pack(present, packed, 0)
    this.rootComponents[k] ??= this.clusterComponents(k)
    const told = new Set(this.rootComponents[k])
    let entry = descriptions[at + 2] as number
    for (let piece = at + 3; piece < at + clusterInts; piece += 4) {
      const [word, shift, mask, place] = descriptions.subarray(piece, piece + 4) as unknown as number[]
      entry += (((packed[word as number] as number) >>> (shift as number)) & (mask as number)) << (place as number)
    }
    for (;;) {
      let answer = this.answers[entry] as number
      if (answer === oneByOne || answer > 0) return 'kept'
      if (answer === 0) {
        const untold = this.untold(first, last, present, told)
        if (untold.size === 0) {
          this.answers[entry] = this.summaryOf(first, last, present)
          return 'kept'
        }
        answer = this.furtherTable(k, untold)
        this.answers[entry] = answer
        if (answer === oneByOne) return 'kept'
      }
      const [word, shift, mask, base] = this.summaries.subarray(-answer, tableHeader - answer) as unknown as number[]
      for (const component of this.furtherComponents.get(answer) as readonly number[]) told.add(component)
      entry = (base as number) + (((packed[word as number] as number) >>> (shift as number)) & (mask as number))
    }
  }

  /** What the groups read in this state that is not among `told`, in the order of reading. */
  private untold(first: number, last: number, present: Int32Array, told: ReadonlySet<number>): Set<number> {
    const untold = new Set<number>()
    for (let group = first; group <= last; group++) {
      for (const component of this.readsOf(group, present)) if (!told.has(component)) untold.add(component)
    }
    return untold
  }

  /** A table for the first of these components, and for its neighbours among them as far as it stays small. */
  private furtherTable(k: number, untold: ReadonlySet<number>): number {
    const { word, shift, bits } = this.layout
    const [first] = untold as ReadonlySet<number> & Iterable<number>
    const components = [first as number]
    let from = shift[first as number] as number
    let to = from + (bits[first as number] as number)
    for (let grew = true; grew; ) {
      grew = false
      for (const component of untold) {
        if (word[component] !== word[first as number] || components.includes(component)) continue
        const start = shift[component] as number
        const end = start + (bits[component] as number)
        if ((start !== to && end !== from) || Math.max(to, end) - Math.min(from, start) > furtherBitsMax) continue
        components.push(component)
        from = Math.min(from, start)
        to = Math.max(to, end)
        grew = true
      }
    }
    const size = 2 ** (to - from)
    const sizes = (this.furtherSizes[k] ?? 0) + size
    if (sizes > furtherSizeMax) {
      this.keepApart(k)
      return oneByOne
    }
    this.furtherSizes[k] = sizes
    const base = this.answersUsed
    this.answersUsed += size
    if (this.answersUsed > this.answers.length) this.answers = this.grown(this.answers, this.answersUsed)
    const answer = -this.append([word[first as number] as number, from, size - 1, base])
    this.furtherComponents.set(answer, components)
    this.tablesMade = undefined
    return answer
  }

  /** From the next time that clusters are made, the groups of this one are answered each by itself. */
  private keepApart(k: number): void {
    const { descriptions } = this.clusters
    const last = descriptions[k * clusterInts + 1] as number
    for (let group = (descriptions[k * clusterInts] as number) + 1; group <= last + 1; group++) this.apart.add(group)
  }

  /** The offset of a summary of what the groups lead to, all of whose leaves are known. Equal ones are stored once. */
  private summaryOf(first: number, last: number, present: Int32Array): number {
    const parts: number[] = []
    let taken = 0
    let progress = 0
    let says = 0
    for (let group = first; group <= last; group++) {
      const leaf = this.leafOf(group, present)
      if (leaf === 1) continue
      const { successors, fires } = this.trees.leaves[leaf] as Expansion
      if (fires.length > 0 || successors.some(({ violates }) => violates.length > 0)) says = 1
      taken += successors.length
      progress += successors.filter((successor) => successor.progress).length
      for (const successor of successors) if (successor.writes.length > 0) parts.push(...this.difference(successor))
    }
    const summary = [taken, progress, says, parts.length / this.layout.words, ...parts]
    const key = summary.join()
    let at = this.summaryOffsets.get(key)
    if (at === undefined) {
      at = this.append(summary)
      this.summaryOffsets.set(key, at)
    }
    return at
  }

  /** Where these ints begin in `summaries`. */
  private append(ints: readonly number[]): number {
    const at = this.summariesUsed
    this.summariesUsed += ints.length
    if (this.summariesUsed > this.summaries.length) {
      this.summaries = this.grown(this.summaries, this.summariesUsed)
      this.tablesMade = undefined
    }
    this.summaries.set(ints, at)
    return at
  }

  /** The clusters for a layout that is dense. */
  private clustered(densest: Layout): Clusters {
    // The last group looks at ends: it has no cluster.
    const { trees, apart } = this
    const reading = { footprints: trees.footprints, prefixOf: (group: number) => trees.prefixOf(group), apart }
    return cluster(this.partition.groups.length - 1, reading, densest.bits, densest)
  }

  /** The components whose value a cluster's table index tells: those in its pieces, and those that have no bits. */
  private clusterComponents(k: number): Set<number> {
    const at = k * clusterInts
    const { layout } = this.clusters
    const components = new Set<number>()
    for (let piece = at + 3; piece < at + clusterInts; piece += 4) {
      const [word, shift, mask] = this.clusters.descriptions.subarray(piece, piece + 3) as unknown as number[]
      if (mask === 0) continue
      for (let c = 0; c < layout.word.length; c++) {
        const offset = (layout.shift[c] as number) - (shift as number)
        if (layout.word[c] !== word || offset < 0 || layout.mask[c] === 0) continue
        if ((((layout.mask[c] as number) << offset) & (mask as number)) !== 0) components.add(c)
      }
    }
    for (let c = 0; c < layout.mask.length; c++) if (layout.mask[c] === 0) components.add(c)
    return components
  }

  /** The number of the leaf that `group` comes to; 0 if it is not known. */
  private leafOf(group: number, present: Int32Array): number {
    const { code, roots } = this.trees
    let node = roots[group] as number
    while (node > 0) {
      const value = present[code[node] as number] as number
      node = value < (code[node + 1] as number) ? (code[node + nodeHeader + value] as number) : 0
    }
    return -node
  }

  /** The components on the way to that leaf. */
  private readsOf(group: number, present: Int32Array): number[] {
    const { code, roots } = this.trees
    const reads: number[] = []
    for (let node = roots[group] as number; node > 0; ) {
      const component = code[node] as number
      reads.push(component)
      node = code[node + nodeHeader + (present[component] as number)] as number
    }
    return reads
  }

  private difference({ writes }: Successor): number[] {
    const { layout } = this
    const words = new Array<number>(layout.words).fill(0)
    for (const { component, from, to } of writes) {
      const word = layout.word[component] as number
      words[word] = (words[word] as number) ^ ((from ^ to) << (layout.shift[component] as number))
    }
    return words
  }

  /** Brings the int form of the leaves up to date. */
  private writeLeaves(): void {
    const { leaves } = this.trees
    const { words } = this.layout
    if (leaves.length > this.leafOffsets.length) this.leafOffsets = this.grown(this.leafOffsets, leaves.length)
    for (; this.leavesWritten < leaves.length; this.leavesWritten++) {
      const { successors, fires } = leaves[this.leavesWritten] as Expansion
      const length = leafHeader + successors.length * (successorHeader + words)
      if (this.leafUsed + length > this.leafInts.length) {
        this.leafInts = this.grown(this.leafInts, this.leafUsed + length)
      }
      this.leafOffsets[this.leavesWritten] = this.leafUsed
      this.writeLeaf(successors, fires, words)
      this.leafUsed += length
    }
  }

  private writeLeaf(successors: Expansion['successors'], fires: readonly number[], words: number): void {
    const { leafInts } = this
    let at = this.leafUsed
    leafInts[at] = successors.length
    leafInts[at + 1] = successors.filter(({ progress }) => progress).length
    leafInts[at + 2] = this.setNumber(fires)
    at += leafHeader
    for (const successor of successors) {
      leafInts[at] = successor.writes.length === 0 ? unchanged : 0
      leafInts[at + 1] = this.setNumber(successor.violates)
      leafInts.set(this.difference(successor), at + successorHeader)
      at += successorHeader + words
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

/** Most bits to spare for a component that has outgrown what it had. */
const spareBitsMax = 1

/**
 * A layout with bits to spare for the components with the most values, as far as that costs no further word: packing anew
 * is a pass over all states, and what has many values goes on growing.
 */
function roomy(needs: readonly number[], largest: readonly number[]): Layout {
  let layout = new Layout(needs)
  const order = needs.map((_, component) => component).filter((component) => (largest[component] as number) > 3)
  order.sort((a, b) => (largest[b] as number) - (largest[a] as number) || a - b)
  for (let spare = 0; spare < spareBitsMax; spare++) {
    for (const component of order) {
      const wider = new Layout(layout.bits.map((count, c) => (c === component ? count + 1 : count)))
      if (wider.words === layout.words) layout = wider
    }
  }
  return layout
}
