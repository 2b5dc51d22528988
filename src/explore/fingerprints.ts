/** Explore | fingerprints: 64 bits for a state that mean the same in every thread and process, kept up to date step by step. */

import { canonical, Digest } from '../base/canonical.ts'
import type { Cursor } from './cursor.ts'
import type { SystemPartition } from './system-partition.ts'

/**
 * Exclusive or of a hash of each component's contents, not of its number, which depends on who met what first. Two states
 * share one by accident with probability n²/2^65 among n states: 10^-7 for two million.
 */
export class Fingerprints {
  low = 0
  high = 0
  private readonly cursor: Cursor
  private readonly partition: SystemPartition
  /** By component and value: two halves of its hash. */
  private readonly lows: number[][]
  private readonly highs: number[][]
  /** By move: what it changes. Absent: not known yet. */
  private readonly moveLows: number[] = []
  private readonly moveHighs: number[] = []

  constructor(partition: SystemPartition, cursor: Cursor) {
    this.partition = partition
    this.cursor = cursor
    this.lows = partition.components.map(() => [])
    this.highs = partition.components.map(() => [])
  }

  /** Takes over the state that the cursor is in. */
  enter(): void {
    this.low = 0
    this.high = 0
    const { values } = this.cursor
    for (let component = 0; component < values.length; component++) {
      const value = values[component] as number
      this.hash(component, value)
      this.low ^= this.lows[component]?.[value] as number
      this.high ^= this.highs[component]?.[value] as number
    }
  }

  /** The cursor has taken `move`. */
  take(move: number): void {
    if (!(move < this.moveLows.length)) this.learn(move)
    this.low ^= this.moveLows[move] as number
    this.high ^= this.moveHighs[move] as number
  }

  private learn(last: number): void {
    const { writes, writesFrom } = this.cursor.moves
    for (let move = this.moveLows.length; move <= last; move++) {
      let low = 0
      let high = 0
      for (let i = writesFrom[move] as number; i < (writesFrom[move + 1] as number); i += 3) {
        const component = writes[i] as number
        for (const value of [writes[i + 1] as number, writes[i + 2] as number]) {
          this.hash(component, value)
          low ^= this.lows[component]?.[value] as number
          high ^= this.highs[component]?.[value] as number
        }
      }
      this.moveLows.push(low)
      this.moveHighs.push(high)
    }
  }

  private hash(component: number, value: number): void {
    const lows = this.lows[component] as number[]
    if (lows[value] !== undefined) return
    const { low, high } = new Digest().update(`${component} ${canonical(this.partition.describe(component, value))}`)
    lows[value] = mixed(low, high)
    ;(this.highs[component] as number[])[value] = mixed(high, low ^ 0x5bd1e995)
  }
}

/** Spreads every bit over the word, so that hashes may be combined by exclusive or (finaliser of MurmurHash3, A. Appleby). */
function mixed(word: number, other: number): number {
  let h = (word ^ Math.imul(other, 0x9e3779b1)) | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
