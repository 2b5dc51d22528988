/** Litmus | cache maintenance without a level does what its name says, whatever fills and evicts lines meanwhile. */

import { describe, expect, test } from 'vitest'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { casesOf, checkCase } from '../../src/run/litmus-check.ts'

/** A line that the CPU wrote is received into; `before` and `after` the transfer it is maintained. */
const receive = (before: string, after: string): string => `litmus receive
"This asks whether what is received is what the CPU sees."
platform { size line 1 }
memory { buf: 1 line }
cpu C0 {
  st buf = 1
  own->dev buf FROM_DEVICE
  ${before}
  bell D
  mmio.r r0 = D.STATUS
  if r0 == 1 { own->cpu buf FROM_DEVICE ; ${after} ; ld r1 = buf }
}
device D {
  registers STATUS
  wait BELL == 1
  wr buf = 2
  fence
  STATUS = 1
}
never C0.r0 == 1 && C0.r1 != 2
`

/** Names of what is violated. */
function violated(text: string): string[] {
  return casesOf(parseLitmus(text, 'receive')).flatMap((one) => {
    const { verdict } = checkCase(one, {})
    return verdict.violations.map(({ property }) => property)
  })
}

describe('a receive buffer that the CPU wrote', () => {
  // With the outer cache first, the dirty line goes there when the inner cache evicts it, and over the data later.
  test.each(['inv buf', 'flush buf'])('%s before the transfer leaves no dirty line anywhere', (before) => {
    expect(violated(receive(before, 'inv buf'))).toEqual([])
  })
  // With the outer cache last, the inner one may be filled with what that still has.
  test.each(['inv buf', 'flush buf'])('%s after the transfer leaves no stale line anywhere', (after) => {
    expect(violated(receive('inv buf', after))).toEqual([])
  })
  test('one level alone is the bare operation', () => {
    expect(violated(receive('flush buf@L1', 'inv buf'))).toContain('no-lost-write')
    expect(violated(receive('flush buf', 'inv buf@L1 ; inv buf@L2'))).toContain('fresh-load')
  })
})
