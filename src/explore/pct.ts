/** Explore | PCT: random priorities, and a few random moments at which the running unit's priority drops. */

import { UsageError } from '../base/errors.ts'
import { Prng } from '../base/prng.ts'
import type { Cursor } from './cursor.ts'
import { type Policy, sample } from './sampling.ts'
import type { Strategy } from './strategy.ts'

/**
 * Numbered as in Burckhardt, Kothari, Musuvathi, Nagarakatte: "A randomized scheduler with probabilistic guarantees of
 * finding bugs", ASPLOS 2010, 3.
 *
 * Threads are units here. Two things that threads do not have need a rule each. A unit may be able to do several things:
 * one is drawn. A `may` choice can often be taken for ever: a unit that has taken one goes behind all others. The
 * paper's proof covers neither, and the notes of a search say how often each came up.
 */
export class Priorities implements Policy {
  private readonly cursor: Cursor
  private readonly seed: number
  private readonly bugDepth: number
  private readonly stepsMax: number
  private prng: Prng
  /** Units, the one with the highest priority first. */
  private readonly order: Int32Array
  private readonly priorities: Int32Array
  private readonly changePoints: Int32Array
  private step = 0
  /** Below everything that has been given out in this run. */
  private lowest = 0
  private yields = 0
  private draws = 0
  private optionsMax = 1

  constructor(cursor: Cursor, seed: number, bugDepth: number, stepsMax: number) {
    this.cursor = cursor
    this.seed = seed
    this.bugDepth = bugDepth
    this.stepsMax = stepsMax
    this.prng = new Prng(seed)
    const count = cursor.units.names.length
    this.order = Int32Array.from({ length: count }, (_, unit) => unit)
    this.priorities = new Int32Array(count)
    this.changePoints = new Int32Array(bugDepth - 1)
  }

  begin(run: number): void {
    const prng = new Prng(this.seed, `pct ${run}`)
    this.prng = prng
    const { order, priorities, bugDepth, changePoints } = this
    const count = order.length
    // 1. The n priorities d, d + 1, …, d + n - 1, assigned at random.
    for (let i = 0; i < count; i++) order[i] = i
    for (let i = count - 1; i > 0; i--) {
      const j = prng.below(i + 1)
      const unit = order[i] as number
      order[i] = order[j] as number
      order[j] = unit
    }
    for (let i = 0; i < count; i++) priorities[order[i] as number] = bugDepth + count - 1 - i
    // 2. d - 1 change points in 1 to k; the i-th has the priority value i.
    for (let i = 0; i < changePoints.length; i++) changePoints[i] = 1 + prng.below(this.stepsMax)
    this.step = 0
    this.lowest = 0
  }

  // 3. The highest unit that can go on takes a step; at the i-th change point its priority becomes i.
  choose(): number {
    const { order, changePoints, cursor } = this
    const { changingOf, units } = cursor
    let at = 0
    while (at < order.length && changingOf[order[at] as number] === 0) at++
    // Nothing that is enabled changes anything.
    if (at === order.length) return -1
    const unit = order[at] as number
    const options = changingOf[unit] as number
    let chosen = 0
    if (options > 1) {
      this.draws++
      if (options > this.optionsMax) this.optionsMax = options
      chosen = this.prng.below(options)
    }
    const move = cursor.pickOf(unit, chosen)
    this.step++
    if (units.isOptional[unit]) {
      this.yields++
      this.lower(at, --this.lowest)
    } else {
      for (let i = 0; i < changePoints.length; i++) if (changePoints[i] === this.step) this.lowerUnit(unit, i + 1)
    }
    return move
  }

  notes(runs: number): readonly string[] {
    const n = this.order.length
    const { stepsMax: k, bugDepth: d } = this
    const inverse = n * k ** (d - 1)
    const together = -Math.expm1(runs * Math.log1p(-1 / inverse))
    return [
      `each run shows a bug of depth ${d} with probability at least 1/(n k^(d-1)) = 1/${inverse.toPrecision(3)} ` +
        `(n = ${n} units, k = ${k} steps, d = ${d}); ${runs} runs together: ${together.toPrecision(3)}`,
      ...(this.draws > 0
        ? [
            `the bound is on orders of units: ${this.draws} times a unit could do more than one thing (${this.optionsMax} ` +
              'at most) and one was drawn; a bug that needs a particular one is rarer by that factor each time',
          ]
        : []),
      ...(this.yields > 0
        ? [
            `the bound holds up to the first \`may\` choice of a run: ${this.yields} were taken, each by a unit that then went last`,
          ]
        : []),
    ]
  }

  private lowerUnit(unit: number, priority: number): void {
    this.lower(this.order.indexOf(unit), priority)
  }

  /** Gives the unit at this place of the order a lower priority. */
  private lower(place: number, priority: number): void {
    const { order, priorities } = this
    const unit = order[place] as number
    priorities[unit] = priority
    let at = place
    while (at + 1 < order.length && (priorities[order[at + 1] as number] as number) > priority) {
      order[at] = order[at + 1] as number
      at++
    }
    order[at] = unit
  }
}

export const pct: Strategy = {
  description: 'runs by random priorities that change at a few random moments',
  paper:
    'S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte, ' +
    '"A randomized scheduler with probabilistic guarantees of finding bugs", ASPLOS 2010',
  guarantee:
    'each run shows a bug of depth d with probability at least 1/(n k^(d-1)), n units and k steps; ' +
    'silence is no proof, but bounds how likely such a bug would have stayed hidden',
  reductions: [],
  search: (partition, options) => {
    const { seed = 1, bugDepth = 3 } = options
    if (!Number.isInteger(bugDepth) || bugDepth < 1) throw new UsageError(`bugDepth is ${bugDepth}; choose 1, 2, 3, …`)
    return sample(partition, options, { runs: 1000, stepsMax: 200 }, (cursor, stepsMax) => {
      return new Priorities(cursor, seed, bugDepth, stepsMax)
    })
  },
}
