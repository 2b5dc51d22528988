/** Kernel | synchronous rendezvous: who takes part in a step, and a rehearsal of it that tells whether all accept. */

import { InternalError } from '../base/errors.ts'
import type { Decision, Message, Out, Reactor } from './actor.ts'
import type { Channel } from './channel.ts'
import { copyPayload } from './payload.ts'
import { hasRoom, type Readiness } from './step.ts'
import type { Port } from './streams.ts'
import { type Actor, type Outbox, type Participant, receivingEnds } from './system.ts'

/** Reactions of one step; more are a cycle of actors that call each other. */
const REACTIONS_MAX = 1000

/** A message that its sender offers within its step. */
export interface Offer {
  readonly channel: Channel
  readonly message: Message
}

/** What the last reaction offered on channels without capacity, in the order of sending. */
export function offersOf({ ports, sent }: Outbox): Offer[] {
  const offers: Offer[] = []
  for (let i = 0; i < ports.length; i++) {
    const { channel } = ports[i] as Port
    if (channel.capacity === 0) offers.push({ channel, message: sent[i] as Message })
  }
  return offers
}

/** What participant number `leg` says about `message`. A type that its in port does not take is a mistake of the model. */
export function accepts(channel: Channel, leg: number, reactor: Reactor, message: Message): Decision {
  if (!channel.takes[leg]?.has(message.type)) {
    const end = receivingEnds(channel.spec)[leg] as string
    throw new InternalError(`${end} does not accept ${message.type}, the reply in a rendezvous on ${channel.id}`)
  }
  return reactor.decide(message)
}

/** A second reactor of an actor, in whose place it reacts, and what that sent. */
class Understudy implements Out {
  readonly actor: Actor
  readonly reactor: Reactor
  readonly sent: { readonly channel: Channel; readonly message: Message }[] = []
  replied: Message | undefined
  /** The actor's count of changes when both were in the same state; -1: they may not be. */
  private equalAt = -1

  constructor(actor: Actor) {
    this.actor = actor
    this.reactor = actor.definition.createReactor(actor.runtime, this)
  }

  /** Takes over the actor's state, unless it is in it already. */
  follow(): void {
    const { reactor } = this.actor
    if (this.equalAt >= 0 && this.equalAt === reactor.changes) return
    if (this.reactor.resumeFrom) this.reactor.resumeFrom(reactor)
    else this.reactor.restore(reactor.save())
    this.caughtUp()
  }

  /** It is in the actor's state. */
  caughtUp(): void {
    this.equalAt = this.actor.reactor.changes ?? -1
  }

  /** Reacts: it is ahead of the actor. */
  commit(message: Message): void {
    this.equalAt = -1
    this.sent.length = 0
    this.replied = undefined
    this.reactor.commit(message)
  }

  send(port: string, message: Message): void {
    const index = this.actor.ports.findIndex(({ id }) => id === `${this.actor.id}.${port}`)
    if (index < 0) throw new InternalError(`${this.actor.id} sent ${message.type} on undeclared port ${port}`)
    this.sent.push({ channel: this.actor.outChannels[index] as Channel, message: copyPayload(message) })
  }

  reply(message: Message): void {
    this.replied = copyPayload(message)
  }

  emit(): void {}

  raise(message: Message): void {
    throw new InternalError(`${this.actor.id} raised ${message.type} past its reactor`)
  }
}

/** Who accepted in a rehearsal and which channels had room: it stays true as long as none of them has changed. */
class Acceptance {
  private readonly actors: Actor[] = []
  private readonly changes: (number | undefined)[] = []
  private readonly channels: Channel[] = []
  private readonly counts: number[] = []

  addActor(actor: Actor): void {
    this.actors.push(actor)
    this.changes.push(actor.reactor.changes)
  }

  addRoom(channel: Channel): void {
    this.channels.push(channel)
    this.counts.push(channel.occupied)
  }

  holds(): boolean {
    for (let i = 0; i < this.channels.length; i++) {
      if ((this.channels[i] as Channel).occupied !== this.counts[i]) return false
    }
    for (let i = 0; i < this.actors.length; i++) {
      const { changes } = (this.actors[i] as Actor).reactor
      if (changes === undefined || changes !== this.changes[i]) return false
    }
    return true
  }
}

