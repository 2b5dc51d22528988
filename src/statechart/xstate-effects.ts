/** Statechart | where an event that an XState machine emits goes: to a port, back as a reply, or to observers. */

import { UsageError } from '../base/errors.ts'
import type { Message, Out } from '../kernel/actor.ts'

/** One emitted event and its way. `port` is an index in the declared out ports. */
export type Effect =
  | { readonly kind: 'send'; readonly port: number; readonly message: Message }
  | { readonly kind: 'reply' | 'emit'; readonly message: Message }

/** The declared types of one machine. */
export class Addresses {
  readonly ports: readonly string[]
  private readonly machine: string
  /** Type → indexes of the out ports that declare it. */
  private readonly portsOf = new Map<string, number[]>()
  private readonly replies: ReadonlySet<string>

  constructor(machine: string, outPorts: Readonly<Record<string, readonly string[]>>, replies: readonly string[]) {
    this.machine = machine
    this.ports = Object.keys(outPorts)
    this.replies = new Set(replies)
    for (const [index, types] of Object.values(outPorts).entries()) {
      for (const type of types) this.portsOf.set(type, [...(this.portsOf.get(type) ?? []), index])
    }
  }

  /** Types that would be a message and a reply. */
  ambiguous(): string[] {
    return [...this.portsOf.keys()].filter((type) => this.replies.has(type))
  }

  /** A type that several ports declare needs a field `port`, which is taken off: it is the address, not the message. */
  effectOf(event: Message): Effect {
    if (this.replies.has(event.type)) return { kind: 'reply', message: event }
    const candidates = this.portsOf.get(event.type)
    if (candidates === undefined) return { kind: 'emit', message: event }
    if (candidates.length === 1) return { kind: 'send', port: candidates[0] as number, message: event }
    const { port: name, ...message } = event as Message & { readonly port?: unknown }
    const port = candidates.find((candidate) => this.ports[candidate] === name)
    if (port !== undefined) return { kind: 'send', port, message }
    const known = candidates.map((candidate) => `"${this.ports[candidate]}"`).join(', ')
    throw new UsageError(
      `machine "${this.machine}" emits "${event.type}", which several out ports send, ` +
        `${name === undefined ? 'without a field "port"' : `with port "${name}"`}; give it one of: ${known}`,
    )
  }

  /** The room that `effects` need, as `Reactor.room` wants it. */
  roomFor(effects: readonly Effect[]): readonly number[] {
    const counts = this.ports.map(() => 0)
    for (const effect of effects) if (effect.kind === 'send') (counts[effect.port] as number) += 1
    return counts.flatMap((count, port) => (count > 0 ? [port, count] : []))
  }

  /** Records `effects`, in order. */
  record(effects: readonly Effect[], out: Out): void {
    for (const effect of effects) {
      if (effect.kind === 'send') out.send(this.ports[effect.port] as string, effect.message)
      else if (effect.kind === 'reply') out.reply(effect.message)
      else out.emit(effect.message)
    }
  }
}
