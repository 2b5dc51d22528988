/** Kernel | the timed scheduler: latencies in cycles, an event wheel, seeded jitter and seeded spontaneous choices. */

import { InternalError } from '../base/errors.ts'
import { Prng } from '../base/prng.ts'
import type { Message } from './actor.ts'
import { Agenda } from './agenda.ts'
import { type Attempt, chancesOf } from './chances.ts'
import { ChancesDue } from './chances-due.ts'
import type { Channel } from './channel.ts'
import { RareLateness } from './lateness.ts'
import { oneTurn, type Progress, type Scheduler, type Stretch } from './scheduler.ts'
import { checkedTimed } from './simulation-shape.ts'
import type { Readiness, Stepper } from './step.ts'
import type { Actor } from './system.ts'
import {
  Aftermath,
  addOnce,
  afterCycles,
  hasReady,
  type Input,
  isStalled,
  type Look,
  lateCycles,
  looksAfter,
  makeInput,
} from './timed-input.ts'
import type { MayPolicy, TimedOptions } from './timed-options.ts'

export type { MayPolicy, TimedOptions }

/**
 * Steps are in order of their cycle. Within a cycle they go island by island (see `islandsOf`); on an island what arrives from
 * others comes first, in the order of the wires, then whatever became due first. Random numbers are drawn from streams of
 * each island. So the order on an island depends on nothing but what arrives there, and can be found without the others.
 */
export class TimedScheduler implements Scheduler {
  protected agenda = new Agenda(0, [])
  protected stepper!: Stepper
  private readonly options: TimedOptions
  /** By island. */
  private jitters: readonly Prng[] = []
  protected chances!: ChancesDue
  private readonly inputs: Input[] = []
  /** Inputs that wait for room, by channel index. */
  private readonly fullOf: Input[][] = []
  /** Whether the next room that comes back is on the wheel, by channel index. */
  private readonly awaited: boolean[] = []
  /** By actor index. */
  private aftermaths: readonly Aftermath[] = []
  /** Only the adversarial policy listens. */
  readonly emitted: ((event: Message, by: Actor) => void) | undefined

  constructor(options: TimedOptions) {
    this.options = checkedTimed(options)
    const aims = options.may === 'adversarial' || options.may === 'mixed'
    this.emitted = aims ? (event, { island }) => this.tell(event, island) : undefined
  }

  get now(): number {
    return this.agenda.now
  }

  attach(stepper: Stepper): void {
    this.stepper = stepper
    const { actors, channels } = stepper.system
    const islands = 1 + Math.max(-1, ...actors.map(({ island }) => island))
    const { seed } = this.options
    this.jitters = Array.from(
      { length: islands },
      (_, island) => new Prng(seed, island === 0 ? 'jitter' : `jitter ${island}`),
    )
    const chances = chancesOf(actors, islands, this.options)
    this.fullOf.push(...channels.map(() => []))
    this.awaited.push(...channels.map(() => false))
    this.aftermaths = actors.map((actor) => new Aftermath(actor))
    for (const channel of channels) this.addInput(channel, channel.receiver, -1)
    for (const actor of actors) {
      actor.spontaneous.forEach(({ kind }, choice) => {
        if (kind === 'must') this.aftermaths[actor.index]?.must.push(this.addInput(undefined, actor, choice))
      })
    }
    for (const after of this.aftermaths) after.looks = looksAfter(after.actor, this.aftermaths)
    this.agenda = new Agenda(this.inputs.length, channels)
    for (const channel of channels) if (channel.crosses) channel.roomClock = this.agenda
    this.chances = new ChancesDue(chances, this.agenda, (island) => this.has(island))
    stepper.start()
    for (const { actor, must } of this.aftermaths) if (actor.isHere) this.armMust(actor, must)
    this.chances.start()
  }

