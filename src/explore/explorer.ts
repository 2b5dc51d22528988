/** Explore | the explorer: a partition, what is known of it as trees, and packed states; the base of every strategy. */

import { InternalError } from '../base/errors.ts'
import { bitsFor, Layout } from './layout.ts'
import type { Expansion, Partition } from './partition.ts'
import { type MakeInts, nodeHeader, plainInts, Trees } from './tree.ts'
import { Visited } from './visited.ts'
import { leafHeader, successorHeader, unchanged, type WalkerTables } from './walker.ts'

export class Explorer {
  readonly partition: Partition
  readonly trees: Trees
  readonly visited: Visited
  /** Sets of properties that steps violate or states fire, by number. */
  readonly sets: (readonly number[])[] = [[]]
  layout: Layout
  /** Charts were asked this often. */
  misses = 0
  private tablesMade: WalkerTables | undefined
  private readonly makeInts: MakeInts
  private leafOffsets: Int32Array
  private leafInts: Int32Array
  private leafUsed = 0
  private leavesWritten = 0
  private readonly setNumbers = new Map<string, number>([['', 0]])
  /** Largest value of each component that was ever written. */
  private readonly largest: number[]

  constructor(partition: Partition, makeInts: MakeInts = plainInts) {
    this.partition = partition
    this.makeInts = makeInts
    this.trees = new Trees(partition.groups.length, makeInts)
    this.leafOffsets = makeInts(256)
    this.leafInts = makeInts(1024)
    const { values } = partition.initial()
    this.largest = [...values]
    this.layout = new Layout(values.map((value) => bitsFor(value)))
    this.visited = new Visited(this.layout.words, makeInts)
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
    }
    return this.tablesMade
  }

  /** The expansion of `group` in a state whose components are `present`, from the trees if it is known. */
  expansion(group: number, present: Int32Array): Expansion {
    const { code, roots, leaves } = this.trees
    let node = roots[group] as number
    while (node > 0) {
      const value = present[code[node] as number] as number
      node = value < (code[node + 1] as number) ? (code[node + nodeHeader + value] as number) : 0
    }
    if (node < 0) return leaves[-node] as Expansion
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
    const seen = new Set<number>()
    const expansion = this.partition.expand(group, (component) => {
      if (!seen.has(component)) {
        seen.add(component)
        reads.push(component)
      }
      return present[component] as number
    })
    for (const { writes } of expansion.successors) {
      for (const { component } of writes) {
        if (!seen.has(component)) throw new InternalError(`group ${group} writes component ${component} unread`)
      }
    }
    this.trees.add(group, reads, present, expansion)
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

  /** Gives every component the bits it needs by now; all states are packed anew. */
  fit(): void {
    const before = this.layout
    // Growing costs a pass over all states, so a component that has outgrown its bits gets one to spare.
    const bits = before.bits.map((bits, component) => {
      const need = bitsFor(this.largest[component] as number)
      return need > bits ? need : bits
    })
    this.layout = new Layout(bits)
    const { layout } = this
    const values = new Int32Array(bits.length)
    this.visited.repack(layout.words, (from, fromOffset, to, toOffset) => {
      before.unpack(from, fromOffset, values)
      layout.pack(values, to, toOffset)
    })
    this.leafUsed = 0
    this.leavesWritten = 0
    this.tablesMade = undefined
    this.writeLeaves()
  }

  /** The set with number `set`, as names. */
  namesOf(set: number): string[] {
    return (this.sets[set] as readonly number[]).map((property) => this.partition.properties[property] as string)
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
    const { layout, leafInts } = this
    let at = this.leafUsed
    leafInts[at] = successors.length
    leafInts[at + 1] = successors.filter(({ progress }) => progress).length
    leafInts[at + 2] = this.setNumber(fires)
    at += leafHeader
    for (const { writes, violates } of successors) {
      leafInts[at] = writes.length === 0 ? unchanged : 0
      leafInts[at + 1] = this.setNumber(violates)
      at += successorHeader
      leafInts.fill(0, at, at + words)
      for (const { component, from, to } of writes) {
        const word = at + (layout.word[component] as number)
        leafInts[word] = (leafInts[word] as number) ^ ((from ^ to) << (layout.shift[component] as number))
      }
      at += words
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
