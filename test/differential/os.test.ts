/** Differential | the compiled chart of the os does what XState does, over every transition and both outcomes of every guard. */

import { expect, test } from 'vitest'
import { defineOs } from '../../machines/os/machine.ts'
import { configs, generator } from '../generators/os.ts'
import { seed } from '../support/seed.ts'
import { compareMachine } from './machine-harness.ts'

const messages = 40000

test(`${messages} messages for each configuration, seed ${seed}`, { timeout: 30000 }, () => {
  for (const [name, config] of Object.entries(configs)) {
    const coverage = compareMachine({
      definition: defineOs(config),
      generate: generator(config),
      messages,
      seed,
      contextEvery: 500,
    })
    const possible = (label: string) => config.cores > 1 || !releaseByAnother.test(label)
    expect(coverage.transitionsNeverTaken.filter(possible), name).toEqual([])
    expect(coverage.guardsOneSided.filter(possible), name).toEqual([])
  }
})

/** With one core there is no other one that could release a lock. */
const releaseByAnother = /heldByCore0: lock\.release \[namesLock\] -> free/
