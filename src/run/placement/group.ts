/** Run | placement: the actors of one group, run as far as they may, and a log of what they did. */

import type { Message } from '../../kernel/actor.ts'
import type { Bridge } from '../../kernel/bridge.ts'
import type { Channel } from '../../kernel/channel.ts'
import { islandsOf } from '../../kernel/islands.ts'
import { PlacedScheduler } from '../../kernel/placed.ts'
import { unfinishedOf } from '../../kernel/simulation.ts'
import { type Reaction, Stepper } from '../../kernel/step.ts'
import { System, type SystemSpec } from '../../kernel/system.ts'
import { trapped, traps } from '../../kernel/traps.ts'
import { listenersOf, lookaheadOf } from './lookahead.ts'
import {
  type Crossing,
  type FromGroup,
  type GroupOptions,
  noCrossing,
  type ReactionRecord,
  type Stretch,
  type ToGroup,
} from './protocol.ts'

/** A system of which one group of actors lives. Made the same way in every thread, but for which group it is. */
export class Group implements Bridge {
  private readonly options: GroupOptions
  private readonly system: System
  private readonly stepper: Stepper
  private readonly scheduler: PlacedScheduler
  /** From each group back to this one. */
  private readonly answers: readonly number[]
  /** The others that hear of events; the soonest of their answers. */
  private readonly isHeard: boolean
  private readonly soonestHearing: number
  private out: Crossing = noCrossing()
  private stretches: Stretch[] = []

  /** @param reacting gets the index of the actor whose turn it is, for those who see this thread die. */
  constructor(spec: SystemSpec, options: GroupOptions, reacting?: Int32Array) {
    const { groupOf, group, runtime, timed } = options
    const islands = islandsOf(spec)
    this.options = options
    this.answers = lookaheadOf(spec, groupOf, timed.may).map((row) => row[group] as number)
    const listening = listenersOf(spec, groupOf).flatMap((listens, other) =>
      listens && other !== group ? [other] : [],
    )
    this.isHeard = listening.length > 0
    this.soonestHearing = Math.min(...listening.map((other) => this.answers[other] as number))
    this.system = new System(
      spec,
      runtime,
      () => {},
      (index) => groupOf[islands[index] as number] === group,
    )
    this.scheduler = new PlacedScheduler(timed, this)
    this.system.carrier = this.scheduler
    this.stepper = new Stepper(this.system, this.scheduler, (reaction) => this.reacted(reaction))
    this.stepper.tellsAll = options.tellsAll
    this.stepper.reacting = reacting
  }

  /** Enters the initial states of its actors. */
  start(): FromGroup {
    trapped(() => this.scheduler.attach(this.stepper))
    return this.report()
  }

  /** Does what it is told. */
  take(order: ToGroup): FromGroup {
    const { channels } = this.system
    for (const [channel, message, cycle] of order.messages) {
      this.scheduler.takeMessage(channels[channel] as Channel, message, cycle)
    }
    for (const [channel, cycle] of order.rooms) this.scheduler.takeRoom(channels[channel] as Channel, cycle)
    for (const [island, event, cycle] of order.events) this.scheduler.takeEvent(island, event, cycle)
    if (order.kind === 'end') return { kind: 'ended', unfinished: unfinishedOf(this.system) }
    this.scheduler.allow(order.leave)
    trapped(() => this.advance())
    return this.report()
  }

  private advance(): void {
    const { scheduler, stepper } = this
    let { step, deliveries } = stepper
    for (;;) {
      const progress = scheduler.advance()
      if (progress === 'quiet') return
      if (progress === 'waiting') continue
      const stretch = this.stretchAt(scheduler.now, scheduler.island)
      stretch.steps += stepper.step - step
      stretch.deliveries += stepper.deliveries - deliveries
      step = stepper.step
      deliveries = stepper.deliveries
    }
  }

  private report(): FromGroup {
    const { scheduler, out, stretches } = this
    this.out = noCrossing()
    this.stretches = []
    const { due } = scheduler
    const next = due && { cycle: due.cycle, rank: due.rank }
    const done = { cycle: scheduler.doneCycle, rank: scheduler.doneRank }
    return { kind: 'report', next, pending: scheduler.pending, done, now: scheduler.now, stretches, ...out }
  }

  has(island: number): boolean {
    return this.options.groupOf[island] === this.options.group
  }

  message(channel: Channel, message: Message, cycle: number): void {
    this.out.messages.push([channel.index, message, cycle])
    this.expectAnswer(channel.receiver.island, cycle)
  }

  room(channel: Channel, cycle: number): void {
    this.out.rooms.push([channel.index, cycle])
    this.expectAnswer(channel.sender.island, cycle)
  }

  event(island: number, event: Message, cycle: number): void {
    if (!this.isHeard) return
    this.out.events.push([island, event, cycle])
    this.scheduler.stopBefore(cycle + this.soonestHearing)
  }

  private expectAnswer(island: number, cycle: number): void {
    const group = this.options.groupOf[island] as number
    this.scheduler.stopBefore(cycle + (this.answers[group] as number))
  }

  private reacted(reaction: Reaction): void {
    const { step, cycle, actor, emitted } = reaction
    // The start is before all stretches of the first cycle, actor by actor: each has an island of its own then.
    const stretch = step === 0 ? this.stretchAt(-1, actor.index) : this.stretchAt(cycle, actor.island)
    stretch.reactions.push({
      step: step === 0 ? 0 : stretch.steps + 1,
      actor: actor.index,
      emitted: [...emitted],
      ...(this.options.tellsAll ? { more: moreOf(reaction) } : {}),
    })
    const { scheduler } = this
    if (scheduler.emitted === undefined) return
    for (let i = 0; i < emitted.length; i++) scheduler.emitted(emitted[i] as Message, actor)
  }

  private stretchAt(cycle: number, island: number): Stretch {
    const last = this.stretches.at(-1)
    if (last?.cycle === cycle && last.island === island) return last
    const stretch: Stretch = { cycle, island, steps: 0, deliveries: 0, reactions: [] }
    this.stretches.push(stretch)
    return stretch
  }
}

/** States are looked at here, for they are gone when the reaction is shown. */
function moreOf({ channel, message, decision, actor, ports, sent }: Reaction): NonNullable<ReactionRecord['more']> {
  traps.armed = false
  const state = actor.reactor.value()
  traps.armed = true
  const names = ports.map(({ id }) => id)
  return { channel: channel?.index ?? -1, message, decision, state, ports: names, sent: [...sent] }
}
