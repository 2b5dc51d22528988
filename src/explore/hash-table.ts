/** Explore | the hash table of a visited set: where a state's search begins, and how states go into another table. */

/** Candidates whose slots are read before any of them is entered: as many as a processor can wait for, and some more. */
export const lookAhead = 32

/** Share of the hash table that may be full, as a fraction of 256. */
const fullest = 192

/** Bits of a slot that hold number + 1: there are fewer states than slots. The slot's own place has used the low bits of the hash. */
export function maskFor(slots: number): number {
  return slots - 1
}

/** Regions of a table that is large enough for all of them to fill evenly. */
export const regions = 64
const regionSlotsMin = 1 << 12

export function regionFor(slots: number): number {
  return slots >= regions * regionSlotsMin ? slots / regions - 1 : slots - 1
}

/** States for which a hash table of this many slots is large enough. */
export function fullTable(slots: number): number {
  return Math.floor((slots * fullest) / 256)
}

/** A hash table, as `Visited` has one. */
export interface Table {
  /** A slot is 0 where it is free, else place + 1 in its low bits, and above a part of the state's hash. */
  readonly table: Int32Array
  /** Selects place + 1 in a slot. */
  readonly numberMask: number
  /** A search for a slot stays among those that differ in these bits only. */
  readonly regionMask: number
}

/** A hash table with the states that its entries stand for. */
export interface Enterable extends Table {
  readonly words: number
  readonly states: Int32Array
}

/** The same where states 0 to `count` - 1 are all there is. */
interface EnterableAll extends Enterable {
  readonly count: number
}

/** States entered at a time: some for each line of a region. Their hashes and numbers take less room than the table did before. */
const enteredMax = 1 << 20

/**
 * Enters all states into an empty table. They are sorted by region before, so that the part of the table in use fits into
 * a cache.
 */
export function enterStates({ words, count, states, table, numberMask, regionMask: region }: EnterableAll): void {
  const mask = table.length - 1
  const regionShift = 31 - Math.clz32(region + 1)
  const size = Math.min(count, enteredMax)
  const hashes = new Int32Array(size)
  const sorted = new Int32Array(2 * size)
  const ends = new Int32Array(regions)
  for (let from = 0; from < count; from += size) {
    const to = Math.min(count, from + size)
    ends.fill(0)
    for (let i = from; i < to; i++) {
      const hash = hashOf(states, i * words, words)
      hashes[i - from] = hash
      const own = (hash & mask) >>> regionShift
      ends[own] = (ends[own] as number) + 1
    }
    let sum = 0
    for (let own = 0; own < regions; own++) {
      const inRegion = ends[own] as number
      ends[own] = sum
      sum += inRegion
    }
    for (let i = from; i < to; i++) {
      const hash = hashes[i - from] as number
      const own = (hash & mask) >>> regionShift
      const at = ends[own] as number
      ends[own] = at + 1
      sorted[2 * at] = hash
      sorted[2 * at + 1] = i + 1
    }
    for (let i = 0; i < sum; i++) {
      const hash = sorted[2 * i] as number
      let slot = hash & mask
      while (table[slot] !== 0) slot = (slot & ~region) | ((slot + 1) & region)
      table[slot] = (hash & ~numberMask) | (sorted[2 * i + 1] as number)
    }
  }
}

/** A table's slots fall into this many groups, so that what is in one group goes into slots of a larger table into which nothing of another goes. */
export function groupsBetween(from: Table, into: Table): number {
  const isWhole = from.regionMask === from.table.length - 1
  return isWhole ? 1 : (regions * from.table.length) / into.table.length
}

/**
 * Enters what is in some groups of a table into one that is empty. Where that is larger, neighbours go to neighbours, at a
 * few places side by side; the states, whose hashes decide where, are far apart, and are read some at a time before
 * anything is entered (`lookAhead`).
 */
export function enterGroups(from: Table, into: Enterable, first: number, last: number): void {
  const { words, states, table, numberMask, regionMask: region } = into
  const mask = table.length - 1
  const slots = from.table.length / groupsBetween(from, into)
  const hashes = new Int32Array(lookAhead)
  const numbers = new Int32Array(lookAhead)
  const end = last * slots
  for (let copy = 0; copy < table.length; copy += from.table.length) touch(table, copy + first * slots, copy + end)
  let held = 0
  for (let source = first * slots; source <= end; source++) {
    if (source < end) {
      const number = (from.table[source] as number) & from.numberMask
      if (number === 0) continue
      numbers[held] = number
      hashes[held++] = hashOf(states, (number - 1) * words, words)
      if (held < lookAhead) continue
    }
    for (let i = 0; i < held; i++) {
      const hash = hashes[i] as number
      let slot = hash & mask
      while (table[slot] !== 0) slot = (slot & ~region) | ((slot + 1) & region)
      table[slot] = (hash & ~numberMask) | (numbers[i] as number)
    }
    held = 0
  }
}

/** Ints of a page of memory. */
const pageInts = 1 << 10

/**
 * Writes to each page of ints that are 0. Of memory that nobody has written, pages that are read first are mapped twice, and
 * the second time other threads are interrupted.
 */
function touch(ints: Int32Array, from: number, to: number): void {
  for (let i = from; i < to; i += pageInts) ints[i] = 0
}

/** Where in the table a state's search begins. */
export function hashOf(ints: Int32Array, offset: number, words: number): number {
  if (words === 1) return hash1(ints[offset] as number)
  if (words === 2) return hash2(ints[offset] as number, ints[offset + 1] as number)
  let h = 0
  for (let w = 0; w < words; w++) h = Math.imul(h ^ (ints[offset + w] as number), 0x9e3779b1) ^ (h >>> 15)
  return finish(h)
}

export function hash1(a: number): number {
  return finish(Math.imul(a, 0x9e3779b1))
}

export function hash2(a: number, b: number): number {
  const h = Math.imul(a, 0x9e3779b1)
  return finish(Math.imul(h ^ (h >>> 15) ^ b, 0x85ebca6b))
}

/** The last steps of MurmurHash3's mixing (Appleby, aappleby/smhasher): every bit in affects every bit out. */
function finish(h: number): number {
  let x = h ^ (h >>> 16)
  x = Math.imul(x, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return x ^ (x >>> 16)
}
