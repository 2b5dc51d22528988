/** Explore | decision trees: for each group, what it leads to, by the values of the components that it read. */

import { InternalError } from '../base/errors.ts'
import type { Expansion } from './partition.ts'
import { StepKinds } from './step-kinds.ts'

/**
 * A node is [component, capacity, slot of its parent, child 0, child 1, …]. A child is 0 (not known yet), the offset of a
 * node (positive), or a leaf (negative). All trees of a search are in one int array, so that walking one is a few loads.
 */
export const nodeHeader = 3

/** The leaf of a group that can do nothing and says nothing. */
export const nothing = -1

/** Grows by doubling; the array may be shared between threads, so growing makes a new one. */
export type MakeInts = (length: number) => Int32Array

/** Ints in unshared memory. */
export const plainInts: MakeInts = (length) => new Int32Array(length)

export class Trees {
  code: Int32Array
  /** Offset of each group's root; 0 while it has none. */
  readonly roots: Int32Array
  /** By leaf number; 0 is not used, 1 is `nothing`. */
  readonly leaves: Expansion[] = [
    { successors: [], fires: [] },
    { successors: [], fires: [] },
  ]
  /** By leaf number and successor: what kind of step it is. */
  readonly stepKinds: (readonly number[])[] = [[], []]
  readonly kinds: StepKinds
  /** By group: every component that one of its expansions has read. */
  readonly footprints: Set<number>[]
  private used = nodeHeader
  private readonly makeInts: MakeInts
  private readonly leafNumbers = new Map<string, number>()

  constructor(groups: number, makeInts: MakeInts = plainInts) {
    this.makeInts = makeInts
    this.code = makeInts(1 << 12)
    this.roots = makeInts(groups)
    this.kinds = new StepKinds(makeInts)
    this.footprints = Array.from({ length: groups }, () => new Set<number>())
  }

  /** Ints in use. */
  get size(): number {
    return this.used
  }

  /**
   * Remembers what `group` leads to when the components `reads` have the values in `state`, in this order.
   * Throws if an earlier expansion with equal values read something else: then the expansion is not a function of them.
   */
  add(group: number, reads: readonly number[], state: ArrayLike<number>, expansion: Expansion): void {
    this.link(group, reads, state, this.leafNumber(group, reads, expansion))
  }

  /** The second half of `add`: `number` is what `leafNumber` said. From here on threads that walk the tree come to the leaf. */
  link(group: number, reads: readonly number[], state: ArrayLike<number>, number: number): void {
    const leaf = -number
    if (reads.length === 0) throw new InternalError(`group ${group} read no component`)
    let slot = -1
    let node = this.roots[group] as number
    for (let depth = 0; depth < reads.length; depth++) {
      const component = reads[depth] as number
      this.footprints[group]?.add(component)
      const value = state[component] as number
      if (node === 0) {
        node = this.newNode(component, value, slot)
        this.publish(group, slot, node)
      } else if (node < 0 || this.code[node] !== component) {
        throw new InternalError(`group ${group} read other components in the same situation: a reaction is not pure`)
      } else if (value >= (this.code[node + 1] as number)) {
        node = this.widen(node, value, group)
      }
      slot = node + nodeHeader + value
      node = this.code[slot] as number
    }
    if (node !== 0 && node !== leaf) {
      throw new InternalError(`group ${group} led elsewhere in the same situation: a reaction is not pure`)
    }
    this.publish(group, slot, leaf)
  }

  /** Puts a node or a leaf where others see it. All that belongs to it must be written: other threads may be on their way to it. */
  private publish(group: number, slot: number, node: number): void {
    if (slot < 0) Atomics.store(this.roots, group, node)
    else Atomics.store(this.code, slot, node)
  }

