/** Unit | the canonical layout of litmus texts: spaces, lines, comments; what it means stays. */

import { describe, expect, test } from 'vitest'
import { LitmusError } from '../../../src/litmus/errors.ts'
import { formatLitmus } from '../../../src/litmus/format.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { everything, placeless } from '../../support/litmus-texts.ts'

test('a text in canonical layout stays as it is', () => {
  expect(formatLitmus(everything)).toBe(everything)
})

test('without its spaces it becomes the same again, but for the columns of comments', () => {
  const squeezed = everything
    .replaceAll(/^ +/gm, '')
    .replaceAll(/ +#/g, ' #')
    .replaceAll(/ *([;,{}=]) */g, '$1')
  expect(squeezed).not.toBe(everything)
  expect(placeless(parseLitmus(formatLitmus(squeezed), 'test'))).toEqual(placeless(parseLitmus(everything, 'test')))
  expect(formatLitmus(formatLitmus(squeezed))).toBe(formatLitmus(squeezed))
})

const layouts: readonly (readonly [title: string, text: string, formatted: string])[] = [
  [
    'spaces',
    'cpu  C0{r0=( r1+1 )*2 ;st [ r0 ]=& buf [ 0 .. 1 ];own -> dev buf TO_DEVICE; clk + M}',
    'cpu C0 { r0 = (r1 + 1) * 2 ; st [r0] = &buf[0..1] ; own->dev buf TO_DEVICE ; clk+ M }',
  ],
  [
    'prefixes and suffixes',
    'cpu C0 { st . nc @ buf = ! r0; clean buf @ L2; mmio . w D . GO = f ( a , b ) }'.replace('f ( a , b )', '1'),
    'cpu C0 { st.nc @buf = !r0 ; clean buf@L2 ; mmio.w D.GO = 1 }',
  ],
  ['calls', 'cpu C0 { h=dma_map_single ( D ,buf , TO_DEVICE ) }', 'cpu C0 { h = dma_map_single(D, buf, TO_DEVICE) }'],
  [
    'names with dashes',
    'platform { backend D linear-coherent; size l1-ways 2; iommu M for D with walk - cache,fault cache }',
    'platform { backend D linear-coherent ; size l1-ways 2 ; iommu M for D with walk-cache, fault cache }',
  ],
  [
    'a block that ends on another line is spread',
    'cpu C0 { nop\nif r0 { dsb }; dmb }',
    'cpu C0 {\n  nop\n  if r0 { dsb } ; dmb\n}',
  ],
  [
    'an else stays with its brace',
    'cpu C0 {\nif r0 {\nnop\n}\nelse if r1 { dsb }\nelse {\n}\n}',
    'cpu C0 {\n  if r0 {\n    nop\n  } else if r1 { dsb } else {\n  }\n}',
  ],
  [
    'one blank line at most, and none inside of braces',
    'cpu C0 {\n\n\n nop\n\n\n\n nop\n\n}\n\n\n\ncpu C1 { nop }',
    'cpu C0 {\n  nop\n\n  nop\n}\n\ncpu C1 { nop }',
  ],
  ['semicolons at ends go away', 'cpu C0 {\n; nop ;\n;; nop ;; nop;\n}', 'cpu C0 {\n  nop\n  nop ; nop\n}'],
  ['items have lines of their own', 'class A; note "x"; cpu C0 { nop }', 'class A\nnote "x"\ncpu C0 { nop }'],
  [
    'comments stay where they are',
    '# one\ncpu C0 { # two\n# three\nnop # four\ndsb; dmb # five\n}# six\n# seven',
    '# one\ncpu C0 {  # two\n  # three\n  nop        # four\n  dsb ; dmb  # five\n}  # six\n# seven',
  ],
  [
    'lists that go on, go on',
    'class A,\nB,\n# and\nC\ncpu C0 { r0 = 1 +\n2\n}',
    'class A,\n    B,\n    # and\n    C\ncpu C0 {\n  r0 = 1 +\n      2\n}',
  ],
  ['a record', 'memory {\na:{ x,y }=0\nb:2 x{x}nc\n}', 'memory {\n  a: { x, y } = 0\n  b: 2 x { x } nc\n}'],
]

describe('layout', () => {
  const head = 'litmus a\n"q"\n'
  test.each(layouts)('%s', (_title, text, formatted) => {
    expect(formatLitmus(head + text)).toBe(`${head}${formatted}\n`)
    expect(formatLitmus(`${head}${formatted}\n`)).toBe(`${head}${formatted}\n`)
  })

  test('the question has a line of its own', () => {
    expect(formatLitmus('\n\n# c\n\nlitmus a "q"; class B')).toBe('# c\n\nlitmus a\n"q"\nclass B\n')
  })

  test('line ends of Windows and a byte order mark go away', () => {
    expect(formatLitmus('\uFEFFlitmus a\r\n"q"\r\nclass B\r\n')).toBe('litmus a\n"q"\nclass B\n')
  })
})

test('what does not parse is an error with its place; names are not checked', () => {
  expect(() => formatLitmus('litmus a\n"q"\ncpu C0 { st 1 }', 'a.litmus')).toThrow(/^a.litmus:3:13: expected/)
  expect(() => formatLitmus('')).toThrow(LitmusError)
  expect(formatLitmus('litmus a\n"q"\ncpu C0 { st nowhere=r9 }')).toBe('litmus a\n"q"\ncpu C0 { st nowhere = r9 }\n')
})
