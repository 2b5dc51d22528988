/** Explore | the layout: which bits of a state's words hold which component. */

/** Words are 32 bits; no component straddles two. */
export class Layout {
  /** Words a state takes. */
  readonly words: number
  /** Bits given to each component. */
  readonly bits: readonly number[]
  /** By component. */
  readonly word: Int32Array
  readonly shift: Int32Array
  readonly mask: Int32Array

  /**
   * @param bits at least 0 for each component; 0 for one that has one value only.
   * @param order in which components take the first place that has room. Default: large ones first, so that small ones
   * fill what is left over in a word.
   */
  constructor(bits: readonly number[], order: readonly number[] = largestFirst(bits)) {
    this.bits = bits
    this.word = new Int32Array(bits.length)
    this.shift = new Int32Array(bits.length)
    this.mask = new Int32Array(bits.length)
    const free: number[] = []
    for (const component of order) {
      const need = bits[component] as number
      let at = free.findIndex((room) => room >= need)
      if (at < 0) at = free.push(32) - 1
      this.word[component] = at
      this.shift[component] = (32 - (free[at] as number)) & 31
      this.mask[component] = need === 32 ? -1 : (1 << need) - 1
      free[at] = (free[at] as number) - need
    }
    this.words = Math.max(1, free.length)
  }

  /** Whether `component` can hold `value`. */
  fits(component: number, value: number): boolean {
    return value <= (this.mask[component] as number) >>> 0
  }

  /** Writes the words of a state from `offset` on. */
  pack(values: ArrayLike<number>, into: Int32Array, offset: number): void {
    for (let w = 0; w < this.words; w++) into[offset + w] = 0
    for (let c = 0; c < this.word.length; c++) {
      const at = offset + (this.word[c] as number)
      into[at] = (into[at] as number) | ((values[c] as number) << (this.shift[c] as number))
    }
  }

  /** Reads all components of the state at `offset`. */
  unpack(from: Int32Array, offset: number, values: Int32Array): void {
    unpackState(this, from, offset, values)
  }
}

/** How the words of a state come from one layout into another. */
export interface Moves {
  /** `moveInts` ints each: word, shift and mask to read, shift to write. In the order of the words that they write. */
  readonly moves: Int32Array
  /** By word to write: where its moves end. */
  readonly ends: Int32Array
}

export const moveInts = 4

/** Components that are neighbours in both layouts move together. */
export function movesBetween(before: Layout, after: Layout): Moves {
  const ends = new Int32Array(after.words)
  const moves: number[] = []
  const isMoved = (component: number): boolean => before.mask[component] !== 0
  for (let word = 0; word < after.words; word++) {
    const components = before.bits.map((_, c) => c).filter((c) => isMoved(c) && after.word[c] === word)
    components.sort((a, b) => (after.shift[a] as number) - (after.shift[b] as number))
    let width = 0
    let first = true
    for (const component of components) {
      const from = before.word[component] as number
      const shift = before.shift[component] as number
      const to = after.shift[component] as number
      const bits = before.bits[component] as number
      const last = moves.length - moveInts
      const follows =
        !first &&
        moves[last] === from &&
        (moves[last + 1] as number) + width === shift &&
        (moves[last + 3] as number) + width === to
      width = follows ? width + bits : bits
      const mask = width === 32 ? -1 : (1 << width) - 1
      if (follows) moves[last + 2] = mask
      else moves.push(from, shift, mask, to)
      first = false
    }
    ends[word] = moves.length
  }
  return { moves: Int32Array.from(moves), ends }
}

/** Where each component is; all that threads need of a layout. */
export type Places = Pick<Layout, 'words' | 'word' | 'shift' | 'mask'>

/** Reads all components of the state at `offset`. */
export function unpackState({ word, shift, mask }: Places, from: Int32Array, offset: number, values: Int32Array): void {
  for (let c = 0; c < word.length; c++) {
    values[c] = ((from[offset + (word[c] as number)] as number) >>> (shift[c] as number)) & (mask[c] as number)
  }
}

/** What exclusive or with the words of a state makes these changes to it. */
export function differenceOf(
  { words, word, shift }: Places,
  writes: readonly { readonly component: number; readonly from: number; readonly to: number }[],
): number[] {
  const difference = new Array<number>(words).fill(0)
  for (const { component, from, to } of writes) {
    const w = word[component] as number
    difference[w] = (difference[w] as number) ^ ((from ^ to) << (shift[component] as number))
  }
  return difference
}

/** Bits that hold the values 0 to `most`. */
export function bitsFor(most: number): number {
  return 32 - Math.clz32(most)
}

function largestFirst(bits: readonly number[]): number[] {
  return bits.map((_, component) => component).sort((a, b) => (bits[b] as number) - (bits[a] as number) || a - b)
}
