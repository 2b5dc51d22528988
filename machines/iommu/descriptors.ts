/** IOMMU | table entries: those of the SYSMMU with attributes in their upper bits, and entries of the device table. */

import { u32 } from '../../src/base/bits.ts'
import {
  descriptorBytes,
  largePageDescriptor,
  level1TableBytes,
  sectionDescriptor,
  smallPageDescriptor,
} from '../sysmmu/walk.ts'
import type { IommuConfig } from './types.ts'

/** Bits of a leaf descriptor besides those of the SYSMMU's: above every physical address, as pages may have few bits below. */
export const leafBits = { nonCacheable: 2 ** 31, readOnly: 2 ** 29 } as const // HF-461

/** What a leaf descriptor says besides the address. */
export interface LeafAttributes {
  readonly nonCacheable: boolean
  readonly readOnly: boolean
}

/** A leaf descriptor of the page, large page or section at physical `addr`; attributes that are left out do not hold. */
export function leafDescriptor(
  size: 'page' | 'large' | 'section',
  addr: number,
  { nonCacheable = false, readOnly = false }: Partial<LeafAttributes> = {},
): number {
  const plain = { page: smallPageDescriptor, large: largePageDescriptor, section: sectionDescriptor }[size](addr)
  return u32(plain | (nonCacheable ? leafBits.nonCacheable : 0) | (readOnly ? leafBits.readOnly : 0))
}

/** A leaf descriptor without its attributes: as the SYSMMU has it. */
export function plainDescriptor(descriptor: number): number {
  return u32(descriptor & ~(leafBits.nonCacheable | leafBits.readOnly))
}

export function leafAttributes(descriptor: number): LeafAttributes {
  return {
    nonCacheable: (descriptor & leafBits.nonCacheable) !== 0,
    readOnly: (descriptor & leafBits.readOnly) !== 0,
  }
}

/** Words of an entry of the device table. */
export const deviceEntryWords = 2 // HF-462

/** Bit 0 of word 0: the entry is valid. */
const deviceEntryValid = 1 // HF-462

/** Bits of word 1 that are the number of the domain. */
const tagMask = 0xffff // HF-462

/** Physical address of word 0 or 1 of the entry of requester number `requester`, in the device table at `base`. */
export function deviceEntryAddr(base: number, requester: number, word: 0 | 1): number {
  return u32(base + (requester * deviceEntryWords + word) * descriptorBytes)
}

/** Word 0 of an entry: the level-1 table at `root`, valid; word 1 is the number of the domain itself. */
export function deviceEntryWord(root: number): number {
  return u32(root | deviceEntryValid)
}

export function isDeviceEntryValid(word: number): boolean {
  return (word & deviceEntryValid) !== 0
}

/** Level-1 table that word 0 names. */
export function rootOf(geometry: IommuConfig['geometry'], word: number): number {
  return u32(word & -level1TableBytes(geometry))
}

/** Domain that word 1 names. */
export function tagOf(word: number): number {
  return word & tagMask
}
