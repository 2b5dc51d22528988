/** Base | the one source of randomness: sfc32, seeded, splittable by label. */

/** A deterministic stream of 32-bit numbers. State is four ints, so a run can be stored and resumed. */
export class Prng {
  private a: number
  private b: number
  private c: number
  private d: number

  /** @param seed any 32-bit integer; @param label separates streams drawn from one seed. */
  constructor(seed: number, label = '') {
    let h = (seed ^ 0x9e3779b9) | 0
    for (let i = 0; i < label.length; i++) h = Math.imul(h ^ label.charCodeAt(i), 0x01000193)
    this.a = h
    this.b = Math.imul(h ^ 0x85ebca6b, 0xc2b2ae35) | 0
    this.c = seed | 0
    this.d = 1
    // The first outputs of sfc32 still show the seed; its author discards twelve.
    for (let i = 0; i < 12; i++) this.next()
  }

  /** The next number, 0 to 2^32 - 1 (sfc32, Chris Doty-Humphrey, PractRand). */
  next(): number {
    const t = (((this.a + this.b) | 0) + this.d) | 0
    this.d = (this.d + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (this.c << 21) | (this.c >>> 11)
    this.c = (this.c + t) | 0
    return t >>> 0
  }

  /** Uniform integer, 0 to `bound` - 1; `bound` from 1 to 2^32. */
  below(bound: number): number {
    return Math.floor((this.next() / 4294967296) * bound)
  }

  /** True with probability `numerator` / `denominator`. */
  chance(numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator
  }

  /** One element of a non-empty list. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }
}
