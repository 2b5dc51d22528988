/** Test | the memory's compiled chart against XState, with one row and with many. */

import { describe, expect, test } from 'vitest'
import { defineDram } from '../../machines/dram/machine.ts'
import { dramConfigs, dramMessages } from '../generators/dram.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

// A single row is always the open one.
const singleRow = {
  taken: ['active: read.req [exists]', 'active: write.req [exists]'],
  guards: ['active: read.req [exists] never true', 'active: write.req [exists] never true'],
}

describe(`dram, seed ${seed}`, () => {
  for (const [name, config] of Object.entries(dramConfigs)) {
    test(name, () => {
      const coverage = compareMachine({
        definition: defineDram(config),
        generate: dramMessages(config),
        messages: 60_000,
        seed,
        contextEvery: name === 'board' ? 3000 : 100,
      })
      expect(coverage.transitionsNeverTaken).toEqual(config.rows ? [] : singleRow.taken)
      expect(coverage.guardsOneSided).toEqual(config.rows ? [] : singleRow.guards)
    })
  }
})
