/** Tests | leadsTo on systems: verdicts known by hand, the reference models, and generated systems decided naively. */

import { describe, expect, test } from 'vitest'
import { searchLevels } from '../../../src/explore/breadth-first.ts'
import { type CheckableSystem, leadsTo, type StateView } from '../../../src/explore/define-system.ts'
import type { Fairness } from '../../../src/explore/fairness.ts'
import { exploreGraph } from '../../../src/explore/graph.ts'
import { judgeLeadsTo, type LeadsTo, violationOf } from '../../../src/explore/liveness.ts'
import type { StepLabel } from '../../../src/explore/partition.ts'
import { PredicateTree } from '../../../src/explore/predicates.ts'
import type { FoundRun } from '../../../src/explore/strategy.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import type { SystemSpec } from '../../../src/kernel/system.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { dmaRing } from '../../models/dma-ring.ts'
import { system, walker } from '../../support/liveness-systems.ts'
import { loopingSystem, naiveGraph } from '../../support/naive-graph.ts'
import { violatedByPairs } from '../../support/naive-liveness.ts'
import { prngFor, seed } from '../../support/seed.ts'

function decide(spec: SystemSpec, property: LeadsTo, fairness: Fairness) {
  const partition = new SystemPartition({ spec })
  const { graph } = exploreGraph(partition, searchLevels(partition))
  if (graph === undefined) throw new Error('no graph')
  return { partition, run: violationOf(partition, graph, { name: 'live', property }, { fairness }) }
}

/** Steps by name, a bar where the cycle begins; or that it holds. */
function show(partition: SystemPartition, run: FoundRun | undefined): string {
  if (run === undefined) return 'holds'
  const names = run.steps.map((label) => nameOf(partition, label))
  names.splice(run.cycleFrom ?? names.length, 0, '|')
  return names.join(' ')
}

function nameOf({ system: { actors, channels } }: SystemPartition, label: StepLabel): string {
  if (label.kind === 'deliver') return `${channels[label.channel]?.spec.to}:${JSON.parse(label.message).type}`
  const actor = actors[label.actor]
  return `${actor?.id}.${actor?.definition.spontaneous[label.choice]?.event}`
}

function verdict(checkable: CheckableSystem, fairness: Fairness = 'weak'): string {
  const { partition, run } = decide(checkable.spec, checkable.properties.live as LeadsTo, fairness)
  return show(partition, run)
}

const wire = (from: string, to: string, order: 'fifo' | 'unordered' | 'set' | 'per-id' = 'fifo', capacity = 1) => {
  return { from: `${from}.out`, to: `${to}.in`, order, capacity }
}

describe('choices', () => {
  const one = (...moves: string[]) => system({ a: walker('a', moves) }, [], ['a', 0], ['a', 9])

  test('a may loop starves a must choice that it disables', () => {
    expect(verdict(one('may spin: 0>1 1>0', 'must go: 0>9'))).toBe('| a.spin a.spin')
  })

  test('it cannot starve one that stays enabled', () => {
    const always = one('may spin: 0>1 1>0', 'must go: 0>9 1>9')
    expect(verdict(always)).toBe('holds')
    expect(verdict(always, 'none')).toBe('| a.spin a.spin')
  })

  test('fairness is per choice, not per actor', () => {
    expect(verdict(one('must left: 0>1', 'must right: 1>0', 'must out: 0>9 1>9'))).toBe('holds')
    expect(verdict(one('must left: 0>1', 'must right: 1>0', 'must out: 0>9'))).toBe('| a.left a.right')
  })

  test('a may choice is never forced: the run stays where it is', () => {
    expect(verdict(one('must go: 0>1', 'may luck: 1>9'))).toBe('a.go |')
  })

  test('an actor that goes round does not starve another', () => {
    const both = { a: walker('a', ['must left: 0>1', 'must right: 1>0']), b: walker('b', ['must go: 0>9']) }
    expect(verdict(system(both, [], ['b', 0], ['b', 9]))).toBe('holds')
    expect(verdict(system(both, [], ['b', 0], ['b', 9]), 'none')).toBe('| a.left a.right')
  })
})

