/** Kernel | channels: bounded queues between ports; ordering, capacity and latency are data. */

import { canonical } from '../base/canonical.ts'
import { InternalError } from '../base/errors.ts'
import type { Message } from './actor.ts'
import type { Actor, Companion } from './system.ts'

/**
 * - `fifo`: in order.
 * - `per-id`: in order among messages of equal `from` and `txn` (AXI transaction ids); others may overtake.
 * - `per-source`: in order among messages of equal `from`; others may overtake.
 * - `unordered`: any message may be next.
 * - `set`: a message stays and may be delivered again; equal messages are one.
 * - `rendezvous`: one step shared by all participants; see `ChannelSpec.to`.
 */
export type ChannelOrder = (typeof channelOrders)[number]

export const channelOrders = ['fifo', 'per-id', 'per-source', 'unordered', 'set', 'rendezvous'] as const

/** One wire. Endpoints are written `actor.port`. */
export interface ChannelSpec {
  readonly from: string
  /**
   * The receiving port. A rendezvous lists its further participants in order: the first reacts to the offered
   * message, each next one to what the one before replied; a participant that does not reply ends the chain. It is
   * enabled iff all accept: the first and those whose in port takes the offered type are asked about the offered
   * message. A reply of another type must be accepted; to refuse it is an internal error.
   */
  readonly to: string | readonly string[]
  readonly order: ChannelOrder
  /**
   * Most messages in flight, at least 1. A rendezvous may have 0: then it is part of the step that offers the message.
   * That step is enabled iff every participant accepts what it is given, each reply included.
   */
  readonly capacity: number
  /** Cycles from sending to earliest delivery; `message`: the message's own `afterCycles` (timers). */
  readonly latencyCycles: number | 'message'
  /** Seeded runs add 0 to this many cycles. */
  readonly jitterCycles?: number
}

interface Identified {
  readonly from?: string
  readonly txn?: number
}

/** Knows what the sender of a channel can know by now. */
export interface RoomClock {
  /** Whether room that comes back on `channel` in `cycle` has come. */
  isOver(channel: Channel, cycle: number): boolean
}

/** A queue of messages with the cycle from which each may be delivered. Order lives here and nowhere else. */
export class Channel {
  readonly spec: ChannelSpec
  readonly index: number
  readonly id: string
  readonly capacity: number
  readonly order: ChannelOrder
  /** Whether only the oldest message can be next. */
  readonly inOrder: boolean
  /** Cycles from sending to delivery; -1: the message says. */
  readonly latencyCycles: number
  readonly jitterCycles: number
  // Questions asked at every step are answered by flags: to compare strings is to load them.
  readonly isSet: boolean
  readonly isRendezvous: boolean
  /** When within a cycle a message from another island arrives: see `Agenda`. */
  arrivalRank = 0
  /** Whether it leads to another island; and whether that is in another thread. */
  crosses = false
  leaves = false
  /**
   * A sender on another island cannot know at once that a message was taken: its place is free from the moment that `freeAt` was
   * told. Undefined: places are free when messages are taken.
   */
  roomClock: RoomClock | undefined
  /** Who sends. Set once the actors live. */
  sender!: Actor
  /** The first receiver, or only one. */
  receiver!: Actor
  /** Who receives; the participants of a rendezvous in order. Set once the actors live. */
  receivers: readonly Actor[] = []
  /** Later participants of a rendezvous that take messages of types the channel's port sends. */
  companions: readonly Companion[] = []
  /** The types that each participant's in port takes. */
  takes: readonly ReadonlySet<string>[] = []
  count = 0
  /** Places that the sender has to count as taken: those of the messages here, and those that `reclaim` may find free by now. */
  occupied = 0
  // The oldest message is kept in the object itself: most channels hold one message most of the time, and then a
  // delivery touches no array.
  head: Message | undefined
  /** The cycle from which it may be delivered. */
  headReady = 0
  /** Those behind the head, from `start` on, in a ring. */
  private start = 0
  private readonly mask: number
  private readonly messages: (Message | undefined)[]
  private readonly readyCycles: number[]
  /** When places will be free, from `firstFree` on, in a ring. */
  private readonly freeCycles: number[]
  private firstFree = 0
  private becomingFree = 0

  constructor(spec: ChannelSpec, index: number) {
    this.spec = spec
    this.index = index
    this.id = `${spec.from}>${typeof spec.to === 'string' ? spec.to : spec.to.join('+')}`
    this.capacity = spec.capacity
    this.order = spec.order
    this.isSet = spec.order === 'set'
    this.isRendezvous = spec.order === 'rendezvous'
    this.inOrder = spec.order === 'fifo' || spec.order === 'rendezvous'
    this.latencyCycles = spec.latencyCycles === 'message' ? -1 : spec.latencyCycles
    this.jitterCycles = spec.jitterCycles ?? 0
    const slots = 1 << Math.ceil(Math.log2(Math.max(1, spec.capacity)))
    this.messages = new Array(slots).fill(undefined)
    this.readyCycles = new Array(slots).fill(0)
    this.freeCycles = new Array(slots).fill(0)
    this.mask = slots - 1
  }

