/** Tests | canonical form, digest, clone and freeze of plain data. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Bytes } from '../../../src/base/bytes.ts'
import { canonical, clone, Digest, deepFreeze, digest } from '../../../src/base/canonical.ts'
import { seed } from '../../support/seed.ts'

const data = fc.jsonValue({ maxDepth: 4 })

/** The same value with every object's keys inserted the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).reverse()
  return Object.fromEntries(entries.map(([key, inner]) => [key, reversed(inner)]))
}

describe(`canonical form (seed ${seed})`, () => {
  it('does not depend on key order and reads back as the same value', () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(canonical(reversed(value))).toBe(canonical(value))
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { seed },
    )
  })

  it('leaves undefined properties out and keeps strings apart from numbers', () => {
    expect(canonical({ b: undefined, a: 1 })).toBe('{"a":1}')
    expect(canonical({ a: '1' })).not.toBe(canonical({ a: 1 }))
    expect(canonical([undefined, 1])).toBe('[null,1]')
  })

  it('digests piecewise as at once, and tells apart texts that differ in one place', () => {
    expect(new Digest().update('ab').update('cd').hex()).toBe(digest('abcd'))
    expect(digest('')).toMatch(/^[0-9a-f]{16}$/)
    const digests = new Set<string>()
    for (let i = 0; i < 20_000; i++) digests.add(digest(`{"step":${i},"actor":"cpu0"}`))
    expect(digests.size).toBe(20_000)
  })

  it('clones deeply', () => {
    fc.assert(
      fc.property(data, (value) => {
        const copy = clone(value)
        expect(copy).toEqual(value)
        if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value)
      }),
      { seed },
    )
  })

  it('freezes deeply and leaves Bytes usable', () => {
    const value = deepFreeze({ list: [{ n: 1 }], memory: new Bytes(4) })
    expect(() => ((value.list[0] as { n: number }).n = 2)).toThrow(TypeError)
    expect(() => value.list.push({ n: 2 })).toThrow(TypeError)
    value.memory.set(0, 5)
    expect(value.memory.get(0)).toBe(5)
  })
})
