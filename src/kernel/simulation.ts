/** Kernel | a simulation: a system, a scheduler and whoever watches, in the live or the sim runtime. */

import { UsageError } from '../base/errors.ts'
import { notPlainAt } from '../base/plain.ts'
import { demand } from '../base/shape.ts'
import { cut } from '../base/shown.ts'
import type { Message, RuntimeName } from './actor.ts'
import type { Channel } from './channel.ts'
import { copyPayload } from './payload.ts'
import { Schedule } from './schedule.ts'
import type { Scheduler, Stretch } from './scheduler.ts'
import { boundsShape, messageShape, simulationShape } from './simulation-shape.ts'
import { type Choice, enabled, hasRoom, type Reaction, Stepper } from './step.ts'
import { type Observable, type SubscriberErrorHandler, Tap } from './streams.ts'
import { type Actor, receivingEnds, System, type SystemSpec } from './system.ts'
import { disarmed, trapped, traps } from './traps.ts'

/** One message that an actor reacted to, as `messages$` shows it. */
export interface DeliveredMessage {
  readonly step: number
  readonly cycle: number
  /** `actor.port` of the sender and of the receiver. */
  readonly from: string
  readonly to: string
  readonly message: Message
}

/** Sees every reaction as it happens; must copy what it keeps. Order of watchers is order of calls. */
export type Watcher = (reaction: Reaction) => void

export interface SimulationOptions {
  readonly runtime: RuntimeName
  readonly scheduler: Scheduler
  readonly watchers?: readonly Watcher[]
  /** As `watchers`, before them, and only for reactions that emitted something: most did not. */
  readonly emittedWatchers?: readonly Watcher[]
  /** Told about a subscriber of a stream that threw, besides its entry in `subscriberErrors`. */
  readonly onSubscriberError?: SubscriberErrorHandler
  /** Keep every decision, for `schedule`. */
  readonly record?: 'schedule'
  /** Injections to repeat, in order of their steps: what `injections` of an earlier simulation holds. */
  readonly injections?: readonly Injection[]
}

/** A message that a user put on a channel after `step` steps. */
export interface Injection {
  readonly step: number
  readonly to: string
  readonly message: Message
  /** Time passed first, until room that was on its way to the channel's sender had come: nothing else was left to happen. */
  readonly afterRoom?: true
}

/** Bounds of one `run`. Reaching one is reported, never silent. */
export interface RunBounds {
  readonly stepsMax?: number
  readonly cyclesMax?: number
  /** Asked every so many turns; `requestStop` ends a run after the step in progress. */
  readonly stopWhen?: () => boolean
}

/** `quiet`: nothing is left to happen; `stopped`: `stopWhen` said so; else the bound that was reached. */
export type RunEnd = 'quiet' | 'stopped' | 'steps' | 'cycles'

/** Turns after which `stopWhen` is asked. */
const turnsUnasked = 1024

/** Errors of subscribers that are kept. */
const subscriberErrorsMax = 16

export class Simulation {
  readonly system: System
  readonly scheduler: Scheduler
  /** The decisions taken, if recorded. */
  readonly schedule: Schedule | undefined
  /** What `inject` put on channels, and when: with the schedule, enough to repeat the run. */
  readonly injections: Injection[] = []
  private readonly toInject: Injection[]
  private readonly stepper: Stepper
  private readonly watchers: readonly Watcher[]
  private readonly emittedWatchers: readonly Watcher[]
  private readonly messagesTap: Tap<DeliveredMessage>
  private readonly emittedTap: Tap<Message & { readonly actor: string }>
  /** Whether anyone has ever asked for one of the two streams. */
  private tapped = false
  /** What subscribers threw, the first few in words: each was unsubscribed, and the run went on. */
  readonly subscriberErrors: string[] = []
  private started = false
  /** While a step may be in progress: its messages come first, what subscribers inject comes after it. */
  private running = false
  private readonly deferred: { readonly to: string; readonly message: Message }[] = []
  private stopRequested = false
  /** Nothing is left to happen. */
  private isQuiet = false
  /** The one in progress: it is halted where something has to be done in between. */
  private stretch: Stretch = { turns: 0, steps: 0, cycles: 0, halt: false }
  private disposed = false

  constructor(spec: SystemSpec, options: SimulationOptions) {
    demand(simulationShape, options, 'new Simulation(system, options)')
    const report: SubscriberErrorHandler = (stream, error) => {
      if (this.subscriberErrors.length < subscriberErrorsMax) {
        this.subscriberErrors.push(`a subscriber of ${stream} threw and was unsubscribed: ${String(error)}`)
      }
      options.onSubscriberError?.(stream, error)
    }
    this.system = new System(spec, options.runtime, report)
    this.scheduler = options.scheduler
    this.watchers = options.watchers ?? []
    this.emittedWatchers = options.emittedWatchers ?? []
    this.toInject = [...(options.injections ?? [])]
    this.schedule = options.record ? new Schedule() : undefined
    this.messagesTap = new Tap('messages$', report)
    this.emittedTap = new Tap('emitted$', report)
    this.system.carrier = this.scheduler
    this.stepper = new Stepper(this.system, this.scheduler, (reaction) => this.reacted(reaction))
    this.stepper.record = this.schedule
    this.stepper.tellsAll = this.watchers.length > 0
    for (const injection of this.toInject) this.channelFor(injection)
  }

