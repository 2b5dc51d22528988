/** Kernel | a system: actors brought to life, wired by channels; checks the wiring and carries the out box. */

import { InternalError } from '../base/errors.ts'
import { AbsentReactor } from './absent.ts'
import type {
  ActorDefinition,
  IndexedOut,
  Message,
  Reactor,
  RuntimeName,
  Spontaneous,
  SpontaneousMessage,
} from './actor.ts'
import { Channel } from './channel.ts'
import { islandsOf } from './islands.ts'
import { copyPayload } from './payload.ts'
import { Port, type SubscriberErrorHandler } from './streams.ts'
import { actorOf, checkWiring, portOf, receivingEnds, type SystemSpec } from './wiring.ts'

export { actorOf, portOf, receivingEnds, type SystemSpec, wiringProblems } from './wiring.ts'

/** What one reaction recorded. Reused from step to step: copy what you keep. */
export class Outbox {
  /**
   * Whether what is sent is kept here until the reaction is over, because somebody wants to see it then. Else it goes to its port at
   * once: to store references to new objects in old ones is dear.
   */
  keepsSent = true
  readonly ports: Port[] = []
  readonly sent: Message[] = []
  readonly emitted: Message[] = []
  replied: Message | undefined
  /** Whether there is anything in it. */
  used = false

  clear(): void {
    // Not just `this.used`: for that V8 asks, of true, whether it is anything else that is as good as false.
    if (this.used === true) this.empty()
  }

  private empty(): void {
    // Popping a few elements is much cheaper than setting a length.
    while (this.ports.length > 0) this.ports.pop()
    while (this.sent.length > 0) this.sent.pop()
    while (this.emitted.length > 0) this.emitted.pop()
    this.replied = undefined
    this.used = false
  }
}

/** An actor and the reactor that decides in its place: its own, or in a rehearsal another one. */
export interface Participant {
  readonly actor: Actor
  readonly reactor: Reactor
}

interface ActorParts {
  readonly id: string
  readonly index: number
  readonly island: number
  readonly isHere: boolean
  readonly definition: ActorDefinition
  readonly runtime: RuntimeName
  readonly outbox: Outbox
}

/** One living actor. */
export class Actor implements IndexedOut {
  readonly id: string
  readonly index: number
  /** Number of its island: see `islandsOf`. */
  readonly island: number
  /** Whether it lives in this thread; else its reactor is an `AbsentReactor`. */
  readonly isHere: boolean
  readonly definition: ActorDefinition
  readonly runtime: RuntimeName
  readonly reactor: Reactor
  /** The actor with its own reactor. */
  readonly itself: Participant
  /** How often it has reacted: what was found out about it before is out of date. */
  reactions = 0
  /** Channels leaving this actor, in the order of its declared out ports. */
  readonly outChannels: Channel[] = []
  readonly ports: Port[] = []
  /** Whether one of these channels has no capacity: what is offered there is taken in the same step. */
  synchronous = false
  /** The others that may react in the same step, because this actor's reaction offers them something. */
  partners: readonly Actor[] = []
  /** The others that may offer it something so. */
  callers: readonly Actor[] = []
  readonly spontaneous: readonly Spontaneous[]
  /** Channels whose first receiver is this actor. */
  readonly inChannels: Channel[] = []
  private readonly portByName: Record<string, Port> = {}
  private readonly outbox: Outbox
  private readonly choiceMessages: SpontaneousMessage[][]

  constructor({ id, index, island, isHere, definition, runtime, outbox }: ActorParts) {
    this.id = id
    this.index = index
    this.island = island
    this.isHere = isHere
    this.definition = definition
    this.runtime = runtime
    this.outbox = outbox
    this.spontaneous = definition.spontaneous
    this.choiceMessages = definition.spontaneous.map(() => [])
    this.reactor = isHere ? definition.createReactor(runtime, this) : new AbsentReactor(id)
    this.itself = { actor: this, reactor: this.reactor }
  }

  /** Wires an out port. */
  connect(portName: string, port: Port, channel: Channel): void {
    this.portByName[portName] = port
    this.ports.push(port)
    this.outChannels.push(channel)
    if (channel.capacity === 0) this.synchronous = true
  }

  send(portName: string, message: Message): void {
    const port = this.portByName[portName]
    if (port === undefined) throw new InternalError(`${this.id} sent ${message.type} on undeclared port ${portName}`)
    this.put(port, copyPayload(message))
  }

  sendAt(index: number, message: Message): void {
    this.put(this.ports[index] as Port, message)
  }

  private put(port: Port, message: Message): void {
    const { outbox } = this
    // What is offered is looked at once the reaction is over.
    if (!outbox.keepsSent && !this.synchronous) {
      port.next(message)
      return
    }
    outbox.used = true
    outbox.ports.push(port)
    outbox.sent.push(message)
  }

  emit(event: Message): void {
    this.outbox.used = true
    this.outbox.emitted.push(event)
  }

