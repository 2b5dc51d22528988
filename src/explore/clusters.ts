/** Explore | clusters: neighbouring groups that read few bits together, answered by one table look-up. */

import { Layout } from './layout.ts'

/** How large tables may be. */
export interface TableLimits {
  /** Most bits of a cluster's table that are in use: 2^14 ints are 64 KiB, and neighbouring states look at neighbouring entries. */
  readonly usedBits: number
  /** Most bits of a table's index. What bits to spare would select is not touched as long as they are 0, and costs no cache. */
  readonly indexBits: number
  /** Most bits of the index of a further table, unless one component alone has more. */
  readonly furtherBits: number
}

/** For a search of few states, and one of many. To make large tables for a thousand states takes longer than to search them. */
export const tableLimits = {
  few: { usedBits: 8, indexBits: 10, furtherBits: 8 },
  many: { usedBits: 14, indexBits: 18, furtherBits: 14 },
} as const satisfies Record<string, TableLimits>

/** Pieces of a state that make up a table index. */
const piecesMax = 3

/** Ints in a cluster's description: first group, last group, base of its table (-1: none), then word, shift, mask and place of each piece. */
export const clusterInts = 3 + 4 * piecesMax

/** What is known about the reading of groups. */
export interface Reading {
  /** By component: bits that hold the values seen so far. */
  readonly used: readonly number[]
  /** By group: all that it has read. */
  readonly footprints: readonly ReadonlySet<number>[]
  /** What a group reads before it depends on values what it reads. */
  prefixOf(group: number): readonly number[]
  /** Groups that may not join those before them: their tables together have become too large. */
  readonly apart: ReadonlySet<number>
  readonly limits: TableLimits
}

/** Neighbouring groups that are answered together. */
interface Run {
  readonly first: number
  last: number
  /** What the table's index is made of. */
  root: Set<number>
  /** Whether the root is all that the groups read. If not, further tables follow where they read on. */
  isWhole: boolean
}

/** Clusters of one layout. Their order is the order of the groups, so they change nothing about what comes first. */
export interface Clusters {
  readonly layout: Layout
  readonly count: number
  /** By component: bits in use. */
  readonly used: readonly number[]
  readonly limits: TableLimits
  /** `clusterInts` ints each. */
  readonly descriptions: Int32Array
  /** Entries of all tables together. */
  readonly tableSize: number
}

/**
 * Cuts groups 0 to `groups` - 1 into clusters and lays the components of each out side by side, where that costs no word
 * more than the densest layout.
 */
export function cluster(groups: number, reading: Reading, bits: readonly number[], densest: Layout): Clusters {
  const runs = runsOf(groups, reading, bits)
  const order: number[] = []
  for (const run of runs) {
    for (const component of run.root) if (!order.includes(component)) order.push(component)
  }
  for (let c = 0; c < bits.length; c++) if (!order.includes(c)) order.push(c)
  const sideBySide = new Layout(bits, order)
  const layout = sideBySide.words <= densest.words ? sideBySide : densest
  const descriptions = new Int32Array(runs.length * clusterInts)
  let tableSize = 0
  runs.forEach((run, k) => {
    const at = k * clusterInts
    descriptions[at] = run.first
    descriptions[at + 1] = run.last
    // What has no place in the index is asked for by further tables.
    const pieces = piecesOf([...run.root], layout).slice(0, piecesMax)
    if (run.root.size === 0) {
      descriptions[at + 2] = -1
      return
    }
    descriptions[at + 2] = tableSize
    let place = 0
    for (const [i, { word, shift, mask, width }] of pieces.entries()) {
      descriptions.set([word, shift, mask, place], at + 3 + 4 * i)
      place += width
    }
    tableSize += 1 << place
  })
  return { layout, used: reading.used, limits: reading.limits, count: runs.length, descriptions, tableSize }
}

function runsOf(
  groups: number,
  { used, footprints, prefixOf, apart, limits }: Reading,
  bits: readonly number[],
): Run[] {
  const fits = (components: ReadonlySet<number>): boolean => {
    let inUse = 0
    let width = 0
    for (const component of components) {
      inUse += used[component] as number
      width += bits[component] as number
    }
    return inUse <= limits.usedBits && width <= limits.indexBits
  }
  const runs: Run[] = []
  for (let group = 0; group < groups; group++) {
    const own = footprints[group] as ReadonlySet<number>
    const run = runs.at(-1)
    // A group that has never been asked about has an empty footprint: it stays by itself until more is known.
    if (run && own.size > 0 && run.root.size > 0 && !apart.has(group)) {
      const both = new Set([...run.root, ...own])
      const [first] = own
      if (run.isWhole && fits(both)) {
        run.last = group
        run.root = both
        continue
      }
      if (run.root.has(first as number)) {
        run.last = group
        run.isWhole = false
        continue
      }
    }
    const isWhole = fits(own)
    const root = new Set<number>()
    for (const component of isWhole ? own : prefixOf(group)) {
      root.add(component)
      if (!fits(root)) root.delete(component)
    }
    runs.push({ first: group, last: group, root, isWhole })
  }
  return runs
}

interface Piece {
  readonly word: number
  readonly shift: number
  mask: number
  width: number
}

/** The components as runs of bits within words. */
function piecesOf(components: readonly number[], layout: Layout): Piece[] {
  const sorted = components
    .filter((component) => layout.mask[component] !== 0)
    .sort((a, b) => at(layout, a) - at(layout, b))
  const pieces: Piece[] = []
  for (const component of sorted) {
    const width = layout.bits[component] as number
    const word = layout.word[component] as number
    const shift = layout.shift[component] as number
    const last = pieces.at(-1)
    if (last && last.word === word && last.shift + last.width === shift) {
      last.width += width
      last.mask = 2 ** last.width - 1
    } else pieces.push({ word, shift, mask: 2 ** width - 1, width })
  }
  return pieces
}

function at(layout: Layout, component: number): number {
  return (layout.word[component] as number) * 32 + (layout.shift[component] as number)
}
