/** Explore | the order of states that threads have stored as they came: pieces of neighbours, by number. */

import type { MakeInts } from './tree.ts'

/** A piece of neighbouring places, without the one at `end`. */
export interface Run {
  readonly start: number
  readonly end: number
}

/** What assembling needs of a visited set. */
interface Stored {
  readonly parents: Int32Array
  readonly arrivals: Int32Array
}

/** In place of an arrival: the state has moved elsewhere, nothing is here any more. */
export const moved = -1

/**
 * States have the numbers that one thread would have given them; several store them where there is room. A piece is some
 * states with successive numbers in successive places. Without pieces each state is in the place of its number.
 */
export class StateOrder {
  /** States 0 to `count` - 1 have places. */
  count = 0
  pieces = 0
  /** By piece: the number of its first state, and the place of that. */
  numbers: Int32Array
  places: Int32Array
  /** Places given out so far, some of them in vain. */
  placesUsed = 0
  private readonly makeInts: MakeInts

  constructor(makeInts: MakeInts) {
    this.makeInts = makeInts
    this.numbers = makeInts(0)
    this.places = makeInts(0)
  }

  /** From here on pieces count; states 0 to `count` - 1 are in order. */
  begin(count: number): void {
    this.append({ start: 0, end: count })
    this.placesUsed = count
  }

  /** Each state is in the place of its number again. */
  end(): void {
    this.pieces = 0
  }

  placeOf(number: number): number {
    if (this.pieces === 0) return number
    const piece = pieceOf(this.numbers, this.pieces, number)
    return number - (this.numbers[piece] as number) + (this.places[piece] as number)
  }

  /** Calls `see` with each piece. */
  forEach(see: (number: number, run: Run) => void): void {
    for (let piece = 0; piece < this.pieces; piece++) {
      const number = this.numbers[piece] as number
      const next = piece + 1 < this.pieces ? (this.numbers[piece + 1] as number) : this.count
      const start = this.places[piece] as number
      see(number, { start, end: start + next - number })
    }
  }

  /**
   * Gives numbers to the states in these runs, which are to be in the order in which their parents are. In a run they are;
   * the parents of two runs are apart, or those of one are all between two neighbours of the other.
   * @param hasMoved whether states in them may have moved elsewhere.
   */
  assemble(runs: readonly Run[], stored: Stored, hasMoved: boolean): void {
    const { parents } = stored
    const keyOf = ({ start }: Run): number => parents[start] as number
    const append = hasMoved ? (run: Run) => this.appendStaying(run, stored) : (run: Run) => this.append(run)
    const sorted = runs.map((run, index) => ({ run, index, key: keyOf(run) }))
    sorted.sort((a, b) => a.key - b.key || a.index - b.index)
    let rest: Run | undefined
    for (const { run, key } of sorted) {
      if (rest !== undefined && (parents[rest.end - 1] as number) > key) {
        const cut = firstAfter(parents, rest, key)
        append({ start: rest.start, end: cut })
        append(run)
        rest = { start: cut, end: rest.end }
      } else {
        if (rest !== undefined) append(rest)
        rest = run
      }
    }
    if (rest !== undefined) append(rest)
  }

  private appendStaying({ start, end }: Run, { arrivals }: Stored): void {
    const mask = arrivals.length - 1
    let from = start
    for (let place = start; place < end; place++) {
      if (arrivals[place & mask] !== moved) continue
      this.append({ start: from, end: place })
      from = place + 1
    }
    this.append({ start: from, end })
  }

  private append({ start, end }: Run): void {
    if (start === end) return
    const { count, pieces } = this
    this.count += end - start
    if (pieces > 0 && (this.places[pieces - 1] as number) + count - (this.numbers[pieces - 1] as number) === start)
      return
    if (pieces === this.numbers.length) {
      this.numbers = this.grown(this.numbers)
      this.places = this.grown(this.places)
    }
    this.numbers[pieces] = count
    this.places[pieces] = start
    this.pieces++
  }

  private grown(ints: Int32Array): Int32Array {
    const grown = this.makeInts(Math.max(1 << 12, 4 * ints.length))
    grown.set(ints)
    return grown
  }
}

/** Which of `pieces` pieces a number is in. */
export function pieceOf(numbers: Int32Array, pieces: number, number: number): number {
  let low = 0
  let high = pieces
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if ((numbers[middle] as number) <= number) low = middle
    else high = middle
  }
  return low
}

/** The first place in a run whose state has a parent after `key`. */
function firstAfter(parents: Int32Array, { start, end }: Run, key: number): number {
  let low = start
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((parents[middle] as number) <= key) low = middle + 1
    else high = middle
  }
  return low
}
