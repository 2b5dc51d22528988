/** Test | the compiled chart of a device's translation cache against XState. */

import { describe, expect, test } from 'vitest'
import { defineAtc } from '../../machines/atc/machine.ts'
import { atcConfigs, atcMessages } from '../generators/atc.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

describe(`atc, seed ${seed}`, () => {
  for (const config of atcConfigs) {
    const { pageBytes, translates, features } = config
    test(`pages of ${pageBytes} bytes, ${translates ? 'everything' : 'no questions, no evictions declared'}`, () => {
      const coverage = compareMachine({
        definition: defineAtc(config),
        generate: atcMessages(config),
        messages: 20_000,
        seed,
      })
      // A declared choice happens only where it is possible.
      const isDeclared = features.deviceTlbEviction
      expect(coverage.transitionsNeverTaken).toEqual(isDeclared ? ['(root): tlb.drop ignored'] : [])
      expect(coverage.guardsOneSided).toEqual(isDeclared ? ['(root): tlb.drop [dropPossible] never false'] : [])
    })
  }
})
