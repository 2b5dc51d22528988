/** Tests | lassos on plain graphs: verdicts known by hand, against two naive deciders, and judged step by step. */

import { describe, expect, test } from 'vitest'
import type { Fairness } from '../../../src/explore/fairness.ts'
import { findLasso, judgeLasso, type Lasso } from '../../../src/explore/lasso.ts'
import type { StepLabel } from '../../../src/explore/partition.ts'
import { edges, graphOf, type PlainEdge, randomEdges } from '../../support/edge-partition.ts'
import { violatedByPairs, violatedBySets } from '../../support/naive-liveness.ts'
import { prngFor, seed } from '../../support/seed.ts'

type Nodes = (node: number) => boolean

function lassoOf(list: readonly PlainEdge[], from: Nodes, to: Nodes, fairness: Fairness = 'weak'): Lasso | undefined {
  const { partition, graph, nodes } = graphOf(list)
  const mark = (holds: Nodes) => Uint8Array.from(nodes, (node) => (holds(node) ? 1 : 0))
  const lasso = findLasso(graph, { from: mark(from), to: mark(to) }, fairness)
  if (lasso !== undefined) {
    const claim = { from: at(from), to: at(to), fairness, isInOrder: () => true }
    expect(judgeLasso(partition, lasso, claim)).toBeUndefined()
  }
  return lasso
}

const at = (holds: Nodes) => (values: Int32Array) => holds(values[0] as number)
const is = (wanted: number) => (node: number) => node === wanted
/** Units of the steps; `-` for `may`, a bar where the cycle begins. */
const show = (lasso: Lasso | undefined) => {
  const letters = lasso?.steps.map((label) => unitLetter(label))
  return letters && `${letters.slice(0, lasso?.cycleFrom).join('')}|${letters.slice(lasso?.cycleFrom).join('')}`
}
const unitLetter = (label: StepLabel) =>
  label.kind === 'spontaneous' && label.actor !== 99 ? String.fromCharCode(97 + label.actor) : '-'

describe('verdicts known by hand, from node 0 to node 9', () => {
  test.each([
    ['a straight way', ['0>1 a', '1>9 b', '9>9 a'], undefined, undefined],
    ['an end short of it: the run stays there', ['0>1 a', '0>9 b'], 'a|', 'a|'],
    ['only a may choice leads there: it need not happen', ['0>9'], '|', '|'],
    ['a must choice that stays enabled beside a may loop', ['0>1', '1>0', '0>9 a', '1>9 a'], undefined, '|--'],
    ['a must choice that a may loop disables again and again', ['0>1', '1>0', '0>9 a', '1>0 b'], '|--', '|--'],
    ['two must choices alternate, the third is always enabled', ['0>1 a', '1>0 b', '0>9 c', '1>9 c'], undefined, '|ab'],
    ['two must choices alternate, the third is enabled in one place only', ['0>1 a', '1>0 b', '0>9 c'], '|ab', '|ab'],
    ['a self-loop takes its own unit only', ['0>0 a', '0>9 b'], undefined, '|a'],
    ['a self-loop is all there is', ['0>0 a', '0>9'], '|a', '|a'],
    [
      'a join: both sides must move, in either order',
      ['0>1 a', '0>2 b', '1>9 b', '2>9 a', '0>0', '1>1', '2>2'],
      undefined,
      '|-',
    ],
    [
      'a join, one side of which may move only',
      ['0>1 a', '0>2', '1>9', '2>9 a', '0>0 c', '1>1 c', '2>2 c'],
      'a|c',
      '|c',
    ],
    ['a cycle that has to visit two places to be fair', ['0>1 a', '1>2 b', '2>0 c', '0>9 b', '2>9 b'], '|abc', '|abc'],
    ['a unit taken inside by one edge of two', ['0>0 a', '0>9 a'], '|a', '|a'],
    ['what is reached and left again', ['0>9 a', '9>0 b'], undefined, undefined],
    ['a cycle beyond it does not count', ['0>9 a', '9>1 b', '1>1 c'], undefined, undefined],
  ] as const)('%s', (_name, texts, weak, none) => {
    expect(show(lassoOf(edges(...texts), is(0), is(9)))).toBe(weak)
    expect(show(lassoOf(edges(...texts), is(0), is(9), 'none'))).toBe(none)
  })

  test('what holds at once is not waited for', () => {
    expect(lassoOf(edges('0>0 a'), is(0), is(0))).toBeUndefined()
  })

  test('nothing is waited for where it is asked for in no reachable state', () => {
    expect(lassoOf(edges('0>0 a', '5>5 a'), is(5), is(9))).toBeUndefined()
  })

  test('the way there is a shortest one, also past a place where it was already there', () => {
    // Asked at 3, which lies behind 9; the cycle at 4 is one step on.
    expect(show(lassoOf(edges('0>9 a', '9>3 b', '3>4 c', '4>4 d'), is(3), is(9)))).toBe('abc|d')
  })
})

