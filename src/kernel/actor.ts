/** Kernel | what an actor is to a runtime: messages, the out box, reactors, spontaneous choices. */

import type { CoverageFacet } from './coverage.ts'

/** Plain data with a type. Payload: objects, arrays, numbers, strings, booleans; never shared with a context. */
export interface Message {
  readonly type: string
}

/** What a reaction may do besides changing its own context. Everything is recorded; nothing is delivered inside a reaction. */
export interface Out {
  /** Puts a copy of `message` on the actor's out port `port`. */
  send(port: string, message: Message): void
  /** Queues a copy of `message` for this actor itself, handled within the same step (XState `raise`). */
  raise(message: Message): void
  /**
   * Reports something that happened inside the actor, for oracles, traces and statistics (XState `emit`). Gives the
   * event away, for it may not be copied: nothing in it may change from now on, or be part of the context.
   */
  emit(event: Message): void
  /** In a rendezvous leg: replaces the message that the next participant gets. */
  reply(message: Message): void
}

/** What the actions of a chart see. */
export interface ActionOut extends Out {
  /**
   * As `send`, but gives the message away, as `emit` does: nothing in it may change from now on, or be part of the context.
   * So a message that has just come may be passed on. Its keys are in the order of a copy: `type`, then by name.
   */
  give(port: string, message: Message): void
}

/** What an actor is to its own reactor: ports also by their position in the declaration. */
export interface IndexedOut extends Out {
  /** As `send`, but puts the message itself there: the caller has made a copy. */
  sendAt(port: number, message: Message): void
}

/** `react`: at least one action or state change; `ignore`: consumed, by declaration; `stall`: stays at the head of its channel. */
export type Decision = 'react' | 'ignore' | 'stall'

/** Everything that decides how a reactor goes on, as plain data. Two are the same state iff their canonical forms are equal. */
export interface SavedState {
  /** Number of the set of active states, stable among the reactors of one definition. */
  readonly configuration: number
  readonly context: unknown
}

/** How one chart reacts to one message. Created by a runtime; mutates its own context in place. */
export interface Reactor {
  /** Enters the initial state: entry actions run and record into the out box. */
  start(): void
  /** Selects transitions for `message` on the present state; changes nothing. Pure guards only. */
  decide(message: Message): Decision
  /**
   * A quick no: a bit for each of the first 31 spontaneous choices, set if `decide` is certain to say `stall` to it in the
   * present state, whatever the context says. Absent: ask `decide`.
   */
  readonly refused?: number
  /** After `decide` said `react`: the most messages the step can send, as pairs [index in outPorts, count, …]. */
  readonly room: readonly number[]
  /** The same where, as usual, all room is on one port: its index and the count; with no room at all, 0 of any. Absent or -1: see `room`. */
  readonly roomPort?: number
  readonly roomCount?: number
  /** After `decide` said `stall` or `ignore`: the declared reason. */
  readonly reason: string
  /**
   * What the last `decide` selected. Setting it takes an earlier selection up again: allowed while the reactor has not
   * committed anything since. Absent: decide again.
   */
  selection?: unknown
  /** Names of the actions of what the last `decide` selected, for explanations. */
  actions?(): readonly string[]
  /** Executes what the last `decide` selected. Must be given the same message. */
  commit(message: Message): void
  /** XState's state value, for traces and people. */
  value(): unknown
  /** The context itself; read only to everyone but the reactor. */
  readonly context: unknown
  /** False while the chart has states tagged `finished` and none of them is active (a program still to end). */
  finished(): boolean
  /** The present state, independent of what the reactor does from now on. */
  save(): SavedState
  /** Goes on from a state saved by a reactor of the same definition. Copies: the saved state stays as it is. */
  restore(saved: SavedState): void
  /**
   * Goes on from the present state of another reactor, made by the same definition for the same runtime. The same as
   * `restore(other.save())`, with one copy less. Absent: that.
   */
  resumeFrom?(other: Reactor): void
  /** Counts whatever may have changed the state: two equal counts are the same state. Absent: nobody counts. */
  readonly changes?: number | undefined
  /**
   * The active states of a configuration by name, so that a reactor of another definition with the same states can find
   * its own number for them. Absent: numbers mean the same in all definitions.
   */
  configurationNames?(configuration: number): string
  /** The number of the configuration with these names; undefined if there are no such states. */
  configurationNumber?(names: string): number | undefined
}

/** Something an actor may do without a message: declared, guarded, with a finite parameter domain. Delivered as `{type: event, value}`. */
export interface Spontaneous {
  /** Event type, decided by the chart like any message. */
  readonly event: string
  readonly description: string
  /** `may` happen (eviction, speculation) or `must` happen in the end (drain, instruction issue). */
  readonly kind: 'may' | 'must'
  /** Values 0 to domain - 1 are candidates; 1 when the choice has no parameter. */
  readonly domain: number
  /** Whether `value` is possible now. Pure. */
  readonly when: (context: never, value: number) => boolean
  /** Timed runs: cycles from becoming enabled to happening, for `must`. */
  readonly latencyCycles: number
  /** Adversarial policy: the value that interferes with an event another actor just emitted, or -1. Gets the actor's context. */
  readonly aim?: ((event: Message, context: never) => number) | undefined
}

/** `when` of a choice without a guard. */
export function always(): boolean {
  return true
}

/** A spontaneous choice as the chart sees it. */
export interface SpontaneousMessage extends Message {
  readonly value: number
}

/** The two runtimes that carry messages over ports. `live` is XState itself, `sim` the compiled chart. */
export type RuntimeName = 'live' | 'sim'

/** An actor's static interface and how to bring it to life. Machines implement it through `defineMachine`. */
export interface ActorDefinition {
  readonly id: string
  readonly description: string
  /** In port → message types it accepts. */
  readonly inPorts: Readonly<Record<string, readonly string[]>>
  /** Out port → message types it sends. Order of the keys is the index used by `Reactor.room`. */
  readonly outPorts: Readonly<Record<string, readonly string[]>>
  readonly spontaneous: readonly Spontaneous[]
  /** Whether the chart has states tagged `finished`. */
  readonly ends?: boolean
  /** Dotted paths of its states; absent where nobody knows them. Predicates may ask for no others. */
  readonly states?: readonly string[]
  /** What can be exercised in it, for those who measure coverage. */
  readonly coverage?: CoverageFacet
  createReactor(runtime: RuntimeName, out: Out): Reactor
}
