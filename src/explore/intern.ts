/** Explore | interning: equal values get the same small int. */

import { canonical } from '../base/canonical.ts'

/** Numbers values by their canonical text, from 0, in the order in which they first appear. */
export class Interner<T> {
  readonly values: T[] = []
  private readonly numbers = new Map<string, number>()

  /** The number of `value`, which is kept (not copied) if it is new. */
  number(value: T, key: string = canonical(value)): number {
    let number = this.numbers.get(key)
    if (number === undefined) {
      number = this.values.length
      this.numbers.set(key, number)
      this.values.push(value)
    }
    return number
  }
}