describe('generated graphs', () => {
  test(`agree with both naive deciders, with and without fairness (seed ${seed})`, () => {
    const prng = prngFor('lasso')
    const verdicts = { violated: 0, holds: 0 }
    for (let run = 0; run < 500; run++) {
      const list = randomEdges(prng, 7, 1 + prng.below(4))
      const { nodes } = graphOf(list)
      const fromBits = prng.below(2 ** 7)
      const toBits = prng.below(2 ** 7) & prng.below(2 ** 7)
      const from = (node: number) => ((fromBits >> node) & 1) === 1
      const to = (node: number) => ((toBits >> node) & 1) === 1
      // Nodes that are not reachable do not count.
      const reached = (holds: Nodes) => (node: number) => nodes.includes(node) && holds(node)
      for (const fairness of ['weak', 'none'] as const) {
        const question = { count: 7, edges: list, from: reached(from), to, fairness }
        const expected = violatedBySets(question)
        expect(violatedByPairs(question)).toBe(expected)
        expect(lassoOf(list, from, to, fairness) !== undefined).toBe(expected)
        verdicts[expected ? 'violated' : 'holds']++
      }
    }
    expect(Math.min(verdicts.violated, verdicts.holds)).toBeGreaterThan(120)
  })
})

describe('judging a lasso', () => {
  const list = edges('0>1 a', '1>0 b', '0>9 c', '1>9 c', '9>9 a', '1>2 b', '2>2', '2>9 c')
  const { partition, search } = graphOf(list)
  const step = (unit: number, value: number): StepLabel => ({ kind: 'spontaneous', actor: unit, choice: 0, value })
  const claim = (from: Nodes, to: Nodes, fairness: Fairness = 'weak') => {
    return { from: at(from), to: at(to), fairness, isInOrder: () => true }
  }
  const round = [step(0, 0), step(1, 0)]

  test('one that is fair only without fairness', () => {
    expect(search.states).toBe(4)
    expect(judgeLasso(partition, { steps: round, cycleFrom: 0 }, claim(is(0), is(9), 'none'))).toBeUndefined()
    expect(judgeLasso(partition, { steps: round, cycleFrom: 0 }, claim(is(0), is(9)))).toBe(
      'it is unfair to {"kind":"choice","actor":2,"choice":0}',
    )
  })

  test.each([
    ['not closed', round.slice(0, 1), 0, is(0), is(9), 'its end does not come back to where the cycle begins'],
    [
      'through what is waited for',
      [step(2, 0), step(0, 1)],
      1,
      is(0),
      is(9),
      'what is waited for comes again and again',
    ],
    ['with nothing asked', round, 0, is(7), is(9), 'nothing is waited for'],
    ['answered before it stays', round, 2, is(1), is(0), 'what is waited for comes again and again'],
    ['stopped where a must choice is enabled', round, 2, is(0), is(9), 'it stops where something must happen'],
  ] as const)('one that is %s', (_name, steps, cycleFrom, from, to, wrong) => {
    expect(judgeLasso(partition, { steps, cycleFrom }, claim(from, to))).toBe(wrong)
  })

  test('one whose steps are not enabled', () => {
    expect(() => judgeLasso(partition, { steps: [step(1, 0)], cycleFrom: 0 }, claim(is(0), is(9)))).toThrow(
      'internal: step 1 of a run is not enabled: spontaneous 1 0 0',
    )
  })
})
