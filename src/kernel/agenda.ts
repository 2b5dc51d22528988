/** Kernel | the agenda of a timed run: all that can be due, numbered and ranked, on its wheel. */

import type { Channel, RoomClock } from './channel.ts'
import type { Input } from './timed-input.ts'
import { Wheel } from './wheel.ts'

/** What is due on an island by chance: an attempt at a random moment, one that answers an event, an event of another island. */
const chanceKinds = ['may', 'aimed', 'heard'] as const
export type ChanceKind = (typeof chanceKinds)[number]

/**
 * Numbers on the wheel: inputs, then messages on channels between islands, then room on these, then chances of islands. Rank
 * within a cycle: by island, first what arrives there, in the order of the wires, then the rest.
 */
export class Agenda extends Wheel implements RoomClock {
  /** What is due and no chance: when there is nothing, nothing has to happen any more. */
  pending = 0
  /** First numbers of room and of chances: the first of messages is the count of inputs. */
  private readonly messages: number
  readonly rooms: number
  readonly chances: number
  private readonly width: number

  /** @param inputs how many there are: the channels' first. */
  constructor(inputs: number, channels: readonly Channel[]) {
    super()
    this.messages = inputs
    this.rooms = inputs + channels.length
    this.chances = inputs + 2 * channels.length
    this.width = channels.length + 2
    for (const channel of channels) channel.arrivalRank = this.arrival(channel.receiver.island, channel.index)
  }

  insertInput(input: Input, cycle: number): void {
    this.pending++
    this.insert(cycle, input.index, this.within(input.actor.island))
  }

  /** A message on a channel from another island. */
  insertMessage({ index, arrivalRank }: Channel, cycle: number): void {
    this.pending++
    this.insert(cycle, this.messages + index, arrivalRank)
  }

  /** Room for one more message on a channel to another island. */
  insertRoom(channel: Channel, cycle: number): void {
    this.pending++
    this.insert(cycle, this.rooms + channel.index, this.roomRank(channel))
  }

  /** When within a cycle room comes back on a channel to another island. */
  private roomRank({ index, sender }: Channel): number {
    return this.arrival(sender.island, index)
  }

  /** What comes back in `cycle` has come if its turn was before the present one, or is it. */
  isOver(channel: Channel, cycle: number): boolean {
    return cycle < this.now || (cycle === this.now && this.roomRank(channel) <= this.rank)
  }

  insertChance(what: ChanceKind, island: number, cycle: number): void {
    const number = this.chances + island * chanceKinds.length + chanceKinds.indexOf(what)
    this.insert(cycle, number, what === 'heard' ? this.arrival(island, -1) : this.within(island))
  }

  /** What a number from `chances` on stands for. */
  chanceAt(number: number): { readonly what: ChanceKind; readonly island: number } {
    const place = number - this.chances
    const kind = place % chanceKinds.length
    return { what: chanceKinds[kind] as ChanceKind, island: (place - kind) / chanceKinds.length }
  }

  /** Whose turn it is at a rank. */
  islandAt(rank: number): number {
    return Math.floor(rank / this.width)
  }

  /** Rank of what comes to an island over a channel, either way; -1 for events. Between islands, nothing is ranked the same. */
  private arrival(island: number, channel: number): number {
    return island * this.width + channel + 1
  }

  /** Rank of what is due on an island because of itself. */
  private within(island: number): number {
    return (island + 1) * this.width - 1
  }
}
