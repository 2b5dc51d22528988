/** Unit | litmus texts: what they are read to, and where. */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { LitmusTest, Statement } from '../../../src/litmus/form.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { faultsOf, type Schema } from '../../support/json-schema.ts'
import { aroundStatement, everything, placeless } from '../../support/litmus-texts.ts'

const statements = (text: string): readonly Statement[] => {
  const { actors } = placeless(parseLitmus(aroundStatement(text), 'test'))
  return (actors[0]?.body ?? []).slice(1)
}
const number = (value: number) => ({ expr: 'number', value })
const name = (text: string) => ({ expr: 'name', name: text })

describe('statements', () => {
  const cases: readonly (readonly [text: string, form: unknown])[] = [
    [
      'st.nc buf[1] = 2',
      { do: 'store', location: { place: 'named', name: 'buf', index: number(1) }, value: number(2), type: 'nc' },
    ],
    ['ld r1 = [r0]', { do: 'load', to: 'r1', location: { place: 'pointer', register: 'r0', words: number(0) } }],
    [
      'st @[r0 + 1] = 0x10',
      {
        do: 'store',
        location: { place: 'pointer', register: 'r0', words: number(1), physical: true },
        value: number(16),
      },
    ],
    ['clean buf@L2', { do: 'maintain', action: 'clean', location: { place: 'named', name: 'buf' }, level: 'L2' }],
    [
      'pte v0 = p0',
      {
        do: 'store',
        location: { place: 'pte', page: 'v0' },
        value: { expr: 'entry', of: 'page', name: 'p0', type: 'cacheable', readOnly: false },
      },
    ],
    ['pte v0 = 0', { do: 'store', location: { place: 'pte', page: 'v0' }, value: number(0) }],
    [
      'pte.nc v0 tag 1 = p0 nc read only',
      {
        do: 'store',
        location: { place: 'pte', page: 'v0', tag: 1 },
        value: { expr: 'entry', of: 'page', name: 'p0', type: 'nc', readOnly: true },
        type: 'nc',
      },
    ],
    ['tlbi v0', { do: 'tlbi', what: 'page', page: 'v0' }],
    ['tlbi all', { do: 'tlbi', what: 'all' }],
    ['tlbi tag r0', { do: 'tlbi', what: 'tag', tag: name('r0') }],
    ['bell D', { do: 'bell', device: 'D', value: number(1) }],
    ['clk- D', { do: 'supply', of: 'D', kind: 'clock', on: false }],
    [
      'own->cpu buf TO_DEVICE for D',
      { do: 'hand-over', buffer: { place: 'named', name: 'buf' }, to: 'cpu', direction: 'TO_DEVICE', device: 'D' },
    ],
    ['free p0', { do: 'page', action: 'free', page: 'p0', owner: 'free' }],
    ['wait irq', { do: 'wait-irq' }],
    // A poll of a device's register, and of a field, look the same; what the name stands for decides.
    [
      'poll D.STATUS == 1',
      {
        do: 'poll',
        what: { poll: 'register', target: 'D', register: 'STATUS' },
        until: { expr: 'binary', op: '==', left: name('value'), right: number(1) },
      },
    ],
    [
      'poll desc.flag == 1',
      {
        do: 'poll',
        what: { poll: 'memory', location: { place: 'named', name: 'desc', field: 'flag' } },
        until: { expr: 'binary', op: '==', left: name('value'), right: number(1) },
      },
    ],
    [
      'h = dma_map_single(D, buf, FROM_DEVICE)',
      {
        do: 'call',
        call: 'dma_map_single',
        to: ['h'],
        args: [
          { arg: 'word', word: 'D' },
          { arg: 'location', location: { place: 'named', name: 'buf' } },
          { arg: 'word', word: 'FROM_DEVICE' },
        ],
      },
    ],
    [
      'if r0 { nop } else if 1 { dsb }',
      {
        do: 'if',
        condition: name('r0'),
        body: [{ do: 'nop' }],
        otherwise: [{ do: 'if', condition: number(1), body: [{ do: 'dsb' }], otherwise: [] }],
      },
    ],
  ]
  test.each(cases)('%s', (text, form) => {
    expect(statements(text)).toEqual([form])
  })

  test('words of the grammar are names where a name is wanted', () => {
    expect(statements('st = 1; ld clean = buf; wait = st + clean')).toEqual([
      { do: 'set', to: 'st', value: number(1) },
      { do: 'load', to: 'clean', location: { place: 'named', name: 'buf' } },
      { do: 'set', to: 'wait', value: { expr: 'binary', op: '+', left: name('st'), right: name('clean') } },
    ])
  })

  test('a new line or a semicolon ends a statement; after a comma or an operator, or in brackets, the line goes on', () => {
    const text = 'dsb;\n\n ; dmb # comment ; isb\n r0 = 1 +\n 2\n dma_mapping_error(D,\n r0\n)'
    expect(statements(text).map((statement) => statement.do)).toEqual(['dsb', 'dmb', 'set', 'call'])
  })

  test('parentheses after a word of the grammar make no call', () => {
    expect(statements('if (r0 == 1) { nop }; while (r0) max (2) { dsb }').map((each) => each.do)).toEqual([
      'if',
      'while',
    ])
  })
})

