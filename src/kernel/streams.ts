/** Kernel | the RxJS side of live and sim: every message travels through its port's Subject, order stays in the channels. */

import { Observable, type Observer, Subject, Subscriber, type Subscription } from 'rxjs'
import { clone, deepFreeze } from '../base/canonical.ts'
import type { Message } from './actor.ts'
import type { Channel } from './channel.ts'
import { disarmed } from './traps.ts'

export type { Observable } from 'rxjs'

/** Told about a subscriber that threw; it has been unsubscribed. */
export type SubscriberErrorHandler = (stream: string, error: unknown) => void

/**
 * What users subscribe to. Operators work as usual (`lift` keeps the class), and a final subscriber that throws is
 * reported and unsubscribed instead of being kept or crashing the run.
 */
export class GuardedStream<T> extends Observable<T> {
  private readonly streamName: string
  private readonly report: SubscriberErrorHandler

  constructor(
    streamName: string,
    report: SubscriberErrorHandler,
    subscribe?: (subscriber: Subscriber<T>) => Subscription | undefined,
  ) {
    super(subscribe)
    this.streamName = streamName
    this.report = report
  }

  override lift<R>(operator?: never): Observable<R> {
    const lifted = new GuardedStream<R>(this.streamName, this.report)
    ;(lifted as { source?: unknown }).source = this
    ;(lifted as { operator?: unknown }).operator = operator
    return lifted
  }

  override subscribe(observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null): Subscription
  override subscribe(
    next?: ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription
  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // Operators subscribe with a Subscriber of their own; only the end of a chain is user code to guard.
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext)
    const observer: Partial<Observer<T>> =
      typeof observerOrNext === 'function' || observerOrNext == null
        ? {
            ...(observerOrNext ? { next: observerOrNext } : {}),
            ...(error ? { error } : {}),
            ...(complete ? { complete } : {}),
          }
        : observerOrNext
    let subscription: Subscription | undefined
    let failed = false
    // RxJS would throw later, from a timer, outside the run.
    const guard = (call: () => void): void => {
      if (failed) return
      try {
        call()
      } catch (thrown) {
        failed = true
        subscription?.unsubscribe()
        this.report(this.streamName, thrown)
      }
    }
    const guarded: Partial<Observer<T>> = {
      next: (value) => guard(() => observer.next?.(value)),
      // An error that reaches the end comes from an operator's function: report it unless the user handles it.
      error: (thrown) => {
        if (observer.error) guard(() => observer.error?.(thrown))
        else this.report(this.streamName, thrown)
      },
      complete: () => guard(() => observer.complete?.()),
    }
    subscription = super.subscribe(guarded)
    if (failed) subscription.unsubscribe()
    return subscription
  }
}

/**
 * The channel's end of a port. A bare Subscriber: what `enqueue` throws must end the step, where RxJS would throw it
 * later from a timer; and without the layers that RxJS puts between a Subject and a function.
 */
class ChannelEnd extends Subscriber<Message> {
  private readonly port: Port

  constructor(port: Port) {
    super()
    this.port = port
  }

  override next(message?: Message): void {
    this.port.enqueue(message as Message, this.port.channel)
  }
}

/**
 * An actor's out port, a Subject. `next` hands the message to the channel; users watch `out$`. The channel's end is the only
 * subscriber, nearly always: then `next` is one call instead of a closure and a loop.
 */
export class Port extends Subject<Message> {
  readonly id: string
  /** Every message sent on this port, as a frozen copy. */
  readonly out$: Observable<Message>
  /** What the channel's end does. One function for all ports, given the channel: a closure each would be slow to reach. */
  readonly enqueue: (message: Message, channel: Channel) => void
  readonly channel: Channel
  /** Called when somebody subscribes to `out$`. */
  onWatched: () => void = () => {}

  /** @param enqueue the channel's end of the port: the first subscriber, so that users always come after it. */
  constructor(
    id: string,
    enqueue: (message: Message, channel: Channel) => void,
    report: SubscriberErrorHandler,
    channel?: Channel,
  ) {
    super()
    this.id = id
    this.enqueue = enqueue
    this.channel = channel as Channel
    this.subscribe(new ChannelEnd(this))
    this.out$ = frozen(id, this, report, () => this.onWatched())
  }

  /** Sends. */
  override next(message: Message): void {
    if (this.observers.length === 1 && !this.isStopped) this.enqueue(message, this.channel)
    else super.next(message)
  }
}

/** A subject that costs nothing while nobody listens. */
export class Tap<T> {
  readonly stream$: Observable<T>
  private readonly subject = new Subject<T>()

  constructor(name: string, report: SubscriberErrorHandler) {
    this.stream$ = frozen(name, this.subject, report)
  }

  /** Whether anyone listens; ask before building a value. */
  get observed(): boolean {
    return this.subject.observed
  }

  next(value: T): void {
    this.subject.next(value)
  }

  complete(): void {
    this.subject.complete()
  }
}

/** Subscribers get frozen copies: what they do with them cannot reach the simulation. */
function frozen<T>(
  name: string,
  subject: Subject<T>,
  report: SubscriberErrorHandler,
  onWatched: () => void = () => {},
): Observable<T> {
  return new GuardedStream<T>(name, report, (subscriber) => {
    onWatched()
    return subject.subscribe({
      next: (value) => disarmed(() => subscriber.next(deepFreeze(clone(value)))),
      complete: () => subscriber.complete(),
    })
  })
}
