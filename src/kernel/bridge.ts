/** Kernel | a bridge: what leads from the islands of one thread to those of others. */

import type { Message } from './actor.ts'
import type { Channel } from './channel.ts'

/** Where a timed scheduler that serves some islands only puts what the others must get. Each is taken up at its cycle. */
export interface Bridge {
  /** Whether the actors of `island` live here. */
  has(island: number): boolean
  /** A message for a receiver elsewhere, which may take it from `cycle` on. */
  message(channel: Channel, message: Message, cycle: number): void
  /** From `cycle` on the sender of `channel`, elsewhere, has room for one more message. */
  room(channel: Channel, cycle: number): void
  /** An event that an actor of `island` emitted: others may aim at it from `cycle` on. */
  event(island: number, event: Message, cycle: number): void
}

/** How far a scheduler with a bridge may go: up to `cycle` and `rank`, but not there. */
export interface Leave {
  readonly cycle: number
  readonly rank: number
  /** Most turns. */
  readonly turnsMax: number
  /** The next attempt of a `may` choice is allowed, though nothing else is left to do here: there is elsewhere. */
  readonly mayGoOn: boolean
}
