/** Run | placement: what goes between the thread that keeps a run together and those that its actors live in; plain data. */

import type { Message, RuntimeName } from '../../kernel/actor.ts'
import type { Leave } from '../../kernel/bridge.ts'
import type { Unfinished } from '../../kernel/simulation.ts'
import type { TimedOptions } from '../../kernel/timed.ts'

/** What crosses from group to group. Cycles say from when it counts. */
export interface Crossing {
  /** Channel by index, message, cycle. */
  readonly messages: [number, Message, number][]
  /** Channel by index, cycle. */
  readonly rooms: [number, number][]
  /** Island that it happened on, event, cycle. */
  readonly events: [number, Message, number][]
}

/** What a group is told. */
export type ToGroup =
  | ({ readonly kind: 'go'; readonly leave: Leave } & Crossing)
  /** The run is over: say who has not come to an end. */
  | ({ readonly kind: 'end' } & Crossing)

/** One reaction, for watchers. Where only emitted events are watched, the rest is left out. */
export interface ReactionRecord {
  /** Of the step in its stretch, from 1; 0 for the start. */
  readonly step: number
  readonly actor: number
  readonly emitted: readonly Message[]
  readonly more?: {
    /** By index; -1 for the start and for spontaneous choices. */
    readonly channel: number
    readonly message: Message | undefined
    readonly decision: 'react' | 'ignore'
    readonly state: unknown
    /** Names of the ports, and what was sent on them. */
    readonly ports: readonly string[]
    readonly sent: readonly Message[]
  }
}

/** What happened on one island within one cycle, or a part of it. */
export interface Stretch {
  readonly cycle: number
  readonly island: number
  steps: number
  deliveries: number
  readonly reactions: ReactionRecord[]
}

/** What a group says when it has gone as far as it may. */
export interface Report extends Crossing {
  readonly kind: 'report'
  /** What is due next. */
  readonly next: { readonly cycle: number; readonly rank: number } | undefined
  /** What is due, but for chances. */
  readonly pending: number
  /** The last turn that was no chance. */
  readonly done: { readonly cycle: number; readonly rank: number }
  /** Cycle of the last turn. */
  readonly now: number
  readonly stretches: readonly Stretch[]
}

export type FromGroup =
  | Report
  | { readonly kind: 'ended'; readonly unfinished: readonly Unfinished[] }
  /** The actor, by index, that reacted last; -1 if none has. */
  | { readonly kind: 'failed'; readonly actor: number; readonly message: string }

/** Which group is where, the same in all threads. */
export interface GroupOptions {
  readonly runtime: RuntimeName
  readonly timed: TimedOptions
  /** By island: its group. */
  readonly groupOf: readonly number[]
  /** The group that lives here. */
  readonly group: number
  /** Whether reactions that emitted nothing are watched, too. */
  readonly tellsAll: boolean
}

export const noCrossing = (): Crossing => ({ messages: [], rooms: [], events: [] })