  /** The components that `group` reads whatever their values are, in that order, up to the first one that depends on them. */
  prefixOf(group: number): number[] {
    const { code } = this
    const prefix: number[] = []
    let nodes = [this.roots[group] as number]
    while (nodes.length > 0 && nodes[0] !== 0) {
      const component = code[nodes[0] as number] as number
      if (nodes.some((node) => code[node] !== component)) break
      prefix.push(component)
      nodes = nodes.flatMap((node) => {
        const children = code.subarray(node + nodeHeader, node + nodeHeader + (code[node + 1] as number))
        return [...children].filter((child) => child > 0)
      })
    }
    return prefix
  }

  /** The number of the leaf that `group` comes to; 0 if it is not known. */
  leafOf(group: number, present: Int32Array): number {
    const { code, roots } = this
    let node = roots[group] as number
    while (node > 0) {
      const value = present[code[node] as number] as number
      node = value < (code[node + 1] as number) ? (code[node + nodeHeader + value] as number) : 0
    }
    return -node
  }

  /** The components on the way to that leaf. */
  readsOf(group: number, present: Int32Array): number[] {
    const { code, roots } = this
    const reads: number[] = []
    for (let node = roots[group] as number; node > 0; ) {
      const component = code[node] as number
      reads.push(component)
      node = code[node + nodeHeader + (present[component] as number)] as number
    }
    return reads
  }

  /** The first half of `add`: equal expansions share a leaf if their steps are of the same kinds. */
  leafNumber(group: number, reads: readonly number[], expansion: Expansion): number {
    const { successors, fires } = expansion
    if (successors.length === 0 && fires.length === 0) return 1
    const kinds = successors.map(({ writes }) => {
      const written = writes.map(({ component }) => component)
      return written.length === 0 ? 0 : this.kinds.numberOf(group, reads, written)
    })
    const key = `${kinds.join()} ${keyOf(expansion)}`
    let number = this.leafNumbers.get(key)
    if (number === undefined) {
      number = this.leaves.length
      this.leaves.push(expansion)
      this.stepKinds.push(kinds)
      this.leafNumbers.set(key, number)
    }
    return number
  }

  private newNode(component: number, value: number, parentSlot: number): number {
    const capacity = capacityFor(value)
    const node = this.allocate(nodeHeader + capacity)
    this.code[node] = component
    this.code[node + 1] = capacity
    this.code[node + 2] = parentSlot
    return node
  }

  /** Moves a node to where its children have more room. */
  private widen(node: number, value: number, group: number): number {
    const old = this.code[node + 1] as number
    const moved = this.newNode(this.code[node] as number, value, this.code[node + 2] as number)
    this.code.copyWithin(moved + nodeHeader, node + nodeHeader, node + nodeHeader + old)
    for (let i = 0; i < old; i++) {
      const child = this.code[moved + nodeHeader + i] as number
      if (child > 0) this.code[child + 2] = moved + nodeHeader + i
    }
    const parentSlot = this.code[node + 2] as number
    this.publish(group, parentSlot, moved)
    return moved
  }

  private allocate(length: number): number {
    if (this.used + length > this.code.length) {
      const grown = this.makeInts(Math.max(this.code.length * 2, this.used + length))
      grown.set(this.code.subarray(0, this.used))
      this.code = grown
    }
    const offset = this.used
    this.used += length
    return offset
  }
}

/** A text that no other expansion has. */
function keyOf({ successors, fires }: Expansion): string {
  let key = fires.join()
  for (const { writes, progress, violates, label } of successors) {
    key += progress ? ';' : ':'
    for (const { component, from, to } of writes) key += `${component} ${from} ${to},`
    key += violates.length > 0 ? `!${violates.join()}` : ''
    // Texts of messages are JSON: the end of one is told from what follows.
    key +=
      label.kind === 'deliver' ? `d${label.channel} ${label.message}` : `c${label.actor} ${label.choice} ${label.value}`
  }
  return key
}

function capacityFor(value: number): number {
  let capacity = 4
  while (capacity <= value) capacity *= 2
  return capacity
}
