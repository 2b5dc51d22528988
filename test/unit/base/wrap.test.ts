/** Unit | text in lines: how it breaks, what is never broken. */

import { describe, expect, test } from 'vitest'
import { hanging, wrap } from '../../../src/base/wrap.ts'

describe('wrap', () => {
  test('breaks between words, and never inside one', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
    expect(wrap('a-token-of-many-letters is kept', 10)).toEqual(['a-token-of-many-letters', 'is kept'])
  })

  test('the first line can have room of its own', () => {
    expect(wrap('one two three four', 9, 4)).toEqual(['one', 'two three', 'four'])
  })

  test('several spaces stay inside of a line, and none begins one', () => {
    expect(wrap('a  b  c', 4)).toEqual(['a  b', 'c'])
  })
})

describe('hanging', () => {
  test('what goes on below is indented', () => {
    expect(hanging('  note: ', 'as many words as there are in here, and then some', 30)).toEqual([
      '  note: as many words as there',
      '        are in here, and then',
      '        some',
    ])
    expect(hanging('  ', 'one two three four five six', 20, 4)).toEqual(['  one two three four', '    five six'])
  })

  test('however deep it is, some columns are left', () => {
    expect(hanging(' '.repeat(30), 'one two three four five', 24)[0]?.trim()).toBe('one two three four')
  })
})
