/** Test | the TLB of the IOMMU: order, sizes, domains, what has to go for a new entry. */

import { expect, test } from 'vitest'
import {
  emptyTlb,
  type Tlb,
  type TlbEntry,
  tlbFind,
  tlbInsert,
  tlbMiss,
  tlbMultiHit,
  tlbRemove,
  tlbTranslate,
  tlbVictims,
} from '../../../../machines/iommu/tlb.ts'

const page = (iova: number, addr: number, more: Partial<TlbEntry> = {}): TlbEntry => ({
  tag: 0,
  iova,
  bytes: 16,
  addr,
  kind: 'read-write',
  nonCacheable: false,
  ...more,
})

/** Enters as the walker does. */
function enter(tlb: Tlb, entry: TlbEntry, capacity = 4): void {
  for (const at of tlbVictims(tlb, entry, capacity)) tlbRemove(tlb, at)
  tlbInsert(tlb, entry)
}

function tlbOf(...entries: TlbEntry[]): Tlb {
  const tlb = emptyTlb()
  for (const entry of entries) enter(tlb, entry)
  return tlb
}

test('the order of fills leaves no trace', () => {
  const [a, b, c] = [page(0x20, 0x100), page(0x10, 0x200), page(0x20, 0x300, { tag: 1 })]
  expect(tlbOf(a, b, c)).toEqual(tlbOf(c, b, a))
  expect(tlbOf(b, c, a).entries).toEqual([b, a, c])
})

test('an entry is found by address and domain', () => {
  const tlb = tlbOf(page(0x20, 0x100), page(0x20, 0x300, { tag: 1 }))
  expect(tlbTranslate(tlb.entries[tlbFind(tlb, 0, 0x2c)] as TlbEntry, 0x2c)).toBe(0x10c)
  expect(tlbTranslate(tlb.entries[tlbFind(tlb, 1, 0x24)] as TlbEntry, 0x24)).toBe(0x304)
  expect(tlbFind(tlb, 2, 0x20)).toBe(tlbMiss)
  expect(tlbFind(tlb, 0, 0x30)).toBe(tlbMiss)
})

test('entries of two sizes may match at once', () => {
  const tlb = tlbOf(page(0x20, 0x100), page(0x00, 0x400, { bytes: 64 }))
  expect(tlbFind(tlb, 0, 0x20)).toBe(tlbMultiHit)
  expect(tlbFind(tlb, 0, 0x30)).toBe(0)
})

test('a new entry takes the place of one for the same address and size', () => {
  const tlb = tlbOf(page(0x20, 0x100), page(0x20, 0x200))
  expect(tlb.entries.map(({ addr }) => addr)).toEqual([0x200])
})

test('a full TLB gives up the last entry in order', () => {
  const tlb = emptyTlb()
  for (const iova of [0x10, 0x30, 0x20]) enter(tlb, page(iova, iova), 2)
  expect(tlb.entries.map(({ iova }) => iova)).toEqual([0x10, 0x20])
})
