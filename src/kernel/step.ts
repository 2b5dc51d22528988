/** Kernel | enabledness and delivery, written once: what may happen next in a system, and making it happen. */

import { InternalError, UsageError } from '../base/errors.ts'
import type { Message } from './actor.ts'
import type { Channel } from './channel.ts'
import type { Schedule } from './schedule.ts'
import type { Port } from './streams.ts'
import { accepts, type Offer, offersOf, Rehearsal } from './synchronous.ts'
import type { Actor, Outbox, Participant, System } from './system.ts'

/** One decision: deliver the message at `position` of a channel, or perform a spontaneous choice of an actor. */
export type Choice =
  | { readonly kind: 'deliver'; readonly channel: number; readonly position: number }
  | { readonly kind: 'spontaneous'; readonly actor: number; readonly choice: number; readonly value: number }

/** Why a choice is not enabled: the receiver stalls it, or `full` lacks room for what the reaction may send. */
export type Readiness = 'enabled' | 'stalled' | 'full'

/** What one reaction did. Its lists are reused from reaction to reaction: copy what you keep. */
export interface Reaction {
  /** Number of the step, from 1; 0 is the start. The participants of a rendezvous share one step. */
  step: number
  cycle: number
  actor: Actor
  /** The channel delivered from; undefined for the start and for spontaneous choices. */
  channel: Channel | undefined
  /** Undefined at the start. */
  message: Message | undefined
  decision: 'react' | 'ignore'
  /** Parallel lists: on which port which message was sent. Where not all reactions are told, nearly always empty. */
  ports: readonly Port[]
  sent: readonly Message[]
  emitted: readonly Message[]
}

/** Steps a system. Holds the step number, the message counters and the reaction record. */
export class Stepper {
  readonly system: System
  /** Steps taken. */
  step = 0
  /** Deliveries that ran a reaction; ignored messages, spontaneous choices and raised events do not count. */
  deliveries = 0
  /** Tells other threads which actor reacts: its index is in the first element. Absent: nobody wants to know. */
  reacting: Int32Array | undefined
  /** Gets every decision, if given. */
  record: Schedule | undefined
  private isTellingAll = true
  /** The channel that lacked room when the last readiness was `full`. */
  fullChannel: Channel | undefined
  /**
   * Who stalled when the last readiness was `stalled`; its reactor knows the reason. Undefined: nobody, a choice has
   * nothing to do.
   */
  refusedBy: Participant | undefined
  /** What the reactor decided in the last readiness that said `enabled`. */
  private decision: 'react' | 'ignore' = 'react'
  private readonly onReaction: (reaction: Reaction) => void
  private readonly clock: { readonly now: number }
  private readonly outbox: Outbox
  private readonly rehearsal = new Rehearsal()
  /** Whether the last readiness that said `enabled` has rehearsed the step. */
  private rehearsed = false

  /** @param onReaction called after each reaction, once its messages are on their channels. */
  constructor(system: System, clock: { readonly now: number }, onReaction: (reaction: Reaction) => void) {
    this.system = system
    this.outbox = system.outbox
    this.clock = clock
    this.onReaction = onReaction
  }

  /**
   * Whether `onReaction` is called for reactions that emitted nothing, too, and told what was sent: most emitted nothing, and few
   * want to know. False only before anybody subscribes to a port.
   */
  get tellsAll(): boolean {
    return this.isTellingAll
  }
  set tellsAll(tellsAll: boolean) {
    this.isTellingAll = tellsAll
    this.outbox.keepsSent = tellsAll
  }

  /** Runs the entry actions of every actor that lives here, in the order of the actors. */
  start(): void {
    for (const actor of this.system.actors) {
      if (!actor.isHere) continue
      this.outbox.clear()
      if (this.reacting !== undefined) this.reacting[0] = actor.index
      actor.reactor.start()
      const [offer] = actor.synchronous ? offersOf(this.outbox) : []
      if (offer) throw new InternalError(`${actor.id} offers ${offer.message.type} on ${offer.channel.id} at the start`)
      this.finish(actor, undefined, undefined, 'react')
    }
  }

  /** Whether the message at `position` of `channel` can be delivered. Changes nothing. */
  deliverable(channel: Channel, position: number): Readiness {
    const message = channel.at(position)
    // The message leaves its channel before the reaction: on a channel back to its own sender that makes room.
    const leaving = channel.isSet ? undefined : channel
    if (channel.isRendezvous) {
      const refused = this.refusedLater(channel, message)
      if (refused !== 'enabled') return refused
    }
    return this.readiness(channel.receiver, message, leaving)
  }

  /**
   * A rendezvous is enabled iff all participants accept: those after the first that take messages of the offered type
   * are asked about the offered one, whatever is made of its payload on the way. Replies of other types come later.
   */
  private refusedLater(channel: Channel, message: Message): Readiness {
    for (const { actor, types } of channel.companions) {
      if (!types.includes(message.type)) continue
      const readiness = this.readiness(actor, message, channel)
      if (readiness !== 'enabled') return readiness
    }
    return 'enabled'
  }

