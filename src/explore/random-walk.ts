/** Explore | the random walk: every enabled step equally likely, run after run. */

import { Prng } from '../base/prng.ts'
import type { Cursor } from './cursor.ts'
import { type Policy, sample } from './sampling.ts'
import type { Strategy } from './strategy.ts'

/** Draws uniformly from what is enabled; each run from the seed and its number alone. */
export class RandomPolicy implements Policy {
  private readonly cursor: Cursor
  private readonly seed: number
  private prng: Prng

  constructor(cursor: Cursor, seed: number) {
    this.cursor = cursor
    this.seed = seed
    this.prng = new Prng(seed)
  }

  begin(run: number): void {
    this.prng = new Prng(this.seed, `random walk ${run}`)
  }

  choose(): number {
    return this.cursor.pick(this.prng.below(this.cursor.enabled))
  }

  notes(): readonly string[] {
    return []
  }
}

export const randomWalk: Strategy = {
  description: 'runs whose every step is drawn uniformly from the enabled ones',
  paper: 'C. H. West, "Protocol validation by random state exploration", PSTV VI, 1986',
  guarantee: 'none: silence is no proof, and no bound is known; it says how often and how long it looked',
  reductions: [],
  search: (partition, options) => {
    const { seed = 1 } = options
    return sample(partition, options, { runs: 1000, stepsMax: 1000 }, (cursor) => new RandomPolicy(cursor, seed))
  },
}
