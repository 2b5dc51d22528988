/** Tests | strong fairness: verdicts known by hand, thousands of small graphs and systems against the definition, options by actor and property. */

// Goal: a violation is found iff some set of nodes is where a fair run can stay, by definition. Method: all sets of pending nodes are
// tried; each lasso is judged step by step by what knows no graph.

import { describe, expect, test } from 'vitest'
import { searchLevels } from '../../../src/explore/breadth-first.ts'
import { defineSystem, leadsTo, type Property, type StateView } from '../../../src/explore/define-system.ts'
import type { Fairness } from '../../../src/explore/fairness.ts'
import { exploreGraph, type FairnessUnit } from '../../../src/explore/graph.ts'
import { findLasso, judgeLasso } from '../../../src/explore/lasso.ts'
import { type LeadsTo, violationOf } from '../../../src/explore/liveness.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import { Schedule } from '../../../src/kernel/schedule.ts'
import { check } from '../../../src/run/check.ts'
import { tokenIn } from '../../../src/run/check-report.ts'
import { replaySearched } from '../../../src/run/replay-searched.ts'
import { subjectOfSystem } from '../../../src/run/subject.ts'
import { parseToken } from '../../../src/run/token.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { edges, graphOf, type PlainEdge, randomEdges } from '../../support/edge-partition.ts'
import { system, walker } from '../../support/liveness-systems.ts'
import { loopingSystem, naiveGraph } from '../../support/naive-graph.ts'
import { violatedBySets } from '../../support/naive-liveness.ts'
import { prngFor, seed } from '../../support/seed.ts'

type Nodes = (node: number) => boolean
const is = (wanted: number) => (node: number) => node === wanted

/** A lasso, judged; units of these numbers get strong fairness, the others `rest`. */
function lassoOf(
  list: readonly PlainEdge[],
  [from, to]: readonly [Nodes, Nodes],
  rest: Fairness,
  strong: readonly number[] = [],
) {
  const { partition, graph, nodes } = graphOf(list)
  // The actor of a plain graph's choice is its unit.
  const promised = (unit: FairnessUnit) => (unit.kind === 'choice' && strong.includes(unit.actor) ? 'strong' : rest)
  const mark = (holds: Nodes) => Uint8Array.from(nodes, (node) => (holds(node) ? 1 : 0))
  const lasso = findLasso(graph, { from: mark(from), to: mark(to) }, (unit) =>
    promised(graph.unitList[unit] as FairnessUnit),
  )
  const at = (holds: Nodes) => (values: Int32Array) => holds(values[0] as number)
  const claim = { from: at(from), to: at(to), fairness: promised, isInOrder: () => true }
  if (lasso) expect(judgeLasso(partition, lasso, claim)).toBeUndefined()
  return lasso
}

describe('verdicts known by hand, from node 0 to node 9', () => {
  test.each([
    ['what is possible again and again happens', ['0>1 a', '1>0 b', '0>9 c'], false],
    ['what a may loop disables again and again, too', ['0>1', '1>0', '0>9 a', '1>0 b'], false],
    ['a may choice is promised nothing', ['0>1 a', '1>0 b', '0>9'], true],
    ['a part that never enables it is fair', ['0>1 a', '1>0 b', '0>9 c', '1>2 b', '2>1 d'], true],
    ['but not if it is enabled all along that part', ['0>1 a', '1>0 b', '0>9 c', '1>2 b', '2>1 d', '1>9 c'], false],
    ['parts of parts', ['0>1 a', '1>2 a', '2>3 a', '3>0 a', '0>9 b', '2>9 c', '1>3', '3>1 a'], true],
    ['a run that may end', ['0>1 a', '1>0', '0>9 b'], true],
  ] as const)('%s', (_name, texts, isViolated) => {
    expect(lassoOf(edges(...texts), [is(0), is(9)], 'strong') !== undefined).toBe(isViolated)
  })

  test('a cycle takes what is enabled anywhere on it', () => {
    const lasso = lassoOf(edges('0>1 a', '1>0 b', '0>2 c', '2>0 d', '1>9 e', '9>9 a'), [is(0), is(9)], 'weak', [2, 3])
    // Unit c is strong and enabled in 0, so a cycle through 0 goes through 2.
    const taken = lasso?.steps.slice(lasso.cycleFrom).map((label) => (label.kind === 'spontaneous' ? label.actor : -1))
    expect(taken).toContain(2)
  })
})

test(`generated graphs agree with the definition, for all units, for some, and beside none (seed ${seed})`, () => {
  const prng = prngFor('strong fairness')
  const verdicts = { violated: 0, holds: 0, strongOnly: 0 }
  for (let run = 0; run < 3000; run++) {
    const list = randomEdges(prng, 8, 1 + prng.below(5))
    const { nodes } = graphOf(list)
    const [fromBits, toBits] = [prng.below(2 ** 8), prng.below(2 ** 8) & prng.below(2 ** 8) & prng.below(2 ** 8)]
    const from = (node: number) => ((fromBits >> node) & 1) === 1
    const to = (node: number) => ((toBits >> node) & 1) === 1
    const reached = (node: number) => nodes.includes(node) && from(node)
    const strong = [0, 1, 2, 3, 4].filter(() => prng.chance(1, 2))
    const question = { count: 8, edges: list, from: reached, to }
    const all = violatedBySets({ ...question, fairness: 'strong' })
    expect(lassoOf(list, [from, to], 'strong') !== undefined, `graph ${run}`).toBe(all)
    const some = violatedBySets({ ...question, fairness: 'weak', strong: new Set(strong) })
    expect(lassoOf(list, [from, to], 'weak', strong) !== undefined, `graph ${run}, some strong`).toBe(some)
    verdicts[all ? 'violated' : 'holds']++
    if (!all && violatedBySets({ ...question, fairness: 'weak' })) verdicts.strongOnly++
  }
  expect(Math.min(verdicts.violated, verdicts.holds)).toBeGreaterThan(300)
  expect(verdicts.strongOnly).toBeGreaterThan(20)
})

