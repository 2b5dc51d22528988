/** Kernel | lateness: how late a `must` choice is each time it becomes possible; now and then much later than usual. */

import type { Prng } from '../base/prng.ts'

/** About one in `oneIn` happens up to `cyclesMax` cycles late, at random. */
export interface Lateness {
  readonly oneIn: number
  readonly cyclesMax: number
}

/** One choice's lateness. Counts down to the next late one instead of drawing each time, since nearly all are timely. */
export class RareLateness {
  private readonly lateness: Lateness
  private readonly prng: Prng
  private timelyLeft: number

  constructor(lateness: Lateness, prng: Prng) {
    this.lateness = lateness
    this.prng = prng
    this.timelyLeft = prng.below(2 * lateness.oneIn)
  }

  /** Cycles of lateness for this time. */
  next(): number {
    if (this.timelyLeft > 0) {
      this.timelyLeft--
      return 0
    }
    this.timelyLeft = this.prng.below(2 * this.lateness.oneIn)
    return this.prng.below(this.lateness.cyclesMax + 1)
  }
}
