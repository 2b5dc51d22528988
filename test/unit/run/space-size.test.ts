/** Unit | what a search that met a bound says of the size of its space. */

import { expect, test } from 'vitest'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { check } from '../../../src/run/check.ts'
import { subjectOfLitmus } from '../../../src/run/litmus-subject.ts'

const text = (platform: string): string => `litmus a "q"
platform { ${platform} }
memory { buf: 4 lines ; flag: 1 word at line }
cpu C0 { st buf = 1 ; clean buf ; bell D ; poll D.DONE == 1 ; inv buf ; ld r0 = buf }
cpu C1 { st flag = 1 ; ld r0 = flag }
device D { registers DONE ; wait BELL == 1 ; rd r = buf ; wr buf = 2 ; fence ; DONE = 1 }
never C0.r0 == 7`

const notesOf = (platform: string, statesMax: number): readonly string[] => {
  const { notes, isExhaustive } = check(subjectOfLitmus(parseLitmus(text(platform), 'a'), { variant: 'main' }), {
    statesMax,
  })
  return isExhaustive ? [] : notes
}

test('names the largest parts, the memory that changes most, and what may be left out', () => {
  const notes = notesOf('', 3_000)
  expect(notes).toEqual([
    expect.stringMatching(/^the parts with most states: [a-z0-9>.]+ \(\d+\), /),
    expect.stringMatching(/^the memory with most contents, in caches and beneath: buf \(\d+\)$/),
    expect.stringMatching(
      /^if caches play no part: `feature walkerCoherent, no speculation, no eviction, no l2` and `coherent <D>`/,
    ),
  ])
})

test('gives no advice about what is off already', () => {
  const notes = notesOf('feature no speculation, no eviction, no l2', 100)
  expect(notes.some((note) => note.includes('caches play no part'))).toBe(false)
})

test('says nothing of a small search that came to its end', () => {
  const small = 'litmus a "q"\nmemory { x: 1 word }\ncpu C0 { st x = 1 }\nnever C0 x == 2'
  expect(check(subjectOfLitmus(parseLitmus(small, 'a'), { variant: 'main' })).notes).toEqual([])
})
