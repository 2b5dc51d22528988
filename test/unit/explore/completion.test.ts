/** Tests | completion: livelocks are found, deadlocks left to their own report; against naive reachability. */

import { describe, expect, test } from 'vitest'
import { searchLevels } from '../../../src/explore/breadth-first.ts'
import { type CompletionGoal, decideCompletion, findLivelock } from '../../../src/explore/completion.ts'
import { exploreGraph } from '../../../src/explore/graph.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import type { ActorDefinition } from '../../../src/kernel/actor.ts'
import type { ChannelSpec } from '../../../src/kernel/channel.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { dmaRing } from '../../models/dma-ring.ts'
import { sysmmuTable } from '../../models/sysmmu-table.ts'
import { graphOf, type PlainEdge, randomEdges } from '../../support/edge-partition.ts'
import { walker } from '../../support/liveness-systems.ts'
import { prngFor, seed } from '../../support/seed.ts'
import { wire } from '../../support/small-systems.ts'

function complete(
  actors: Readonly<Record<string, ActorDefinition>>,
  channels: readonly ChannelSpec[] = [],
  goal: CompletionGoal = {},
) {
  const spec = { actors: Object.entries(actors).map(([id, definition]) => ({ id, definition })), channels }
  const partition = new SystemPartition({ spec })
  const { graph } = exploreGraph(partition, searchLevels(partition))
  if (graph === undefined) throw new Error('no graph')
  const { run, notes } = decideCompletion(partition, graph, goal)
  const names = run?.steps.map((label) => {
    if (label.kind === 'deliver') return partition.system.channels[label.channel]?.id
    const actor = partition.system.actors[label.actor]
    return `${actor?.id}.${actor?.definition.spontaneous[label.choice]?.event}`
  })
  return { names, notes }
}

describe('completion', () => {
  test('a program that polls for ever what never comes', () => {
    const polls = { a: walker('a', ['must poll: 0>0 1>1', 'must go: 0>9', 'may slip: 0>1'], [9]) }
    expect(complete(polls)).toEqual({ names: ['a.slip'], notes: ['completion: out of reach in 1 of 3 states'] })
  })

  test('a way out by a may choice is a way out', () => {
    const saved = { a: walker('a', ['must poll: 0>0 1>1', 'must go: 0>9', 'may slip: 0>1 1>0'], [9]) }
    expect(complete(saved)).toEqual({ names: undefined, notes: [] })
  })

  test('unless only what must come counts: then it is as if no way led out', () => {
    const must = { ways: 'must' } as const
    const saved = { a: walker('a', ['must poll: 0>0 1>1', 'must go: 0>9', 'may slip: 0>1 1>0'], [9]) }
    expect(complete(saved, [], must)).toEqual({
      names: ['a.slip'],
      notes: ['completion: out of reach in 1 of 3 states'],
    })
    const led = { a: walker('a', ['must poll: 0>0 1>1', 'must go: 0>9 1>0', 'may slip: 0>1'], [9]) }
    expect(complete(led, [], must)).toEqual({ names: undefined, notes: [] })
    const rests = { a: walker('a', ['must go: 0>9', 'may slip: 0>1 1>0'], [9]) }
    expect(complete(rests, [], must).names).toBeUndefined()
  })

  test('a deadlock, and what only leads to one, is left to its own report', () => {
    const stuck = { a: walker('a', ['must go: 0>9 1>2', 'may slip: 0>1', 'may wobble: 1>3 3>1'], [9]) }
    expect(complete(stuck)).toEqual({ names: undefined, notes: ['completion: out of reach in 3 of 5 states'] })
  })

  test('a livelock that can also run into a deadlock is one', () => {
    const both = { a: walker('a', ['must go: 0>9 1>2 2>1', 'may slip: 0>1', 'must fall: 2>3'], [9]) }
    expect(complete(both)).toEqual({ names: ['a.slip'], notes: ['completion: out of reach in 3 of 5 states'] })
  })

  test('all programs have to end in the same state', () => {
    const two = {
      a: walker('a', ['must go: 0>9'], [9]),
      b: walker('b', ['must left: 0>1', 'must right: 1>0', 'on x: 5>9'], [9]),
      c: walker('c', ['may send: 0>1!x']),
    }
    expect(complete(two, [wire('c.out', 'b.in')])).toEqual({
      names: [],
      notes: ['completion: out of reach in 8 of 8 states'],
    })
  })

  test('a system without an end has nothing to complete', () => {
    const endless = { a: walker('a', ['must left: 0>1', 'must right: 1>0']) }
    expect(complete(endless)).toEqual({
      names: undefined,
      notes: ['completion: not decided, no program of this system has an end'],
    })
  })

  test('reference models can complete from everywhere, but for a plain deadlock', () => {
    const decide = ({ spec }: ReturnType<typeof dmaRing>) => {
      return complete(Object.fromEntries(spec.actors.map(({ id, definition }) => [id, definition])), spec.channels)
    }
    expect(decide(dmaRing(2))).toEqual({ names: undefined, notes: [] })
    expect(decide(diningPhilosophers(3, 'lefty'))).toEqual({ names: undefined, notes: [] })
    expect(decide(sysmmuTable(1, 2)).names).toBeUndefined()
    expect(decide(diningPhilosophers(3))).toEqual({
      names: undefined,
      notes: ['completion: out of reach in 1 of 26 states'],
    })
  })
})

/** Nodes reached from `start`, itself included, among those that `within` allows. */
function reached(list: readonly PlainEdge[], start: number, within: (node: number) => boolean): number[] {
  const found = [start]
  for (const node of found) {
    for (const { from, to } of list) if (from === node && within(to) && !found.includes(to)) found.push(to)
  }
  return found
}

describe('generated graphs', () => {
  test(`agree with reachability from every node (seed ${seed})`, () => {
    const prng = prngFor('completion')
    let livelocks = 0
    for (let run = 0; run < 400; run++) {
      const list = randomEdges(prng, 8, 2)
      const { graph, nodes } = graphOf(list)
      const bits = prng.below(2 ** 8) & prng.below(2 ** 8)
      const isFinished = (node: number) => ((bits >> node) & 1) === 1
      const isDoomed = (node: number) => !reached(list, node, () => true).some(isFinished)
      const moves = (node: number) => list.some(({ from, unit }) => from === node && unit !== undefined)
      const isMoving = (node: number) =>
        list.some(({ from, to, unit }) => {
          return from === node && unit !== undefined && isDoomed(to) && reached(list, to, isDoomed).includes(node)
        })
      const expected = nodes.find((node) => {
        return isDoomed(node) && moves(node) && reached(list, node, isDoomed).some(isMoving)
      })
      const finished = Uint8Array.from(nodes, (node) => (isFinished(node) ? 1 : 0))
      const { candidates, doomed } = findLivelock(graph, graph.reverse, finished)
      const state = candidates.indexOf(1)
      expect(doomed).toBe(nodes.filter(isDoomed).length)
      expect(state < 0 ? undefined : nodes[state]).toBe(expected)
      if (expected !== undefined) livelocks++
    }
    expect(livelocks).toBeGreaterThan(50)
    expect(livelocks).toBeLessThan(350)
  })
})
