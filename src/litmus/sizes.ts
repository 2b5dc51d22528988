/** Litmus | the sizes that a test may set, and the geometry they make. */

import { type Geometry, litmus as usual } from '../../machines/geometry.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import type { LitmusTest, Place } from './form.ts'

/** By name: usual value, largest value, meaning. All are powers of two. */
export const litmusSizes = {
  line: { usual: 2, max: 8, description: 'words of a cache line' },
  page: { usual: 2, max: 8, description: 'lines of a page' },
  directory: { usual: 2, max: 16, description: 'entries of a first-level table' },
  table: { usual: 4, max: 16, description: 'entries of a second-level table' },
  tlb: { usual: 2, max: 16, description: 'translations that an IOMMU keeps' },
  'l1-ways': { usual: 2, max: 4, description: 'ways of each L1' },
  'l1-sets': { usual: 2, max: 8, description: 'sets of each L1' },
  'l2-ways': { usual: 2, max: 4, description: 'ways of the L2' },
  'l2-sets': { usual: 2, max: 8, description: 'sets of the L2' },
  'store-buffer': { usual: 2, max: 4, description: 'stores that wait in a core' },
  'l2-buffer': { usual: 2, max: 4, description: 'lines that wait in the store buffer of the L2' },
} as const satisfies Record<string, { usual: number; max: number; description: string }>
export type LitmusSizeName = keyof typeof litmusSizes

/** The low bits of a table entry say what it is, so that a page cannot be smaller. Bytes. */
const pageBytesMin = 16

/** `3:7: ` for messages; empty where nobody wrote it. */
export function placed(at: Place | undefined): string {
  return at === undefined ? '' : `${at.line}:${at.column}: `
}

/** Sizes of a test. Usage errors for unknown names and impossible values. Memory comes later. */
export function geometryOf({ platform }: LitmusTest): Geometry {
  const sizes = {} as Record<LitmusSizeName, number>
  for (const name of Object.keys(litmusSizes) as LitmusSizeName[]) sizes[name] = litmusSizes[name].usual
  for (const { name, value, at } of platform.sizes) {
    if (!Object.hasOwn(litmusSizes, name)) throw unknownName('size', name, Object.keys(litmusSizes))
    const known = litmusSizes[name as LitmusSizeName]
    if (value < 1 || value > known.max || (value & (value - 1)) !== 0) {
      throw new UsageError(
        `${placed(at)}size ${name} is ${value}: it must be a power of two up to ${known.max} (${known.description})`,
      )
    }
    sizes[name as LitmusSizeName] = value
  }
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
    flpdEntries: Math.min(usual.flpdEntries, sizes.directory),
    l1: { sets: sizes['l1-sets'], ways: sizes['l1-ways'] },
    l2: { sets: sizes['l2-sets'], ways: sizes['l2-ways'] },
    storeBufferEntries: sizes['store-buffer'],
    l2StoreBufferEntries: sizes['l2-buffer'],
    burstBytes: lineBytes,
    iova: { ...usual.iova, bytes: windowBytes },
    user: { ...usual.user, bytes: windowBytes },
  }
}
