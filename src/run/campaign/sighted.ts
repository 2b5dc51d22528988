/** Run | states that a campaign came through, merged from shards: how many, how often, and since which shard. */

import { FingerprintIndex, widened, widenedBytes } from '../../explore/fingerprint-index.ts'
import { type Sightings, timesMax } from '../../explore/sightings.ts'
import { fromBase64Url, toBase64Url } from '../../kernel/schedule.ts'

/** Bytes of one state: its fingerprint, and how many runs of the shard came through it. */
const entryBytes = 9

/** Sightings as text. */
export function packSightings({ lows, highs, times }: Sightings): string {
  const bytes = new Uint8Array(entryBytes * lows.length)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < lows.length; i++) {
    view.setInt32(entryBytes * i, lows[i] as number, true)
    view.setInt32(entryBytes * i + 4, highs[i] as number, true)
    bytes[entryBytes * i + 8] = times[i] as number
  }
  return toBase64Url(bytes)
}

export function unpackSightings(text: string): Sightings {
  const bytes = fromBase64Url(text)
  const count = Math.floor(bytes.length / entryBytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const lows = new Int32Array(count)
  const highs = new Int32Array(count)
  const times = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    lows[i] = view.getInt32(entryBytes * i, true)
    highs[i] = view.getInt32(entryBytes * i + 4, true)
    times[i] = bytes[entryBytes * i + 8] as number
  }
  return { lows, highs, times }
}

/** States that are counted, at most: half a gigabyte. */
const statesMax = 1 << 24

/** The union over shards, taken in in any order. */
export class SightedStates {
  /** Whether no state was left out because there were too many. */
  isComplete = true
  private readonly states = new FingerprintIndex()
  private times = new Uint8Array(this.states.capacity)
  /** By state: the first shard that came through it. */
  private since = new Int32Array(this.states.capacity)

  get count(): number {
    return this.states.count
  }

  add({ lows, highs, times }: Sightings, shard: number): void {
    const { states } = this
    for (let i = 0; i < lows.length; i++) {
      if (states.count === statesMax) {
        this.isComplete = false
        return
      }
      const before = states.count
      const state = states.add(lows[i] as number, highs[i] as number)
      if (state >= this.times.length) {
        this.times = widenedBytes(this.times)
        this.since = widened(this.since)
      }
      const isNew = states.count > before
      this.times[state] = Math.min(timesMax, (isNew ? 0 : (this.times[state] as number)) + (times[i] as number))
      if (isNew || shard < (this.since[state] as number)) this.since[state] = shard
    }
  }

  /** States that exactly so many runs came through. */
  countOf(times: number): number {
    let count = 0
    for (let state = 0; state < this.count; state++) if (this.times[state] === times) count++
    return count
  }

  /** By shard: how many states no earlier one came through. */
  firstSeen(): Map<number, number> {
    const counts = new Map<number, number>()
    for (let state = 0; state < this.count; state++) {
      const shard = this.since[state] as number
      counts.set(shard, (counts.get(shard) ?? 0) + 1)
    }
    return counts
  }
}