/**
 * What a participant is offered is known only after the one before has reacted. So the step is acted out by understudies
 * that take over the actors' saved states; the actors themselves, and the channels, never notice. An actor without
 * synchronous ports never gets here.
 */
export class Rehearsal {
  /** The channel that lacked room when the last readiness was `full`. */
  fullChannel: Channel | undefined
  /** Who stalled when the last readiness was `stalled`; its reactor knows why. */
  refusedBy: Participant | undefined
  private readonly understudies = new Map<Actor, Understudy>()
  /** Those that take part in this rehearsal. */
  private readonly cast = new Set<Understudy>()
  /** Messages sent in this rehearsal that no participant took, by channel. */
  private readonly added = new Map<Channel, number>()
  /** By the message of a spontaneous choice, which its actor uses again and again. */
  private readonly acceptances = new WeakMap<Message, Acceptance>()
  private acceptance = new Acceptance()
  private leaving: Channel | undefined
  private reactions = 0
  private readiness: Readiness = 'enabled'

  /**
   * Whether `actor` and everyone it meets accept.
   * @param leaving the channel that `message` will have left, if any.
   */
  run(actor: Actor, message: Message, leaving: Channel | undefined): Readiness {
    this.cast.clear()
    this.added.clear()
    this.leaving = leaving
    this.acceptance = new Acceptance()
    this.reactions = 0
    this.readiness = 'enabled'
    const understudy = this.understudyOf(actor)
    this.react(understudy, message, understudy.reactor.decide(message))
    if (leaving === undefined && this.readiness === 'enabled') this.acceptances.set(message, this.acceptance)
    return this.readiness
  }

  /** Whether the choice with this message was accepted by all in a rehearsal, and would be again. */
  stillAccepted(message: Message): boolean {
    return this.acceptances.get(message)?.holds() ?? false
  }

  /** Whether this choice was the last one to be rehearsed, so that `taken` may follow. */
  isLast(message: Message): boolean {
    return this.acceptances.get(message) === this.acceptance
  }

  /** The step has been taken as it was rehearsed last: whoever took part is where the actor is now. */
  taken(): void {
    for (const understudy of this.cast) understudy.caughtUp()
  }

  /** One reaction with all that follows from it. The reply; undefined also when somebody refused. */
  private react(understudy: Understudy, message: Message, decision: Decision): Message | undefined {
    if (decision === 'stall') {
      this.readiness = 'stalled'
      this.refusedBy = understudy
      return undefined
    }
    if (decision === 'react' && !this.hasRoom(understudy)) return undefined
    if (++this.reactions > REACTIONS_MAX) {
      throw new InternalError(
        `${understudy.actor.id} ${message.type}: more than ${REACTIONS_MAX} reactions in one step`,
      )
    }
    understudy.commit(message)
    const { replied } = understudy
    const offers = understudy.sent.filter(({ channel }) => channel.capacity === 0)
    for (const { channel } of understudy.sent) this.added.set(channel, (this.added.get(channel) ?? 0) + 1)
    for (const offer of offers) {
      this.meet(offer)
      if (this.readiness !== 'enabled') return undefined
    }
    return replied
  }

  private meet({ channel, message }: Offer): void {
    let offered: Message | undefined = message
    const { receivers } = channel
    for (let leg = 0; leg < receivers.length && offered !== undefined; leg++) {
      const understudy = this.understudyOf(receivers[leg] as Actor)
      offered = this.react(understudy, offered, accepts(channel, leg, understudy.reactor, offered))
    }
  }

  private hasRoom({ actor, reactor }: Understudy): boolean {
    const { room } = reactor
    for (let i = 0; i < room.length; i += 2) {
      const channel = actor.outChannels[room[i] as number] as Channel
      if (channel.capacity === 0) continue
      const count = (room[i + 1] as number) + (this.added.get(channel) ?? 0)
      const found = hasRoom(channel, count, this.leaving)
      this.acceptance.addRoom(channel)
      if (found) continue
      this.fullChannel = channel
      this.readiness = 'full'
      return false
    }
    return true
  }

  private understudyOf(actor: Actor): Understudy {
    let understudy = this.understudies.get(actor)
    if (understudy === undefined) {
      understudy = new Understudy(actor)
      this.understudies.set(actor, understudy)
    }
    if (!this.cast.has(understudy)) {
      understudy.follow()
      this.cast.add(understudy)
      this.acceptance.addActor(actor)
    }
    return understudy
  }
}
