/** Test | the TLB's pure functions against a plain list, and page-table arithmetic. */

import { describe, expect, test } from 'vitest'
import { board, litmus } from '../../../../machines/geometry.ts'
import {
  emptyTlb,
  tlbCovers,
  tlbFind,
  tlbInsert,
  tlbMiss,
  tlbMultiHit,
  tlbRemove,
  tlbTouch,
  tlbTranslate,
} from '../../../../machines/sysmmu/tlb.ts'
import {
  largePageBytes,
  leafAddr,
  level1Addr,
  level1Kind,
  level1TableBytes,
  level2Addr,
  level2Kind,
  level2TableBytes,
  sectionBytes,
  tableDescriptor,
} from '../../../../machines/sysmmu/walk.ts'
import { Prng } from '../../../../src/base/prng.ts'

const seed = Number(process.env.SEED ?? 42)

interface Entry {
  readonly iova: number
  readonly bytes: number
  readonly addr: number
}

test(`tlb against a list, seed ${seed}: same matches, same order, zeros behind the last entry`, () => {
  const prng = new Prng(seed, 'tlb')
  const capacity = 5
  const tlb = emptyTlb(capacity)
  let list: Entry[] = []
  for (let step = 0; step < 20_000; step++) {
    const bytes = prng.pick([0x1000, 0x1000, 0x1_0000, 0x10_0000])
    const iova = 0xffe0_0000 + prng.below(0x20_0000 / bytes) * bytes
    const at = prng.below(capacity)
    switch (prng.below(4)) {
      case 0:
        if (list.some((entry) => entry.iova === iova && entry.bytes === bytes)) break
        if (tlb.count === capacity) {
          tlbRemove(tlb, capacity - 1)
          list.pop()
        }
        tlbInsert(tlb, iova, bytes, 0x4000_0000 + bytes)
        list.unshift({ iova, bytes, addr: 0x4000_0000 + bytes })
        break
      case 1:
        if (at < tlb.count && prng.chance(1, 3)) {
          tlbRemove(tlb, at)
          list.splice(at, 1)
        }
        break
      case 2:
        if (at < tlb.count) {
          tlbTouch(tlb, at)
          list = [list[at] as Entry, ...list.filter((_, place) => place !== at)]
        }
        break
      default: {
        const probe = iova + prng.below(bytes / 4) * 4
        const hits = list.flatMap((entry, place) =>
          probe >= entry.iova && probe < entry.iova + entry.bytes ? [place] : [],
        )
        expect(tlbFind(tlb, probe)).toBe(hits.length === 0 ? tlbMiss : hits.length > 1 ? tlbMultiHit : hits[0])
        list.forEach((_, place) => {
          expect(tlbCovers(tlb, place, probe)).toBe(hits.includes(place))
        })
        const [hit] = hits
        if (hit !== undefined) {
          const entry = list[hit] as Entry
          expect(tlbTranslate(tlb, hit, probe)).toBe(entry.addr + probe - entry.iova)
        }
      }
    }
    expect(tlb.count).toBe(list.length)
    const padded = (values: number[]): number[] => [...values, ...new Array<number>(capacity - values.length).fill(0)]
    expect(tlb.iovas).toEqual(padded(list.map((entry) => entry.iova)))
    expect(tlb.bytes).toEqual(padded(list.map((entry) => entry.bytes)))
    expect(tlb.mixed).toBe(new Set(list.map((entry) => entry.bytes)).size > 1)
  }
})

describe('page-table arithmetic', () => {
  test('board: the sizes of the Exynos4 tables', () => {
    expect(level1TableBytes(board)).toBe(16 << 10)
    expect(level2TableBytes(board)).toBe(1 << 10)
    expect(sectionBytes(board)).toBe(1 << 20)
    expect(largePageBytes(board)).toBe(64 << 10)
    expect(level1Addr(board, 0x4000_4000, 0xffff_fffc)).toBe(0x4000_7ffc)
    expect(level2Addr(board, tableDescriptor(0x4200_0c00), 0x200f_f000)).toBe(0x4200_0ffc)
    expect(leafAddr(board, 1, 0x4210_0002, 0x2012_3454)).toBe(0x4212_3454)
    expect(leafAddr(board, 2, 0x4212_0001, 0x2012_f454)).toBe(0x4212_f454)
    expect(leafAddr(board, 2, 0x4212_3002, 0x2012_3454)).toBe(0x4212_3454)
  })

  test('litmus: an IO address window of both sections, each index in reach', () => {
    expect(sectionBytes(litmus)).toBe(64)
    expect(largePageBytes(litmus)).toBe(32)
    expect(level1TableBytes(litmus)).toBe(8)
    expect(level2TableBytes(litmus)).toBe(16)
    expect(level1Addr(litmus, 0x4000_0000, litmus.iova.base)).toBe(0x4000_0000)
    expect(level1Addr(litmus, 0x4000_0000, litmus.iova.base + 64)).toBe(0x4000_0004)
    expect(level2Addr(litmus, tableDescriptor(0x4000_0010), litmus.iova.base + 48)).toBe(0x4000_001c)
  })

  test('descriptor kinds', () => {
    expect([0, 1, 2, 3].map(level1Kind)).toEqual(['fault', 'table', 'section', 'fault'])
    expect([0, 1, 2, 3].map(level2Kind)).toEqual(['fault', 'large', 'small', 'small'])
  })
})
