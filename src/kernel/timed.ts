/** Kernel | the timed scheduler: latencies in cycles, an event wheel, seeded jitter and seeded spontaneous choices. */

import { Prng } from '../base/prng.ts'
import { always, type Message } from './actor.ts'
import type { Channel } from './channel.ts'
import { type Lateness, RareLateness } from './lateness.ts'
import type { Schedule } from './schedule.ts'
import type { Progress, Scheduler } from './scheduler.ts'
import type { Readiness, Stepper } from './step.ts'
import type { Actor } from './system.ts'
import { addOnce, afterCycles, firstOf, hasReady, type Input, type Look, looksAfter } from './timed-input.ts'
import { Wheel } from './wheel.ts'

/**
 * When `may` choices happen: never, at random moments, or also right after an event they can interfere with; `mixed`: one
 * of these for each choice, drawn from the seed.
 */
export type MayPolicy = 'off' | 'random' | 'adversarial' | 'mixed'

export interface TimedOptions {
  readonly seed: number
  readonly may: MayPolicy
  /** Mean cycles between two attempts of a `may` choice. */
  readonly mayPeriodCycles: number
  /**
   * `must` choices happen up to this many cycles later than their latency says, at random; one in sixteen up to sixteen
   * times as many, so that now and then one actor falls far behind the others.
   */
  readonly mustJitterCycles: number
  /** Besides: `must` choices, by event type, that now and then are much later than usual. */
  readonly lateness?: Readonly<Record<string, Lateness>>
}

interface MayChoice {
  readonly actor: Actor
  readonly choice: number
}

/** Aimed attempts come at most this long after the event they answer. */
const aimDelayCycles = 32
/** How often a `must` choice is very late, and how much later than usual. */
const longDelayOneIn = 16
const longDelayFactor = 16

export class TimedScheduler implements Scheduler {
  private readonly options: TimedOptions
  private readonly wheel = new Wheel()
  private readonly jitter: Prng
  private readonly mayPrng: Prng
  private stepper!: Stepper
  private record: Schedule | undefined
  private readonly inputs: Input[] = []
  /** `must` inputs, by actor index. */
  private readonly mustOf: Input[][] = []
  /** Inputs that a reaction may enable, by actor index; and those that wait for room, by channel index. */
  private readonly stalledOf: Input[][] = []
  private readonly fullOf: Input[][] = []
  /** By actor index. */
  private readonly looksOf: (readonly Look[])[] = []
  /** Choices attempted at random moments, and those that answer events. */
  private readonly mayChoices: MayChoice[] = []
  private readonly aimedChoices: MayChoice[] = []
  /** Aimed attempts on the wheel, first in first out. */
  private readonly aimed: { readonly target: MayChoice; readonly value: number }[] = []
  private mayEvent = -1
  private aimEvent = -1
  /** Events on the wheel that are not `may` attempts: when there are none, nothing has to happen any more. */
  private pending = 0

  /** Only the adversarial policy listens. */
  readonly emitted: ((event: Message) => void) | undefined

  constructor(options: TimedOptions) {
    this.options = options
    const aims = options.may === 'adversarial' || options.may === 'mixed'
    this.emitted = aims ? (event) => this.aimAt(event) : undefined
    this.jitter = new Prng(options.seed, 'jitter')
    this.mayPrng = new Prng(options.seed, 'may')
  }

  get now(): number {
    return this.wheel.now
  }

  attach(stepper: Stepper, record: Schedule | undefined): void {
    this.stepper = stepper
    this.record = record
    const { system } = stepper
    for (const _ of system.channels) this.fullOf.push([])
    for (const _ of system.actors) {
      this.stalledOf.push([])
      this.mustOf.push([])
    }
    for (const channel of system.channels) this.addInput(channel, channel.receiver, -1)
    for (const actor of system.actors) {
      actor.definition.spontaneous.forEach((declared, choice) => {
        if (declared.kind === 'may') this.addMay({ actor, choice })
        else (this.mustOf[actor.index] as Input[]).push(this.addInput(undefined, actor, choice))
      })
    }
    for (const actor of system.actors) this.looksOf.push(looksAfter(actor, this.stalledOf, this.mustOf))
    this.mayEvent = this.inputs.length
    this.aimEvent = this.inputs.length + 1
    stepper.start()
    for (const actor of system.actors) this.armMust(actor, this.mustOf[actor.index] as Input[])
    if (this.mayChoices.length > 0) this.scheduleMay()
  }