  /** Every message that ran a reaction, as frozen copies. */
  get messages$(): Observable<DeliveredMessage> {
    this.startTapping()
    return this.messagesTap.stream$
  }

  /** Every event that actors emitted, with the actor's id, as frozen copies. */
  get emitted$(): Observable<Message & { readonly actor: string }> {
    this.startTapping()
    return this.emittedTap.stream$
  }

  /** Steps taken, the present cycle, and deliveries that ran a reaction. */
  get step(): number {
    return this.stepper.step
  }
  get cycle(): number {
    return this.scheduler.now
  }
  get deliveries(): number {
    return this.stepper.deliveries
  }

  /** The out port `actor.port`: watch `out$`. Unknown names list the known ones. */
  port(id: string): { readonly out$: Observable<Message> } {
    for (const actor of this.system.actors) {
      for (const port of actor.ports) if (port.id === id) return port
    }
    const known = this.system.actors.flatMap((actor) => actor.ports.map((port) => port.id))
    throw new UsageError(`no out port "${id}"; there are: ${known.join(', ')}`)
  }

  /**
   * Puts a message of your own on the channel that leads to the in port `actor.port`, behind what is there. From a
   * subscriber, while a step is in progress, it happens after that step.
   * Usage errors: unknown port, a type that the port does not accept, a payload that is not plain data, a timer without its cycles, no room (thrown by
   * `run` if the injection had to wait for the end of a step).
   */
  inject(to: string, message: Message): void {
    this.start()
    const channel = this.channelFor({ to, message })
    if (this.running) {
      this.deferred.push({ to, message: copyPayload(message) })
      this.stretch.halt = true
    } else this.injectNow(channel, to, message, this.isQuiet)
  }

  /** Enters the initial states; `run` does it when needed. */
  start(): void {
    if (this.started) return
    this.started = true
    this.running = true
    try {
      trapped(() => this.scheduler.attach(this.stepper))
    } finally {
      this.running = false
    }
    this.injectDeferred()
  }

  /** The channel that leads to `to`, if it may take the message. */
  private channelFor({ to, message }: Pick<Injection, 'to' | 'message'>): Channel {
    demand(messageShape, message, `inject("${to}", message): the message`)
    const channel = this.channelTo(to)
    if (channel.capacity === 0) {
      throw new UsageError(`${to} takes what ${channel.spec.from} offers within its step; nothing can be put there`)
    }
    const [actorId, portName] = [to.slice(0, to.indexOf('.')), to.slice(to.indexOf('.') + 1)]
    const accepted = this.system.actor(actorId).definition.inPorts[portName] ?? []
    if (!accepted.includes(message.type)) {
      throw new UsageError(`${to} does not accept "${message.type}"; it accepts: ${accepted.join(', ')}`)
    }
    const at = notPlainAt(message, message.type)
    if (at !== undefined) throw new UsageError(`${to} takes plain data only, which ${at} is not`)
    const { afterCycles } = message as { afterCycles?: unknown }
    if (channel.spec.latencyCycles === 'message' && !(Number.isInteger(afterCycles) && (afterCycles as number) >= 0)) {
      throw new UsageError(`"${message.type}" to ${to} is a timer: it needs afterCycles, a whole number of cycles`)
    }
    return channel
  }

  /** Ends the present `run` after the step in progress. */
  requestStop(): void {
    this.stopRequested = true
    this.stretch.halt = true
  }

  /** Runs until nothing is left to happen or a bound is reached. May be called again to go on. */
  run(bounds: RunBounds = {}): RunEnd {
    if (this.running) throw new UsageError('run was called by a subscriber or watcher of a run in progress')
    if (this.disposed) throw new UsageError('this simulation is over: its streams were completed by dispose')
    demand(boundsShape, bounds, 'run(bounds)')
    this.start()
    this.running = true
    try {
      const end = trapped(() => this.runWithin(bounds))
      this.isQuiet = end === 'quiet'
      return end
    } finally {
      this.running = false
    }
  }

  private runWithin(bounds: RunBounds): RunEnd {
    const { stepsMax = Number.POSITIVE_INFINITY, cyclesMax = Number.POSITIVE_INFINITY, stopWhen } = bounds
    const { scheduler, stepper, toInject } = this
    this.stopRequested = false
    for (;;) {
      if (stepper.step >= stepsMax) return 'steps'
      while (toInject[0] && toInject[0].step <= stepper.step) {
        const { to, message, afterRoom } = toInject.shift() as Injection
        this.injectNow(this.channelTo(to), to, message, afterRoom === true)
      }
      const steps = Math.min(stepsMax, toInject[0]?.step ?? stepsMax)
      this.stretch = { turns: turnsUnasked, steps, cycles: cyclesMax, halt: false }
      const progress = scheduler.advance(this.stretch)
      if (this.deferred.length > 0) this.injectDeferred()
      if (progress === 'quiet') return 'quiet'
      if (this.stopRequested) return 'stopped'
      if (scheduler.now > cyclesMax) return 'cycles'
      if (stopWhen && disarmed(stopWhen)) return 'stopped'
    }
  }

