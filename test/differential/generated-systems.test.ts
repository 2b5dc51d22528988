/**
 * Differential | the search by cached local steps against the naive explorer. Goal: the same states, steps, depth and
 * shortest findings. Method: generated systems on channels of every order but `per-id`, whose equal contents the naive
 * explorer does not recognise.
 */

import { expect, test } from 'vitest'
import { searchLevels } from '../../src/explore/breadth-first.ts'
import { partitionOf } from '../support/compare-searches.ts'
import { generateSystem } from '../support/generated-system.ts'
import { exploreNaively } from '../support/naive-explorer.ts'
import { prngFor, seed } from '../support/seed.ts'

const orders = ['fifo', 'unordered', 'unordered', 'set', 'rendezvous'] as const

test.each([0, 1, 2, 3])(`as the naive explorer finds them, part %i (seed ${seed})`, (part) => {
  for (let number = part * 40; number < part * 40 + 40; number++) {
    const system = generateSystem(prngFor(`naive ${number}`), `generated-${number}`, { orders })
    const { end, states, transitions, depth, found } = searchLevels(partitionOf(system), { statesMax: 600 })
    if (end !== 'exhausted') continue
    const naive = exploreNaively(system)
    const depths = Object.fromEntries([...found].map(([name, place]) => [name, place.depth]))
    expect({ number, states, transitions, depth, found: depths }).toEqual({
      number,
      states: naive.states,
      transitions: naive.transitions,
      depth: naive.depth,
      found: naive.found,
    })
  }
})
