/** Explore | stubborn sets: of the groups enabled in a state, some that no other group can disturb before one of them is taken. */

import type { Explorer } from './explorer.ts'
import { changed, type Futures, head, lookedAt, mark, tail } from './futures.ts'
import type { Expansion } from './partition.ts'
import type { SystemPartition } from './system-partition.ts'
import { nodeHeader } from './tree.ts'

/**
 * A row is what a group needs in one situation (the values on its way through its tree): [successors, progress, channel,
 * watchers, needs…]. `progress` is 1 if some successor is progress; `channel`, where not 0, is 1 + the component of a
 * channel whose next message may yet come; `watchers` are the predicates that may see what the successors change.
 */
const rowHeader = 4

/** Predicates have a bit each; the last bit stands for all that remain. */
const watcherBits = 31

export class StubbornSets {
  /** Whether predicates have turned out to look at more than decisions took for granted. */
  isWrong = false
  private readonly partition: SystemPartition
  private readonly futures: Futures
  private readonly steps: readonly number[]
  private readonly predicates: readonly number[]
  /** By component: the predicates that have ever looked at it. */
  private readonly watchers: Int32Array
  private hasDecided = false
  private rows = new Int32Array(1 << 12)
  private rowsUsed = 1
  /** By slot of a tree: its row, 0 if there is none yet. */
  private rowAt = new Int32Array(0)
  // Of the state being looked at, by group.
  private readonly row: Int32Array
  private readonly future: Int32Array
  private readonly isMember: Uint8Array
  private readonly members: number[] = []
  private values: Int32Array = new Int32Array(0)

  constructor(partition: SystemPartition, futures: Futures) {
    this.partition = partition
    this.futures = futures
    const ofKind = (wanted: string) => partition.groups.flatMap(({ kind }, group) => (kind === wanted ? [group] : []))
    this.steps = ofKind('step')
    this.predicates = ofKind('state')
    this.watchers = new Int32Array(partition.components.length)
    this.row = new Int32Array(partition.groups.length)
    this.future = new Int32Array(partition.groups.length)
    this.isMember = new Uint8Array(partition.groups.length)
  }

  /** Decisions from now on are new ones. */
  begin(): void {
    this.hasDecided = false
    this.isWrong = false
  }

  /** Looks at a state in which every group has been expanded: learns what is new of it. */
  enter(values: Int32Array, explorer: Explorer): void {
    this.values = values
    const { code } = explorer.trees
    if (this.rowAt.length < code.length) {
      const grown = new Int32Array(code.length)
      grown.set(this.rowAt)
      this.rowAt = grown
    }
    for (const group of this.predicates) this.row[group] = this.rowOf(group, explorer)
    for (const group of this.steps) this.row[group] = this.rowOf(group, explorer)
    for (const group of this.steps) this.future[group] = this.futures.at(group, values)
  }

  /**
   * The groups of a stubborn set around `seed` in this state, disabled ones included, closed under `needs`; undefined if
   * it has no progress, or `mostSuccessors` or more of them.
   */
  around(
    seed: number,
    mostSuccessors: number,
  ): { readonly groups: readonly number[]; readonly size: number } | undefined {
    const { rows, members, isMember } = this
    isMember.fill(0)
    members.length = 0
    this.include(seed)
    let size = 0
    let progress = 0
    let watched = 0
    for (let next = 0; next < members.length; next++) {
      const group = members[next] as number
      const row = this.row[group] as number
      const successors = rows[row] as number
      size += successors
      if (size >= mostSuccessors) return undefined
      progress |= rows[row + 1] as number
      this.includeConflicting(row)
      const channel = rows[row + 2] as number
      if (channel > 0) this.includeSenders(channel - 1)
      const watching = (rows[row + 3] as number) & ~watched
      watched |= watching
      this.predicates.forEach((predicate, index) => {
        if (((watching >> Math.min(index, watcherBits - 1)) & 1) === 1)
          this.includeConflicting(this.row[predicate] as number)
      })
    }
    return progress === 1 ? { groups: [...members], size } : undefined
  }

  /** A decision relies on what is known. */
  rely(): void {
    this.hasDecided = true
    this.futures.rely(this.values)
  }

  private include(group: number): void {
    if (this.isMember[group] === 1) return
    this.isMember[group] = 1
    this.members.push(group)
  }

  /** Every group that may yet do what the row does not bear. */
  private includeConflicting(row: number): void {
    const { rows, futures, isMember } = this
    const { words, sets } = futures
    for (const group of this.steps) {
      if (isMember[group] === 1) continue
      const set = sets[group] as Int32Array
      const at = this.future[group] as number
      for (let w = 0; w < words; w++) {
        if (((rows[row + rowHeader + w] as number) & (set[at + w] as number)) === 0) continue
        this.include(group)
        break
      }
    }
  }

