/** Kernel | what a chart looks like from outside, as plain data: what pictures and other notations of it are made from. */

/** `history`: not a state but the memory of one. */
export type OutlineKind = 'atomic' | 'compound' | 'parallel' | 'final' | 'history'

/** One state, by its place in document order; the root has index 0 and an empty path. */
export interface OutlineNode {
  readonly index: number
  /** Unique in the machine. */
  readonly id: string
  readonly key: string
  /** Dotted, as in XState's state value. */
  readonly path: string
  readonly kind: OutlineKind
  readonly parent: number | undefined
  readonly children: readonly number[]
  /** The state that a compound enters first; it need not be a child. */
  readonly initial: number | undefined
  readonly initialActions: readonly string[]
  /** Of a history state: what it remembers, and where it leads before there is anything to remember. */
  readonly history: { readonly depth: 'shallow' | 'deep'; readonly targets: readonly number[] } | undefined
  readonly entry: readonly string[]
  readonly exit: readonly string[]
  readonly invokes: readonly { readonly id: string; readonly source: string }[]
  readonly tags: readonly string[]
  readonly description: string | undefined
}

/** One candidate. Candidates of a state stand in document order: `on`, `onDone`, `invoke`, `after`, `always`. */
export interface OutlineTransition {
  readonly index: number
  readonly source: number
  /** XState's type of the event; '' for `always`. */
  readonly event: string
  /** What brings it about, as people say it: "read.resp", "after 30 ms", "done". */
  readonly trigger: string
  readonly kind: 'event' | 'always' | 'done' | 'invoked' | 'after'
  readonly targets: readonly number[]
  readonly guard: string | undefined
  readonly actions: readonly string[]
  readonly reenter: boolean
  /** The message is consumed and nothing happens; why. */
  readonly ignore: string | undefined
  /** The message stays where it is; why. */
  readonly stall: string | undefined
  readonly description: string | undefined
  /** The name that coverage reports give it. */
  readonly label: string | undefined
}

/** A whole chart in document order. */
export interface Outline {
  readonly id: string
  readonly description: string | undefined
  readonly nodes: readonly OutlineNode[]
  readonly transitions: readonly OutlineTransition[]
}
