/** Kernel | what a chart offers to those who ask which parts of it have been exercised. */

import type { ActorDefinition } from './actor.ts'

/** Everything in a chart that can be exercised, by name, in document order. */
export interface ChartItems {
  /** Dotted paths, as in XState's state value. */
  readonly states: readonly string[]
  /** Those that do something; not those that ignore or stall. */
  readonly transitions: readonly string[]
  /** The guarded ones among all transitions: each has two outcomes. */
  readonly guards: readonly string[]
  /** Event types that a channel or a spontaneous choice can bring. */
  readonly messages: readonly string[]
}

/** Told of what a chart does, by the names of `ChartItems`. */
export interface CoverageWatch {
  guard(transition: string, passed: boolean): void
  taken(transition: string): void
  /** A message was decided, and not stalled. */
  consumed(type: string): void
}

export interface CoverageFacet {
  readonly items: ChartItems
  /** The same actor, whose reactors in the sim runtime tell `watch` what they do. */
  watched(watch: CoverageWatch): ActorDefinition
}
