/** Litmus | writes of one value are different writes: what still waits is not what has arrived, however equal. */

import { describe, expect, test } from 'vitest'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { caseName, casesOf, checkCase } from '../../src/run/litmus-check.ts'

const head = (name: string): string =>
  `litmus ${name}\n"This asks what equal values hide."\nsource "dmarace"\nclass O\n`

/** What each case violates. */
function violated(name: string, body: string): Record<string, string[]> {
  const found = casesOf(parseLitmus(head(name) + body, name)).map((one) => {
    const { verdict } = checkCase(one, { statesMax: 100_000 })
    expect(verdict.isExhaustive).toBe(true)
    return [caseName(one), verdict.violations.map(({ property }) => property)] as const
  })
  return Object.fromEntries(found)
}

describe('nothing is lost when a value is written again', () => {
  test('a store that waits in the core is not the older write-back that lands', () => {
    const body = `
variants packet9, packet8
memory {
  o: 1 line
  b: 1 line = 7
}
cpu C0 {
  st o[0] = 9
  ld r0 = b[0] ; st o[0] = r0
  inv b
  own->dev b FROM_DEVICE
  bell D
  poll D.DONE == 1
  done b
  inv b
  own->cpu b FROM_DEVICE
  ld r0 = b[0] ; st o[0] = r0
}
device D {
  registers DONE
  wait BELL == 1
  variant packet9 { wr b[0] = 9 }
  variant packet8 { wr b[0] = 8 }
  fence
  DONE = 1
}
`
    expect(violated('copies', body)).toEqual({ 'copies/packet9': [], 'copies/packet8': [] })
  })

  test.each([2, 4])('the last of three stores is not the first that lands, %i entries before memory', (entries) => {
    const body = `
platform { size l2-buffer ${entries} }
memory { p: 1 word = 1 }
cpu C0 {
  st.nc p = 7
  st.nc p = 9
  st.nc p = 7
  dsb
}
`
    expect(violated('stores', body)).toEqual({ stores: [] })
  })
})
