/** Explore | futures: what each group of steps may still do to whom, from a local state of its actor on; learned and never unlearned. */

import type { Message } from '../kernel/actor.ts'
import type { Channel } from '../kernel/channel.ts'
import type { Expansion } from './partition.ts'
import type { SystemPartition } from './system-partition.ts'

/**
 * Each component has two bits. Of an actor or a part of an observer: looked at, changed. Of a channel: used at its tail
 * (something is put there, or room is asked for), used at its head (something is taken).
 */
export const lookedAt = 0
export const changed = 1
export const tail = lookedAt
export const head = changed

/** How futures are told apart. */
type Grain =
  /** By the local state that the group's actor is in: what it can no longer do is no future of it. */
  | 'local'
  /** Not at all: the whole search is one future. */
  | 'whole'

/** A renaming of components and groups that the system's symmetry allows: image by index. */
export interface Renaming {
  readonly components: readonly number[]
  readonly groups: readonly number[]
}

export class Futures {
  /** Ints of one set of bits. */
  readonly words: number
  /** By group: the actor whose step it is, -1 if it is none. */
  readonly home: Int32Array
  /** By group: the component of the channel that it delivers from, or -1. */
  readonly source: Int32Array
  /** By channel component: the actor that sends on it. */
  readonly sender: Int32Array
  /** By group: one set of bits for each value of its actor. */
  readonly sets: Int32Array[]
  /** Something that was relied on since the last `relyOnNothing` has turned out differently. */
  isWrong = false
  private readonly partition: SystemPartition
  private readonly grain: Grain
  private readonly renamings: readonly Renaming[]
  /** By group: what it does whatever its actor's local state is. */
  private readonly least: Int32Array[]
  private readonly groupsOf: number[][] = []
  /** By actor, by value: the values that it can come from in one step. */
  private readonly before: Set<number>[][] = []
  /** By component, by value: the round in which a decision has relied on its future. */
  private readonly relied: number[][] = []
  private round = 1
  /** By channel component: every message ever seen on it, by its text. */
  private readonly heard: Map<string, Message>[] = []
  private readonly scanned: Set<number>[] = []
  /** By channel component, by value of the receiver: 0 not asked yet, -1 it takes some message, else the round that last relied on its taking none. */
  private readonly deaf: number[][] = []

  /**
   * @param renamings generate the symmetry under which states stand for others. With any, even an empty list of them,
   * local states say little, for what they say of one member holds of another somewhere else: all futures are `whole`.
   */
  constructor(partition: SystemPartition, renamings?: readonly Renaming[]) {
    this.partition = partition
    this.renamings = renamings ?? []
    this.grain = renamings ? 'whole' : 'local'
    const { groups, components, system } = partition
    this.words = (2 * components.length + 31) >> 5
    this.home = new Int32Array(groups.length).fill(-1)
    this.source = new Int32Array(groups.length).fill(-1)
    this.sender = new Int32Array(components.length).fill(-1)
    for (const { index, outChannels } of system.actors) {
      for (const channel of outChannels) {
        const component = partition.channelComponents[channel.index] as number
        if (component >= 0) this.sender[component] = index
      }
    }
    this.least = groups.map(() => new Int32Array(this.words))
    for (const _ of components) {
      this.groupsOf.push([])
      this.before.push([])
      this.relied.push([])
      this.heard.push(new Map())
      this.scanned.push(new Set())
      this.deaf.push([])
    }
    groups.forEach((_, group) => {
      const step = partition.stepOf(group)
      if (!step) return
      const least = this.least[group] as Int32Array
      if (step.kind === 'spontaneous') this.home[group] = step.actor
      else {
        const { index, receiver, receivers } = step.channel
        const component = partition.channelComponents[index] as number
        this.home[group] = receiver.index
        this.source[group] = component
        mark(least, component, head)
        for (const receiver of receivers) mark(least, receiver.index, lookedAt)
      }
      mark(least, this.home[group] as number, lookedAt)
      this.groupsOf[this.home[group] as number]?.push(group)
    })
    this.sets = groups.map(() => new Int32Array(0))
  }

  /** Where in `sets[group]` the future of `group` begins when the components are `values`. */
  at(group: number, values: Int32Array): number {
    const value = this.grain === 'whole' ? 0 : (values[this.home[group] as number] as number)
    this.reserve(group, value)
    return value * this.words
  }

  /** Decisions from now on are new ones. */
  relyOnNothing(): void {
    this.round++
    this.isWrong = false
  }

  /** A decision is made in this state: from now on all futures from here must stay what they are. */
  rely(values: Int32Array): void {
    const actors = this.partition.system.actors.length
    for (let actor = 0; actor < actors; actor++) {
      const value = this.grain === 'whole' ? 0 : (values[actor] as number)
      ;(this.relied[actor] as number[])[value] = this.round
    }
  }

  /** Takes in what `group` leads to when the components `reads`, in this order, have these values. */
  learn(group: number, reads: readonly number[], values: Int32Array, expansion: Expansion): void {
    const { partition } = this
    const set = new Int32Array(this.words)
    const home = this.home[group] as number
    // What is asked before the group's own actor is asked in every local state of that actor.
    const always = new Int32Array(this.words)
    let isAlways = true
    for (const component of reads) {
      isAlways &&= component !== home
      // Where the sender reacts to what is taken, it may put something back.
      if (component === this.source[group] && !reads.includes(this.sender[component] as number)) continue
      const bit = partition.channelAt(component) ? tail : lookedAt
      mark(set, component, bit)
      if (isAlways) mark(always, component, bit)
    }
    if (this.grain === 'local') this.addAlways(group, always)
    for (const { writes } of expansion.successors) {
      for (const { component, from, to } of writes) {
        const channel = partition.channelAt(component)
        if (channel) this.listen(component, to)
        else {
          mark(set, component, changed)
          if (component < partition.system.actors.length) this.addMove(component, from, to)
        }
      }
    }
    this.add(group, this.grain === 'whole' ? 0 : (values[home] as number), set, 0)
  }

