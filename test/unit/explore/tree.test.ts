/** Unit | decision trees: what was learned is found again, nothing else is, and contradictions are noticed. */

import { describe, expect, test } from 'vitest'
import type { Expansion } from '../../../src/explore/partition.ts'
import { nodeHeader, Trees } from '../../../src/explore/tree.ts'

const expansion = (to: number): Expansion => ({
  successors: [
    {
      writes: [{ component: 0, from: 0, to }],
      progress: true,
      violates: [],
      label: { kind: 'spontaneous', actor: 0, choice: 0, value: 0 },
    },
  ],
  fires: [],
})

function walk(trees: Trees, group: number, state: readonly number[]): number {
  let node = trees.roots[group] as number
  while (node > 0) {
    const value = state[trees.code[node] as number] as number
    node = value < (trees.code[node + 1] as number) ? (trees.code[node + nodeHeader + value] as number) : 0
  }
  return node < 0 ? -node : 0
}

describe('decision trees', () => {
  test('read only what was read', () => {
    const trees = new Trees(2)
    trees.add(1, [2], [9, 9, 0], { successors: [], fires: [] })
    trees.add(1, [2, 0], [3, 9, 1], expansion(1))
    expect(walk(trees, 1, [7, 7, 0])).toBe(1)
    expect(trees.leaves[walk(trees, 1, [3, 5, 1])]).toEqual(expansion(1))
    expect(walk(trees, 1, [4, 5, 1])).toBe(0)
    expect(walk(trees, 0, [3, 5, 1])).toBe(0)
    expect([...(trees.footprints[1] as Set<number>)]).toEqual([2, 0])
  })

  test('grow where values grow, and keep what hangs below', () => {
    const trees = new Trees(1)
    for (let value = 0; value < 500; value++) {
      for (const second of [0, value]) trees.add(0, [0, 1], [value, second], expansion(value))
    }
    for (let value = 0; value < 500; value++) {
      expect(trees.leaves[walk(trees, 0, [value, value])]).toEqual(expansion(value))
      expect(trees.leaves[walk(trees, 0, [value, 0])]).toEqual(expansion(value))
    }
    expect(walk(trees, 0, [500, 0])).toBe(0)
  })

  test('share equal leaves', () => {
    const trees = new Trees(1)
    for (let value = 0; value < 50; value++) trees.add(0, [0], [value], expansion(1))
    expect(trees.leaves.length).toBe(3)
  })

  test('refuse another answer, and other readings, in the same situation', () => {
    const trees = new Trees(1)
    trees.add(0, [0, 1], [1, 1], expansion(1))
    expect(() => trees.add(0, [0, 1], [1, 1], expansion(2))).toThrow('not pure')
    expect(() => trees.add(0, [0, 2], [1, 1, 1], expansion(1))).toThrow('not pure')
    expect(() => trees.add(0, [0], [1], expansion(1))).toThrow('not pure')
  })
})
