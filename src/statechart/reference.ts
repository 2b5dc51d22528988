/** Statechart | Reference steps a definition with XState's pure functions, as a third opinion in tests. */

import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate'
import type { Message } from '../kernel/actor.ts'
import type { MachineDefinition } from './define.ts'
import type { Emitted } from './live.ts'

/** What one step of the pure functions returned. */
export interface ReferenceStep {
  readonly value: unknown
  readonly context: unknown
  /** Sends, emits and replies, in order. */
  readonly emitted: readonly Emitted[]
  /** Events raised by actions, in order; done events are not among them. */
  readonly raised: readonly Message[]
}

/** An instance that lives only in snapshots. Mutators change nested context data in place, so only the last one counts. */
export class Reference {
  private readonly machine: AnyStateMachine
  private snapshot: AnyMachineSnapshot | undefined

  constructor(definition: MachineDefinition) {
    this.machine = definition.machine
  }

  /** The initial state. XState asks for it twice, first for an inert actor of its own, which must not run our actions. */
  start(): ReferenceStep {
    let calls = 0
    const logic = {
      transition: this.machine.transition,
      getInitialSnapshot: (scope: never, input: never) =>
        calls++ === 0 ? { status: 'active' } : this.machine.getInitialSnapshot(scope, input),
    }
    return this.keep(initialTransition(logic as never, undefined as never) as never)
  }

  /** Takes `message`, whatever `decide` of a reactor would say about it. */
  send(message: Message): ReferenceStep {
    const snapshot = this.snapshot
    const logic = { transition: this.machine.transition, getInitialSnapshot: () => snapshot }
    return this.keep(transition(logic as never, snapshot as never, message as never) as never)
  }

  get context(): unknown {
    return this.snapshot?.context
  }

  private keep(result: [AnyMachineSnapshot, readonly { type: string; params?: unknown }[]]): ReferenceStep {
    const [snapshot, executed] = result
    if (snapshot.status === 'error') throw snapshot.error
    this.snapshot = snapshot
    const eventsOf = (type: string) =>
      executed.filter((action) => action.type === type).map((action) => (action.params as { event: unknown }).event)
    return {
      value: snapshot.value,
      context: snapshot.context,
      emitted: eventsOf('xstate.emit') as Emitted[],
      raised: eventsOf('xstate.raise') as Message[],
    }
  }
}
