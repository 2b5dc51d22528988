/** Tests | Bytes: words in little-endian order, copies that share nothing. */

import { describe, expect, it } from 'vitest'
import { Bytes } from '../../../src/base/bytes.ts'
import { canonical, clone } from '../../../src/base/canonical.ts'

describe('Bytes', () => {
  it('keeps words by byte offset', () => {
    const bytes = new Bytes(16)
    bytes.set(4, -2)
    bytes.write(8, [3, 0x7fffffff])
    expect([bytes.get(0), bytes.get(4), bytes.lengthBytes]).toEqual([0, -2, 16])
    expect(bytes.read(4, 3)).toEqual([-2, 3, 0x7fffffff])
    expect(bytes.equals(8, [3, 0x7fffffff])).toBe(true)
    expect(bytes.equals(8, [3, 4])).toBe(false)
    bytes.fill(0, 2, 9)
    expect(bytes.read(0, 3)).toEqual([9, 9, 3])
  })

  it('compares a range with the same range of another', () => {
    const [one, other] = [new Bytes(16), new Bytes(16)]
    one.write(0, [1, 2, 3, 4])
    other.write(0, [9, 2, 3, 9])
    expect(one.matches(other, 4, 2)).toBe(true)
    expect(one.matches(other, 4, 3)).toBe(false)
    expect(one.matches(other, 0, 3)).toBe(false)
  })

  it('is little-endian towards byte arrays and pads to a word', () => {
    const bytes = Bytes.from(Uint8Array.of(1, 2, 3, 4, 5))
    expect(bytes.read(0, 2)).toEqual([0x04030201, 5])
    expect([...bytes.toUint8Array()]).toEqual([1, 2, 3, 4, 5, 0, 0, 0])
  })

  it('copies share nothing, not even through clone or toUint8Array', () => {
    const bytes = new Bytes(8)
    const [copy, cloned, array] = [bytes.copy(), clone({ bytes }), bytes.toUint8Array()]
    bytes.set(0, 1)
    expect([copy.get(0), cloned.bytes.get(0), array[0]]).toEqual([0, 0, 0])
    expect(canonical({ bytes })).toBe('{"bytes":{"bytes":[1,0]}}')
  })

  it('refuses a length that is not whole words', () => {
    expect(() => new Bytes(6)).toThrow('internal: Bytes length 6 is not a multiple of 4')
  })
})
