/** Kernel | what a scheduler is: it gives messages their latency and decides who is next. */

import type { Message } from './actor.ts'
import type { Channel } from './channel.ts'
import type { Stepper } from './step.ts'
import type { Actor } from './system.ts'

/** `stepped`: one step was taken; `quiet`: nothing is enabled, now or later; `waiting`: time passed, nothing happened. */
export type Progress = 'stepped' | 'waiting' | 'quiet'

/** How far a scheduler may go at once. Whoever wants to be asked sooner says so by `halt`. */
export interface Stretch {
  /** Most turns. */
  readonly turns: number
  /** Ends once this many steps have been taken in all, and once a turn was later than this cycle. */
  readonly steps: number
  readonly cycles: number
  /** Ends after the turn in progress. */
  halt: boolean
}

export const oneTurn: Stretch = Object.freeze({
  turns: 1,
  steps: Number.POSITIVE_INFINITY,
  cycles: Number.POSITIVE_INFINITY,
  halt: false,
})

export interface Scheduler {
  /** The present cycle; 0 for schedulers without time. */
  readonly now: number
  /** Takes over a system that has been built and not started. */
  attach(stepper: Stepper): void
  /** A message was sent: put it on its channel. */
  sent(channel: Channel, message: Message): void
  /** Somebody wants room on `channel`: what is on its way to its sender has to be waited for. Absent: room is never on its way. */
  awaitRoom?(channel: Channel): void
  /** An actor emitted an event: an adversarial policy may answer it. */
  readonly emitted?: ((event: Message, by: Actor) => void) | undefined
  /** Takes turns, each at most one step; by default one turn. The last one's progress. */
  advance(stretch?: Stretch): Progress
}