  sent(channel: Channel, message: Message): void {
    const latency = channel.latencyCycles
    let ready = this.wheel.now + (latency < 0 ? afterCycles(channel, message) : latency)
    if (channel.jitterCycles > 0) ready += this.jitter.below(channel.jitterCycles + 1)
    channel.enqueue(message, ready)
    const input = this.inputs[channel.index] as Input
    // Where messages may overtake each has an event of its own. A channel in order has one, for its head: behind a
    // head there is nothing to do, even while a delivery from this channel to its own sender is in progress.
    if (!channel.inOrder) this.insert(input, ready)
    else if (channel.count === 1 && !input.armed && input.waiting === 'nothing') this.arm(input, ready)
  }

  /** Gives every `may` choice that can interfere with `event` a chance soon. */
  private aimAt(event: Message): void {
    for (const target of this.aimedChoices) {
      const value = target.actor.spontaneous[target.choice]?.aim?.(event, target.actor.reactor.context as never) ?? -1
      if (value < 0 || !this.mayPrng.chance(1, 2)) continue
      this.aimed.push({ target, value })
      this.wheel.insert(this.wheel.now + this.mayPrng.below(aimDelayCycles), this.aimEvent)
    }
  }

  advance(): Progress {
    if (this.pending === 0) return 'quiet'
    const index = this.wheel.next()
    if (index === this.mayEvent) return this.fireMay()
    if (index === this.aimEvent) return this.fireAimed()
    this.pending--
    const input = this.inputs[index] as Input
    input.armed = false
    return input.channel ? this.fireChannel(input, input.channel) : this.fireMust(input)
  }

  /**
   * Which attempts a choice gets. What one bug needs hides another: an eviction that overwrites a frame also removes the
   * stale line that would have been read. So `mixed` draws anew for each choice of each seed: none, random, or both.
   */
  private addMay(choice: MayChoice): void {
    const { may } = this.options
    const attempts = may === 'mixed' ? this.mayPrng.pick(['off', 'random', 'adversarial'] as const) : may
    if (attempts !== 'off') this.mayChoices.push(choice)
    if (attempts === 'adversarial') this.aimedChoices.push(choice)
  }

  private addInput(channel: Channel | undefined, actor: Actor, choice: number): Input {
    const declared = actor.spontaneous[choice]
    const lateness = this.options.lateness?.[declared?.event ?? '']
    const input: Input = {
      index: this.inputs.length,
      channel,
      actor,
      choice,
      fullOnes: channel ? (this.fullOf[channel.index] as Input[]) : [],
      stalledOnes: this.stalledOf[actor.index] as Input[],
      mustOnes: this.mustOf[actor.index] as Input[],
      refusedBit: choice >= 0 && choice < 31 ? 1 << choice : 0,
      domain: declared?.domain ?? 1,
      firstOf: declared && declared.when !== always ? firstOf(declared) : undefined,
      latencyCycles: declared?.latencyCycles ?? 0,
      armed: false,
      waiting: 'nothing',
      selection: undefined,
      selectedAt: -1,
      late: lateness && new RareLateness(lateness, this.jitter),
    }
    this.inputs.push(input)
    return input
  }

  private insert(input: Input, cycle: number): void {
    this.pending++
    this.wheel.insert(cycle, input.index)
  }

  private arm(input: Input, cycle: number): void {
    input.armed = true
    this.insert(input, cycle)
  }

  private fireChannel(input: Input, channel: Channel): Progress {
    return channel.inOrder ? this.fireHead(input, channel) : this.fireAny(input, channel)
  }

  /** Where order is kept only the oldest message can be next. */
  private fireHead(input: Input, channel: Channel): Progress {
    if (channel.count === 0) return 'waiting'
    const ready = channel.readyCycle(0)
    if (ready > this.wheel.now) {
      if (!input.armed) this.arm(input, ready)
      return 'waiting'
    }
    const readiness = this.stepper.deliverable(channel, 0)
    if (readiness !== 'enabled') {
      this.wait(input, readiness)
      return 'waiting'
    }
    this.record?.addDelivery(channel.index, 0)
    this.stepper.deliver(channel, 0)
    this.afterDelivery(input, channel)
    return 'stepped'
  }

  private fireAny(input: Input, channel: Channel): Progress {
    const now = this.wheel.now
    for (let position = 0; position < channel.count; position++) {
      if (channel.readyCycle(position) > now || !channel.eligible(position)) continue
      const readiness = this.stepper.deliverable(channel, position)
      if (readiness === 'enabled') {
        this.record?.addDelivery(channel.index, position)
        if (channel.isSet) channel.postpone(position)
        this.stepper.deliver(channel, position)
        this.afterDelivery(input, channel)
        return 'stepped'
      }
      // Where messages may overtake, several can be refused for different reasons: wait for all of them.
      this.wait(input, readiness)
    }
    return 'waiting'
  }

