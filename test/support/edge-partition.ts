/** Tests | a partition whose one component is the node of a given graph, for algorithms that need no charts. */

import type { Prng } from '../../src/base/prng.ts'
import { type LevelSearch, searchLevels } from '../../src/explore/breadth-first.ts'
import { buildGraph, type StateGraph } from '../../src/explore/graph.ts'
import type { Partition, Successor } from '../../src/explore/partition.ts'

/** An edge; without a unit it is a `may` choice. */
export interface PlainEdge {
  readonly from: number
  readonly to: number
  readonly unit?: number
}

/** "0>1 a" is an edge from 0 to 1 that unit a takes; "0>1" is a `may` edge. Units are letters from a. */
export function edges(...texts: readonly string[]): PlainEdge[] {
  return texts.map((text) => {
    const [ends = '', unit] = text.split(' ')
    const [from = 0, to = 0] = ends.split('>').map(Number)
    return { from, to, ...(unit === undefined ? {} : { unit: unit.charCodeAt(0) - 97 }) }
  })
}

/** Starts at node 0. Each unit is a `must` choice of an actor of its own, with one value for each of its edges. */
export function edgePartition(list: readonly PlainEdge[]): Partition {
  const units = [...new Set(list.map(({ unit }) => unit))]
  const groups = units.map((unit) => ({ unit, own: list.filter((edge) => edge.unit === unit) }))
  return {
    components: [{ name: 'node' }],
    groups: [
      ...groups.map(({ unit }) => ({ kind: 'step' as const, name: `unit ${unit}` })),
      { kind: 'end' as const, name: 'end' },
    ],
    properties: [],
    witnesses: new Set(),
    initial: () => ({ values: [0], fires: [] }),
    expand: (group, read) => {
      const node = read(0)
      const { unit, own } = groups[group] ?? { unit: undefined, own: [] }
      const successors = own.flatMap(({ from, to }, value): Successor[] => {
        if (from !== node) return []
        const writes = to === from ? [] : [{ component: 0, from, to }]
        const label = { kind: 'spontaneous' as const, actor: unit ?? 99, choice: 0, value }
        return [{ writes, progress: unit !== undefined, violates: [], label }]
      })
      return { successors, fires: [] }
    },
  }
}

/** The graph of a plain one, its search, and the node of each state. */
export function graphOf(list: readonly PlainEdge[]): {
  readonly partition: Partition
  readonly search: LevelSearch
  readonly graph: StateGraph
  readonly nodes: readonly number[]
} {
  const partition = edgePartition(list)
  const search = searchLevels(partition)
  const { graph } = buildGraph(search, () => true)
  if (graph === undefined) throw new Error('no graph')
  const { layout, visited } = search.explorer
  const nodes = Array.from({ length: search.states }, (_, state) => {
    const values = new Int32Array(1)
    layout.unpack(visited.states, state * layout.words, values)
    return values[0] as number
  })
  return { partition, search, graph, nodes }
}

/** Up to `nodesMax` nodes; few enough edges that ends, cycles and several components are all common. */
export function randomEdges(prng: Prng, nodesMax: number, unitsMax: number): PlainEdge[] {
  const nodes = 1 + prng.below(nodesMax)
  const list: PlainEdge[] = []
  for (let count = nodes + prng.below(2 * nodes); count > 0; count--) {
    const unit = prng.below(unitsMax + 1)
    const from = prng.below(nodes)
    const to = prng.below(nodes)
    if (
      list.some((edge) => edge.from === from && edge.to === to && edge.unit === (unit === unitsMax ? undefined : unit))
    )
      continue
    list.push({ from, to, ...(unit === unitsMax ? {} : { unit }) })
  }
  return list.length > 0 ? list : [{ from: 0, to: 0 }]
}
