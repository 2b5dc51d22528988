/** Test | the programmed device's compiled chart against XState. */

import { describe, expect, test } from 'vitest'
import { defineDmaDevice } from '../../machines/dma-device/machine.ts'
import { dmaDeviceConfigs, dmaDeviceMessages } from '../generators/dma-device.ts'
import { compareMachine } from './machine-harness.ts'

const seed = Number(process.env.SEED ?? 42)

describe(`dma-device, seed ${seed}`, () => {
  for (const [name, config] of Object.entries(dmaDeviceConfigs)) {
    test(name, () => {
      const coverage = compareMachine({
        definition: defineDmaDevice(config),
        generate: dmaDeviceMessages(config),
        messages: 60_000,
        seed,
      })
      const isEnding = name === 'a program that ends'
      expect(coverage.transitionsNeverTaken).toEqual(isEnding ? resting.transitions : [])
      expect(coverage.guardsOneSided).toEqual(isEnding ? resting.guards : [])
    })
  }
})

/** A program that can end from everywhere never rests. */
const resting = {
  transitions: [
    'program.running.fetching: always [nextIs] -> waiting.resting',
    'program.running.waiting.resting: registers.changed [conditionHolds] -> #device0.program.running.fetching',
    'program.running.waiting.resting: registers.changed ignored',
  ],
  guards: [
    'program.running.fetching: always [nextIs] -> waiting.resting never true',
    'program.running.waiting.resting: registers.changed [conditionHolds] -> #device0.program.running.fetching never true',
    'program.running.waiting.resting: registers.changed [conditionHolds] -> #device0.program.running.fetching never false',
  ],
}
