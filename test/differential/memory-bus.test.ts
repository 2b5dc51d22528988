/** Test | the memory bus's compiled chart against XState: platforms of both geometries, and a narrow one. */

import { describe, expect, test } from 'vitest'
import { defineMemoryBus } from '../../machines/memory-bus/machine.ts'
import { memoryBusConfigs, memoryBusMessages } from '../generators/memory-bus.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

describe(`memory bus, seed ${seed}`, () => {
  for (const [name, config] of Object.entries(memoryBusConfigs)) {
    test(name, () => {
      const coverage = compareMachine({
        definition: defineMemoryBus(config),
        generate: memoryBusMessages(config),
        messages: 40_000,
        seed,
      })
      expect(coverage.transitionsNeverTaken).toEqual([])
      expect(coverage.guardsOneSided).toEqual([])
    })
  }
})