  /** Appends. The caller has checked the room; a full channel is our own bug. */
  enqueue(message: Message, readyCycle: number): void {
    if (this.isSet && this.holds(message)) return
    const count = this.count
    if (count >= this.capacity) throw new InternalError(`channel ${this.id} is full (capacity ${this.capacity})`)
    this.count = count + 1
    this.occupied++
    if (count > 0) {
      this.put(count, message, readyCycle)
      return
    }
    this.head = message
    this.headReady = readyCycle
  }

  /** Where room comes back late: a place, taken until `cycle`. */
  freeAt(cycle: number): void {
    this.freeCycles[(this.firstFree + this.becomingFree) & this.mask] = cycle
    this.becomingFree++
  }

  /** The cycle in which the next place will be free; undefined if there is none. */
  get nextFree(): number | undefined {
    return this.becomingFree > 0 ? this.freeCycles[this.firstFree] : undefined
  }

  /** Counts the places that are free by now as free. Only who lacks room needs to know; false: there are none. */
  reclaim(): boolean {
    const { roomClock } = this
    if (roomClock === undefined) return false
    const before = this.occupied
    while (this.becomingFree > 0 && roomClock.isOver(this, this.freeCycles[this.firstFree] as number)) {
      this.firstFree = (this.firstFree + 1) & this.mask
      this.becomingFree--
      this.occupied--
    }
    return this.occupied < before
  }

  /** A message has been sent whose queue is in another thread. */
  holdRoom(): void {
    this.occupied++
  }

  /** The message at `position` (0 is the oldest). */
  at(position: number): Message {
    return (position === 0 ? this.head : this.messages[(this.start + position) & this.mask]) as Message
  }

  /** The cycle from which the message at `position` may be delivered. */
  readyCycle(position: number): number {
    return position === 0 ? this.headReady : (this.readyCycles[(this.start + position) & this.mask] as number)
  }

  /** Timed runs deliver each message of a `set` once: its next delivery is put off for ever. */
  postpone(position: number): void {
    this.put(position, this.at(position), Number.POSITIVE_INFINITY)
  }

  /** Takes the oldest message out of a channel in order. */
  takeHead(): Message {
    const message = this.head as Message
    this.count--
    if (this.roomClock === undefined) this.occupied--
    if (this.count > 0) this.moveUp()
    else this.head = undefined
    return message
  }

  /** The oldest but one is the oldest from now on. */
  private moveUp(): void {
    this.start = (this.start + 1) & this.mask
    this.head = this.messages[this.start]
    this.headReady = this.readyCycles[this.start] as number
    this.messages[this.start] = undefined
  }

  /** Takes the message at `position` out; in a `set` it stays. */
  take(position: number): Message {
    const message = this.at(position)
    if (this.isSet) return message
    for (let i = position; i > 0; i--) this.put(i, this.at(i - 1), this.readyCycle(i - 1))
    this.takeHead()
    return message
  }

  /** Replaces the contents; all of it may be delivered at once. */
  refill(messages: readonly Message[]): void {
    if (messages.length > this.capacity) throw new InternalError(`channel ${this.id} cannot hold ${messages.length}`)
    this.messages.fill(undefined)
    this.head = undefined
    this.start = 0
    this.count = messages.length
    this.occupied = messages.length
    this.becomingFree = 0
    for (let i = 0; i < messages.length; i++) this.put(i, messages[i] as Message, 0)
  }

  private put(position: number, message: Message, readyCycle: number): void {
    if (position === 0) {
      this.head = message
      this.headReady = readyCycle
      return
    }
    const slot = (this.start + position) & this.mask
    this.messages[slot] = message
    this.readyCycles[slot] = readyCycle
  }

  /** Whether the channel's order allows the message at `position` to be delivered now. */
  eligible(position: number): boolean {
    if (position >= this.count) return false
    switch (this.order) {
      case 'fifo':
      case 'rendezvous':
        return position === 0
      case 'per-id':
      case 'per-source': {
        const { from, txn } = this.at(position) as Identified
        for (let i = 0; i < position; i++) {
          const earlier = this.at(i) as Identified
          if (earlier.from === from && (earlier.txn === txn || this.order === 'per-source')) return false
        }
        return true
      }
      case 'unordered':
      case 'set':
        return true
    }
  }

  /** A copy of the contents, oldest first. */
  contents(): Message[] {
    return Array.from({ length: this.count }, (_, position) => this.at(position))
  }

  private holds(message: Message): boolean {
    const text = canonical(message)
    for (let i = 0; i < this.count; i++) if (canonical(this.at(i)) === text) return true
    return false
  }
}
