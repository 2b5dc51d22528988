/** Export | reactions of a trace with what they follow from: who sent the message, and when in the picture it is. */

import type { Message } from '../../kernel/actor.ts'
import type { TraceEvent } from '../../kernel/trace.ts'

/** One line of a trace. */
export interface Placed {
  readonly event: TraceEvent
  /** From 0. */
  readonly index: number
  /** Nanoseconds, all different: a step is a microsecond, its reactions follow each other inside of it. */
  readonly time: number
  /** Index of the reaction that sent the message; undefined at the start and for spontaneous choices. */
  readonly cause: number | undefined
  /** Actor that sent it. */
  readonly sender: string | undefined
  /** Number of the message in the trace; undefined for what a reaction is given by the one before, in one rendezvous. */
  readonly received: number | undefined
  /** Number of the first message that it sends; the others follow. */
  readonly firstSent: number
}

const stepNs = 1000

/** Finds for each reaction the one that sent its message. */
export class Reactions {
  private index = 0
  private step = -1
  private inStep = 0
  private last: TraceEvent | undefined
  /** By out port: messages on their way, oldest first. */
  private readonly pending = new Map<
    string,
    { readonly text: string; readonly index: number; readonly number: number }[]
  >()
  private messages = 0

  next(event: TraceEvent): Placed {
    const { step, channel, message, sent = [] } = event
    this.inStep = step === this.step ? this.inStep + 1 : 0
    this.step = step
    const index = this.index++
    const before = this.last
    const taken = channel === undefined || message === undefined ? undefined : this.take(channel, message)
    // The next participant of a rendezvous is given the reply of the one before.
    const isReply = taken === undefined && channel !== undefined && before?.step === step && before.channel === channel
    const firstSent = this.messages
    for (const { port, message: out } of sent) {
      const queue = this.pending.get(port)
      const entry = { text: JSON.stringify(out), index, number: this.messages++ }
      if (queue) queue.push(entry)
      else this.pending.set(port, [entry])
    }
    this.last = event
    return {
      event,
      index,
      // A start of more reactions than a step has nanoseconds is squeezed; later steps begin after it.
      time: step * stepNs + Math.min(this.inStep, stepNs - 1),
      cause: isReply ? index - 1 : taken?.index,
      sender: isReply ? before?.actor : channel && actorOf(channel),
      received: taken?.number,
      firstSent,
    }
  }

  private take(channel: string, message: Message): { readonly index: number; readonly number: number } | undefined {
    const queue = this.pending.get(channel.slice(0, channel.indexOf('>')))
    const text = JSON.stringify(message)
    const at = queue?.findIndex((entry) => entry.text === text) ?? -1
    return at < 0 ? undefined : queue?.splice(at, 1)[0]
  }
}

export function* placed(events: Iterable<TraceEvent>): Generator<Placed> {
  const reactions = new Reactions()
  for (const event of events) yield reactions.next(event)
}

/** The actor of `actor.port>…`. */
function actorOf(channel: string): string {
  return channel.slice(0, channel.indexOf('.'))
}

/** Regions of a chart with the path of the active state in each; a chart without regions has one, named "state". */
export function regionsOf(state: unknown): [region: string, value: string][] {
  if (typeof state !== 'object' || state === null) return [['state', String(state)]]
  const entries = Object.entries(state)
  if (entries.length < 2) return [['state', pathOf(state)]]
  return entries.map(([region, inner]) => [region, pathOf(inner)])
}

/** "busy.walking", regions joined by "|". */
export function pathOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value ?? '')
  return Object.entries(value)
    .map(([key, inner]) => [key, pathOf(inner)].filter(Boolean).join('.'))
    .join('|')
}

/** "read.req 0x4000_0040 x2": what a message is about, in a few words. */
export function messageText({ type, ...fields }: Message): string {
  const { addr, iova, data, words, from, txn } = fields as Record<string, unknown>
  const parts = [type]
  if (typeof addr === 'number') parts.push(hex(addr))
  else if (typeof iova === 'number') parts.push(hex(iova))
  if (Array.isArray(data)) parts.push(`[${data.slice(0, 4).map(wordText).join(' ')}${data.length > 4 ? ' …' : ''}]`)
  else if (typeof words === 'number') parts.push(`x${words}`)
  if (typeof from === 'string') parts.push(`of ${from}`)
  if (typeof txn === 'number' && txn > 0) parts.push(`#${txn}`)
  if (parts.length > 1) return parts.join(' ')
  const others = Object.entries(fields).filter(([, value]) => value !== 0 && typeof value !== 'object')
  return [type, ...others.slice(0, 4).map(([key, value]) => `${key}=${wordText(value)}`)].join(' ')
}

function wordText(value: unknown): string {
  return typeof value === 'number' && Math.abs(value) > 0xff ? hex(value) : String(value)
}

export function hex(value: number): string {
  const digits = (value >>> 0).toString(16).padStart(8, '0')
  return `0x${digits.slice(0, 4)}_${digits.slice(4)}`
}
