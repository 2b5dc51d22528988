/** Explore | what a search needs of an observer: state in parts, changed only by the events that steps emit. */

import type { Message } from '../kernel/actor.ts'
import type { IndexRole } from './define-system.ts'

/** Access to the parts of an observer's state, by index. What is got may be changed in place; only what is got counts as read. */
export interface Parts {
  get(part: number): unknown
}

/** How a symmetry permutes the parts of an observer. */
export interface PartsSymmetry {
  /** Families of parts: the i-th of each belongs to member i. */
  readonly parts?: readonly (readonly string[])[]
  /** `part.path` → its role. For members of a family, its first part stands for all. */
  readonly fields?: Readonly<Record<string, IndexRole>>
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
  /**
   * What each symmetry of the system, by name, makes of the state. A symmetry that is not named here cannot be used with
   * this observer; `{}`: the state says nothing of its members.
   */
  readonly symmetries?: Readonly<Record<string, PartsSymmetry>>
  /** When every program has ended, or nothing can happen any more. */
  atEnd?(
    parts: Parts,
    end: { readonly deadlock: boolean; readonly unfinished: readonly string[] },
    violate: ReportViolation,
  ): void
}
