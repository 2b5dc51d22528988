/** Kernel | the JSONL trace: one line a reaction, the only source of truth for everything that shows a run. */

import { clone, Digest } from '../base/canonical.ts'
import type { Message } from './actor.ts'
import type { Reaction } from './step.ts'

/** Bumped when a line's meaning changes. */
export const traceVersion = 1

/** First line of a trace. */
export interface TraceHeader {
  readonly dmarace: 'trace'
  readonly version: number
  readonly scenario: string
  readonly token: string
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

/** Writes trace lines and digests them. The digest leaves the cycle out, so that timed runs and replays can be compared. */
export class TraceWriter {
  lines = 0
  private readonly hash = new Digest()
  private readonly write: ((line: string) => void) | undefined

  /** @param write gets each line with its newline; leave it out to digest only. */
  constructor(write?: (line: string) => void) {
    this.write = write
  }

  header(header: TraceHeader): void {
    this.write?.(`${JSON.stringify(header)}\n`)
  }

  add(reaction: Reaction): void {
    const event = traceView(reaction)
    const { cycle: _, ...timeless } = event
    this.hash.update(JSON.stringify(timeless))
    this.write?.(`${JSON.stringify(event)}\n`)
    this.lines++
  }

  /** Digest of all lines so far. */
  digest(): string {
    return this.hash.hex()
  }
}