  sent(channel: Channel, message: Message): void {
    const latency = channel.latencyCycles
    let ready = this.agenda.now + (latency < 0 ? afterCycles(channel, message) : latency)
    if (channel.jitterCycles > 0) {
      ready += (this.jitters[channel.sender.island] as Prng).below(channel.jitterCycles + 1)
    }
    if (channel.leaves) {
      this.sendAway(channel, message, ready)
      return
    }
    channel.enqueue(message, ready)
    // What comes from another island has an event of its own, and so has each message where messages may overtake. Else there is
    // one, for the head: behind it there is nothing to do, even while a delivery from this channel to its own sender is in progress.
    if (channel.crosses === true) {
      this.agenda.insertMessage(channel, ready)
      return
    }
    const input = this.inputs[channel.index] as Input
    if (!channel.inOrder) this.agenda.insertInput(input, ready)
    else if (channel.count === 1 && !input.armed && input.waiting === 'nothing') this.arm(input, ready)
  }

  /** Sends a message to another thread. */
  protected sendAway(channel: Channel, _message: Message, _ready: number): void {
    throw new InternalError(`${channel.receiver.id} is in no thread that is known here`)
  }

  /** Whether the actors of `island` live here. */
  protected has(_island: number): boolean {
    return true
  }

  /** A message has left a channel from another island: its room comes back as slowly as messages go. */
  protected giveBack(channel: Channel, cycle: number): void {
    channel.freeAt(cycle)
    // Hardly ever does anyone wait for it: who lacks room looks for what has come back by then.
    if ((this.fullOf[channel.index] as Input[]).length > 0) this.awaitRoom(channel)
  }

  /** Wakes those who wait for room on a channel to another island once some is back. */
  awaitRoom(channel: Channel): void {
    const cycle = channel.nextFree
    if (cycle === undefined || this.awaited[channel.index]) return
    this.awaited[channel.index] = true
    this.agenda.insertRoom(channel, cycle)
  }

  /** Tells the choices that can interfere with an event. */
  protected tell(event: Message, island: number): void {
    this.chances.tell(event, island)
  }

  advance(stretch: Stretch = oneTurn): Progress {
    const { agenda, stepper } = this
    let progress: Progress = 'quiet'
    for (let left = stretch.turns; left > 0; left--) {
      if (agenda.pending === 0) return 'quiet'
      progress = this.turn()
      if (stepper.step >= stretch.steps || agenda.now > stretch.cycles || stretch.halt) break
    }
    return progress
  }

  /** Takes what is due next off the wheel. There must be something. */
  protected turn(): Progress {
    const { agenda, inputs } = this
    const number = agenda.next()
    if (number >= agenda.rooms) return this.fireOther(number)
    agenda.pending--
    const isArrival = number >= inputs.length
    const input = inputs[isArrival ? number - inputs.length : number] as Input
    if (!isArrival) input.armed = false
    const { channel } = input
    return channel === undefined ? this.fireMust(input) : this.fireChannel(input, channel)
  }

  private fireOther(number: number): Progress {
    const { rooms, chances } = this.agenda
    return number < chances ? this.fireRoom(number - rooms) : this.attempt(this.chances.take(number))
  }

  private addInput(channel: Channel | undefined, actor: Actor, choice: number): Input {
    const lateness = this.options.lateness?.[actor.spontaneous[choice]?.event ?? '']
    const jitter = this.jitters[actor.island] as Prng
    const input = makeInput(channel, actor, choice, {
      index: this.inputs.length,
      jitter,
      fullOnes: channel ? (this.fullOf[channel.index] as Input[]) : [],
      reacted: this.aftermaths[actor.index] as Aftermath,
      late: lateness && new RareLateness(lateness, jitter),
    })
    this.inputs.push(input)
    return input
  }

  private arm(input: Input, cycle: number): void {
    input.armed = true
    this.agenda.insertInput(input, cycle)
  }