describe('expressions', () => {
  const value = (text: string) => (statements(`r0 = ${text}`)[0] as Extract<Statement, { do: 'set' }>).value
  test.each([
    ['r0 + 1 * 2', 'r0 + (1 * 2)'],
    ['r0 - 1 - 2', '(r0 - 1) - 2'],
    ['r0 & 2 != 0', '(r0 & 2) != 0'],
    ['r0 | 1 & 2', 'r0 | (1 & 2)'],
    ['1 << 2 + 3', '1 << (2 + 3)'],
    ['r0 == 1 && r0 < 2 || 3', '((r0 == 1) && (r0 < 2)) || 3'],
    ['!r0 == 1', '(!r0) == 1'],
    ['1 < 2 == 1', '(1 < 2) == 1'],
  ])('%s is %s', (text, meant) => {
    expect(value(text)).toEqual(value(meant))
  })
})

describe('a whole test', () => {
  const form = parseLitmus(everything, 'everything.litmus')

  test('has everything in its place', () => {
    expect(form).toMatchObject({
      name: 'every-construct/of-the-2nd-kind',
      question: 'This asks whether "all" of it is read.',
      classes: ['B', 'C'],
      notes: ['first', 'second'],
      parameters: [
        { name: 'rounds', value: 1, at: { line: 8, column: 7 } },
        { name: 'mask', value: 255 },
      ],
      variants: ['buggy', 'fixed'],
      platform: {
        features: [
          { name: 'eviction', on: false },
          { name: 'tlbPrefetch', on: true },
        ],
      },
      locks: ['l', 'k'],
      conditions: [
        { kind: 'never', variants: [] },
        { kind: 'always', variants: ['buggy', 'fixed'] },
        { kind: 'sometimes' },
        { that: { expr: 'fault', device: 'D', kind: 'multi-hit', access: 'write', page: 'v0' }, variants: ['buggy'] },
        { that: { expr: 'fault' } },
      ],
      expectations: [
        { variants: ['buggy'], verdict: 'violated', violates: ['fresh-load'], only: false },
        { verdict: 'holds', features: [{ name: 'speculation', on: false }] },
        { parameters: [{ name: 'rounds', value: 2 }], features: [{ name: 'loadReordering', on: true }] },
        {
          features: [
            { name: 'E.coherent', on: true },
            { name: 'N.walk-cache', on: false },
            { name: 'E.atc', on: false },
            { name: 'M.clock', on: false },
          ],
          parameters: [
            { name: 'tlb', value: 0 },
            { name: 'l1-sets', value: 1 },
          ],
        },
        { violates: ['never', 'sometimes'], only: true },
      ],
    })
  })

  test('memory is laid out as it is written', () => {
    const memory = placeless(form).memory.slice(0, 7)
    const line = { base: 'line', words: 0 }
    const words = { kind: 'words', elements: 1, fields: [], init: [], place: line, type: 'cacheable' }
    expect(memory).toEqual([
      { ...words, name: 'buf', size: { count: 2, of: 'lines' }, init: [number(0)] },
      { ...words, name: 'desc', size: { count: 2, of: 'words' }, fields: ['body', 'flag'], init: [number(0)] },
      { ...words, name: 'ring', size: { count: 2, of: 'words' }, fields: ['body', 'flag'], elements: 2, type: 'nc' },
      { ...words, name: 'wide', size: { count: 1, of: 'lines' }, fields: ['a', 'b'], elements: 2 },
      { ...words, name: 'n', size: { count: 1, of: 'words' }, place: { base: 'next', words: 0 } },
      {
        ...words,
        name: 'm',
        size: { count: 2, of: 'words' },
        elements: 2,
        place: { base: 'next', words: 1 },
        type: 'so',
      },
      {
        ...words,
        name: 'odd',
        size: { count: 3, of: 'words' },
        place: { base: 'line', words: 1 },
        init: [
          number(1),
          name('mask'),
          { expr: 'address', location: { place: 'named', name: 'buf', index: number(1) } },
        ],
      },
    ])
  })

  test('without variants there is one, main', () => {
    expect(parseLitmus(aroundStatement('nop'), 'test').variants).toEqual(['main'])
  })

  test('a byte order mark and line ends of Windows change nothing', () => {
    expect(parseLitmus(`\uFEFF${everything.replaceAll('\n', '\r\n')}`, 'test')).toEqual(form)
  })

  test('every place is inside the text, and names stand where it says', () => {
    const lines = everything.split('\n')
    const { at } = form.parameters[0] as LitmusTest['parameters'][number]
    expect(lines[(at?.line ?? 0) - 1]?.slice((at?.column ?? 0) - 1)).toMatch(/^rounds/)
  })

  test('fits the published schema, and a wrong form does not', () => {
    const path = new URL('../../../docs/litmus.schema.json', import.meta.url)
    const schema = JSON.parse(readFileSync(path, 'utf8')) as Schema
    expect(faultsOf(schema, JSON.parse(JSON.stringify(form)))).toEqual([])
    const wrong: readonly ((changed: Record<string, unknown>) => void)[] = [
      (changed) => delete changed.name,
      (changed) => Object.assign(changed, { more: 1 }),
      (changed) => Object.assign(changed, { variants: [1] }),
      (changed) => Object.assign(changed, { actors: [{ actor: 'cpu', name: 'C0', body: [{ do: 'fly' }] }] }),
      (changed) => Object.assign(changed, { parameters: [{ name: 'a', value: -1 }] }),
    ]
    for (const change of wrong) {
      const changed = JSON.parse(JSON.stringify(form))
      change(changed)
      expect(faultsOf(schema, changed)).not.toEqual([])
    }
  })
})
