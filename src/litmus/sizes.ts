/** Litmus | the sizes that a test may set, and the geometry they make. */

import { type Geometry, litmus as usual } from '../../machines/geometry.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import type { LitmusTest, Place } from './form.ts'

/** By name: usual value, largest value, meaning. All are powers of two, or 0 where that is the smallest. */
export const litmusSizes = {
  line: { usual: 2, max: 8, description: 'words of a cache line' },
  page: { usual: 2, max: 8, description: 'lines of a page' },
  directory: { usual: 2, max: 16, description: 'entries of a first-level table' },
  table: { usual: 4, max: 16, description: 'entries of a second-level table' },
  tlb: {
    usual: 2,
    min: 0,
    max: 16,
    description: 'translations that a SYSMMU, an IOMMU or an MMU keeps; 0: it walks for each',
  },
  'walk-cache': { usual: 2, max: 16, description: 'first-level descriptors that are kept, where they are' },
  queue: { usual: 2, max: 4, description: 'commands that wait in the queue of an IOMMU' },
  atc: { usual: 2, max: 16, description: "translations that a device's own cache keeps" },
  'device-writes': { usual: 2, max: 4, description: 'posted writes of a device that are under way' },
  'l1-ways': { usual: 2, max: 4, description: 'ways of each L1' },
  'l1-sets': { usual: 2, max: 8, description: 'sets of each L1' },
  'l2-ways': { usual: 2, max: 4, description: 'ways of the L2' },
  'l2-sets': { usual: 2, max: 8, description: 'sets of the L2' },
  'store-buffer': { usual: 2, max: 4, description: 'stores that wait in a core' },
  'l2-buffer': { usual: 2, max: 4, description: 'lines that wait in the store buffer of the L2' },
} as const satisfies Record<string, SizeRule>
export type LitmusSizeName = keyof typeof litmusSizes

interface SizeRule {
  readonly usual: number
  /** 1 unless it is given. */
  readonly min?: 0
  readonly max: number
  readonly description: string
}

/** Why the size cannot be that; undefined if it can. The name must be known. */
export function sizeProblem(name: LitmusSizeName, value: number): string | undefined {
  const { min, max, description }: SizeRule = litmusSizes[name]
  if (value >= (min ?? 1) && value <= max && (value & (value - 1)) === 0) return undefined
  const what = min === 0 ? '0 or a power of two' : 'a power of two'
  return `size ${name} is ${value}: it must be ${what} up to ${max} (${description})`
}

export function isSizeName(name: string): name is LitmusSizeName {
  return Object.hasOwn(litmusSizes, name)
}

/** The low bits of a table entry say what it is, so that a page cannot be smaller. Bytes. */
const pageBytesMin = 16

/** `3:7: ` for messages; empty where nobody wrote it. */
export function placed(at: Place | undefined): string {
  return at === undefined ? '' : `${at.line}:${at.column}: `
}

/** Every size of a test. Usage errors for unknown names and impossible values. */
export function sizesOf({ platform }: LitmusTest): Readonly<Record<LitmusSizeName, number>> {
  const sizes = {} as Record<LitmusSizeName, number>
  for (const name of Object.keys(litmusSizes) as LitmusSizeName[]) sizes[name] = litmusSizes[name].usual
  for (const { name, value, at } of platform.sizes) {
    if (!isSizeName(name)) throw unknownName('size', name, Object.keys(litmusSizes))
    const problem = sizeProblem(name, value)
    if (problem !== undefined) throw new UsageError(`${placed(at)}${problem}`)
    sizes[name] = value
  }
  return sizes
}

/** The geometry that the sizes of a test make; memory comes later. Usage errors as `sizesOf`. */
export function geometryOf(test: LitmusTest): Geometry {
  const sizes = sizesOf(test)
  const lineBytes = sizes.line * 4
  const pageBytes = Math.max(pageBytesMin, lineBytes * sizes.page)
  const windowBytes = sizes.directory * sizes.table * pageBytes
  return {
    ...usual,
    lineBytes,
    pageBytes,
    level1Entries: sizes.directory,
    level2Entries: sizes.table,
    tlbEntries: sizes.tlb,
    flpdEntries: Math.min(sizes['walk-cache'], sizes.directory),
    l1: { sets: sizes['l1-sets'], ways: sizes['l1-ways'] },
    l2: { sets: sizes['l2-sets'], ways: sizes['l2-ways'] },
    storeBufferEntries: sizes['store-buffer'],
    l2StoreBufferEntries: sizes['l2-buffer'],
    burstBytes: lineBytes,
    iova: { ...usual.iova, bytes: windowBytes },
    user: { ...usual.user, bytes: windowBytes },
  }
}
