/** Differential | the compiled chart of FIMC does what XState does, over every transition and both outcomes of every guard. */

import { expect, test } from 'vitest'
import { defineFimc } from '../../machines/fimc/machine.ts'
import { configs, generator } from '../generators/fimc.ts'
import { seed } from '../support/seed.ts'
import { compareMachine } from './machine-harness.ts'

const messages = 30000

/**
 * Declared because a chart decides every event in every state, but never selected: where these states are active, the
 * `when` of the choice does not hold (the FIFO is empty, or no row is wanted), so that nobody offers the event.
 */
const neverOffered = [
  'output.idle: burst.issue stalled',
  'output.draining: burst.issue stalled',
  'memoryInput.idle: read.issue stalled',
  'memoryInput.waiting: read.issue stalled',
]

test(`${messages} messages for each configuration, seed ${seed}`, () => {
  const coverages = Object.values(configs).map((config) =>
    compareMachine({ definition: defineFimc(config), generate: generator(config), messages, seed, contextEvery: 100 }),
  )
  const inAll = (lists: readonly (readonly string[])[]) =>
    lists.reduce((rest, list) => rest.filter((label) => list.includes(label)))
  expect(inAll(coverages.map((coverage) => coverage.transitionsNeverTaken))).toEqual(neverOffered)
  expect(inAll(coverages.map((coverage) => coverage.guardsOneSided))).toEqual([])
})
