/** SYSMMU | page-table arithmetic: where descriptors stand, what they mean, how drivers encode them; pure functions. */

import { u32 } from '../../src/base/bits.ts'
import type { Geometry } from '../geometry.ts'
import { rights } from './tlb.ts'

// One encoding serves both geometries: the sizes come from the page size and the two table lengths. IO addresses
// beyond the reach of a short level-1 table wrap, which the full table of the board never does.

/** Bytes of one descriptor. */
export const descriptorBytes = 4 // HF-210

/** Bytes that one level-1 entry maps: a section (board: 1 MiB). */
export function sectionBytes(geometry: Geometry): number {
  return geometry.pageBytes * geometry.level2Entries // HF-211
}

/** Level-2 entries, all the same, that a large page takes (board: 16). */
export function largePageEntries(geometry: Geometry): number {
  return Math.max(2, geometry.level2Entries / 16) // HF-212
}

/** Bytes of a large page (board: 64 KiB). */
export function largePageBytes(geometry: Geometry): number {
  return geometry.pageBytes * largePageEntries(geometry)
}

/** Bytes of a level-1 table, and its alignment (board: 16 KiB). */
export function level1TableBytes(geometry: Geometry): number {
  return geometry.level1Entries * descriptorBytes
}

/** Bytes of a level-2 table, and its alignment (board: 1 KiB). */
export function level2TableBytes(geometry: Geometry): number {
  return geometry.level2Entries * descriptorBytes
}

/** Which level-1 entry translates `iova`. */
export function level1Index(geometry: Geometry, iova: number): number {
  return Math.floor(u32(iova) / sectionBytes(geometry)) & (geometry.level1Entries - 1)
}

/** Which entry of its level-2 table translates `iova`. */
export function level2Index(geometry: Geometry, iova: number): number {
  return Math.floor(u32(iova) / geometry.pageBytes) & (geometry.level2Entries - 1)
}

/** Physical address of the level-1 descriptor for `iova`. */
export function level1Addr(geometry: Geometry, tableAddr: number, iova: number): number {
  return u32(tableAddr + level1Index(geometry, iova) * descriptorBytes)
}

/** Physical address of the level-2 descriptor for `iova`, given the level-1 descriptor of kind `table`. */
export function level2Addr(geometry: Geometry, descriptor: number, iova: number): number {
  return u32(tableOf(geometry, descriptor) + level2Index(geometry, iova) * descriptorBytes)
}

/** What the low bits of a level-1 descriptor say. */
export function level1Kind(descriptor: number): 'fault' | 'table' | 'section' {
  const kind = descriptor & 3 // HF-213
  return kind === 1 ? 'table' : kind === 2 ? 'section' : 'fault'
}

/** What the low bits of a level-2 descriptor say. */
export function level2Kind(descriptor: number): 'fault' | 'large' | 'small' {
  const kind = descriptor & 3 // HF-214
  return kind === 0 ? 'fault' : kind === 1 ? 'large' : 'small'
}

/** Level-2 table that a level-1 descriptor points to. */
export function tableOf(geometry: Geometry, descriptor: number): number {
  return u32(descriptor & -level2TableBytes(geometry))
}

/** Bytes mapped by a valid leaf descriptor read at `level`. */
export function leafBytes(geometry: Geometry, level: 1 | 2, descriptor: number): number {
  if (level === 1) return sectionBytes(geometry)
  return level2Kind(descriptor) === 'large' ? largePageBytes(geometry) : geometry.pageBytes
}

/** Physical address of `iova` by a valid leaf descriptor read at `level`. */
export function leafAddr(geometry: Geometry, level: 1 | 2, descriptor: number, iova: number): number {
  const bytes = leafBytes(geometry, level, descriptor)
  return u32((descriptor & -bytes) + (iova & (bytes - 1)))
}

/** What a leaf descriptor read at `level` lets the device do, where CFG enables access protection. */
export function leafRights(geometry: Geometry, level: 1 | 2, descriptor: number): number {
  const { accessible, readOnly } = level === 1 ? geometry.protection.section : geometry.protection.page
  if ((descriptor & accessible) === 0) return rights.none
  return (descriptor & readOnly) !== 0 ? rights.readOnly : rights.readWrite
}

/** Level-1 descriptor of the level-2 table at physical `addr`. */
export function tableDescriptor(addr: number): number {
  return u32(addr | 1)
}

/** Level-1 descriptor of the section at physical `addr`. */
export function sectionDescriptor(addr: number): number {
  return u32(addr | 2)
}

/** Level-2 descriptor of the small page at physical `addr`. */
export function smallPageDescriptor(addr: number): number {
  return u32(addr | 2)
}

/** Level-2 descriptor of the large page at physical `addr`; every one of its entries holds it. */
export function largePageDescriptor(addr: number): number {
  return u32(addr | 1)
}
