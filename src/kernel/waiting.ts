/** Kernel | inputs that wait in a timed run: for a reaction of who refused them, or for room on a channel. */

import type { Agenda } from './agenda.ts'
import type { Channel } from './channel.ts'
import type { Actor } from './system.ts'
import type { Input } from './timed-input.ts'

/** Lists of inputs that are attempted again once something has changed for them. */
export class Waiting {
  private readonly agenda: Agenda
  /** By actor index: a reaction of it may enable them. */
  private readonly stalled: readonly Input[][]
  /** By channel index: they wait for its room. */
  private readonly full: readonly Input[][]

  constructor(agenda: Agenda, actors: readonly Actor[], channels: readonly Channel[]) {
    this.agenda = agenda
    this.stalled = actors.map(() => [])
    this.full = channels.map(() => [])
  }

  stalledBy({ index }: Actor): Input[] {
    return this.stalled[index] as Input[]
  }
  forRoomOn({ index }: Channel): Input[] {
    return this.full[index] as Input[]
  }

  /** Lets `input` wait for room on `channel`. */
  addFull(input: Input, channel: Channel): void {
    input.waiting = 'full'
    addOnce(this.forRoomOn(channel), input)
    const cycle = channel.nextReturn
    if (cycle >= 0) this.agenda.insertRoom(channel, cycle)
    // A message that waits for room may need other room, or none, once its receiver has changed. `must` choices are
    // looked at after every reaction anyway.
    this.addReceivers(input)
  }

  /** Lets `input` wait for a reaction of those who can have refused it. */
  addStalled(input: Input): void {
    input.waiting = 'stalled'
    this.addReceivers(input)
  }

  private addReceivers(input: Input): void {
    const { channel } = input
    if (channel === undefined) return
    this.addFor(input, input.actor)
    if (channel.isRendezvous) for (const { actor } of channel.companions) this.addFor(input, actor)
  }

  private addFor(input: Input, actor: Actor): void {
    addOnce(this.stalledBy(actor), input)
    for (const partner of actor.partners) addOnce(this.stalledBy(partner), input)
  }

  /** There is room: all that wait for it are attempted now. */
  wakeFull(full: Input[]): void {
    for (let i = 0; i < full.length; i++) this.wake(full[i] as Input)
    // Popping a few elements is much cheaper than setting a length.
    while (full.length > 0) full.pop()
  }

  /** The same after a reaction. Those that are certain to be stalled again go on waiting. */
  wakeStalled(stalled: Input[]): void {
    let kept = 0
    for (let i = 0; i < stalled.length; i++) {
      const input = stalled[i] as Input
      if (stallsAgain(input, this.agenda.now)) stalled[kept++] = input
      else this.wake(input)
    }
    while (stalled.length > kept) stalled.pop()
  }

  private wake(input: Input): void {
    input.waiting = 'nothing'
    if (!input.armed) this.agenda.arm(input, this.agenda.now)
  }
}

function addOnce(list: Input[], input: Input): void {
  if (!list.includes(input)) list.push(input)
}

/** Whether the head of an input, refused before, is certain to be stalled whatever the receiver's context says: a quick no. */
function stallsAgain({ channel, actor, armed }: Input, now: number): boolean {
  if (armed || channel === undefined || !channel.inOrder || channel.isRendezvous || channel.count === 0) return false
  return channel.readyCycle(0) <= now && (actor.reactor.stalls?.(channel.at(0).type) ?? false)
}