describe('channels', () => {
  test('a join waits for both sides, each of which must move', () => {
    const join = (second: 'must' | 'may') =>
      system(
        {
          a: walker('a', ['must go: 0>1!x']),
          b: walker('b', [`${second} go: 0>1!y`, 'may idle: 2>2']),
          j: { ...joinOf() },
        },
        [
          { from: 'a.out', to: 'j.left' },
          { from: 'b.out', to: 'j.right' },
        ],
        ['j', 0],
        ['j', 9],
      )
    expect(verdict(join('must'))).toBe('holds')
    expect(verdict(join('must'), 'none')).toBe('holds')
    expect(verdict(join('may'))).toBe('a.go j.left:x |')
  })

  test('the head of a channel is taken at last, beside an actor that goes round', () => {
    const sends = system(
      {
        a: walker('a', ['must go: 0>1!x']),
        b: walker('b', ['on x: 0>9']),
        c: walker('c', ['must left: 0>1', 'must right: 1>0']),
      },
      [wire('a', 'b')],
      ['a', 1],
      ['b', 9],
    )
    expect(verdict(sends)).toBe('holds')
    expect(verdict(sends, 'none')).toBe('a.go | c.left c.right')
  })

  test('ever different heads are one unit: each delivery takes it', () => {
    // The head is x, y, x, y…, and what b waits for never comes.
    const rounds = system(
      { a: walker('a', ['must go: 0>1!x 1>0!y']), b: walker('b', ['on x: 0>1', 'on y: 1>0']) },
      [wire('a', 'b')],
      ['b', 0],
      ['b', 9],
    )
    expect(verdict(rounds)).toBe('| a.go b.in:x a.go b.in:y')
  })

  test('where messages may overtake, each is a unit of its own', () => {
    // After x, y is sent and taken again and again. Only fairness to x makes b take it.
    const overtaking = (order: 'fifo' | 'unordered' | 'per-id') =>
      system(
        { a: walker('a', ['must go: 0>1!x 1>1!y']), b: walker('b', ['on x: 0>9', 'on y: 0>0 9>9']) },
        [wire('a', 'b', order, 2)],
        ['a', 1],
        ['b', 9],
      )
    expect(verdict(overtaking('unordered'))).toBe('holds')
    expect(verdict(overtaking('unordered'), 'none')).toBe('a.go | a.go b.in:y')
    // Neither has a transaction id, so they keep their order.
    expect(verdict(overtaking('per-id'))).toBe('holds')
    expect(verdict(overtaking('per-id'), 'none')).toBe('holds')
    expect(verdict(overtaking('fifo'), 'none')).toBe('holds')
  })

  test('a message that stays has to be taken again and again', () => {
    const staying = system(
      { a: walker('a', ['must go: 0>1!x 1>2!y']), b: walker('b', ['on x: 0>0', 'on y: 0>9']) },
      [wire('a', 'b', 'set', 2)],
      ['a', 2],
      ['b', 9],
    )
    expect(verdict(staying)).toBe('holds')
    expect(verdict(staying, 'none')).toBe('a.go a.go | b.in:x')
  })

  test('a message that is stalled for ever is a run that ends', () => {
    const stalled = system(
      { a: walker('a', ['must go: 0>1!x']), b: walker('b', ['on x: 5>9']) },
      [wire('a', 'b')],
      ['a', 1],
      ['b', 9],
    )
    expect(verdict(stalled)).toBe('a.go |')
  })
})

/** Takes x on `left` and y on `right`, in either order: 0, 1 or 2, 9. */
function joinOf() {
  const base = walker('j', ['on x: 0>1 2>9', 'on y: 0>2 1>9'])
  return { ...base, inPorts: { left: ['x'], right: ['y'] } }
}

describe('reference models', () => {
  test.each([1, 2, 3])('L1 of a ring of %i: holds fairly, fails without fairness', (count) => {
    const { spec, properties } = dmaRing(count)
    expect(decide(spec, properties.L1 as LeadsTo, 'weak').run).toBeUndefined()
    const { partition, run } = decide(spec, properties.L1 as LeadsTo, 'none')
    expect(show(partition, run)).toBe('cpu.store cpu.clean cpu.doorbell | buffer0.evict buffer0.prefetch')
    // The lasso is one without fairness only.
    const of = (predicate: LeadsTo['from']) => new PredicateTree(partition, predicate, 'L1')
    const { from, to } = properties.L1 as LeadsTo
    const claim = { from: of(from), to: of(to) }
    const lasso = { steps: run?.steps ?? [], cycleFrom: run?.cycleFrom ?? 0 }
    expect(judgeLeadsTo(partition, lasso, { ...claim, fairness: 'none' })).toBeUndefined()
    expect(judgeLeadsTo(partition, lasso, { ...claim, fairness: 'weak' })).toMatch(/^it is unfair to/)
  })

  test('a philosopher who holds one fork', () => {
    const eats = leadsTo(
      (state) => state.actor('philosopher0').matches('waiting'),
      (state) => state.actor('philosopher0').matches('eating'),
    ) as LeadsTo
    const verdictOf = (count: number, table: 'alike' | 'lefty') => {
      const { partition, run } = decide(diningPhilosophers(count, table).spec, eats, 'weak')
      return show(partition, run)
    }
    // Alike they can all be stuck; with a left-handed one of two the fork is free, and of three a neighbour can starve him.
    expect(verdictOf(2, 'alike')).toBe('philosopher0.takeFirst philosopher1.takeFirst |')
    expect(verdictOf(2, 'lefty')).toBe('holds')
    expect(verdictOf(3, 'lefty')).toBe(
      'philosopher0.takeFirst | philosopher1.takeFirst philosopher1.takeSecond philosopher1.putFirst philosopher1.putSecond',
    )
  })
})

describe('generated systems', () => {
  test(`agree with a naive decision on a graph built on the kernel (seed ${seed})`, () => {
    const prng = prngFor('liveness')
    const verdicts = { violated: 0, holds: 0 }
    for (let run = 0; run < 250; run++) {
      const spec = loopingSystem(prng)
      const naive = naiveGraph(spec, 60)
      if (naive === undefined) continue
      const [asked, wanted] = [prng.below(3), prng.below(3)]
      const stateOf = (state: StateView, id: string) => (state.actor(id).context as { state: number }).state
      const property = leadsTo(
        (state) => stateOf(state, 'a0') === asked,
        (state) => stateOf(state, 'a1') === wanted,
      ) as LeadsTo
      for (const fairness of ['weak', 'none'] as const) {
        const expected = violatedByPairs({
          count: naive.texts.length,
          edges: naive.edges,
          from: (node) => naive.contexts[node]?.[0]?.state === asked,
          to: (node) => naive.contexts[node]?.[1]?.state === wanted,
          fairness,
        })
        expect(decide(spec, property, fairness).run !== undefined).toBe(expected)
        verdicts[expected ? 'violated' : 'holds']++
      }
    }
    expect(Math.min(verdicts.violated, verdicts.holds)).toBeGreaterThan(40)
  })
})
