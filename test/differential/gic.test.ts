/** Test | the interrupt controller's compiled chart against XState, with one core and with two. */

import { describe, expect, test } from 'vitest'
import { defineGic } from '../../machines/gic/machine.ts'
import { gicConfigs, gicMessages } from '../generators/gic.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

describe(`gic, seed ${seed}`, () => {
  for (const [name, config] of Object.entries(gicConfigs)) {
    test(name, () => {
      const coverage = compareMachine({
        definition: defineGic(config),
        generate: gicMessages(config),
        messages: 55_000,
        seed,
      })
      expect(coverage.transitionsNeverTaken).toEqual([])
      expect(coverage.guardsOneSided).toEqual([])
    })
  }
})
