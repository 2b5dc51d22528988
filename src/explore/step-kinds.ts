/** Explore | kinds of steps, and which of them need not be taken after which: the two in the other order came first. */

import type { MakeInts } from './tree.ts'

/** Kinds with a number of their own. Comparing each with each stays cheap, and the table in a second-level cache. */
const kindsMax = 1 << 11

/**
 * A kind of step is a group, the components that it read and those that it wrote. Say that state b was first reached from
 * state s by a step of kind u, and that in b a step of kind t is possible, where
 * - neither kind writes what the other reads, and what is written is always read before;
 * - the group of t comes before that of u.
 * Then t was possible in s, too, and did the same there: it led to a state a which was come upon before b, and has a lower
 * number. In a, u is possible and leads to where t leads from b. So when b is expanded, t leads to nothing new, and need
 * not be followed: it is counted and no more. What is left out was come upon before in each case, so that states, their
 * numbers and their parents are those of the search that follows everything. (Sleep sets of P. Godefroid, "Partial-order
 * methods for the verification of concurrent systems", 1996, for one step back.)
 */
export class StepKinds {
  /**
   * Row u has `rowInts` ints; bit t is set if t need not be followed in a state that was come upon by u. Kind 0 is any
   * step of which nothing is known: no bit is set for it.
   */
  rows: Int32Array
  rowInts = 1
  private readonly makeInts: MakeInts
  private readonly kinds: Kind[] = [{ group: 0, reads: new Int32Array(0), writes: new Int32Array(0) }]
  private readonly numbers = new Map<string, number>()
  /** The same by what is read and written in any order: sorting takes longer than looking it up. */
  private readonly known = new Map<string, number>()

  constructor(makeInts: MakeInts) {
    this.makeInts = makeInts
    this.rows = makeInts(32)
  }

  /** The number of a kind; 0 if there are too many. @param reads @param writes components, some at least, each once, in any order. */
  numberOf(group: number, reads: readonly number[], writes: readonly number[]): number {
    const given = `${group} ${reads.join()} ${writes.join()}`
    const known = this.known.get(given)
    if (known !== undefined) return known
    const key = `${group} ${sorted(reads)} ${sorted(writes)}`
    let number = this.numbers.get(key)
    if (number === undefined) {
      number = this.kinds.length < kindsMax ? this.add({ group, reads: bitsOf(reads), writes: bitsOf(writes) }) : 0
      this.numbers.set(key, number)
    }
    this.known.set(given, number)
    return number
  }

  private add(kind: Kind): number {
    const number = this.kinds.push(kind) - 1
    if (number === 32 * this.rowInts) this.grow()
    this.kinds.forEach((other, n) => {
      if (n === 0 || other.group === kind.group || !commute(other, kind)) return
      if (other.group < kind.group) this.set(number, n)
      else this.set(n, number)
    })
    return number
  }

  private set(row: number, kind: number): void {
    const at = row * this.rowInts + (kind >>> 5)
    this.rows[at] = (this.rows[at] as number) | (1 << kind)
  }

  private grow(): void {
    const before = this.rowInts
    this.rowInts *= 2
    const grown = this.makeInts(32 * this.rowInts * this.rowInts)
    for (let row = 0; row < 32 * before; row++) {
      grown.set(this.rows.subarray(row * before, (row + 1) * before), row * this.rowInts)
    }
    this.rows = grown
  }
}

/** Sets of components have a bit for each. */
interface Kind {
  readonly group: number
  readonly reads: Int32Array
  readonly writes: Int32Array
}

function commute(a: Kind, b: Kind): boolean {
  return areDisjoint(a.writes, b.reads) && areDisjoint(b.writes, a.reads)
}

function areDisjoint(a: Int32Array, b: Int32Array): boolean {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (((a[i] as number) & (b[i] as number)) !== 0) return false
  return true
}

function bitsOf(components: readonly number[]): Int32Array {
  const bits = new Int32Array((Math.max(...components) >>> 5) + 1)
  for (const component of components) bits[component >>> 5] = (bits[component >>> 5] as number) | (1 << component)
  return bits
}

function sorted(components: readonly number[]): string {
  return [...components].sort((a, b) => a - b).join()
}
