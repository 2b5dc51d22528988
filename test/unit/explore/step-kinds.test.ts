/** Unit | kinds of steps: which are left out after which, and that there may be many of them. */

import { describe, expect, test } from 'vitest'
import { StepKinds } from '../../../src/explore/step-kinds.ts'
import { plainInts } from '../../../src/explore/tree.ts'

/** Whether a step of kind `step` is left out in a state that was come upon by one of kind `by`. */
function isLeftOut(kinds: StepKinds, step: number, by: number): boolean {
  return ((kinds.rows[by * kinds.rowInts + (step >>> 5)] as number) & (1 << step)) !== 0
}

describe('kinds of steps', () => {
  test('of independent steps the later group comes second', () => {
    const kinds = new StepKinds(plainInts)
    const first = kinds.numberOf(0, [0, 1], [0])
    const second = kinds.numberOf(1, [2, 1], [2])
    expect(isLeftOut(kinds, first, second)).toBe(true)
    expect(isLeftOut(kinds, second, first)).toBe(false)
    expect(isLeftOut(kinds, first, first)).toBe(false)
  })

  test('nothing is left out where one writes what the other reads', () => {
    const kinds = new StepKinds(plainInts)
    const writer = kinds.numberOf(0, [0, 1], [0, 1])
    const reader = kinds.numberOf(1, [1, 2], [2])
    const laterWriter = kinds.numberOf(2, [2], [2])
    expect(isLeftOut(kinds, writer, reader)).toBe(false)
    expect(isLeftOut(kinds, reader, laterWriter)).toBe(false)
    expect(isLeftOut(kinds, writer, laterWriter)).toBe(true)
  })

  test('what is read and written in another order is the same kind; another group, another one', () => {
    const kinds = new StepKinds(plainInts)
    const kind = kinds.numberOf(3, [4, 1, 9], [9, 4])
    expect(kinds.numberOf(3, [9, 4, 1], [4, 9])).toBe(kind)
    expect(kinds.numberOf(4, [4, 1, 9], [9, 4])).not.toBe(kind)
    expect(kinds.numberOf(3, [4, 1, 9], [9])).not.toBe(kind)
  })

  test('keep what is known of them as they become many; too many are followed always', () => {
    const kinds = new StepKinds(plainInts)
    const numbers = Array.from({ length: 3000 }, (_, group) => kinds.numberOf(group, [group], [group]))
    const known = numbers.filter((number) => number > 0)
    expect(known.length).toBeGreaterThan(1000)
    expect(known.length).toBeLessThan(3000)
    for (const [a, b] of [
      [0, 1],
      [3, 700],
      [31, 32],
      [40, known.length - 1],
    ] as const) {
      expect(isLeftOut(kinds, known[a] as number, known[b] as number)).toBe(true)
      expect(isLeftOut(kinds, known[b] as number, known[a] as number)).toBe(false)
    }
    for (const kind of known) {
      expect(isLeftOut(kinds, 0, kind)).toBe(false)
      expect(isLeftOut(kinds, kind, 0)).toBe(false)
    }
  })
})
