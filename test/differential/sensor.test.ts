/** Differential | the compiled chart of the sensor does what XState does, over every transition and both outcomes of every guard. */

import { expect, test } from 'vitest'
import { defineSensor } from '../../machines/sensor/machine.ts'
import { configs, generator } from '../generators/sensor.ts'
import { seed } from '../support/seed.ts'
import { compareMachine } from './machine-harness.ts'

const messages = 55000

test(`${messages} messages for each configuration, seed ${seed}`, () => {
  const coverages = Object.values(configs).map((config) =>
    compareMachine({
      definition: defineSensor(config),
      generate: generator(config),
      messages,
      seed,
      contextEvery: 100,
    }),
  )
  const inAll = (lists: readonly (readonly string[])[]) =>
    lists.reduce((rest, list) => rest.filter((label) => list.includes(label)))
  expect(inAll(coverages.map((coverage) => coverage.transitionsNeverTaken))).toEqual([])
  expect(inAll(coverages.map((coverage) => coverage.guardsOneSided))).toEqual([])
})