  /** Delivers a message if one can be delivered, and looks at what is possible then. */
  private fireChannel(input: Input, channel: Channel): Progress {
    // In one piece, for this is done for every message: V8 inlines the rest as far as it goes.
    // Where order is kept only the oldest message can be next, and there is no other order among one.
    if (channel.inOrder === true || (channel.count === 1 && !channel.isSet)) {
      // Behind an oldest message that waits to be woken, another one makes no difference.
      if (channel.count === 0 || input.waiting !== 'nothing') return 'waiting'
      if (channel.headReady > this.agenda.now) return this.armHead(input, channel)
      const readiness = this.stepper.deliverHead(channel)
      if (readiness !== 'enabled') {
        this.wait(input, readiness)
        return 'waiting'
      }
    } else if (!this.deliverAny(input, channel)) return 'waiting'
    const stallsNext = channel.count > 0 && !input.armed && this.armNext(input, channel)
    if (channel.crosses === true) this.giveBack(channel, this.agenda.now + channel.latencyCycles)
    else if (input.fullOnes.length > 0) this.wake(input.fullOnes)
    const { stalled, must, looks } = input.reacted
    if (stalled.length > 0) this.wakeStalled(stalled)
    if (must.length > 0) this.armMust(input.actor, must)
    if (looks.length > 0) this.lookAll(looks)
    if (channel.isRendezvous) this.afterMeeting(channel)
    if (stallsNext) this.wait(input, 'stalled')
    return 'stepped'
  }

  /** The oldest message may not be delivered yet. */
  private armHead(input: Input, channel: Channel): Progress {
    if (!input.armed && channel.inOrder && !channel.crosses) this.arm(input, channel.headReady)
    return 'waiting'
  }

  /** Delivers the oldest message that can be delivered where messages may overtake; false if there is none. */
  private deliverAny(input: Input, channel: Channel): boolean {
    for (let position = 0; position < channel.count; position++) {
      if (channel.readyCycle(position) > this.now || !channel.eligible(position)) continue
      const readiness = this.stepper.deliverable(channel, position)
      if (readiness === 'enabled') {
        if (channel.isSet) channel.postpone(position)
        this.stepper.deliver(channel, position)
        return true
      }
      // Several can be refused for different reasons: wait for all of them.
      this.wait(input, readiness)
    }
    return false
  }

  /** There are more messages where one was delivered. True: the next one may be delivered by now, and is stalled. */
  private armNext(input: Input, channel: Channel): boolean {
    const { now } = this.agenda
    if (!channel.inOrder) {
      if (hasReady(channel, now)) this.arm(input, now)
      return false
    }
    if (channel.headReady > now) {
      if (!channel.crosses) this.arm(input, channel.headReady)
      return false
    }
    if (isStalled(input)) return true
    this.arm(input, now)
    return false
  }

  private afterMeeting({ receivers }: Channel): void {
    for (let i = 1; i < receivers.length; i++) {
      this.afterReaction(this.aftermaths[(receivers[i] as Actor).index] as Aftermath)
    }
  }

  /** What an actor stalled may be possible now, and its `must` choices may have become enabled. */
  private afterReaction({ actor, stalled, must, looks }: Aftermath): void {
    if (stalled.length > 0) this.wakeStalled(stalled)
    if (must.length > 0) this.armMust(actor, must)
    if (looks.length > 0) this.lookAll(looks)
  }

  private lookAll(looks: readonly Look[]): void {
    for (const { stalled, choosers } of looks) {
      if (stalled.length > 0) this.wakeStalled(stalled)
      for (const { actor, must } of choosers) this.armMust(actor, must)
    }
  }

  private wake(waiting: Input[]): void {
    for (let i = 0; i < waiting.length; i++) {
      const input = waiting[i] as Input
      input.waiting = 'nothing'
      if (!input.armed) this.arm(input, this.agenda.now)
    }
    // Popping a few elements is much cheaper than setting a length.
    while (waiting.length > 0) waiting.pop()
  }

  /** The same for those who wait for a reaction: who would be refused again goes on waiting. */
  private wakeStalled(waiting: Input[]): void {
    let kept = 0
    for (let i = 0; i < waiting.length; i++) {
      const input = waiting[i] as Input
      if (input.waiting === 'stalled' && isStalled(input)) {
        waiting[kept++] = input
        continue
      }
      input.waiting = 'nothing'
      if (!input.armed) this.arm(input, this.agenda.now)
    }
    while (waiting.length > kept) waiting.pop()
  }

