/** Explore | a small memory of states that were added lately, so that most repetitions never reach the visited set. */

import { hashOf } from './hash-table.ts'
import type { Candidates } from './visited.ts'

/**
 * Neighbouring states lead to the same states: of what a breadth-first search comes upon, well over half has been come
 * upon among the last few thousand. What is remembered here must be, or be about to be, in the visited set.
 */
export class Recent {
  private words = 0
  private places = new Int32Array(0)
  private readonly placesMax: number
  /** What is left of a product's low 32 bits after shifting is a place. */
  private readonly shift: number

  /** @param placesMax states remembered: a power of two. By default as many as, with two words each, just fill a first-level cache. */
  constructor(placesMax = 1 << 12) {
    this.placesMax = placesMax
    this.shift = Math.clz32(placesMax) + 1
  }

  /** Forgets everything. @param known a state that is in the visited set: it stands where nothing is remembered. */
  reset(known: ArrayLike<number>, words: number): void {
    this.words = words
    const { length } = this.places
    if (length !== this.placesMax * words) this.places = new Int32Array(this.placesMax * words)
    for (let i = 0; i < this.places.length; i++) this.places[i] = known[i % words] as number
  }

  /** Drops candidates that are remembered, remembers the others, and moves those together. Returns how many are left. */
  sieve(some: Candidates, count: number): number {
    if (this.words === 1) return this.sieve1(some, count)
    if (this.words === 2) return this.sieve2(some, count)
    return this.sieveAny(some, count)
  }

  // The high bits of a product mix all bits of what was multiplied.

  private sieve1({ candidates, parents, kinds }: Candidates, count: number): number {
    const { places, shift } = this
    let left = 0
    for (let i = 0; i < count; i++) {
      const a = candidates[i] as number
      const place = Math.imul(a, 0x9e3779b1) >>> shift
      if (places[place] === a) continue
      places[place] = a
      candidates[left] = a
      kinds[left] = kinds[i] as number
      parents[left++] = parents[i] as number
    }
    return left
  }

  private sieve2({ candidates, parents, kinds }: Candidates, count: number): number {
    const { places, shift } = this
    let left = 0
    for (let i = 0; i < count; i++) {
      const a = candidates[2 * i] as number
      const b = candidates[2 * i + 1] as number
      const place = 2 * ((Math.imul(a, 0x9e3779b1) + Math.imul(b, 0x85ebca6b)) >>> shift)
      if (places[place] === a && places[place + 1] === b) continue
      places[place] = a
      places[place + 1] = b
      candidates[2 * left] = a
      candidates[2 * left + 1] = b
      kinds[left] = kinds[i] as number
      parents[left++] = parents[i] as number
    }
    return left
  }

  private sieveAny({ candidates, parents, kinds }: Candidates, count: number): number {
    const { places, words, placesMax } = this
    let left = 0
    for (let i = 0; i < count; i++) {
      const at = i * words
      const place = (hashOf(candidates, at, words) & (placesMax - 1)) * words
      let w = 0
      while (w < words && places[place + w] === candidates[at + w]) w++
      if (w === words) continue
      for (w = 0; w < words; w++) {
        places[place + w] = candidates[at + w] as number
        candidates[left * words + w] = candidates[at + w] as number
      }
      kinds[left] = kinds[i] as number
      parents[left++] = parents[i] as number
    }
    return left
  }
}
