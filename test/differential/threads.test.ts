/** Differential | one, two and three threads: the same states by the same numbers, the same parents, findings and verdicts. */

import { describe, expect, test } from 'vitest'
import { Digest } from '../../src/base/canonical.ts'
import { type LevelSearch, searchLevels } from '../../src/explore/breadth-first.ts'
import type { CheckableSystem } from '../../src/explore/define-system.ts'
import { valuesOf } from '../../src/explore/runs.ts'
import { SystemPartition } from '../../src/explore/system-partition.ts'
import { check, type Verdict } from '../../src/run/check.ts'
import { startTeam } from '../../src/run/pool.ts'
import { subjectOfSystem } from '../../src/run/subject.ts'
import { dmaRing } from '../models/dma-ring.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'

async function withTeam<T>(threads: number, search: (options: { team?: Awaited<ReturnType<typeof startTeam>> }) => T) {
  if (threads === 1) return search({})
  const team = await startTeam(threads)
  try {
    return search({ team })
  } finally {
    await team.end()
  }
}

/** All parents, and some states in full. What number a local state has may depend on who came upon it first. */
function factsOf(
  partition: SystemPartition,
  { end, explorer, states, transitions, depth, levels, found }: LevelSearch,
) {
  explorer.visited.settle()
  const parents = new Digest()
  for (let state = 0; state < states; state++) parents.mix(state, explorer.visited.parents[state] as number)
  const sampled = Array.from({ length: 50 }, (_, i) => {
    const values = [...valuesOf(explorer, Math.floor((i * (states - 1)) / 49))]
    return values.map((value, component) => partition.describe(component, value))
  })
  const findings = [...found.values()].map(({ property, depth: at, state, group, successor }) => {
    return { property, at, state, group, successor }
  })
  return { end, states, transitions, depth, levels, parents: parents.hex(), sampled, findings }
}

function verdictFacts({ verdict, states, transitions, depth, violations, witnesses }: Verdict) {
  const shown = [...violations, ...witnesses].map(({ property, length, replay }) => ({ property, length, replay }))
  return { verdict, states, transitions, depth, shown }
}

// A team begins to share the work at some ten thousand states.
describe.each([
  ['two-phase commit, 7 managers', () => twoPhaseCommit(7), { states: 296_448, transitions: 2_744_705, depth: 22 }],
  ['DMA ring, 4 buffers', () => dmaRing(4), { states: 86_976, transitions: 519_552, depth: 103 }],
  ['DMA ring, 3 buffers, doorbell first', () => dmaRing(3, 'doorbellfirst'), { states: 86_916, transitions: 424_182 }],
] as const)('%s', (_name, model: () => CheckableSystem, counts) => {
  test('has the same numbering with 1, 2 and 3 threads', { timeout: 120_000 }, async () => {
    const facts = []
    for (const threads of [1, 2, 3]) {
      const { spec, properties } = model()
      const partition = new SystemPartition({ spec, properties })
      facts.push(await withTeam(threads, (options) => factsOf(partition, searchLevels(partition, options))))
    }
    const [one, two, three] = facts
    expect(one).toMatchObject({ end: 'exhausted', ...counts })
    expect(two).toEqual(one)
    expect(three).toEqual(one)
  })

  test('has the same verdict with 1, 2 and 3 threads', { timeout: 120_000 }, async () => {
    const facts = []
    for (const threads of [1, 2, 3]) {
      const subject = subjectOfSystem(model())
      const properties = Object.keys(subject.properties).filter((name) => subject.properties[name]?.kind !== 'leadsTo')
      facts.push(await withTeam(threads, (options) => verdictFacts(check(subject, { ...options, properties }))))
    }
    const [one, two, three] = facts
    expect(two).toEqual(one)
    expect(three).toEqual(one)
  })
})
