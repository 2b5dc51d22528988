/** Explore | what a search needs of an observer: state in parts, changed only by the events that steps emit. */

import type { Message } from '../kernel/actor.ts'

/** Access to the parts of an observer's state, by index. What is got may be changed in place; only what is got counts as read. */
export interface Parts {
  get(part: number): unknown
}

/** Called for each violation, with the property's name. */
export type ReportViolation = (property: string) => void

/**
 * Watches emitted events. Its state is plain data, cut into parts so that steps which touch different parts stay
 * independent; it forgets what can no longer matter, so that it is finite.
 */
export interface Observer {
  readonly id: string
  /** Names of the parts, for reports. */
  readonly parts: readonly string[]
  /** Properties that it can report. */
  readonly properties: readonly string[]
  /** The state of part number `part` before the first event. A fresh value at each call. */
  initial(part: number): unknown
  /** Whether events of this type mean anything to it. */
  wants(type: string): boolean
  /** Takes in one event that `actor` emitted. Deterministic in the parts it gets and in the event. */
  observe(parts: Parts, event: Message, actor: string, violate: ReportViolation): void
  /** When every program has ended, or nothing can happen any more. */
  atEnd?(
    parts: Parts,
    end: { readonly deadlock: boolean; readonly unfinished: readonly string[] },
    violate: ReportViolation,
  ): void
}
