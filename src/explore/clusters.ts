/** Explore | clusters: neighbouring groups that read few bits together, answered by one table look-up. */

import { Layout } from './layout.ts'

/** Most bits of a cluster's table: 2^14 ints are 64 KiB, and neighbouring states look at neighbouring entries. */
const tableBitsMax = 14

/** Pieces of a state that make up a table index. */
const piecesMax = 3

/** Ints in a cluster's description: first group, last group, base of its table (-1: none), then word, shift, mask and place of each piece. */
export const clusterInts = 3 + 4 * piecesMax

/** What is known about the reading of each group. */
export type Footprints = readonly ReadonlySet<number>[]

/** Neighbouring groups whose footprints, together, have few bits. */
interface Run {
  readonly first: number
  last: number
  components: Set<number>
}

/** Clusters of one layout. Their order is the order of the groups, so they change nothing about what comes first. */
export interface Clusters {
  readonly layout: Layout
  readonly count: number
  /** `clusterInts` ints each. */
  readonly descriptions: Int32Array
  /** Entries of all tables together. */
  readonly tableSize: number
}

/**
 * Cuts groups 0 to `groups` - 1 into clusters and lays the components of each out side by side, where that costs no word
 * more than the densest layout.
 */
export function cluster(groups: number, footprints: Footprints, bits: readonly number[], densest: Layout): Clusters {
  const runs = runsOf(groups, footprints, bits)
  const order: number[] = []
  for (const run of runs) {
    for (const component of run.components) if (!order.includes(component)) order.push(component)
  }
  for (let c = 0; c < bits.length; c++) if (!order.includes(c)) order.push(c)
  const sideBySide = new Layout(bits, order)
  const layout = sideBySide.words <= densest.words ? sideBySide : densest
  const descriptions = new Int32Array(runs.length * clusterInts)
  let tableSize = 0
  runs.forEach((run, k) => {
    const pieces = piecesOf([...run.components], layout)
    const at = k * clusterInts
    descriptions[at] = run.first
    descriptions[at + 1] = run.last
    const indexBits = [...run.components].reduce((sum, component) => sum + (layout.bits[component] as number), 0)
    if (run.components.size === 0 || pieces.length > piecesMax || indexBits > tableBitsMax) {
      descriptions[at + 2] = -1
      return
    }
    descriptions[at + 2] = tableSize
    tableSize += 1 << indexBits
    for (const [i, { word, shift, mask, place }] of pieces.entries()) {
      descriptions.set([word, shift, mask, place], at + 3 + 4 * i)
    }
  })
  return { layout, count: runs.length, descriptions, tableSize }
}

function runsOf(groups: number, footprints: Footprints, bits: readonly number[]): Run[] {
  const widthOf = (components: ReadonlySet<number>): number => {
    let width = 0
    for (const component of components) width += bits[component] as number
    return width
  }
  const runs: Run[] = []
  for (let group = 0; group < groups; group++) {
    const own = footprints[group] as ReadonlySet<number>
    const run = runs.at(-1)
    // A group that has never been asked about has an empty footprint: it stays by itself until more is known.
    if (run && own.size > 0 && run.components.size > 0) {
      const both = new Set([...run.components, ...own])
      if (widthOf(both) <= tableBitsMax && widthOf(own) === widthOf(firstReads(own, bits))) {
        run.last = group
        run.components = both
        continue
      }
    }
    runs.push({ first: group, last: group, components: firstReads(own, bits) })
  }
  return runs
}

/** The components that a group reads first, as far as a table has room for them: often they say that it can do nothing. */
function firstReads(footprint: ReadonlySet<number>, bits: readonly number[]): Set<number> {
  const first = new Set<number>()
  let width = 0
  for (const component of footprint) {
    width += bits[component] as number
    if (width > tableBitsMax) break
    first.add(component)
  }
  return first
}

interface Piece {
  readonly word: number
  readonly shift: number
  mask: number
  width: number
  readonly place: number
}

/** The components as runs of bits within words. */
function piecesOf(components: readonly number[], layout: Layout): Piece[] {
  const sorted = components
    .filter((component) => layout.mask[component] !== 0)
    .sort((a, b) => at(layout, a) - at(layout, b))
  const pieces: Piece[] = []
  let place = 0
  for (const component of sorted) {
    const width = layout.bits[component] as number
    const word = layout.word[component] as number
    const shift = layout.shift[component] as number
    const last = pieces.at(-1)
    if (last && last.word === word && last.shift + last.width === shift) {
      last.width += width
      last.mask = 2 ** last.width - 1
    } else pieces.push({ word, shift, mask: 2 ** width - 1, width, place })
    place += width
  }
  return pieces
}

function at(layout: Layout, component: number): number {
  return (layout.word[component] as number) * 32 + (layout.shift[component] as number)
}