  /** Whether `actor` can perform its spontaneous choice number `choice` with `value`. Changes nothing. */
  performable(actor: Actor, choice: number, value: number): Readiness {
    this.refusedBy = undefined
    const declared = actor.spontaneous[choice]
    if (!declared) return 'stalled'
    try {
      if (!declared.when(actor.reactor.context as never, value)) return 'stalled'
    } catch (error) {
      if (error instanceof UsageError || error instanceof InternalError) throw error
      throw new InternalError(`${actor.id} choice ${declared.event}: ${String(error)}`, { cause: error })
    }
    return this.accepted(actor, choice, value)
  }

  /** The same of a choice whose guard has said yes. */
  accepted(actor: Actor, choice: number, value: number): Readiness {
    const readiness = this.readiness(actor, actor.choiceMessage(choice, value), undefined)
    // Nothing would happen, and a `must` choice would not happen for ever: a chart that ignores it has nothing to do.
    return readiness === 'enabled' && this.decision === 'ignore' ? 'stalled' : readiness
  }

  /**
   * The readiness of a choice without parameter that was enabled with `selection`, and whose actor has not reacted since:
   * only its room and the participants of its rendezvous can have changed.
   */
  stillPerformable(actor: Actor, choice: number, selection: unknown): Readiness {
    actor.reactor.selection = selection
    this.decision = 'react'
    this.rehearsed = false
    const message = actor.choiceMessage(choice, 0)
    if (actor.synchronous && this.rehearsal.stillAccepted(message)) {
      this.rehearsed = this.rehearsal.isLast(message)
      return 'enabled'
    }
    return this.room(actor, message, undefined)
  }

  /** Delivers; `deliverable` must just have said `enabled` for the same arguments. */
  deliver(channel: Channel, position: number): void {
    this.step++
    if (this.record !== undefined) this.record.addDelivery(channel.index, position)
    if (channel.isRendezvous) this.deliverToAll(channel, channel.take(position))
    else this.react(channel.receiver, channel, channel.take(position))
  }

  /** Delivers the oldest message of a channel in order, if that is possible. */
  deliverHead(channel: Channel): Readiness {
    // The same as `deliverable` and `deliver`, in one piece: that is where a run in time spends much of its time.
    if (channel.isRendezvous) return this.meetAtHead(channel)
    const actor = channel.receiver
    const message = channel.head as Message
    const decision = actor.reactor.decide(message)
    this.rehearsed = false
    if (decision === 'react') {
      const port = actor.reactor.roomPort ?? -1
      const out = port < 0 ? undefined : (actor.outChannels[port] as Channel)
      if (out === undefined || out.occupied + (actor.reactor.roomCount as number) > out.capacity) {
        const readiness = this.room(actor, message, channel)
        if (readiness !== 'enabled') return readiness
      }
    } else if (decision === 'stall') {
      this.refusedBy = actor.itself
      return 'stalled'
    }
    this.decision = decision
    this.step++
    if (this.record !== undefined) this.record.addDelivery(channel.index, 0)
    channel.takeHead()
    this.react(actor, channel, message)
    return 'enabled'
  }

  private meetAtHead(channel: Channel): Readiness {
    const readiness = this.deliverable(channel, 0)
    if (readiness === 'enabled') this.deliver(channel, 0)
    return readiness
  }

  private deliverToAll(channel: Channel, offered: Message): void {
    const { receivers } = channel
    let message = offered
    for (let leg = 0; leg < receivers.length; leg++) {
      const actor = receivers[leg] as Actor
      if (leg > 0 && this.readiness(actor, message, undefined) !== 'enabled') {
        throw new InternalError(`${actor.id} did not accept ${message.type}, the reply in a rendezvous`)
      }
      const replied = this.react(actor, channel, message)
      if (replied === undefined) return
      message = replied
    }
  }

  /** Performs a spontaneous choice; `performable` must just have said `enabled` for the same arguments. */
  perform(actor: Actor, choice: number, value: number): void {
    this.step++
    if (this.record !== undefined) this.record.addSpontaneous(actor.index, choice, value)
    this.react(actor, undefined, actor.choiceMessage(choice, value))
  }

  /** @param leaving the channel that the message will have left, if any. */
  private readiness(actor: Actor, message: Message, leaving: Channel | undefined): Readiness {
    const reactor = actor.reactor
    this.rehearsed = false
    const decision = reactor.decide(message)
    if (decision === 'stall') {
      this.refusedBy = actor.itself
      return 'stalled'
    }
    this.decision = decision
    return decision === 'ignore' ? 'enabled' : this.room(actor, message, leaving)
  }

  private room(actor: Actor, message: Message, leaving: Channel | undefined): Readiness {
    const { reactor } = actor
    const port = reactor.roomPort ?? -1
    if (port >= 0) {
      const channel = actor.outChannels[port] as Channel
      if (hasRoom(channel, reactor.roomCount as number, leaving)) return 'enabled'
      if (channel.capacity === 0) return this.rehearse(actor, message, leaving)
      this.fullChannel = channel
      return 'full'
    }
    const { room } = reactor
    let offers = false
    for (let i = 0; i < room.length; i += 2) {
      const channel = actor.outChannels[room[i] as number] as Channel
      if (!hasRoom(channel, room[i + 1] as number, leaving)) {
        if (channel.capacity === 0) {
          offers = true
          continue
        }
        this.fullChannel = channel
        return 'full'
      }
    }
    return offers ? this.rehearse(actor, message, leaving) : 'enabled'
  }

