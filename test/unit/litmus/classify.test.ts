/** Unit | what each piece of a litmus text is, for highlighting. */

import { expect, test } from 'vitest'
import { classifyLitmus } from '../../../src/litmus/classify.ts'
import { everything } from '../../support/litmus-texts.ts'

const pieces = (text: string) =>
  classifyLitmus(text).map(({ offset, length, kind }) => `${text.slice(offset, offset + length)} ${kind}`)

test('each kind', () => {
  expect(pieces('cpu C0 { st.nc buf = 0x1 + !r0; h = dma_map(D) # why\n} else "t"')).toEqual([
    'cpu keyword',
    'C0 name',
    '{ mark',
    'st keyword',
    '. mark',
    'nc word',
    'buf name',
    '= mark',
    '0x1 number',
    '+ operator',
    '! operator',
    'r0 name',
    '; mark',
    'h name',
    '= mark',
    'dma_map call',
    '( mark',
    'D name',
    ') mark',
    '# why comment',
    '} mark',
    'else keyword',
    '"t" text',
  ])
})

test('what is wrong is invalid, and everything else is classified all the same', () => {
  expect(pieces('st $? 7x "a')).toEqual(['st keyword', '$? invalid', '7x invalid', '"a invalid'])
  expect(pieces('nop ~')).toEqual(['nop keyword', '~ invalid'])
  expect(classifyLitmus('')).toEqual([])
  expect(classifyLitmus('\0')).toEqual([])
})

test('pieces are in order, do not overlap, and leave only spaces out', () => {
  let end = 0
  for (const { offset, length } of classifyLitmus(everything)) {
    expect(everything.slice(end, offset)).toMatch(/^\s*$/)
    end = offset + length
  }
  expect(everything.slice(end)).toMatch(/^\s*$/)
})