test(`generated systems agree with the definition (seed ${seed})`, () => {
  const prng = prngFor('strong systems')
  let compared = 0
  let violated = 0
  for (let run = 0; run < 400; run++) {
    const spec = loopingSystem(prng)
    const naive = naiveGraph(spec, 40)
    if (naive === undefined) continue
    const [asked, wanted] = [prng.below(3), prng.below(3)]
    const to = (node: number) => naive.contexts[node]?.[1]?.state === wanted
    // All sets of what is pending are tried.
    if (naive.texts.filter((_, node) => !to(node)).length > 13) continue
    const stateOf = (state: StateView, id: string) => (state.actor(id).context as { state: number }).state
    const property = leadsTo(
      (state) => stateOf(state, 'a0') === asked,
      (state) => stateOf(state, 'a1') === wanted,
    ) as LeadsTo
    const partition = new SystemPartition({ spec })
    const { graph } = exploreGraph(partition, searchLevels(partition))
    if (graph === undefined) throw new Error('no graph')
    const from = (node: number) => naive.contexts[node]?.[0]?.state === asked
    const question = { count: naive.texts.length, edges: naive.edges, from, to }
    // Of actor a0, its choices, and what is delivered to it by the last of the ring.
    const last = spec.channels.at(-1)?.from.split('.')[0]
    const strong = new Set(
      naive.units.flatMap((unit, number) =>
        unit.startsWith('a0 ') || unit.startsWith(`${last}.out>`) ? [number] : [],
      ),
    )
    const named = { name: 'live', property }
    const all = violatedBySets({ ...question, fairness: 'strong' })
    expect(violationOf(partition, graph, named, { fairness: 'strong' }) !== undefined, `system ${run}`).toBe(all)
    const some = violatedBySets({ ...question, fairness: 'weak', strong })
    const options = { actors: { a0: 'strong' } } as const
    expect(violationOf(partition, graph, named, options) !== undefined, `system ${run}, a0`).toBe(some)
    compared++
    violated += Number(all)
  }
  expect(Math.min(violated, compared - violated)).toBeGreaterThan(20)
})

describe('what is promised', () => {
  // The other one goes round and lets the first one through every second time.
  const door = (fairness?: 'weak' | 'strong', actors?: Readonly<Record<string, 'weak' | 'strong'>>) => {
    const { spec, properties } = system(
      { guest: walker('guest', ['on open: 0>9']), door: walker('door', ['may open: 0>1!open', 'must turn: 1>0']) },
      [{ from: 'door.out', to: 'guest.in', order: 'rendezvous', capacity: 0 }],
      ['guest', 0],
      ['guest', 9],
    )
    const { from, to } = properties.live as LeadsTo
    const live: Property = leadsTo(from, to, fairness ? { fairness } : {})
    const actorsOf = Object.fromEntries(spec.actors.map(({ id, definition }) => [id, definition]))
    return defineSystem({
      id: 'door',
      actors: actorsOf,
      channels: [{ from: 'door.out', to: 'guest.in', order: 'rendezvous', capacity: 0 }],
      properties: { live },
      ...(actors ? { fairness: actors } : {}),
    })
  }

  test('philosophers: who may eat again and again eats', () => {
    const eats = (more: { readonly fairness?: 'strong' }) =>
      leadsTo(
        (state) => state.actor('philosopher0').matches('waiting'),
        (state) => state.actor('philosopher0').matches('eating'),
        more,
      )
    const table = diningPhilosophers(3, 'lefty')
    const verdict = (properties: Readonly<Record<string, Property>>, more: object = {}) =>
      check({ ...table, properties, ...more }).violations.map(({ property }) => property)
    expect(verdict({ weak: eats({}), strong: eats({ fairness: 'strong' }) })).toEqual(['weak'])
    // It is enough that the hungry one is promised it.
    expect(verdict({ weak: eats({}) }, { fairness: { philosopher0: 'strong' } })).toEqual([])
    expect(verdict({ weak: eats({}) }, { fairness: { philosopher1: 'strong' } })).toEqual(['weak'])
    expect(check({ ...table, properties: { p: eats({}) } }, { fairness: 'strong' }).verdict).toBe('holds')
  })

  test('a property has its own say before the option; a may choice is promised nothing', () => {
    expect(check(door('weak'), { fairness: 'strong' }).verdict).toBe('violated')
    expect(check(door('strong')).verdict).toBe('violated')
  })

  test('a lasso of a strong property replays as one', () => {
    const given = door('strong')
    const run = check(given).violations.find(({ property }) => property === 'live')
    const { schedule } = parseToken(tokenIn(run?.replay ?? ''))
    expect(replaySearched(subjectOfSystem(given), schedule ?? new Schedule(), 'sim').violations).toContainEqual(
      expect.objectContaining({ property: 'live', message: run?.message }),
    )
  })

  test('names that mean nothing are refused', () => {
    expect(() => door(undefined, { nobody: 'strong' })).toThrow('fairness: unknown actor "nobody". Known: guest, door')
    expect(() => door(undefined, { door: 'none' as never })).toThrow(
      'fairness.door: unknown fairness "none". Known: weak, strong',
    )
    expect(() => door('none' as never)).toThrow('fairness: unknown fairness "none". Known: weak, strong')
  })
})
