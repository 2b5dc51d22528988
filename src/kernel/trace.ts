/** Kernel | the JSONL trace: one line a reaction, the only source of truth for everything that shows a run. */

import { clone, Digest } from '../base/canonical.ts'
import type { Message } from './actor.ts'
import type { Reaction } from './step.ts'

/** Bumped when a line's meaning changes. */
export const traceVersion = 2

/** First line of a trace. */
export interface TraceHeader {
  readonly dmarace: 'trace'
  readonly version: number
  readonly scenario: string
  readonly token: string
}

/** What should have held, in words. `always`: of every state and step; `response`: what is asked for comes, then or later. */
export type Rule = { readonly always: string } | { readonly response: string }

/** The rule of something with a rule and more. */
export function ruleIn(holder: Rule): Rule {
  return 'always' in holder ? { always: holder.always } : { response: holder.response }
}

/** The words alone. */
export function ruleWords(rule: Rule): string {
  return 'always' in rule ? rule.always : rule.response
}

/** How a report of a violation begins: `always "…" violated`. @param quotes around the words */
export function violatedText(rule: Rule, [left, right]: readonly [string, string] = ['"', '"']): string {
  return `${'always' in rule ? 'always' : 'response'} ${left}${ruleWords(rule)}${right} violated`
}

/** What an oracle or a property found wrong. */
export type TraceViolation = Rule & {
  readonly property: string
  readonly message: string
  readonly step: number
  /** The step after which it was too late; of searched runs, where there is one. */
  readonly noReturn?: number
  /** Where it comes from, if that is known: in words, a line each, and the steps of the run that it names. */
  readonly root?: { readonly words: readonly string[]; readonly steps: readonly number[] }
}

/** Last line of a trace: with it, a trace that was cut short can be told from a whole one. */
export interface TraceEnd {
  readonly dmarace: 'end'
  readonly reactions: number
  readonly violations: readonly TraceViolation[]
}

/** One reaction. The participants of a rendezvous have a line each, with the same step. */
export interface TraceEvent {
  readonly step: number
  readonly cycle: number
  readonly actor: string
  /** `from>to` of the channel; absent for the start and for spontaneous choices. */
  readonly channel?: string
  readonly message?: Message
  readonly ignored?: true
  /** The chart's state value after the reaction. */
  readonly state: unknown
  /** Messages sent, with the out port. */
  readonly sent?: readonly { readonly port: string; readonly message: Message }[]
  readonly emitted?: readonly Message[]
}

/** The trace line of a reaction, an independent value. */
export function toTraceEvent(reaction: Reaction): TraceEvent {
  return clone(traceView(reaction))
}

/** The same, sharing its messages with the simulation: to be written before the next step. */
function traceView(reaction: Reaction): TraceEvent {
  const { channel, message, sent, emitted } = reaction
  return {
    step: reaction.step,
    cycle: reaction.cycle,
    actor: reaction.actor.id,
    ...(channel ? { channel: channel.id } : {}),
    ...(message ? { message } : {}),
    ...(reaction.decision === 'ignore' ? { ignored: true as const } : {}),
    state: reaction.actor.reactor.value(),
    ...(sent.length > 0
      ? {
          sent: sent.map((sentMessage, i) => ({
            port: (reaction.ports[i] as { id: string }).id,
            message: sentMessage,
          })),
        }
      : {}),
    ...(emitted.length > 0 ? { emitted: [...emitted] } : {}),
  }
}

/** The last line, with its newline. */
function endLine(reactions: number, violations: readonly TraceViolation[]): string {
  const end: TraceEnd = { dmarace: 'end', reactions, violations }
  return `${JSON.stringify(end)}\n`
}

/** A whole trace of a few reactions, line by line. */
export function* traceLines(
  header: Omit<TraceHeader, 'dmarace' | 'version'>,
  events: readonly TraceEvent[],
  violations: readonly TraceViolation[],
): Generator<string> {
  const head: TraceHeader = { dmarace: 'trace', version: traceVersion, ...header }
  yield `${JSON.stringify(head)}\n`
  for (const event of events) yield `${JSON.stringify(event)}\n`
  yield endLine(events.length, violations)
}

/** Part of a line as JSON text, with its own digest: most parts appear again and again. */
interface Piece {
  readonly text: string
  readonly low: number
  readonly high: number
}

