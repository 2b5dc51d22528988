/** Explore | random runs in the manner of swarm testing: each does without some of the `may` choices. */

import { Prng } from '../base/prng.ts'
import type { Cursor } from './cursor.ts'
import type { Policy } from './sampling.ts'

/**
 * A. Groce, C. Zhang, E. Eide, Y. Chen, J. Regehr, "Swarm testing", ISSTA 2012: what may happen at any moment can keep
 * what else has to happen from happening, so runs without it find what runs with everything do not. Each `may` choice
 * is off with probability 1/2, in one run of four none is.
 */
export class SwarmPolicy implements Policy {
  private readonly cursor: Cursor
  private readonly seed: number
  private prng: Prng
  /** By unit: 1 if this run does without. */
  private readonly isOff: Uint8Array

  constructor(cursor: Cursor, seed: number) {
    this.cursor = cursor
    this.seed = seed
    this.prng = new Prng(seed)
    this.isOff = new Uint8Array(cursor.units.names.length)
  }

  begin(run: number): void {
    const { isOff, cursor } = this
    const prng = new Prng(this.seed, `swarm walk ${run}`)
    this.prng = prng
    const keepsAll = prng.chance(1, 4)
    for (let unit = 0; unit < isOff.length; unit++) {
      isOff[unit] = !keepsAll && cursor.units.isOptional[unit] && prng.chance(1, 2) ? 1 : 0
    }
  }

  choose(): number {
    const { isOff } = this
    const { changingOf } = this.cursor
    let total = 0
    for (let unit = 0; unit < isOff.length; unit++) if (isOff[unit] === 0) total += changingOf[unit] as number
    if (total === 0) return -1
    let left = this.prng.below(total)
    let unit = 0
    for (; ; unit++) {
      if (isOff[unit] !== 0) continue
      const count = changingOf[unit] as number
      if (left < count) break
      left -= count
    }
    return this.cursor.pickOf(unit, left)
  }

  notes(): readonly string[] {
    return []
  }
}
