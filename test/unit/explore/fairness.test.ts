/** Tests | fair components and fair cycles on plain graphs. */

import { describe, expect, test } from 'vitest'
import { type Fairness, fairCycle, fairPlaces } from '../../../src/explore/fairness.ts'
import { edges, graphOf, randomEdges } from '../../support/edge-partition.ts'
import { prngFor, seed } from '../../support/seed.ts'

/** Where runs can stay, by node, as `fairPlaces` has it. */
function stays(fairness: Fairness, ...texts: string[]): Record<number, number> {
  const { graph, nodes } = graphOf(edges(...texts))
  const { stays: found } = fairPlaces(graph, new Uint8Array(graph.count).fill(1), fairness)
  return Object.fromEntries(nodes.map((node, state) => [node, found[state] as number]))
}

describe('where a run can stay', () => {
  test('a component is fair if each unit is taken inside or disabled somewhere', () => {
    expect(stays('weak', '0>1 a', '1>0 b', '0>2 c', '2>2')).toEqual({ 0: 1, 1: 1, 2: 2 })
    expect(stays('weak', '0>1 a', '1>0 b', '0>2 c', '1>2 c', '2>2')).toEqual({ 0: 0, 1: 0, 2: 2 })
    expect(stays('none', '0>1 a', '1>0 b', '0>2 c', '1>2 c', '2>2')).toEqual({ 0: 1, 1: 1, 2: 2 })
  })

  test('a node that enables a unit twice counts once', () => {
    // Unit c has two edges out of node 0 and none out of node 1.
    expect(stays('weak', '0>1 a', '1>0 b', '0>2 c', '0>3 c')).toEqual({ 0: 1, 1: 1, 2: 2, 3: 2 })
  })

  test('a single node without a loop is no place to stay, unless it rests', () => {
    expect(stays('none', '0>1 a', '1>2')).toEqual({ 0: 0, 1: 2, 2: 2 })
  })
})

describe('fair cycles', () => {
  test('visit what pays each unit, and come home', () => {
    const { graph, nodes } = graphOf(edges('0>1 a', '1>0 b', '0>2', '2>0 d', '0>9 c', '1>9 c'))
    const { components } = fairPlaces(graph, new Uint8Array(graph.count).fill(1), 'weak')
    const way = (fairness: Fairness) => {
      return fairCycle(graph, components, 0, fairness).map(({ edge }) => nodes[graph.targets[edge] as number])
    }
    // Unit c is enabled in 0 and 1 and not in 2; unit a is enabled in 0 only.
    expect(way('weak')).toEqual([2, 0])
    expect(way('none')).toEqual([1, 0])
  })

  test(`of fair components of generated graphs are fair (seed ${seed})`, () => {
    const prng = prngFor('fair cycles')
    let cycles = 0
    for (let run = 0; run < 300; run++) {
      const list = randomEdges(prng, 10, 4)
      const { graph } = graphOf(list)
      const { components, stays: found } = fairPlaces(graph, new Uint8Array(graph.count).fill(1), 'weak')
      for (let start = 0; start < graph.count; start++) {
        if (found[start] !== 1) continue
        cycles++
        const cycle = fairCycle(graph, components, start, 'weak')
        expect(cycle[0]?.from).toBe(start)
        const on = cycle.map(({ from }) => from)
        const next = cycle.map(({ edge }) => graph.targets[edge] as number)
        expect(next).toEqual([...on.slice(1), start])
        const unitsOf = (state: number) => graph.units.subarray(graph.offsets[state], graph.offsets[state + 1])
        const taken = cycle.map(({ edge }) => graph.units[edge] as number)
        const starved = [0, 1, 2, 3].filter(
          (unit) => !taken.includes(unit) && on.every((s) => unitsOf(s).includes(unit)),
        )
        expect(starved).toEqual([])
      }
    }
    expect(cycles).toBeGreaterThan(100)
  })
})
