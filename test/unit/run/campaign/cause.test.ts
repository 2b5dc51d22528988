/** Unit | root causes: reports that differ in numbers only are one, names with numbers stay apart. */

import { expect, test } from 'vitest'
import { causeOf } from '../../../../src/run/campaign/cause.ts'

test('addresses, values, steps and counts go; names stay', () => {
  const said =
    'cpu0 loaded 0x4010_0040 = 0x0000_00ab at step 1,234, expected 0x7 (fimc0 wrote 0x7 at step 17; it is in l1d1); 12 words'
  expect(causeOf(said)).toBe(
    'cpu0 loaded … = … at step …, expected … (fimc0 wrote … at step …; it is in l1d1); … words',
  )
})

test('two reports with one cause, and one with another', () => {
  const early = 'fimc0 read 0x10 = 0x0 at step 9, expected 0x1 (it is in l2)'
  const late = 'fimc0 read 0x24 = 0x8 at step 10, expected 0x2 (it is in l2)'
  const other = 'fimc0 read 0x24 = 0x8 at step 10, expected 0x2 (it is in memory)'
  expect(causeOf(early)).toBe(causeOf(late))
  expect(causeOf(other)).not.toBe(causeOf(late))
})
