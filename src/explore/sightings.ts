/** Explore | sightings: which states the runs of a shard came through, and in how many of them, up to three. */

import { FingerprintIndex, widened, widenedBytes } from './fingerprint-index.ts'

/** Runs beyond these make no difference to any estimate. */
export const timesMax = 3

/** States by fingerprint, with the number of runs through each, at most `timesMax`. Three arrays of one length. */
export interface Sightings {
  readonly lows: Int32Array
  readonly highs: Int32Array
  readonly times: Uint8Array
}

/** States that a thread remembers; beyond that it forgets all and reports some again, which does no harm. */
const rememberedMax = 1 << 23

/**
 * Collects sightings shard by shard. What other shards of this thread have reported `timesMax` times is not reported again
 * unless this shard comes earlier: so the sum over shards, and the first shard of each state, do not depend on who took which.
 */
export class Sighter {
  private readonly states = new FingerprintIndex()
  /** By state: the last run of this shard that came through it, and how many did. */
  private runs = new Int32Array(this.states.capacity)
  private times = new Uint8Array(this.states.capacity)
  /** By state: how often earlier reports had it, and the first shard of them. */
  private reported = new Uint8Array(this.states.capacity)
  private shards = new Int32Array(this.states.capacity)
  /** Pairs of a run of this shard and a state that it came through. */
  private incidences = 0
  private readonly touched: number[] = []

  /** Run number `run` of this shard, from 0, comes through the state. */
  see(low: number, high: number, run: number): void {
    const state = this.states.add(low, high)
    if (state >= this.runs.length) this.grow()
    const times = this.times[state] as number
    if (times === 0) this.touched.push(state)
    else if (this.runs[state] === run) return
    this.incidences++
    this.runs[state] = run
    if (times < timesMax) this.times[state] = times + 1
  }

  /** What there is to report of this shard, with its number of pairs of a run and a state; the next one begins. */
  report(shard: number): { readonly sightings: Sightings; readonly incidences: number } {
    const { states, times, reported, shards, touched, incidences } = this
    const news = touched.filter((state) => (reported[state] as number) < timesMax || shard < (shards[state] as number))
    const sightings = {
      lows: Int32Array.from(news, (state) => states.lows[state] as number),
      highs: Int32Array.from(news, (state) => states.highs[state] as number),
      times: Uint8Array.from(news, (state) => times[state] as number),
    }
    for (const state of news) {
      const before = reported[state] as number
      reported[state] = Math.min(timesMax, before + (times[state] as number))
      if (before === 0 || shard < (shards[state] as number)) shards[state] = shard
    }
    for (const state of touched) times[state] = 0
    touched.length = 0
    this.incidences = 0
    if (states.count > rememberedMax) {
      states.clear()
      reported.fill(0)
    }
    return { sightings, incidences }
  }

  private grow(): void {
    this.runs = widened(this.runs)
    this.shards = widened(this.shards)
    this.times = widenedBytes(this.times)
    this.reported = widenedBytes(this.reported)
  }
}
