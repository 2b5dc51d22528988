/** Test | the power controller's compiled chart against XState. */

import { describe, expect, test } from 'vitest'
import { definePower } from '../../machines/power/machine.ts'
import { powerConfigs, powerMessage } from '../generators/power.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

describe(`power, seed ${seed}`, () => {
  for (const config of powerConfigs) {
    const { clockGating, powerDomain, clockDrives, initial } = config
    const name = `clock gating ${clockGating}, drives ${clockDrives}, power domain ${powerDomain}`
    test(`${name}, at first clock ${initial.clock}, power ${initial.power}`, () => {
      const coverage = compareMachine({
        definition: definePower(config),
        generate: powerMessage,
        messages: 20_000,
        seed,
      })
      if (!clockGating) return
      expect(coverage.transitionsNeverTaken).toEqual([])
      expect(coverage.guardsOneSided).toEqual([])
    })
  }
})