/**
 * Writes the lines of one simulation and digests them. The digest leaves the cycle out, so that timed runs and replays
 * can be compared. Lines are joined from pieces: a message is turned into text when it is sent and kept until it is
 * delivered, states and names are kept for good.
 */
export class TraceWriter {
  lines = 0
  private readonly hash = new Digest()
  private readonly write: ((line: string) => void) | undefined
  private readonly keepsMessages: boolean
  /** By actor, channel or port. */
  private readonly names = new Map<object, Piece>()
  private readonly states = new WeakMap<object, Piece>()
  /** Messages on their way. No more than the channels hold. */
  private readonly messages = new Map<Message, Piece>()

  /**
   * @param write gets each line with its newline; leave it out to digest only.
   * @param messages `copies`: what is delivered is equal to what was sent, but not the same object.
   */
  constructor(write?: (line: string) => void, messages: 'same' | 'copies' = 'same') {
    this.write = write
    this.keepsMessages = messages === 'same'
  }

  header(header: TraceHeader): void {
    this.write?.(`${JSON.stringify(header)}\n`)
  }

  end(violations: readonly TraceViolation[]): void {
    this.write?.(endLine(this.lines, violations))
  }

  /** The same text as `JSON.stringify` of the reaction's `TraceEvent`. */
  add(reaction: Reaction): void {
    const { step, actor, channel, message, sent, ports, emitted } = reaction
    this.hash.mix(step, 0)
    let text = this.put(this.names.get(actor) ?? this.name(actor, `"actor":${JSON.stringify(actor.id)}`))
    if (channel) {
      text += this.put(this.names.get(channel) ?? this.name(channel, `,"channel":${JSON.stringify(channel.id)}`))
    }
    if (message) text += this.put(opening.message) + this.put(this.received(message))
    if (reaction.decision === 'ignore') text += this.put(opening.ignored)
    text += this.put(this.stateOf(actor.reactor.value()))
    for (let i = 0; i < sent.length; i++) {
      const port = ports[i] as { readonly id: string }
      text += this.put(i === 0 ? opening.sent : opening.next)
      text += this.put(this.names.get(port) ?? this.name(port, `{"port":${JSON.stringify(port.id)},"message":`))
      text += `${this.put(this.departing(sent[i] as Message))}}`
    }
    if (sent.length > 0) text += ']'
    for (let i = 0; i < emitted.length; i++) {
      text += this.put(i === 0 ? opening.emitted : opening.next) + this.put(pieceOf(JSON.stringify(emitted[i])))
    }
    if (emitted.length > 0) text += ']'
    this.write?.(`{"step":${step},"cycle":${reaction.cycle},${text}}\n`)
    this.lines++
  }

  /** Digest of all lines so far. */
  digest(): string {
    return this.hash.hex()
  }

  /** Digests a piece and hands out its text. */
  private put(piece: Piece): string {
    this.hash.mix(piece.low, piece.high)
    return piece.text
  }

  private name(owner: object, text: string): Piece {
    const piece = pieceOf(text)
    this.names.set(owner, piece)
    return piece
  }

  private departing(message: Message): Piece {
    const piece = pieceOf(JSON.stringify(message))
    if (this.keepsMessages) this.messages.set(message, piece)
    return piece
  }

  /** Injected messages, replies, spontaneous choices and what a `set` delivers once more have not been kept. */
  private received(message: Message): Piece {
    const piece = this.messages.get(message)
    if (piece === undefined) return pieceOf(JSON.stringify(message))
    this.messages.delete(message)
    return piece
  }

  /** Compiled charts hand out the same value for the same state. */
  private stateOf(value: unknown): Piece {
    if (typeof value !== 'object' || value === null) return pieceOf(`,"state":${JSON.stringify(value)}`)
    let piece = this.states.get(value)
    if (piece === undefined) {
      piece = pieceOf(`,"state":${JSON.stringify(value)}`)
      this.states.set(value, piece)
    }
    return piece
  }
}

function pieceOf(text: string): Piece {
  const { low, high } = new Digest().update(text)
  return { text, low, high }
}

/** What stands before the parts of a line. */
const opening = {
  message: pieceOf(',"message":'),
  ignored: pieceOf(',"ignored":true'),
  sent: pieceOf(',"sent":['),
  emitted: pieceOf(',"emitted":['),
  next: pieceOf(','),
}
