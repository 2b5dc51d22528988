/** Unit | layouts: components share words, none straddles two, and what is packed comes out again. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bitsFor, Layout } from '../../../src/explore/layout.ts'
import { seed } from '../../support/seed.ts'

describe('a layout', () => {
  test('fills words with what is left over', () => {
    const layout = new Layout([20, 12, 20, 12, 0])
    expect(layout.words).toBe(2)
    expect(layout.fits(1, 4095)).toBe(true)
    expect(layout.fits(1, 4096)).toBe(false)
    expect(layout.fits(4, 0)).toBe(true)
    expect(layout.fits(4, 1)).toBe(false)
  })

  test(`gives back what was packed (seed ${seed})`, () => {
    const value = fc.integer({ min: 0, max: 2 ** 32 - 1 })
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), fc.nat(3), (values, offset) => {
        const layout = new Layout(values.map((most) => bitsFor(most)))
        const words = new Int32Array(offset + layout.words)
        layout.pack(values, words, offset)
        const out = new Int32Array(values.length)
        layout.unpack(words, offset, out)
        expect([...out].map((int) => int >>> 0)).toEqual(values)
      }),
      { seed },
    )
  })

  test('bits hold the largest value', () => {
    expect([0, 1, 2, 3, 4, 255, 256, 2 ** 32 - 1].map(bitsFor)).toEqual([0, 1, 2, 2, 3, 8, 9, 32])
  })
})
