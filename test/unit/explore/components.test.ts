/** Tests | strongly connected components, against reachability between all pairs. */

import { describe, expect, test } from 'vitest'
import { componentsOf } from '../../../src/explore/components.ts'
import type { Edges } from '../../../src/explore/graph.ts'
import { type PlainEdge, randomEdges } from '../../support/edge-partition.ts'
import { prngFor, seed } from '../../support/seed.ts'

/** Rows of a plain edge list. */
function rows(count: number, list: readonly PlainEdge[]): Edges {
  const sorted = [...list].sort((a, b) => a.from - b.from)
  return {
    count,
    offsets: Int32Array.from({ length: count + 1 }, (_, node) => sorted.filter(({ from }) => from < node).length),
    targets: Int32Array.from(sorted, ({ to }) => to),
    units: Int32Array.from(sorted, ({ unit }) => unit ?? -1),
  }
}

describe('components', () => {
  test('two cycles joined by an edge are two, successors first', () => {
    const list = [
      { from: 0, to: 1 },
      { from: 1, to: 0 },
      { from: 1, to: 2 },
      { from: 2, to: 3 },
      { from: 3, to: 2 },
    ]
    const { count, of } = componentsOf(rows(4, list), new Uint8Array(4).fill(1))
    expect([count, ...of]).toEqual([2, 1, 1, 0, 0])
  })

  test('nodes left out cut cycles', () => {
    const list = [
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 0 },
    ]
    const { count, of } = componentsOf(rows(3, list), Uint8Array.of(1, 0, 1))
    expect(count).toBe(2)
    expect([...of]).toEqual([0, -1, 1])
  })

  test('a path of half a million nodes needs no stack', () => {
    const count = 500_000
    const edges: Edges = {
      count,
      offsets: Int32Array.from({ length: count + 1 }, (_, node) => node),
      targets: Int32Array.from({ length: count }, (_, node) => (node + 1) % count),
      units: new Int32Array(count),
    }
    expect(componentsOf(edges, new Uint8Array(count).fill(1)).count).toBe(1)
    const cut = new Uint8Array(count).fill(1)
    cut[0] = 0
    expect(componentsOf(edges, cut).count).toBe(count - 1)
  })

  test(`nodes share a component iff they reach each other (seed ${seed})`, () => {
    const prng = prngFor('components')
    for (let run = 0; run < 300; run++) {
      const list = randomEdges(prng, 9, 1)
      const count = 9
      const included = Uint8Array.from({ length: count }, () => (prng.chance(5, 6) ? 1 : 0))
      const { of } = componentsOf(rows(count, list), included)
      const reach = Array.from({ length: count }, (_, a) => Array.from({ length: count }, (_, b) => a === b))
      const both = list.filter(({ from, to }) => included[from] && included[to])
      for (const { from, to } of both) (reach[from] as boolean[])[to] = true
      for (let k = 0; k < count; k++) {
        for (const row of reach) if (row[k]) for (let b = 0; b < count; b++) row[b] ||= reach[k]?.[b] as boolean
      }
      const wrong: string[] = []
      for (let a = 0; a < count; a++) {
        if ((of[a] === -1) !== (included[a] === 0)) wrong.push(`${a} in`)
        for (let b = 0; b < count; b++) {
          if (!included[a] || !included[b]) continue
          if ((of[a] === of[b]) !== (reach[a]?.[b] && reach[b]?.[a])) wrong.push(`${a} with ${b}`)
          // Successors have smaller numbers.
          if (reach[a]?.[b] && (of[a] as number) < (of[b] as number)) wrong.push(`${a} before ${b}`)
        }
      }
      expect(wrong).toEqual([])
    }
  })
})
