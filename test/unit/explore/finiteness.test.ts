/** Unit | the guard against growing counters: names the field, and lets large finite systems pass. */

import { describe, expect, test } from 'vitest'
import { Bytes } from '../../../src/base/bytes.ts'
import { checkFinite, fieldValuesMax } from '../../../src/explore/finiteness.ts'

describe('the finiteness guard', () => {
  test('names the field that never stops growing', () => {
    const values = Array.from({ length: fieldValuesMax + 1 }, (_, n) => ({ context: { inner: { n, flag: n % 2 } } }))
    expect(() => checkFinite('cpu0', values)).toThrow(
      'the field context.inner.n of cpu0 takes more than 10000 values (10000 is one)',
    )
  })

  test('lets many combinations of few values pass', () => {
    const values = Array.from({ length: 40_000 }, (_, n) => ({ a: n % 200, b: [Math.floor(n / 200)], c: new Bytes(4) }))
    expect(() => checkFinite('l2', values)).not.toThrow()
  })
})
