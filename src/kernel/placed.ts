/** Kernel | the timed scheduler of some islands of a system: as far as it is allowed, with a bridge to those of the others. */

import type { Message } from './actor.ts'
import type { Bridge, Leave } from './bridge.ts'
import { hearingCycles } from './chances.ts'
import type { Channel } from './channel.ts'
import type { Progress } from './scheduler.ts'
import { TimedScheduler } from './timed.ts'
import type { TimedOptions } from './timed-options.ts'
import type { Due } from './wheel.ts'

/**
 * Quiet when it may not go on. A `may` choice that is attempted while nothing else is left here needs leave by itself: a whole run
 * is over as soon as nothing is left anywhere.
 */
export class PlacedScheduler extends TimedScheduler {
  private readonly bridge: Bridge
  private untilCycle = 0
  private untilRank = 0
  private turnsLeft = 0
  private mayGoOn = false
  /** Whose turn the last one was. */
  island = 0
  /** When and with what rank the last turn was that was no chance. */
  doneCycle = -1
  doneRank = 0

  constructor(options: TimedOptions, bridge: Bridge) {
    super(options)
    this.bridge = bridge
  }

  /** What is due next here. */
  get due(): Due | undefined {
    return this.agenda.peek()
  }

  /** Everything due here but for chances. */
  get pending(): number {
    return this.agenda.pending
  }

  allow({ cycle, rank, turnsMax, mayGoOn }: Leave): void {
    this.untilCycle = cycle
    this.untilRank = rank
    this.turnsLeft = turnsMax
    this.mayGoOn = mayGoOn
  }

  /** Something that has just been sent may have an answer at `cycle`. */
  stopBefore(cycle: number): void {
    if (cycle > this.untilCycle) return
    this.untilCycle = cycle
    this.untilRank = 0
  }

  override advance(): Progress {
    const { due } = this
    if (due === undefined || this.turnsLeft === 0) return 'quiet'
    if (due.cycle > this.untilCycle || (due.cycle === this.untilCycle && due.rank >= this.untilRank)) return 'quiet'
    if (this.agenda.pending === 0) {
      if (!this.mayGoOn) return 'quiet'
      this.mayGoOn = false
    }
    this.turnsLeft--
    this.island = this.agenda.islandAt(due.rank)
    if (due.input < this.agenda.chances) {
      this.doneCycle = due.cycle
      this.doneRank = due.rank
    }
    return this.turn()
  }

  /** What the bridge of another thread was given. */
  takeMessage(channel: Channel, message: Message, cycle: number): void {
    channel.enqueue(message, cycle)
    this.agenda.insertMessage(channel, cycle)
  }
  takeRoom(channel: Channel, cycle: number): void {
    super.giveBack(channel, cycle)
  }
  takeEvent(from: number, event: Message, cycle: number): void {
    this.chances.takeEvent(from, event, cycle)
  }

  protected override has(island: number): boolean {
    return this.bridge.has(island)
  }

  protected override sendAway(channel: Channel, message: Message, ready: number): void {
    channel.holdRoom()
    this.bridge.message(channel, message, ready)
  }

  protected override giveBack(channel: Channel, cycle: number): void {
    if (this.has(channel.sender.island)) super.giveBack(channel, cycle)
    else this.bridge.room(channel, cycle)
  }

  protected override tell(event: Message, island: number): void {
    super.tell(event, island)
    this.bridge.event(island, event, this.now + hearingCycles)
  }
}
