/** Kernel | what stands for the reactor of an actor that lives in another thread: nobody may ask it to do anything. */

import { InternalError } from '../base/errors.ts'
import type { Decision, Reactor, SavedState } from './actor.ts'

/** Knows at most what has been told of the actor: its state, to be shown. */
export class AbsentReactor implements Reactor {
  /** XState's state value of the actor after the reaction that is being shown. */
  shown: unknown
  readonly room: readonly number[] = []
  readonly reason = ''
  readonly context: unknown = undefined
  private readonly id: string

  constructor(id: string) {
    this.id = id
  }

  value(): unknown {
    return this.shown
  }

  start(): void {
    this.refuse()
  }

  decide(): Decision {
    return this.refuse()
  }

  commit(): void {
    this.refuse()
  }

  finished(): boolean {
    return this.refuse()
  }

  save(): SavedState {
    return this.refuse()
  }

  restore(): void {
    this.refuse()
  }

  private refuse(): never {
    throw new InternalError(`${this.id} lives in another thread`)
  }
}
