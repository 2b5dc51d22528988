/** Unit | wrong litmus texts: what is said, and where. */

import { describe, expect, test } from 'vitest'
import { LitmusError } from '../../../src/litmus/errors.ts'
import { operatorsMax } from '../../../src/litmus/grammar-expressions.ts'
import { nestingMax, textLengthMax } from '../../../src/litmus/layout.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { aroundStatement, statementPlace } from '../../support/litmus-texts.ts'

/** Longest that anything wrong may take, in ms; the machine may be busy. */
const timeMax = 1000

function errorOf(text: string): LitmusError {
  try {
    parseLitmus(text, 'a.litmus')
  } catch (error) {
    if (error instanceof LitmusError) return error
    throw error
  }
  throw new Error(`this is no error: ${text.slice(0, 200)}`)
}

const told = (text: string) => errorOf(text).problems.map(({ message, at }) => `${at?.line}:${at?.column} ${message}`)

test('says file, line and column, the line with a caret, what was expected, what was found, and the syntax', () => {
  expect(errorOf(aroundStatement('st buf 1')).message).toBe(
    [
      'a.litmus:12:10: expected "="; found "1". Syntax: st[.nc|.so] <place> = <value>',
      '    st buf 1',
      '           ^',
    ].join('\n'),
  )
})

describe('what was expected', () => {
  const { line, column } = statementPlace
  const at = (offset: number) => `${line}:${column + offset}`
  test.each([
    ['stt buf = 1', 0, /^unknown statement "stt". Did you mean st\? Known: st, ld, /],
    ['x', 0, /^unknown statement "x"/],
    ['st buf =', 8, /^expected a value: a number, a name, or an expression; found the end of the line/],
    ['st = = 3', 5, /^expected a value/],
    ['ld buf[0]', 6, /^expected "="; found "\[". Syntax: ld/],
    ['r0 = r1 r2', 8, /^expected the end of the statement: a new line or ";"; found "r2"/],
    ['clean', 5, /^expected "@", "\[" or a name; found the end of the line. Syntax: clean\|inv/],
    ['clean buf@L3', 10, /^unknown cache level "L3". Did you mean L1 or L2\?/],
    ['own->dev buf FROMDEVICE', 13, /^unknown direction "FROMDEVICE". Did you mean FROM_DEVICE/],
    ['own dev buf TO_DEVICE', 4, /^expected "->"; found "dev"/],
    ['tlbi', 0, /^what is invalidated\?/],
    ['if r0 = 1 { nop }', 6, /^expected "{"; found "="/],
    ['poll D.STATUS', 13, /^expected "until" or an operator; found the end of the line/],
    ['mmio.x D.GO = 1', 5, /^expected "r" or "w"; found "x". Syntax: mmio.w/],
    ['st.xx buf = 1', 3, /^expected "cacheable", "nc" or "so"; found "xx"/],
    ['r0 = 0x1ffffffff', 5, /^0x1ffffffff does not fit in a word/],
    ['r0 = 7x', 5, /found "7x"/],
    ['assert r0 "a\\q"', 10, /^\\q means nothing in a text/],
    ['assert r0 "a', 10, /^this text needs a closing double quote/],
    ['assert r0 "a\tb"', 10, /^this text has a tab in it/],
    ['nop $ nop', 4, /^"\$" means nothing here/],
    ['st buf[1 = 2', 6, /^"\[" is not closed before the "}" of 13:1/],
    ['a, b = 3', 3, /^only a call has several results/],
    ['alloc p0 for kernl', 13, /^unknown owner "kernl". Did you mean kernel\?/],
    ['pte v0 = 1 nc', 9, /^only the entry of a page has attributes/],
    ['else { nop }', 0, /^unknown statement "else"/],
    ['for i { nop }', 0, /^unknown statement "for": here it is written repeat/],
    ['write buf = 1', 0, /^unknown statement "write": here it is written st/],
    ['strex buf = 1', 10, /^expected ","; found "="/],
  ] as const)('%s', (text, offset, message) => {
    const [first] = errorOf(aroundStatement(text)).problems
    expect(`${first?.at?.line}:${first?.at?.column}`).toBe(at(offset))
    expect(first?.message).toMatch(message)
  })

  test.each([
    ['foo', '1:1', /^expected "litmus"; found "foo"/],
    ['litmus a', '1:9', /^expected a text in double quotes; found the end of the file/],
    ['litmus a - b\n"q"', '1:10', /^a name has no spaces in it/],
    ['litmus a\n"q"\nparm x = 1', '3:1', /^unknown item of a test "parm". Did you mean param\?/],
    ['litmus a\n"q"\nplatform { featur x }', '3:12', /^unknown part of a platform "featur". Did you mean feature\?/],
    [
      'litmus a\n"q"\nplatform { iommu M for D with queu }',
      '3:31',
      /^unknown option of an iommu "queu". Did you mean queue\?/,
    ],
    ['litmus a\n"q"\nmemory { buf 2 lines }', '3:14', /^expected ":"; found "2"/],
    ['litmus a\n"q"\nmemory { buf: lines }', '3:15', /^expected a size as `2 lines`/],
    ['litmus a\n"q"\nmemory { buf: 2 lins }', '3:17', /^expected "line", "lines", .*; found "lins"/],
    ['litmus a\n"q"\ncpu C0 {', '3:8', /^"{" is never closed/],
    ['litmus a\n"q"\ncpu C0 { nop } }', '3:16', /^"}" closes nothing/],
    ['litmus a\n"q"\nexpect: violated only', '3:18', /^only what is violated\?/],
    ['litmus a\n"q"\nsource "x"\nsource "y"\ncpu C0 { nop }', '4:1', /^a test has one source; the first is at 3:1/],
  ])('%s', (text, place, message) => {
    const [first] = errorOf(text).problems
    expect(`${first?.at?.line}:${first?.at?.column}`).toBe(place)
    expect(first?.message).toMatch(message)
  })
})

