/** Explore | what a search sees of a system: a tuple of small ints, and groups of steps that each read a few of them. */

/** What a step of a group does: components and their new values. Components that keep their value are left out. */
export interface Successor {
  readonly writes: readonly { readonly component: number; readonly from: number; readonly to: number }[]
  /** A delivery or a `must` choice; `may` choices do not count as progress. */
  readonly progress: boolean
  /** Properties that this step violates, by index. */
  readonly violates: readonly number[]
  /** Which step it is, for schedules and reports. */
  readonly label: StepLabel
}

/** A step by name rather than by position, so that it can be found again in a run. */
export type StepLabel =
  /** `message`: canonical text of the delivered message. */
  | { readonly kind: 'deliver'; readonly channel: number; readonly message: string }
  | { readonly kind: 'spontaneous'; readonly actor: number; readonly choice: number; readonly value: number }

/** What a group leads to in one state. `fires`: properties found violated (or witnessed) in the state itself. */
export interface Expansion {
  readonly successors: readonly Successor[]
  readonly fires: readonly number[]
}

/** - `step`: steps of a channel or of a choice. - `state`: predicates on a state. - `end`: looked at where no progress is possible. */
export type GroupKind = 'step' | 'state' | 'end'

export interface Group {
  readonly kind: GroupKind
  /** For reports: "read.req on l1d0.scu>scu.core0", "line.evict of l2", "always consistent". */
  readonly name: string
  /** Who takes its steps, in schedules that count turns. Absent: nobody but this group. */
  readonly unit?: string
  /** Its steps are a `may` choice's. */
  readonly optional?: boolean
}

export interface Component {
  /** For reports. */
  readonly name: string
  /** It will probably have so many values. Only a hint: a search gives it bits for them from the start if that is free. */
  readonly likelyValues?: number
}

/**
 * A transition system in parts. The state is one int per component: the number of an interned value. `expand` is
 * deterministic and reads the state through `read` only, so that what it returns can be kept in a decision tree over
 * the components read, in the order of reading.
 */
export interface Partition {
  readonly components: readonly Component[]
  readonly groups: readonly Group[]
  /** Names of the properties, by the indexes that expansions use. */
  readonly properties: readonly string[]
  /** Those among them that ask for a witness: to find one is no violation. */
  readonly witnesses: ReadonlySet<string>
  /** The initial state, and the properties that reaching it violates. */
  initial(): { readonly values: readonly number[]; readonly fires: readonly number[] }
  expand(group: number, read: (component: number) => number): Expansion
}
