/** Tests | the state graph: edges, units and their reverse, against a graph built on the kernel without any cleverness. */

import { describe, expect, test } from 'vitest'
import { searchLevels } from '../../../src/explore/breadth-first.ts'
import { buildGraph, exploreGraph, reaching, rests, unitsEnabled } from '../../../src/explore/graph.ts'
import { valuesOf } from '../../../src/explore/runs.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import type { SystemSpec } from '../../../src/kernel/system.ts'
import { dmaRing } from '../../models/dma-ring.ts'
import { twoPhaseCommit } from '../../models/two-phase-commit.ts'
import { edges, graphOf } from '../../support/edge-partition.ts'
import { loopingSystem, naiveGraph, stateText } from '../../support/naive-graph.ts'
import { randomSystem } from '../../support/random-system.ts'
import { prngFor, seed } from '../../support/seed.ts'

/** The explored graph as text, one line an edge. */
function explored(spec: SystemSpec): string[] {
  const partition = new SystemPartition({ spec, purity: 'trust' })
  const search = searchLevels(partition)
  const { graph } = exploreGraph(partition, search)
  if (graph === undefined) throw new Error('no graph')
  const { system, interners, channelComponents } = partition
  const texts = Array.from({ length: graph.count }, (_, state) => {
    const values = valuesOf(search.explorer, state)
    const interned = (component: number) => interners[component]?.values[values[component] as number]
    const channels = channelComponents.map((component) => (component < 0 ? [] : (interned(component) as unknown[])))
    return stateText(
      system,
      system.actors.map(({ index }) => interned(index)),
      channels,
    )
  })
  const unitTexts = graph.unitList.map((unit) => {
    if (unit.kind === 'channel') {
      const { id } = system.channels[unit.channel] as (typeof system.channels)[number]
      return unit.message === undefined ? id : `${id} ${unit.message}`
    }
    const actor = system.actors[unit.actor]
    return `${actor?.id} ${actor?.definition.spontaneous[unit.choice]?.event}`
  })
  const lines: string[] = []
  for (let state = 0; state < graph.count; state++) {
    for (let edge = graph.offsets[state] as number; edge < (graph.offsets[state + 1] as number); edge++) {
      const unit = graph.units[edge] as number
      lines.push(`${texts[state]} > ${texts[graph.targets[edge] as number]} ${unitTexts[unit] ?? 'may'}`)
    }
  }
  return lines.sort()
}

describe('the state graph', () => {
  test(`has the edges and units that the kernel has (seed ${seed})`, () => {
    const prng = prngFor('graph')
    let compared = 0
    for (let run = 0; run < 80; run++) {
      const spec = run % 2 ? randomSystem(prng, { orders: ['fifo', 'unordered', 'set'] }) : loopingSystem(prng)
      const naive = naiveGraph(spec, 250)
      if (naive === undefined) continue
      compared++
      const { texts, units } = naive
      const expected = naive.edges.map(
        ({ from, to, unit }) => `${texts[from]} > ${texts[to]} ${units[unit ?? -1] ?? 'may'}`,
      )
      expect(explored(spec).join('\n') === expected.sort().join('\n')).toBe(true)
    }
    expect(compared).toBeGreaterThan(40)
  })

  test('knows as many edges as the search took steps, each with the label that takes it', () => {
    const partition = new SystemPartition({ spec: dmaRing(1).spec })
    const search = searchLevels(partition)
    const { graph } = exploreGraph(partition, search)
    expect([graph?.count, graph?.targets.length, graph?.unitList.length]).toEqual([48, 96, 10])
    // In the initial state the thread may store, and the cache may prefetch the line.
    const [store, prefetch] = [0, 1].map((edge) => graph?.label(0, edge))
    expect(store).toEqual({ kind: 'spontaneous', actor: 0, choice: 0, value: 0 })
    expect(prefetch).toEqual({ kind: 'spontaneous', actor: 2, choice: 0, value: 0 })
    expect(graph && unitsEnabled(graph, 0)).toEqual([0])
    expect([...(graph?.units.subarray(0, 2) ?? [])]).toEqual([0, -1])
  })

  test('edges that lead nowhere else are edges, too', () => {
    const partition = new SystemPartition({ spec: twoPhaseCommit(3).spec })
    const { graph } = exploreGraph(partition, searchLevels(partition))
    expect([graph?.count, graph?.targets.length]).toEqual([288, 1145])
  })

  test('the reverse leads back', () => {
    const { graph, nodes } = graphOf(edges('0>1 a', '0>2', '1>2 b', '2>0 a', '2>2 b'))
    const into = (node: number) => {
      const state = nodes.indexOf(node)
      const { offsets, sources } = graph.reverse
      return [...sources.subarray(offsets[state], offsets[state + 1])].map((source) => nodes[source]).sort()
    }
    expect([0, 1, 2].map(into)).toEqual([[2], [0], [0, 1, 2]])
  })

  test('a node rests if only may choices are enabled', () => {
    const { graph, nodes } = graphOf(edges('0>1', '1>2 a', '2>2'))
    expect([0, 1, 2].map((node) => rests(graph, nodes.indexOf(node)))).toEqual([true, false, true])
  })

  test('reaching goes backward, and only through what it is given', () => {
    const { graph, nodes } = graphOf(edges('0>1 a', '1>2 a', '0>3 a', '3>2 a', '2>4 a'))
    const mark = (...marked: number[]) => Uint8Array.from(nodes, (node) => (marked.includes(node) ? 1 : 0))
    const unmark = (marks: Uint8Array) => nodes.filter((_, state) => marks[state] !== 0).sort()
    expect(unmark(reaching(graph.reverse, mark(2)))).toEqual([0, 1, 2, 3])
    expect(unmark(reaching(graph.reverse, mark(2), mark(1, 2)))).toEqual([1, 2])
    expect(unmark(reaching(graph.reverse, mark(4), mark(0, 1)))).toEqual([])
  })
})

describe('no graph', () => {
  test('beyond the bound on memory', () => {
    const partition = new SystemPartition({ spec: dmaRing(2).spec })
    const search = searchLevels(partition)
    expect(exploreGraph(partition, search, { bytesMax: 100_000 })).toEqual({
      graph: undefined,
      note: 'no state graph: 1920 states and 7216 edges need 1 MiB, the bound is 1 MiB',
    })
    expect(exploreGraph(partition, search, { bytesMax: 200_000 }).graph?.count).toBe(1920)
  })

  test('of a search that was cut short', () => {
    const partition = new SystemPartition({ spec: dmaRing(2).spec })
    const search = searchLevels(partition, { statesMax: 100 })
    expect(buildGraph(search, () => true)).toEqual({
      graph: undefined,
      note: 'no state graph: the search ended before all states were known (states)',
    })
  })
})
