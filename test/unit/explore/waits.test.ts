/** Tests | deadlocks in words: what is refused, full, stalled or missing, and the circle. */

import { describe, expect, test } from 'vitest'
import { breadthFirst } from '../../../src/explore/breadth-first.ts'
import { SystemPartition } from '../../../src/explore/system-partition.ts'
import { type DeadlockReport, explainDeadlock, explainEnd } from '../../../src/explore/waits.ts'
import type { ActorDefinition } from '../../../src/kernel/actor.ts'
import type { ChannelSpec } from '../../../src/kernel/channel.ts'
import type { SystemSpec } from '../../../src/kernel/system.ts'
import { diningPhilosophers } from '../../models/dining-philosophers.ts'
import { walker } from '../../support/liveness-systems.ts'
import { wire } from '../../support/small-systems.ts'

function explain(spec: SystemSpec): DeadlockReport {
  const partition = new SystemPartition({ spec })
  const run = breadthFirst.search(partition, {}).found.get('deadlock')
  if (run === undefined) throw new Error('no deadlock')
  return explainEnd(partition, run)
}

const small = (actors: Readonly<Record<string, ActorDefinition>>, channels: readonly ChannelSpec[]) => {
  return explain({ actors: Object.entries(actors).map(([id, definition]) => ({ id, definition })), channels })
}

describe('deadlocks', () => {
  test('philosophers wait for forks, forks for philosophers', () => {
    const { lines, cycle } = explain(diningPhilosophers(2).spec)
    expect(lines).toEqual([
      'philosopher0 cannot do takeSecond: fork1 refuses, somebody has it',
      'philosopher1 cannot do takeSecond: fork0 refuses, somebody has it',
      'fork1 would take put from philosopher0',
      'fork1 would take put from philosopher1',
      'fork0 would take put from philosopher0',
      'fork0 would take put from philosopher1',
      'each waits for the next: philosopher0 → fork1 → philosopher1 → fork0 → philosopher0',
    ])
    expect(cycle).toEqual(['philosopher0', 'fork1', 'philosopher1', 'fork0'])
    expect(explain(diningPhilosophers(5).spec).cycle).toHaveLength(10)
  })

  test('two who fill each other’s channels', () => {
    const moves = (sent: string, taken: string) => [`must go: 0>1!${sent} 1>9!${sent}`, `on ${taken}: 9>9`]
    const { waits, lines, cycle } = small(
      { a: walker('a', moves('x', 'y'), [9]), b: walker('b', moves('y', 'x'), [9]) },
      [wire('a.out', 'b.in', { capacity: 1 }), wire('b.out', 'a.in', { capacity: 1 })],
    )
    expect(lines).toEqual([
      'a does not take y from b.out>a.in: a says stall',
      'a cannot do go: no room on a.out>b.in (1 of 1 taken), b must take something',
      'b does not take x from a.out>b.in: b says stall',
      'b cannot do go: no room on b.out>a.in (1 of 1 taken), a must take something',
      'each waits for the next: a → b → a',
    ])
    expect(waits.map(({ kind }) => kind)).toEqual(['stalled', 'full', 'stalled', 'full'])
    expect(cycle).toEqual(['a', 'b'])
  })

  test('one who waits for what never comes', () => {
    const { lines, cycle } = small(
      { a: walker('a', ['on x: 0>9'], [9]), b: walker('b', ['must go: 0>9', 'may send: 0>1!x'], [9, 1]) },
      [wire('b.out', 'a.in')],
    )
    expect(lines).toEqual(['a would take x from b, which has ended'])
    expect(cycle).toEqual([])
  })

  test('three who wait for each other around', () => {
    const next = ['on x: 0>9!x']
    const { lines, cycle } = small(
      { a: walker('a', next, [9]), b: walker('b', next, [9]), c: walker('c', next, [9]) },
      [wire('a.out', 'b.in'), wire('b.out', 'c.in'), wire('c.out', 'a.in')],
    )
    expect(lines).toEqual([
      'a would take x from c',
      'b would take x from a',
      'c would take x from b',
      'each waits for the next: a → c → b → a',
    ])
    expect(cycle).toEqual(['a', 'c', 'b'])
  })

  test('the reason of an engine that stalls itself counts where there is no other', () => {
    const idle = walker('a', ['must go: 1>9'], [9])
    const stalls = { ...idle, spontaneous: idle.spontaneous.map((choice) => ({ ...choice, when: () => true })) }
    expect(small({ a: stalls }, []).lines).toEqual(['a does not do go: a says stall'])
    const waiting = walker('a', ['must go: 1>9', 'on x: 0>1'], [9])
    const both = { ...waiting, spontaneous: stalls.spontaneous }
    const full = small({ a: both, b: walker('b', ['may send: 0>1!x']) }, [wire('b.out', 'a.in')])
    expect(full.lines).toEqual(['a does not do go: a says stall', 'a would take x from b'])
  })

  test('a state with nothing wrong has nothing to say', () => {
    const partition = new SystemPartition({ spec: diningPhilosophers(2).spec })
    expect(explainDeadlock(partition, partition.initial().values)).toEqual({ waits: [], cycle: [], lines: [] })
  })

  test('explaining disturbs no search', () => {
    const { spec, properties } = diningPhilosophers(3)
    const partition = new SystemPartition({ spec, properties })
    const first = breadthFirst.search(partition, {})
    explainEnd(partition, first.found.get('deadlock') ?? { steps: [] })
    const second = breadthFirst.search(partition, {})
    expect([second.states, second.transitions, second.depth]).toEqual([26, 51, 6])
    expect(second.found).toEqual(first.found)
  })
})
