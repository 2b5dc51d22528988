/** Unit | the table of many litmus tests: cases below their test, lines that fit, and what stands out. */

import { expect, test } from 'vitest'
import { table } from '../../../src/cli/check-litmus.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { casesOf, checkCase } from '../../../src/run/litmus-check.ts'

const outcomesOf = (text: string) => casesOf(parseLitmus(text, 'text')).map((one) => checkCase(one))

const wrong = outcomesOf(`litmus wrong "This asks whether a store is there."
variants a, b
memory { x: 1 word }
cpu C0 { st x = 1 ; variant b { dsb } ; ld r0 = x }
never C0.r0 == 1
expect a: violated only never
expect b without speculation, eviction, l2StoreBuffer: holds`)
const right = outcomesOf(`litmus right "This asks whether nothing is wrong." ; cpu C0 { nop } ; expect: holds`)
const again = outcomesOf(`litmus right "This asks whether two tests of one name are two." ; cpu C0 { nop }`)

test('each test has its name once, with its cases below it', () => {
  const lines = table([...wrong, ...right, ...again], { width: 140 }).split('\n')
  expect(lines.filter((line) => /^\S/.test(line))).toEqual([
    'wrong',
    'right',
    'right',
    expect.stringMatching(/^3 tests, 4 cases: 2 as expected, 1 NOT as expected, 1 nothing expected; /),
  ])
  expect(lines[1]).toMatch(/^ {2}a +as expected {7}violated: never in \d+ \(exhaustive, \d+ states\), \d+\.\d\d s$/)
  expect(lines[2]).toMatch(/^ {2}b -speculation -eviction -l2StoreBuffer {2}NOT as expected {3}violated: never in/)
  expect(lines.some((line) => /^ {2}main +nothing expected {2}holds \(exhaustive, \d+ states?\)/.test(line))).toBe(true)
})

test('lines fit, and what is not as expected stands out', () => {
  const text = table([...wrong, ...right], { width: 90, paint: (tone, word) => (tone === 'bad' ? `<${word}>` : word) })
  expect(text).toContain('<NOT as expected>')
  const lines = text.replace(/[<>]/g, '').split('\n')
  expect(lines.filter((line) => line.length > 90)).toEqual([])
})