test('each statement that is wrong is told, and nothing besides', () => {
  const text = aroundStatement('st buf 1; clean; nop; if x y { st z 1 }; ld r = ; nop')
  expect(told(text).map((each) => each.replace(/;.*/, ''))).toEqual([
    '12:10 expected "="',
    '12:18 expected "@", "[" or a name',
    '12:30 expected "{"',
    '12:51 expected "@", "[" or a name',
  ])
})

test('an unknown name does not hide another', () => {
  expect(told(aroundStatement('st bufg = r9; ld r0 = [r8]'))).toEqual([
    expect.stringMatching(/^12:6 unknown place "bufg". Did you mean buf\?/),
    expect.stringMatching(/^12:13 unknown register of C0 "r9"/),
    expect.stringMatching(/^12:25 unknown register of C0 "r8"/),
  ])
})

test('a long list of problems is cut short', () => {
  const error = errorOf(aroundStatement('st zz = 1;'.repeat(30)))
  expect(error.problems.length).toBe(30)
  expect(error.message).toMatch(/and 10 more$/)
})

test('of a long line, the part around the caret is shown', () => {
  const { message } = errorOf(aroundStatement(`${'nop; '.repeat(100)}st zz = 1; ${'nop; '.repeat(100)}`))
  const [, line = '', caret = ''] = message.split('\n')
  expect(line.length).toBeLessThan(110)
  expect(line.slice(caret.length - 1)).toMatch(/^zz = 1/)
})

test('tabs keep the caret under its column', () => {
  const { message } = errorOf(aroundStatement('\t\tst zz = 1'))
  const [, line = '', caret = ''] = message.split('\n')
  expect(caret.replace(/[^\t]/g, '')).toBe(line.slice(0, caret.length - 1).replace(/[^\t]/g, ''))
})

describe('texts that are none', () => {
  const deep = (open: string, count: number) => aroundStatement(`r1 = ${open.repeat(count)}`)
  test.each([
    ['an empty file', '', /^a.litmus: the file is empty; a litmus test begins with: litmus <name>/],
    ['blank lines', '\n \t\n', /the file is empty/],
    ['zeros', '\0\0\0', /^a.litmus:1:1: this is not a text file in UTF-8/],
    ['no UTF-8', 'litmus a\n"\uFFFD"', /2:2: this is not a text file/],
    ['half a character', 'litmus \uD800', /1:8: this is not a text file/],
    [
      '10 MB',
      'x '.repeat(5 << 20),
      new RegExp(`has ${10 << 20} characters; a litmus test has at most ${textLengthMax}`),
    ],
    ['10,000 parentheses', deep('(', 10_000), new RegExp(`nested deeper than ${nestingMax}`)],
    ['10,000 blocks', deep('0; if r0 {', 10_000), /nested deeper/],
    [
      '10,000 operators',
      aroundStatement(`r1 = ${'1 + '.repeat(10_000)}1`),
      new RegExp(`at most ${operatorsMax} operators`),
    ],
    ['10,000 negations', `${deep('!', 10_000)}1`, /operators|expected/],
    ['6,000 arms', aroundStatement(`if r0 { nop }${' else if r0 { nop }'.repeat(6_000)}`), /at most 64 arms/],
    ['as much as there can be of names', 'litmus a\n"q"\n'.concat('zz '.repeat(40_000)), /unknown item/],
    ['as much as there can be of one name', `litmus ${'z'.repeat(130_000)}`, /expected a text/],
    ['as much as there can be of quotes', '"'.repeat(130_000), /expected|closing/],
    ['as much as there can be of wrong characters', '$ '.repeat(65_000), /means nothing/],
    ['25,000 statements that are wrong', aroundStatement('st 1;'.repeat(25_000)), /expected/],
  ])('%s', (_name, text, message) => {
    // The grammar is analysed once, before the first text.
    parseLitmus(aroundStatement('nop'), 'warm')
    const start = performance.now()
    expect(errorOf(text).message).toMatch(message)
    expect(performance.now() - start).toBeLessThan(timeMax)
  })
})

test('a variant that stands as a statement, and words of other languages, are told how they are written here', () => {
  const early = told(
    'litmus a "q"\nvariants early, late\nmemory { x: 1 word }\ncpu C0 {\nearly { st x = 1 }\nlate: nop\n}',
  )
  expect(early).toEqual([
    '5:1 unknown statement "early": what is only in this variant is written variant early { … }',
    '6:1 unknown statement "late": what is only in this variant is written variant late { … }',
  ])
  const others = told('litmus a "q"\nP0 { nop }\nexists (C0.r0 == 1)\nforbidden: x')
  expect(others).toEqual([
    '2:1 unknown item of a test "P0": here it is written cpu P0 { … }',
    '3:1 unknown item of a test "exists": here it is written sometimes <condition>, or never <condition> for what must not come out',
    '4:1 unknown item of a test "forbidden": here it is written never <condition>',
  ])
})
