/** Explore | the answers of clusters: what each leads to, in tables that are filled in as a search comes upon states. */

import { type Clusters, clusterInts } from './clusters.ts'
import { differenceOf } from './layout.ts'
import type { Expansion } from './partition.ts'
import type { MakeInts, Trees } from './tree.ts'
import { oneByOne } from './walker.ts'

/** Summaries begin here, so that minus the offset of a further table is less than `oneByOne`. */
const summariesFrom = 2

/** Most bits in use of the index of a further table, unless one component alone has more. */
const furtherUsedMax = 8

/** Most entries in use of the further tables of one cluster: they are looked up often, and must stay in a cache. */
const furtherSizeMax = 1 << 17

/** Of one layout; begins empty. */
export class Answers {
  readonly clusters: Clusters
  /** For walkers; replaced by larger arrays as they fill. */
  entries: Int32Array
  summaries: Int32Array
  private readonly trees: Trees
  private readonly apart: Set<number>
  private readonly makeInts: MakeInts
  private entriesUsed: number
  private summariesUsed = summariesFrom
  /** Where each summary is, by the leaves that it sums up. */
  private readonly summaryOffsets = new Map<string, number>()
  private readonly packed: Int32Array
  /** By cluster: what its table's index tells, and the size of its further tables. */
  private readonly rootComponents: Set<number>[] = []
  private readonly furtherSizes: number[] = []
  /** By answer that leads to a further table: what its index tells. */
  private readonly furtherComponents = new Map<number, readonly number[]>()

  /** @param apart gets the groups that had better not be answered together with those before them. */
  constructor(clusters: Clusters, trees: Trees, apart: Set<number>, makeInts: MakeInts) {
    this.clusters = clusters
    this.trees = trees
    this.apart = apart
    this.makeInts = makeInts
    this.entries = makeInts(Math.max(1, clusters.tableSize))
    this.entriesUsed = clusters.tableSize
    this.summaries = makeInts(1024)
    this.packed = new Int32Array(clusters.layout.words)
  }

  /**
   * Works out what a cluster leads to in this state, unless that is known by now. Where its groups read more than the
   * cluster's table tells, a further table begins. Returns a group whose leaf has to be learned first.
   */
  summarize(k: number, present: Int32Array): number | undefined {
    const { descriptions } = this.clusters
    const at = k * clusterInts
    if (k >= this.clusters.count || (descriptions[at + 2] as number) < 0) return undefined
    const first = descriptions[at] as number
    const last = descriptions[at + 1] as number
    for (let group = first; group <= last; group++) {
      if (this.trees.leafOf(group, present) === 0) return group
    }
    const { packed } = this
    this.clusters.layout.pack(present, packed, 0)
    let entry = descriptions[at + 2] as number
    for (let piece = at + 3; piece < at + clusterInts; piece += 4) {
      const word = packed[descriptions[piece] as number] as number
      const bits = (word >>> (descriptions[piece + 1] as number)) & (descriptions[piece + 2] as number)
      entry += bits << (descriptions[piece + 3] as number)
    }
    /** The further tables on the way. */
    const passed: number[] = []
    for (;;) {
      let answer = this.entries[entry] as number
      if (answer === oneByOne || answer > 0) return undefined
      if (answer === 0) {
        const untold = this.untold(k, present, passed)
        if (untold.size === 0) {
          const summary = this.summaryOf(first, last, present)
          // Other threads may look here.
          Atomics.store(this.entries, entry, summary)
          return undefined
        }
        answer = this.furtherTable(k, untold)
        Atomics.store(this.entries, entry, answer)
        if (answer === oneByOne) return undefined
      }
      passed.push(answer)
      const { summaries } = this
      const word = packed[summaries[-answer] as number] as number
      const bits = (word >>> (summaries[1 - answer] as number)) & (summaries[2 - answer] as number)
      entry = (summaries[3 - answer] as number) + bits
    }
  }

