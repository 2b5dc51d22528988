/** Unit | remarks on tests that are allowed and hardly meant. */

import { expect, test } from 'vitest'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { remarksOn } from '../../../src/litmus/remarks.ts'

const text = (head: string, platform: string, more: string): string =>
  `${head}\nplatform {\n${platform}\n}\nmemory { buf: 1 word }\ncpu C0 {\nst buf = 1\n${more}\nbell D\n}\n` +
  'device D {\nwait BELL == 1\nr0 = 0\nrd r = [r0]\n}\n'

const asked = 'litmus a-test\n"This asks whether anything is said."'
const unit = 'sysmmu M for D version 3.3'

test.each([
  ['nothing', text(asked, unit, 'own->dev buf TO_DEVICE'), []],
  ['a name', text('litmus A_test\n"This asks whether."', unit, 'queued buf'), [/A_test is not in kebab-case/]],
  ['a question', text('litmus a\n"Does it?"', unit, 'done buf'), [/begins with "This asks whether …"/]],
  ['no hand-over', text(asked, unit, 'nop'), [/nothing is handed over/]],
  [
    'power',
    text(asked, `feature powerDomain\n${unit}`, 'done buf'),
    [/powerDomain changes nothing for M: say "supply M power"/],
  ],
  ['supplied', text(asked, `feature powerDomain\n${unit}\nsupply M power on`, 'done buf'), []],
])('%s', (_what, from, expected) => {
  expect(remarksOn(parseLitmus(from, 'a test'))).toEqual(expected.map((pattern) => expect.stringMatching(pattern)))
})

const tables = (program: string): string =>
  `${asked}\nplatform {\niommu M for D\n}\nmemory {\np: 1 page\nbuf: 1 word\ntable T, U\nio v\n}\ncpu C0 {\nown->dev buf TO_DEVICE\n${program}\n}\ndevice D { nop }\n`

test.each([
  ['a table that is written and linked', 'st T[0] = page p\npd v = T', []],
  [
    'one that nothing leads to',
    'st U[0] = page p\npd v = T',
    [/nothing leads to table U: link it with "map <v> -> U"/],
  ],
  [
    'an entry of the table that was there first, after another one was linked',
    'pd v = T\npte v = p',
    [/^pte v \(line 15\) is an entry of the table that was there first, .* st T\[<n>\] = page <p>$/],
  ],
  ['the same before it', 'pte v = p\npd v = T', []],
])('%s', (_what, program, expected) => {
  expect(remarksOn(parseLitmus(tables(program), 'a test'))).toEqual(
    expected.map((pattern) => expect.stringMatching(pattern)),
  )
})