  /** Completes all streams. The simulation is over. */
  dispose(): void {
    this.disposed = true
    for (const actor of this.system.actors) for (const port of actor.ports) port.complete()
    this.messagesTap.complete()
    this.emittedTap.complete()
  }

  /** Actors whose program has not ended, with what stalls their input. */
  unfinished(): Unfinished[] {
    return unfinishedOf(this.system)
  }

  /** Whether a delivery or a `must` choice is possible now. */
  get goesOn(): boolean {
    return this.enabled().some((choice) => {
      if (choice.kind === 'deliver') return true
      return this.system.actors[choice.actor]?.definition.spontaneous[choice.choice]?.kind === 'must'
    })
  }

  /** Everything that may happen next. */
  enabled(): Choice[] {
    this.start()
    return enabled(this.stepper)
  }

  /** @param waits whether time passes first until room that is on its way is there */
  private injectNow(channel: Channel, to: string, message: Message, waits: boolean): void {
    const { step } = this
    const afterRoom = waits && this.letRoomCome(channel)
    if (!hasRoom(channel, 1, undefined)) {
      throw new UsageError(`${channel.id} has no room (capacity ${channel.capacity}); let the simulation advance first`)
    }
    this.injections.push({ step, to, message: copyPayload(message), ...(afterRoom ? { afterRoom } : {}) })
    this.scheduler.sent(channel, copyPayload(message))
    this.isQuiet = false
  }

  /** Whether there was any to wait for. */
  private letRoomCome(channel: Channel): boolean {
    const { running, scheduler } = this
    channel.reclaim()
    if (channel.nextFree === undefined) return false
    this.running = true
    try {
      trapped(() => {
        for (; channel.nextFree !== undefined; channel.reclaim()) {
          scheduler.awaitRoom?.(channel)
          if (scheduler.advance() === 'quiet') return
        }
      })
    } finally {
      this.running = running
    }
    return true
  }

  private injectDeferred(): void {
    for (const { to, message } of this.deferred.splice(0)) this.injectNow(this.channelTo(to), to, message, false)
  }

  private channelTo(to: string): Channel {
    for (const channel of this.system.channels) if (receivingEnds(channel.spec)[0] === to) return channel
    const known = this.system.channels.map((channel) => receivingEnds(channel.spec)[0])
    throw new UsageError(`no in port "${cut(String(to))}"; there are: ${known.join(', ')}`)
  }

  private reacted(reaction: Reaction): void {
    const { watchers, emittedWatchers, scheduler } = this
    const { emitted } = reaction
    // Watchers may look at a clock, machines not. When one throws, `trapped` ends the run in order.
    traps.armed = false
    if (emitted.length > 0) {
      for (let i = 0; i < emittedWatchers.length; i++) (emittedWatchers[i] as Watcher)(reaction)
    }
    for (let i = 0; i < watchers.length; i++) (watchers[i] as Watcher)(reaction)
    traps.armed = true
    if (emitted.length > 0 && scheduler.emitted) {
      for (let i = 0; i < emitted.length; i++) scheduler.emitted(emitted[i] as Message, reaction.actor)
    }
    if (this.tapped) this.tap(reaction)
  }

  private startTapping(): void {
    this.tapped = true
    this.stepper.tellsAll = true
  }

  private tap(reaction: Reaction): void {
    const { emitted } = reaction
    if (this.emittedTap.observed) {
      for (const event of emitted) this.emittedTap.next({ ...event, actor: reaction.actor.id })
    }
    if (this.messagesTap.observed && reaction.channel && reaction.message && reaction.decision === 'react') {
      this.messagesTap.next({
        step: reaction.step,
        cycle: reaction.cycle,
        from: reaction.channel.spec.from,
        to: receivingEnds(reaction.channel.spec).find((end) => end.startsWith(`${reaction.actor.id}.`)) as string,
        message: reaction.message,
      })
    }
  }
}

/** An actor whose program has not ended, with what stalls its input. */
export interface Unfinished {
  readonly actor: string
  readonly state: unknown
  readonly stalled: readonly string[]
}

/** Of the actors that live here, those whose program has not ended. */
export function unfinishedOf({ actors }: System): Unfinished[] {
  return actors
    .filter(({ isHere, reactor }) => isHere && !reactor.finished())
    .map((actor) => ({ actor: actor.id, state: actor.reactor.value(), stalled: stallsOf(actor) }))
}

function stallsOf(actor: Actor): string[] {
  return actor.inChannels
    .filter((channel) => channel.count > 0)
    .map((channel) => {
      const message = channel.at(0)
      const decision = actor.reactor.decide(message)
      return `${message.type} on ${channel.id}${decision === 'stall' ? `: ${actor.reactor.reason}` : ''}`
    })
}
