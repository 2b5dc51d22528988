/** Explore | the random walk: every enabled step equally likely, run after run. */

import { Prng } from '../base/prng.ts'
import { sample } from './sampling.ts'
import type { Strategy } from './strategy.ts'

export const randomWalk: Strategy = {
  description: 'runs whose every step is drawn uniformly from the enabled ones',
  paper: 'C. H. West, "Protocol validation by random state exploration", PSTV VI, 1986',
  guarantee: 'none: silence is no proof, and no bound is known; it says how often and how long it looked',
  reductions: [],
  search: (partition, options) => {
    const { seed = 1 } = options
    return sample(partition, options, { runs: 1000, stepsMax: 1000 }, (cursor) => {
      let prng = new Prng(seed)
      return {
        begin: (run) => {
          prng = new Prng(seed, `random walk ${run}`)
        },
        choose: () => cursor.pick(prng.below(cursor.enabled)),
        notes: () => [],
      }
    })
  },
}