  private afterDelivery(input: Input, channel: Channel): void {
    const now = this.wheel.now
    if (channel.count > 0 && !input.armed) {
      if (channel.inOrder) this.arm(input, Math.max(now, channel.readyCycle(0)))
      else if (hasReady(channel, now)) this.arm(input, now)
    }
    if (input.fullOnes.length > 0) this.wake(input.fullOnes)
    this.afterReaction(input.actor, input.stalledOnes, input.mustOnes)
    if (!channel.isRendezvous) return
    const { receivers } = channel
    for (let i = 1; i < receivers.length; i++) this.afterReactionOf(receivers[i] as Actor)
  }

  /** What `actor` stalled may be possible now, and its `must` choices may have become enabled. */
  private afterReaction(actor: Actor, stalled: Input[], must: readonly Input[]): void {
    if (stalled.length > 0) this.wake(stalled)
    if (must.length > 0) this.armMust(actor, must)
    const looks = this.looksOf[actor.index] as readonly Look[]
    for (let i = 0; i < looks.length; i++) this.look(looks[i] as Look)
  }

  private afterReactionOf(actor: Actor): void {
    this.afterReaction(actor, this.stalledOf[actor.index] as Input[], this.mustOf[actor.index] as Input[])
  }

  private look({ stalled, choosers }: Look): void {
    if (stalled.length > 0) this.wake(stalled)
    for (let i = 0; i < choosers.length; i++) {
      const chooser = choosers[i] as Actor
      this.armMust(chooser, this.mustOf[chooser.index] as Input[])
    }
  }

  private wake(waiting: Input[]): void {
    for (let i = 0; i < waiting.length; i++) {
      const input = waiting[i] as Input
      input.waiting = 'nothing'
      if (!input.armed) this.arm(input, this.wheel.now)
    }
    // Popping a few elements is much cheaper than setting a length.
    while (waiting.length > 0) waiting.pop()
  }

  /** Called right after the refusal, while the stepper still knows which channel was full. */
  private wait(input: Input, readiness: Readiness): void {
    input.waiting = readiness === 'full' ? 'full' : 'stalled'
    if (readiness === 'full') addOnce(this.fullOf[this.stepper.fullChannel?.index as number] as Input[], input)
    // A message that waits for room may need other room, or none, once its receiver has changed. `must` choices are
    // looked at after every reaction anyway.
    if (input.channel === undefined) return
    this.waitForReaction(input, input.actor)
    if (!input.channel.isRendezvous) return
    for (const { actor } of input.channel.companions) this.waitForReaction(input, actor)
  }

  private waitForReaction(input: Input, actor: Actor): void {
    addOnce(this.stalledOf[actor.index] as Input[], input)
    for (const partner of actor.partners) addOnce(this.stalledOf[partner.index] as Input[], input)
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
      this.arm(input, this.wheel.now + input.latencyCycles + this.lateness(input))
    }
  }

  private lateness(input: Input): number {
    const late = input.late === undefined ? 0 : input.late.next()
    const jitter = this.options.mustJitterCycles
    if (jitter === 0) return late
    return late + this.jitter.below((this.jitter.chance(1, longDelayOneIn) ? jitter * longDelayFactor : jitter) + 1)
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
    const first = domain > 1 ? this.jitter.below(domain) : 0
    for (let i = 0; i < domain; i++) {
      const value = first + i < domain ? first + i : first + i - domain
      const readiness = this.mayFire(input, value)
      if (readiness === 'enabled') {
        input.waiting = 'nothing'
        this.record?.addSpontaneous(input.actor.index, input.choice, value)
        this.stepper.perform(input.actor, input.choice, value)
        this.afterReaction(input.actor, input.stalledOnes, input.mustOnes)
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

  private scheduleMay(): void {
    this.wheel.insert(this.wheel.now + 1 + this.mayPrng.below(2 * this.options.mayPeriodCycles), this.mayEvent)
  }

  private fireMay(): Progress {
    const target = this.mayPrng.pick(this.mayChoices)
    const { domain } = target.actor.spontaneous[target.choice] as { domain: number }
    const value = this.mayPrng.below(domain)
    this.scheduleMay()
    return this.attempt(target, value)
  }

  private fireAimed(): Progress {
    const next = this.aimed.shift()
    return next ? this.attempt(next.target, next.value) : 'waiting'
  }

  private attempt(target: MayChoice, value: number): Progress {
    if (this.stepper.performable(target.actor, target.choice, value) !== 'enabled') return 'waiting'
    this.record?.addSpontaneous(target.actor.index, target.choice, value)
    this.stepper.perform(target.actor, target.choice, value)
    this.afterReactionOf(target.actor)
    return 'stepped'
  }
}
