/** Unit | definitions made before: the same configuration, whatever its key order, gives the same one; few are kept. */

import { expect, test } from 'vitest'
import { defined } from '../../../machines/definitions.ts'
import { defaultDramConfig, defineDram } from '../../../machines/dram/machine.ts'
import { defaultGicConfig, defineGic } from '../../../machines/gic/machine.ts'

test('one configuration, one definition', () => {
  const first = defined(defineDram, defaultDramConfig)
  expect(defined(defineDram, Object.fromEntries(Object.entries(defaultDramConfig).reverse()) as never)).toBe(first)
  expect(defined(defineDram, { ...defaultDramConfig, id: 'other' })).not.toBe(first)
  expect(defined(defineGic, defaultGicConfig)).not.toBe(first)
})

test('what was used long ago is made again', () => {
  const first = defined(defineDram, defaultDramConfig)
  for (let i = 0; i < 40; i++) defined(defineDram, { ...defaultDramConfig, id: `dram${i}` })
  const again = defined(defineDram, defaultDramConfig)
  expect(again).not.toBe(first)
  expect(again.states).toEqual(first.states)
})
