/** Unit | names of addresses: words, fields, pages, table entries and registers as a test calls them. */

import { describe, expect, test } from 'vitest'
import { lowerLitmus } from '../../../src/litmus/lower.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'

const text = `litmus names
"This asks what a report calls things."
platform {
  iommu M for D
  supply D clock, power
}
memory {
  one: 1 word = 3
  many: 2 words at page
  ring: 2 x { flag, body }
  desc: { next }
  table T
  io v, w
  map v -> many
}
cpu C0 {
  st one = &many
  pte v = many nc read-only
  pd w = T
  tlbi v
  clk+ D
}
device D {
  registers STATUS
  rd r0 = v
}
`

const { names, layout } = (() => {
  const lowered = lowerLitmus(parseLitmus(text, 'names.litmus'), { variant: 'main' })
  return { names: lowered.names, layout: new Map(lowered.memory.map(({ name, addr }) => [name, addr])) }
})()

const addr = (name: string): number => layout.get(name) as number

describe('places', () => {
  test('a word, several words, records and arrays of them', () => {
    expect(names.at(addr('one'))).toBe('one')
    expect([0, 4].map((at) => names.at(addr('many') + at))).toEqual(['many[0]', 'many[1]'])
    expect([0, 4, 8].map((at) => names.at(addr('ring') + at))).toEqual(['ring[0].flag', 'ring[0].body', 'ring[1].flag'])
    expect(names.at(addr('desc'))).toBe('desc.next')
    expect(names.at(addr('many') + 0x1000)).toBeUndefined()
  })

  test('IO pages, table entries, registers', () => {
    expect([0, 4].map((at) => names.at(0x2000_0000 + at))).toEqual(['v', 'v[1]'])
    const known = Array.from({ length: 0x40 }, (_, word) => names.at(0x4000_0000 + word * 4)).filter(Boolean)
    expect(known).toEqual(expect.arrayContaining(['pd 0', 'pte v', 'pte w', 'T[0]']))
    expect([0, 4].map((at) => names.at(0x1200_0000 + at))).toEqual(['D.BELL', 'D.STATUS'])
    expect(names.at(0x1300_0024)).toBe('M.INVALIDATE_PAGE')
    expect([0x1400_0000, 0x1400_1000].map(names.at)).toEqual(['D.clock', 'D.power'])
  })
})

describe('values', () => {
  test('a pointer is what it points to; a number is a number', () => {
    expect(names.value(addr('one'), addr('many'))).toBe('&many[0]')
    expect(names.value(addr('one'), 7)).toBeUndefined()
    expect(names.value(addr('one'), 0)).toBeUndefined()
  })

  test('a table entry is the page that it leads to, with its attributes', () => {
    expect(names.entry('page', addr('many') + 2)).toBe('page many')
    expect(names.entry('page', (addr('many') | 2 | (2 ** 31) | (2 ** 29)) >>> 0)).toBe('page many nc read-only')
    expect(names.entry('table', addr('T') + 1)).toBe('the table of T[0]')
    expect(names.entry('page', 0x7000_0002)).toBeUndefined()
  })
})