  /**
   * What the groups of a cluster read in this state that its index and these further tables do not tell, in the order of
   * reading.
   */
  private untold(k: number, present: Int32Array, passed: readonly number[]): Set<number> {
    const { descriptions } = this.clusters
    const last = descriptions[k * clusterInts + 1] as number
    this.rootComponents[k] ??= this.clusterComponents(k)
    const root = this.rootComponents[k] as Set<number>
    const further = passed.map((answer) => this.furtherComponents.get(answer) as readonly number[])
    const untold = new Set<number>()
    for (let group = descriptions[k * clusterInts] as number; group <= last; group++) {
      for (const component of this.trees.readsOf(group, present)) {
        if (root.has(component) || further.some((told) => told.includes(component))) continue
        untold.add(component)
      }
    }
    return untold
  }

  /** A table for the first of these components, and for its neighbours among them as far as it stays small. */
  private furtherTable(k: number, untold: ReadonlySet<number>): number {
    const { used, layout, limits } = this.clusters
    const { word, shift, bits } = layout
    const [first] = untold as ReadonlySet<number> & Iterable<number>
    const components = [first as number]
    let from = shift[first as number] as number
    let to = from + (bits[first as number] as number)
    let inUse = used[first as number] as number
    for (let grew = true; grew; ) {
      grew = false
      for (const component of untold) {
        if (word[component] !== word[first as number] || components.includes(component)) continue
        const start = shift[component] as number
        const end = start + (bits[component] as number)
        if ((start !== to && end !== from) || Math.max(to, end) - Math.min(from, start) > limits.furtherBits) continue
        if (inUse + (used[component] as number) > furtherUsedMax) continue
        inUse += used[component] as number
        components.push(component)
        from = Math.min(from, start)
        to = Math.max(to, end)
        grew = true
      }
    }
    const size = 2 ** (to - from)
    const sizes = (this.furtherSizes[k] ?? 0) + 2 ** inUse
    if (sizes > furtherSizeMax) {
      this.keepApart(k)
      return oneByOne
    }
    this.furtherSizes[k] = sizes
    const base = this.entriesUsed
    this.entriesUsed += size
    if (this.entriesUsed > this.entries.length) this.entries = this.grown(this.entries, this.entriesUsed)
    const answer = -this.append([word[first as number] as number, from, size - 1, base])
    this.furtherComponents.set(answer, components)
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
    let key = ''
    for (let group = first; group <= last; group++) {
      const leaf = this.trees.leafOf(group, present)
      if (leaf !== 1) key += `${leaf},`
    }
    let at = this.summaryOffsets.get(key)
    if (at === undefined) {
      at = this.append(this.summed(first, last, present))
      this.summaryOffsets.set(key, at)
    }
    return at
  }

  private summed(first: number, last: number, present: Int32Array): number[] {
    const parts: number[] = []
    let taken = 0
    let progress = 0
    let says = 0
    for (let group = first; group <= last; group++) {
      const leaf = this.trees.leafOf(group, present)
      const { successors, fires } = this.trees.leaves[leaf] as Expansion
      const kinds = this.trees.stepKinds[leaf] as readonly number[]
      if (fires.length > 0 || successors.some(({ violates }) => violates.length > 0)) says = 1
      taken += successors.length
      progress += successors.filter((successor) => successor.progress).length
      successors.forEach(({ writes }, i) => {
        if (writes.length > 0) parts.push(kinds[i] as number, ...differenceOf(this.clusters.layout, writes))
      })
    }
    return [taken, progress, says, parts.length / (1 + this.clusters.layout.words), ...parts]
  }

  /** Where these ints begin in `summaries`. */
  private append(ints: readonly number[]): number {
    const at = this.summariesUsed
    this.summariesUsed += ints.length
    if (this.summariesUsed > this.summaries.length) {
      this.summaries = this.grown(this.summaries, this.summariesUsed)
    }
    this.summaries.set(ints, at)
    return at
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

  private grown(ints: Int32Array, least: number): Int32Array {
    const grown = this.makeInts(Math.max(least, ints.length * 2))
    grown.set(ints)
    return grown
  }
}