  /** Notes the messages that a channel holds. */
  listen(component: number, contents: number): void {
    const scanned = this.scanned[component] as Set<number>
    if (scanned.has(contents)) return
    scanned.add(contents)
    const heard = this.heard[component] as Map<string, Message>
    for (const message of this.partition.contentsOf(component, contents)) {
      const text = JSON.stringify(message)
      if (heard.has(text)) continue
      heard.set(text, message)
      const deaf = this.deaf[component] as number[]
      const receiver = this.receiverOf(component)
      for (const [value, round] of deaf.entries()) {
        if (!(round > 0) || this.partition.stalls(receiver, value, message)) continue
        if (round === this.round) this.isWrong = true
        deaf[value] = -1
      }
    }
  }

  /** Whether the receiver, as long as it stays as it is, takes nothing that was ever seen on this channel. */
  isDeaf(component: number, values: Int32Array): boolean {
    if (this.grain === 'whole') return false
    const receiver = this.receiverOf(component)
    const value = values[receiver] as number
    const deaf = this.deaf[component] as number[]
    if (!deaf[value]) {
      const messages = [...(this.heard[component] as Map<string, Message>).values()]
      deaf[value] = messages.every((message) => this.partition.stalls(receiver, value, message)) ? 1 : -1
    }
    if ((deaf[value] as number) < 0) return false
    deaf[value] = this.round
    return true
  }

  /** The actor that takes what comes from this channel. */
  receiverOf(component: number): number {
    return (this.partition.channelAt(component) as Channel).receiver.index
  }

  /** An actor can get from one value to another: it has the other's future, too. */
  private addMove(actor: number, from: number, to: number): void {
    if (this.grain === 'whole') return
    const before = this.before[actor] as Set<number>[]
    before[to] ??= new Set()
    const known = before[to] as Set<number>
    if (known.has(from)) return
    known.add(from)
    for (const group of this.groupsOf[actor] as number[]) {
      this.reserve(group, to)
      this.add(group, from, this.sets[group] as Int32Array, to * this.words)
    }
  }

  /** Adds bits to the futures of a group from all local states, known ones and those still to come. */
  private addAlways(group: number, bits: Int32Array): void {
    const { words } = this
    const least = this.least[group] as Int32Array
    if (least.every((word, w) => (word | (bits[w] as number)) === word)) return
    for (let w = 0; w < words; w++) least[w] = (least[w] as number) | (bits[w] as number)
    const values = (this.sets[group] as Int32Array).length / words
    for (let value = 0; value < values; value++) this.add(group, value, bits, 0)
  }

  /** Adds bits to a future, and to all futures that lead there. */
  private add(group: number, value: number, bits: Int32Array, offset: number): void {
    const { words } = this
    const actor = this.home[group] as number
    const more = bits.slice(offset, offset + words)
    const pending = [value]
    while (pending.length > 0) {
      const at = pending.pop() as number
      this.reserve(group, at)
      const set = this.sets[group] as Int32Array
      let grown = 0
      for (let w = 0; w < words; w++) {
        const old = set[at * words + w] as number
        const next = old | (more[w] as number)
        grown |= next ^ old
        set[at * words + w] = next
      }
      if (grown === 0) continue
      for (const renaming of this.renamings) {
        this.add(renaming.groups[group] as number, 0, this.renamed(set, renaming), 0)
      }
      if ((this.relied[actor] as number[])[at] === this.round) this.isWrong = true
      for (const from of this.before[actor]?.[at] ?? []) pending.push(from)
    }
  }

  /** The components that stand where this one stands in states that are the same up to names; itself among them. */
  imagesOf(component: number): ReadonlySet<number> {
    const images = new Set([component])
    for (const image of images) for (const { components } of this.renamings) images.add(components[image] as number)
    return images
  }

  private renamed(set: Int32Array, { components }: Renaming): Int32Array {
    const image = new Int32Array(this.words)
    for (let component = 0; component < components.length; component++) {
      for (const bit of [lookedAt, changed]) {
        const at = 2 * component + bit
        if ((((set[at >> 5] as number) >> (at & 31)) & 1) === 1) mark(image, components[component] as number, bit)
      }
    }
    return image
  }

  /** Makes room for a value; what is new begins with what the group does at the least. */
  private reserve(group: number, value: number): void {
    const { words } = this
    const set = this.sets[group] as Int32Array
    if ((value + 1) * words <= set.length) return
    const grown = new Int32Array(words * Math.max(4, 2 ** Math.ceil(Math.log2(value + 1))))
    grown.set(set)
    const least = this.least[group] as Int32Array
    for (let at = set.length; at < grown.length; at += words) grown.set(least, at)
    this.sets[group] = grown
  }
}

/** Sets one of the two bits of a component. */
export function mark(set: Int32Array, component: number, bit: number): void {
  const at = 2 * component + bit
  set[at >> 5] = (set[at >> 5] as number) | (1 << (at & 31))
}
