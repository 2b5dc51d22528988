/** Unit | tests that were made and not written, as text. */

import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import type { BinaryOp, Expression } from '../../../src/litmus/form.ts'
import { formatLitmus } from '../../../src/litmus/format.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { printLitmus } from '../../../src/litmus/print.ts'
import { printExpression, printText } from '../../../src/litmus/print-values.ts'
import { emptyTest, everything, placeless } from '../../support/litmus-texts.ts'

test('a form is printed in canonical layout and parses to itself', () => {
  const form = placeless(parseLitmus(everything, 'test'))
  const text = printLitmus(form)
  expect(placeless(parseLitmus(text, 'printed'))).toEqual(form)
  expect(formatLitmus(text)).toBe(text)
})

test('a small one in full', () => {
  const text = `litmus small
"This asks whether it is short."
note "a \\"note\\""
variants a, b

platform {
  feature no l2, tlbPrefetch
  size line 4
  sysmmu M for D version 3.3 off
}

memory {
  buf: 2 x 1 line { x, y } at page + 1 nc = 1, 2
  io v0
}

cpu C0 {
  if r0 == 1 {
    nop
  } else if r0 == 2 { } else {
    r0 = 1
  }
  variant a {
    dsb
  }
}

device D {
  registers GO, STATUS = 3
  on GO {
    lower
  }
  wait BELL != 0
}

never a: C0.r0 == 5

expect a with tlbPrefetch, l2 without eviction: violated only never
expect b: holds
`
  const form = parseLitmus(text.replace('feature no l2, tlbPrefetch\n', '\n'), 'small')
  expect(printLitmus(form)).toBe(text.replace('  feature no l2, tlbPrefetch\n', ''))
})

test('what no text can hold is an error', () => {
  expect(() => printLitmus({ ...emptyTest, name: 'two words' })).toThrow(UsageError)
  expect(() => printLitmus({ ...emptyTest, question: 'bell: \u0007' })).toThrow(/^this test cannot be written as text/)
})

describe('expressions', () => {
  const name = (text: string): Expression => ({ expr: 'name', name: text })
  const of = (op: BinaryOp, left: Expression, right: Expression): Expression => ({ expr: 'binary', op, left, right })
  const [a, b, c] = [name('a'), name('b'), name('c')] as const
  test.each([
    [of('-', of('-', a, b), c), 'a - b - c'],
    [of('-', a, of('-', b, c)), 'a - (b - c)'],
    [of('*', of('+', a, b), c), '(a + b) * c'],
    [of('+', a, of('*', b, c)), 'a + b * c'],
    [of('!=', of('&', a, b), c), 'a & b != c'],
    [of('&', a, of('!=', b, c)), 'a & (b != c)'],
    [{ expr: 'not', value: of('||', a, b) } as Expression, '!(a || b)'],
    [of('==', { expr: 'not', value: { expr: 'not', value: a } }, b), '!!a == b'],
  ])('%#', (value, text) => {
    expect(printExpression(value)).toBe(text)
  })
})

test('texts are quoted', () => {
  expect(printText('a "b" \\ \n\t')).toBe('"a \\"b\\" \\\\ \\n\\t"')
})