  /** A delivery waits for a message: it is held up by its senders or, if its receiver would not take any, by what changes that. */
  private includeSenders(channel: number): void {
    const { futures } = this
    const isDeaf = futures.isDeaf(channel, this.values)
    const at = isDeaf ? 2 * futures.receiverOf(channel) + changed : 2 * channel + tail
    for (const group of this.steps) {
      const bits = (futures.sets[group] as Int32Array)[(this.future[group] as number) + (at >> 5)] as number
      if (((bits >> (at & 31)) & 1) === 1) this.include(group)
    }
  }

  private rowOf(group: number, { trees }: Explorer): number {
    const { code, roots } = trees
    const { values } = this
    let node = roots[group] as number
    let slot = 0
    while (node > 0) {
      slot = node + nodeHeader + (values[code[node] as number] as number)
      node = code[slot] as number
    }
    const known = this.rowAt[slot] as number
    if (known > 0) return known
    const reads: number[] = []
    for (let at = roots[group] as number; at > 0; ) {
      const component = code[at] as number
      reads.push(component)
      at = code[at + nodeHeader + (values[component] as number)] as number
    }
    const isStep = this.partition.groups[group]?.kind === 'step'
    const row = isStep
      ? this.learnStep(group, reads, trees.leaves[-node] as Expansion)
      : this.learnPredicate(group, reads)
    this.rowAt[slot] = row
    return row
  }

  private learnPredicate(group: number, reads: readonly number[]): number {
    const bit = 1 << Math.min(this.predicates.indexOf(group), watcherBits - 1)
    const needs = new Int32Array(this.futures.words)
    for (const component of reads) {
      mark(needs, component, changed)
      if (this.partition.channelAt(component)) mark(needs, component, tail)
      for (const image of this.futures.imagesOf(component)) {
        const watchers = this.watchers[image] as number
        if ((watchers & bit) !== 0) continue
        this.watchers[image] = watchers | bit
        // Every row may say too little now about who sees what it changes.
        this.rowAt.fill(0)
        if (this.hasDecided) this.isWrong = true
      }
    }
    return this.addRow([0, 0, 0, 0], needs)
  }

  private learnStep(group: number, reads: readonly number[], expansion: Expansion): number {
    const { partition, futures } = this
    const { successors } = expansion
    futures.learn(group, reads, this.values, expansion)
    const written = new Set(successors.flatMap(({ writes }) => writes.map(({ component }) => component)))
    const needs = new Int32Array(futures.words)
    const step = partition.stepOf(group)
    // Whether this is all that the group can ever do in this situation, and it can.
    const isWhole =
      successors.length > 0 &&
      (step?.kind === 'deliver' ? step.channel.inOrder : successors.length === domainOf(partition, step))
    let waitsFor = 0
    for (const component of reads) {
      const channel = partition.channelAt(component)
      if (!channel) {
        mark(needs, component, changed)
        if (written.has(component)) mark(needs, component, lookedAt)
        continue
      }
      const count = partition.contentsOf(component, this.values[component] as number).length
      if (component === futures.source[group]) {
        // What is next stays next if the order is kept; otherwise what is still to come may come first.
        if (channel.inOrder ? count === 0 : count < channel.capacity) waitsFor = component + 1
        if (reads.includes(futures.sender[component] as number)) mark(needs, component, tail)
      } else {
        // Others that put something there take room and the place in the order; room that is missing comes from the head.
        if (successors.length > 0) mark(needs, component, tail)
        if (!isWhole && count > 0) mark(needs, component, head)
      }
    }
    let watchers = 0
    for (const component of written) watchers |= this.watchers[component] as number
    const progress = successors.some((successor) => successor.progress) ? 1 : 0
    // With something to deliver, a receiver that is deaf to the rest does not stay as it is.
    if (waitsFor > 0 && successors.length > 0) {
      mark(needs, waitsFor - 1, tail)
      waitsFor = 0
    }
    return this.addRow([successors.length, progress, waitsFor, watchers], needs)
  }

  private addRow(start: readonly number[], needs: Int32Array): number {
    const at = this.rowsUsed
    this.rowsUsed += rowHeader + needs.length
    if (this.rowsUsed > this.rows.length) {
      const grown = new Int32Array(2 * this.rowsUsed)
      grown.set(this.rows)
      this.rows = grown
    }
    this.rows.set(start, at)
    this.rows.set(needs, at + rowHeader)
    return at
  }
}

function domainOf(partition: SystemPartition, step: ReturnType<SystemPartition['stepOf']>): number {
  if (step?.kind !== 'spontaneous') return 0
  return partition.system.actors[step.actor]?.definition.spontaneous[step.choice]?.domain ?? 0
}
