/** Kernel | what a timed run is asked for: its seed, its policy, and how late things happen. */

import type { Lateness } from './lateness.ts'

/**
 * When `may` choices happen: never, at random moments, or also right after an event they can interfere with; `mixed`: one
 * of these for each choice, drawn from the seed.
 */
export type MayPolicy = 'off' | 'random' | 'adversarial' | 'mixed'

export interface TimedOptions {
  readonly seed: number
  readonly may: MayPolicy
  /** Mean cycles between two attempts of a `may` choice. */
  readonly mayPeriodCycles: number
  /**
   * `must` choices happen up to this many cycles later than their latency says, at random; one in sixteen up to sixteen
   * times as many, so that now and then one actor falls far behind the others.
   */
  readonly mustJitterCycles: number
  /** Besides: `must` choices, by event type, that now and then are much later than usual. */
  readonly lateness?: Readonly<Record<string, Lateness>>
}