  reply(message: Message): void {
    this.outbox.used = true
    this.outbox.replied = copyPayload(message)
  }

  raise(message: Message): void {
    throw new InternalError(`${this.id} raised ${message.type} past its reactor`)
  }

  /** The message that performs spontaneous choice number `choice` with `value`; small domains share one object each. */
  choiceMessage(choice: number, value: number): SpontaneousMessage {
    const cached = this.choiceMessages[choice] as SpontaneousMessage[]
    if (value >= 64) return { type: (this.definition.spontaneous[choice] as { event: string }).event, value }
    cached[value] ??= Object.freeze({ type: (this.definition.spontaneous[choice] as { event: string }).event, value })
    return cached[value] as SpontaneousMessage
  }
}

/** A participant after the first that has a say in whether a message of one of `types` can be offered. */
export interface Companion {
  readonly actor: Actor
  readonly types: readonly string[]
}

/** Puts what was sent on its channel, with the latency that it decides on: a scheduler. */
export interface Carrier {
  sent(channel: Channel, message: Message): void
}

const atOnce: Carrier = { sent: (channel, message) => channel.enqueue(message, 0) }

/** Actors and channels. What is sent goes through the port's Subject to the carrier. */
export class System {
  readonly actors: readonly Actor[]
  readonly channels: readonly Channel[]
  readonly outbox = new Outbox()
  carrier: Carrier = atOnce
  private readonly actorById = new Map<string, Actor>()

  /** @param lives whether the actor at a place of the spec lives here; those of a run in one thread all do. */
  constructor(
    spec: SystemSpec,
    runtime: RuntimeName,
    report: SubscriberErrorHandler,
    lives: (index: number) => boolean = () => true,
  ) {
    checkWiring(spec)
    const islands = islandsOf(spec)
    const { outbox } = this
    this.actors = spec.actors.map(({ id, definition }, index) => {
      const island = islands[index] as number
      const actor = new Actor({ id, index, island, isHere: lives(index), definition, runtime, outbox })
      this.actorById.set(id, actor)
      return actor
    })
    this.channels = spec.channels.map((channelSpec, index) => new Channel(channelSpec, index))
    const enqueue = (message: Message, channel: Channel) => this.carrier.sent(channel, message)
    for (const actor of this.actors) {
      for (const portName of Object.keys(actor.definition.outPorts)) {
        const channel = this.channels.find((candidate) => candidate.spec.from === `${actor.id}.${portName}`) as Channel
        // What has no capacity is handed on by the stepper; the port only shows it to those who watch.
        const end = channel.capacity === 0 ? () => {} : enqueue
        const port = new Port(`${actor.id}.${portName}`, end, report, channel)
        // Users see a message when its reaction is over.
        port.onWatched = () => {
          outbox.keepsSent = true
        }
        actor.connect(portName, port, channel)
      }
    }
    for (const channel of this.channels) {
      channel.receivers = receivingEnds(channel.spec).map((end) => this.actorById.get(actorOf(end)) as Actor)
      channel.receiver = channel.receivers[0] as Actor
      channel.sender = this.actorById.get(actorOf(channel.spec.from)) as Actor
      channel.crosses = channel.sender.island !== channel.receiver.island
      channel.leaves = channel.sender.isHere && !channel.receiver.isHere
      channel.receiver.inChannels.push(channel)
      channel.takes = receivingEnds(channel.spec).map(
        (end, leg) => new Set((channel.receivers[leg] as Actor).definition.inPorts[portOf(end)]),
      )
      channel.companions = this.companionsOf(channel)
    }
    for (const actor of this.actors) actor.partners = partnersOf(actor)
    for (const actor of this.actors) actor.callers = this.actors.filter(({ partners }) => partners.includes(actor))
  }

  private companionsOf({ spec, receivers }: Channel): Companion[] {
    const sent = this.actor(actorOf(spec.from)).definition.outPorts[portOf(spec.from)] as readonly string[]
    return receivingEnds(spec)
      .slice(1)
      .flatMap((end, leg) => {
        const actor = receivers[leg + 1] as Actor
        const types = (actor.definition.inPorts[portOf(end)] as readonly string[]).filter((type) => sent.includes(type))
        return types.length > 0 ? [{ actor, types }] : []
      })
  }

  /** The actor called `id`; an internal error if there is none. */
  actor(id: string): Actor {
    const actor = this.actorById.get(id)
    if (!actor) throw new InternalError(`no actor ${id}`)
    return actor
  }
}

function partnersOf(actor: Actor): readonly Actor[] {
  const found = new Set<Actor>([actor])
  // A set goes on to what is added while it is walked.
  for (const member of found) {
    for (const channel of member.outChannels) {
      if (channel.capacity > 0) continue
      for (const receiver of channel.receivers) found.add(receiver)
    }
  }
  found.delete(actor)
  return [...found]
}
