/** Tests | the seed of this run: SEED in the environment, printed in the titles of tests that draw from it. */

import { Prng } from '../../src/base/prng.ts'

export const seed = Number(process.env.SEED ?? '1') | 0

/** A stream of its own for each label. */
export function prngFor(label: string): Prng {
  return new Prng(seed, label)
}