  /** Called right after the refusal, while the stepper still knows which channel was full. */
  private wait(input: Input, readiness: Readiness): void {
    input.waiting = readiness === 'full' ? 'full' : 'stalled'
    const { fullChannel } = this.stepper
    if (readiness === 'full' && fullChannel !== undefined) {
      addOnce(this.fullOf[fullChannel.index] as Input[], input)
      if (fullChannel.crosses) this.awaitRoom(fullChannel)
    }
    // A message that waits for room may need other room, or none, once its receiver has changed. `must` choices are
    // looked at after every reaction anyway.
    if (input.channel === undefined) return
    this.waitForReaction(input, input.actor)
    if (!input.channel.isRendezvous) return
    for (const { actor } of input.channel.companions) this.waitForReaction(input, actor)
  }

  private waitForReaction(input: Input, actor: Actor): void {
    addOnce(this.aftermaths[actor.index]?.stalled as Input[], input)
    for (const partner of actor.partners) addOnce(this.aftermaths[partner.index]?.stalled as Input[], input)
  }

  private armMust(actor: Actor, inputs: readonly Input[]): void {
    const refused = actor.reactor.refused ?? 0
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as Input
      if (input.armed || (refused & input.refusedBit) !== 0) continue
      const first = input.firstOf === undefined ? 0 : input.firstOf(actor.reactor.context)
      if (first < 0) continue
      const readiness = this.mustReadiness(input, first)
      if (readiness === 'stalled') continue
      // One that waits for room is woken by the channels, unless another of its values has room already.
      if (readiness === 'full' && input.waiting === 'full') continue
      if (readiness === 'enabled' && input.domain === 1) {
        input.selection = actor.reactor.selection
        input.selectedAt = actor.reactions
      }
      this.arm(input, this.agenda.now + input.latencyCycles + lateCycles(input, this.options.mustJitterCycles))
    }
  }

  /**
   * The best readiness among the values of a `must` choice from `first` on, which its guard allows. One that waits for room
   * may need it elsewhere by now.
   */
  private mustReadiness(input: Input, first: number): Readiness {
    const { domain } = input
    if (domain === 1 && input.waiting !== 'full') return this.stepper.accepted(input.actor, input.choice, 0)
    let best: Readiness = 'stalled'
    for (let value = first; value < domain; value++) {
      const readiness = this.stepper.performable(input.actor, input.choice, value)
      if (readiness === 'enabled') return 'enabled'
      if (readiness !== 'full') continue
      best = 'full'
      if (input.waiting === 'full') this.wait(input, 'full')
    }
    return best
  }

  private fireMust(input: Input): Progress {
    const { domain } = input
    // Several candidates (store-buffer entries): start looking at a random one, so that any may be first.
    const first = domain > 1 ? input.jitter.below(domain) : 0
    for (let i = 0; i < domain; i++) {
      const value = first + i < domain ? first + i : first + i - domain
      const readiness = this.mayFire(input, value)
      if (readiness === 'enabled') {
        input.waiting = 'nothing'
        this.stepper.perform(input.actor, input.choice, value)
        this.afterReaction(input.reacted)
        return 'stepped'
      }
      // Disabled meanwhile: the next reaction of the actor arms it again. Without room: the channel wakes it.
      if (readiness === 'full') this.wait(input, readiness)
    }
    return 'waiting'
  }

  private mayFire(input: Input, value: number): Readiness {
    const { actor, selection } = input
    return selection !== undefined && input.selectedAt === actor.reactions
      ? this.stepper.stillPerformable(actor, input.choice, selection)
      : this.stepper.performable(actor, input.choice, value)
  }

  private fireRoom(number: number): Progress {
    this.agenda.pending--
    const fullOnes = this.fullOf[number] as Input[]
    this.awaited[number] = false
    if (fullOnes.length > 0) this.wake(fullOnes)
    return 'waiting'
  }

  private attempt(attempt: Attempt | undefined): Progress {
    if (attempt === undefined) return 'waiting'
    const { actor, choice } = attempt.target
    if (this.stepper.performable(actor, choice, attempt.value) !== 'enabled') return 'waiting'
    this.stepper.perform(actor, choice, attempt.value)
    this.afterReaction(this.aftermaths[actor.index] as Aftermath)
    return 'stepped'
  }
}