  /** The reaction may offer messages whose participants are part of the same step. */
  private rehearse(actor: Actor, message: Message, leaving: Channel | undefined): Readiness {
    const readiness = this.rehearsal.run(actor, message, leaving)
    this.rehearsed = readiness === 'enabled'
    if (readiness === 'full') this.fullChannel = this.rehearsal.fullChannel
    if (readiness === 'stalled') this.refusedBy = this.rehearsal.refusedBy
    return readiness
  }

  /** One reaction, and the rendezvous that it begins. The reply, if it gave one. */
  private react(actor: Actor, channel: Channel | undefined, message: Message): Message | undefined {
    const { outbox } = this
    outbox.clear()
    if (this.reacting !== undefined) this.reacting[0] = actor.index
    actor.reactions++
    actor.reactor.commit(message)
    if (channel !== undefined && this.decision === 'react') this.deliveries++
    // Most reactions have sent their message by now, and that was all.
    return outbox.used === true || this.isTellingAll ? this.conclude(actor, channel, message) : undefined
  }

  /** What a reaction leads to besides messages on their way. The reply, if it gave one. */
  private conclude(actor: Actor, channel: Channel | undefined, message: Message): Message | undefined {
    const { replied } = this.outbox
    const offers = actor.synchronous ? offersOf(this.outbox) : undefined
    this.finish(actor, channel, message, this.decision)
    if (offers === undefined) return replied
    // Those who meet react in here, too; the step was rehearsed as a whole, from its first reaction on.
    const { rehearsed } = this
    this.rehearsed = false
    for (const offer of offers) this.meet(offer)
    if (rehearsed) this.rehearsal.taken()
    return replied
  }

  /** The participants of a synchronous rendezvous react. All of them have accepted in the rehearsal. */
  private meet({ channel, message }: Offer): void {
    let offered: Message | undefined = message
    const { receivers } = channel
    for (let leg = 0; leg < receivers.length && offered !== undefined; leg++) {
      const actor = receivers[leg] as Actor
      const decision = accepts(channel, leg, actor.reactor, offered)
      if (decision === 'stall') throw new InternalError(`${actor.id} did not accept ${offered.type}, as it had before`)
      this.decision = decision
      offered = this.react(actor, channel, offered)
    }
  }

  private finish(
    actor: Actor,
    channel: Channel | undefined,
    message: Message | undefined,
    decision: 'react' | 'ignore',
  ): void {
    const { ports, sent, emitted } = this.outbox
    for (let i = 0; i < sent.length; i++) (ports[i] as Port).next(sent[i] as Message)
    if (emitted.length === 0 && !this.isTellingAll) return
    // A new object: filling in an old one costs more, because the garbage collector wants to know of every reference
    // from an old object to a new one.
    this.onReaction({ step: this.step, cycle: this.clock.now, actor, channel, message, decision, ports, sent, emitted })
  }
}

/** Whether `channel` takes `count` more messages, once `leaving` is one shorter. */
export function hasRoom(channel: Channel, count: number, leaving: Channel | undefined): boolean {
  const most = channel.capacity - count + (channel === leaving ? 1 : 0)
  if (channel.occupied <= most) return true
  return channel.reclaim() && channel.occupied <= most
}

/** Every enabled choice, channels first, in wiring order, then spontaneous choices in actor order. */
export function enabled(stepper: Stepper): Choice[] {
  const choices: Choice[] = []
  for (const channel of stepper.system.channels) {
    for (let position = 0; position < channel.count; position++) {
      if (!channel.eligible(position) || stepper.deliverable(channel, position) !== 'enabled') continue
      choices.push({ kind: 'deliver', channel: channel.index, position })
    }
  }
  for (const actor of stepper.system.actors) {
    actor.definition.spontaneous.forEach((declared, choice) => {
      for (let value = 0; value < declared.domain; value++) {
        if (stepper.performable(actor, choice, value) !== 'enabled') continue
        choices.push({ kind: 'spontaneous', actor: actor.index, choice, value })
      }
    })
  }
  return choices
}

/** Takes `choice` if it is enabled; false, and nothing changed, if it is not. */
export function apply(stepper: Stepper, choice: Choice): boolean {
  const { system } = stepper
  if (choice.kind === 'deliver') {
    const channel = system.channels[choice.channel]
    if (!channel?.eligible(choice.position)) return false
    if (stepper.deliverable(channel, choice.position) !== 'enabled') return false
    stepper.deliver(channel, choice.position)
    return true
  }
  const actor = system.actors[choice.actor]
  const declared = actor?.definition.spontaneous[choice.choice]
  if (!actor || !declared || choice.value >= declared.domain) return false
  if (stepper.performable(actor, choice.choice, choice.value) !== 'enabled') return false
  stepper.perform(actor, choice.choice, choice.value)
  return true
}
