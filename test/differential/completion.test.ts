/** Tests | completion on reduced graphs: what is decided there is what the whole graph says. */

import { expect, test } from 'vitest'
import type { Prng } from '../../src/base/prng.ts'
import { breadthFirst, searchLevels } from '../../src/explore/breadth-first.ts'
import { decideCompletion, decideCompletionReduced } from '../../src/explore/completion.ts'
import type { CheckableSystem } from '../../src/explore/define-system.ts'
import { exploreGraph } from '../../src/explore/graph.ts'
import type { ReductionName } from '../../src/explore/strategy.ts'
import { SystemPartition } from '../../src/explore/system-partition.ts'
import { diningPhilosophers } from '../models/dining-philosophers.ts'
import { dmaRing } from '../models/dma-ring.ts'
import { sysmmuTable } from '../models/sysmmu-table.ts'
import { twoPhaseCommit } from '../models/two-phase-commit.ts'
import { followRun } from '../support/follow-run.ts'
import { walker } from '../support/liveness-systems.ts'
import { prngFor, seed } from '../support/seed.ts'
import { wire } from '../support/small-systems.ts'

type Spec = CheckableSystem['spec']

/** A move for each of some states, all of which may send. */
function moves(prng: Prng, head: string, message?: string): string {
  const drawn: string[] = []
  for (let from = 0; from < 4; from++) {
    if (!prng.chance(2, 5)) continue
    const send = message !== undefined && prng.chance(1, 2) ? `!${message}` : ''
    drawn.push(`${from}>${prng.below(4)}${send}`)
  }
  return `${head}: ${drawn.length > 0 ? drawn.join(' ') : `0>1${message === undefined ? '' : `!${message}`}`}`
}

/** Three actors in a row of channels, each ending in one of its states; dead ends and livelocks are frequent. */
function chain(prng: Prng): Spec {
  const actor = (id: string, takes: string | undefined, sends: string | undefined) => {
    const list = [moves(prng, 'must go', sends), moves(prng, 'must turn')]
    if (prng.chance(1, 2)) list.push(moves(prng, 'may slip'))
    if (takes !== undefined) list.push(moves(prng, `on ${takes}`))
    // What nobody sends has no port.
    if (sends !== undefined && !list.some((move) => move.includes('!'))) list.push(`must send: 0>0!${sends}`)
    return { id, definition: walker(id, list, [prng.below(4), prng.below(4)]) }
  }
  const actors = [actor('a', undefined, 'x'), actor('b', 'x', 'y'), actor('c', 'y', undefined)]
  const order = prng.pick(['fifo', 'unordered'] as const)
  const capacity = 1 + prng.below(2)
  return { actors, channels: [wire('a.out', 'b.in', { order, capacity }), wire('b.out', 'c.in', { order, capacity })] }
}

function whole(spec: Spec) {
  const partition = new SystemPartition({ spec })
  const { graph } = exploreGraph(partition, searchLevels(partition))
  if (graph === undefined) throw new Error('no graph')
  const { run, notes } = decideCompletion(partition, graph)
  return { run, isDoomed: notes.some((note) => note.includes('out of reach')), states: graph.count }
}

function reduced(system: Pick<CheckableSystem, 'spec' | 'symmetries' | 'valueSymmetries'>, how: ReductionName[]) {
  const { spec, symmetries, valueSymmetries } = system
  const partition = new SystemPartition({ spec })
  const result = breadthFirst.search(partition, { reductions: how, symmetries, valueSymmetries })
  if (result.reduced === undefined) throw new Error('not reduced')
  return { ...decideCompletionReduced(partition, result.reduced), states: result.states }
}

test(`partial order on generated systems (seed ${seed})`, () => {
  const counts = { held: 0, open: 0, doomed: 0, smaller: 0 }
  for (let index = 0; index < 1500; index++) {
    const spec = chain(prngFor(`completion ${index}`))
    const full = whole(spec)
    const less = reduced({ spec, symmetries: [], valueSymmetries: [] }, ['por'])
    if (less.isDecided) {
      // Decided here always means: every state of the whole graph can reach the end.
      expect([index, full.isDoomed]).toEqual([index, false])
      counts.held++
      if (less.states < full.states) counts.smaller++
    } else if (full.isDoomed) counts.doomed++
    else counts.open++
    expect(less.run).toBeUndefined()
  }
  expect(counts.held).toBeGreaterThan(100)
  expect(counts.doomed).toBeGreaterThan(100)
  expect(counts.smaller).toBeGreaterThan(30)
  // What holds and stays open is rare: mostly ends that a program leaves again.
  expect(counts.open).toBeLessThan(counts.held)
})

test.each([diningPhilosophers(4), twoPhaseCommit(3), dmaRing(2), sysmmuTable(2, 2)])(
  'symmetry decides what the whole graph does: $id',
  (system) => {
    const full = whole(system.spec)
    const less = reduced(system, ['symmetry'])
    expect(less.isDecided).toBe(true)
    expect(less.run?.steps.length).toBe(full.run?.steps.length)
    expect(less.notes.length > 0).toBe(full.isDoomed)
  },
)

test('a livelock among states that stand for others is shown by a real run', () => {
  const spin = ['may slip: 0>1', 'must go: 0>2', 'must spin: 1>1']
  const ids = ['a', 'b', 'c']
  const spec: Spec = { actors: ids.map((id) => ({ id, definition: walker(id, spin, [2]) })), channels: [] }
  const symmetries = [{ name: 'names', group: 'full' as const, size: 3, actors: [ids] }]
  const { run, isDecided, states } = reduced({ spec, symmetries, valueSymmetries: [] }, ['symmetry'])
  expect([isDecided, states, run?.steps.length]).toEqual([true, 10, 1])
  // Throws if one of its steps is not enabled.
  followRun(new SystemPartition({ spec }), run?.steps ?? [])
})
