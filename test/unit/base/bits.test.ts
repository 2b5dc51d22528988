/** Tests | bits: unsigned arithmetic up to the top of the address space. */

import { describe, expect, it } from 'vitest'
import { alignDown, alignUp, hex, isPowerOfTwo, u32 } from '../../../src/base/bits.ts'
import { iova, pa, va } from '../../../src/base/units.ts'

describe('bits', () => {
  it('wraps to unsigned 32 bits', () => {
    expect(u32(-1)).toBe(0xffffffff)
    expect(u32(2 ** 32 + 5)).toBe(5)
    expect([va(-1), pa(2 ** 32), iova(7)]).toEqual([0xffffffff, 0, 7])
  })

  it('aligns above 2^31 without turning negative', () => {
    expect(alignDown(0xf000_0123, 0x1000)).toBe(0xf000_0000)
    expect(alignUp(0xf000_0123, 0x1000)).toBe(0xf000_1000)
    expect(alignUp(0xf000_1000, 0x1000)).toBe(0xf000_1000)
    expect(alignDown(0xffff_ffff, 2 ** 31)).toBe(0x8000_0000)
    expect(alignUp(0, 64)).toBe(0)
  })

  it('knows powers of two', () => {
    expect([0, 1, 2, 3, 4, 2 ** 31].map(isPowerOfTwo)).toEqual([false, true, true, false, true, true])
    expect(isPowerOfTwo(-2)).toBe(false)
  })

  it('prints addresses in groups of four digits', () => {
    expect(hex(0x40100040)).toBe('0x4010_0040')
    expect(hex(-1)).toBe('0xffff_ffff')
    expect(hex(10, 2)).toBe('0x0a')
  })
})
