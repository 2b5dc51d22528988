/** Unit | the grammar itself, which no start checks: no rule begins with itself, no two ways of a choice begin alike. */

import { expect, test } from 'vitest'
import { LitmusParser } from '../../../src/litmus/grammar.ts'

test('the grammar has no mistakes', () => {
  expect(() => new LitmusParser('check')).not.toThrow()
})
