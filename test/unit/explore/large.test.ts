/** Tests | large systems: many actors, deep charts, long channels, large contexts; and what is said of many who wait. */

import { expect, test } from 'vitest'
import { type AnyStateMachine, assign, emit, setup } from 'xstate'
import { defineSystem } from '../../../src/explore/define-system.ts'
import { check } from '../../../src/run/check.ts'
import { stall } from '../../../src/statechart/define.ts'
import { fromXState } from '../../../src/statechart/from-xstate.ts'

const choice = (kind: 'may' | 'must') => ({ description: 'happens', kind })

test('a ring of 1,000 actors that pass a message once', () => {
  const relay = setup({}).createMachine({
    initial: 'idle',
    states: {
      idle: { on: { ping: { target: 'done', actions: emit({ type: 'ping' } as never) } } },
      done: { tags: 'finished', on: { ping: {} } },
    },
    on: { go: { target: '.done', actions: emit({ type: 'ping' } as never) } },
  })
  const ids = Array.from({ length: 1000 }, (_, index) => `a${index}`)
  const actor = (spontaneous = {}) =>
    fromXState(relay, { id: 'relay', inPorts: { in: ['ping'] }, outPorts: { out: ['ping'] }, spontaneous })
  const others = actor()
  const system = defineSystem({
    id: 'many',
    actors: Object.fromEntries(ids.map((id, index) => [id, index === 0 ? actor({ go: choice('may') }) : others])),
    channels: ids.map((id, index) => ({ from: `${id}.out`, to: `${ids[(index + 1) % ids.length]}.in` })),
  })
  const { states, violations, isExhaustive } = check(system)
  expect({ states: states > 1000, isExhaustive }).toEqual({ states: true, isExhaustive: true })
  const [deadlock] = violations
  expect(deadlock).toMatchObject({ property: 'deadlock', length: 0 })
  // Not a thousand lines.
  expect(deadlock?.waits?.length).toBeLessThan(70)
  expect(deadlock?.waits?.join('\n')).toMatch(
    /and \d+ more who wait\neach waits for the next: a\d+ → .* → … \(\d+ in all\) → a\d+$/,
  )
})

test('a chart with a hundred levels', () => {
  let node: object = { initial: 'x', states: { x: { on: { flip: 'y' } }, y: { on: { flip: 'x' } } } }
  for (let level = 100; level > 0; level--) node = { initial: `n${level}`, states: { [`n${level}`]: node } }
  const machine = setup({}).createMachine({ id: 'deep', ...node } as never) as unknown
  const system = defineSystem({
    id: 'deep',
    actors: { deep: fromXState(machine as AnyStateMachine, { spontaneous: { flip: choice('must') } }) },
    channels: [],
  })
  expect(check(system)).toMatchObject({ verdict: 'holds', states: 2 })
})

test('a channel with room for 1,000', () => {
  const source = setup({}).createMachine({ on: { put: { actions: emit({ type: 'm' } as never) } } })
  const sink = setup({}).createMachine({ on: { m: { actions: assign({}) }, pause: stall('never') } })
  const system = defineSystem({
    id: 'wide',
    actors: {
      source: fromXState(source, { id: 's', outPorts: { out: ['m'] }, spontaneous: { put: choice('must') } }),
      sink: fromXState(sink, { id: 'd', inPorts: { in: ['m'] } }),
    },
    channels: [{ from: 'source.out', to: 'sink.in', capacity: 1000 }],
  })
  expect(check(system)).toMatchObject({ verdict: 'holds', states: 1001, transitions: 2000 })
})

test('contexts of a megabyte', () => {
  const machine = setup({ types: { context: {} as { n: number; data: number[] } } }).createMachine({
    context: { n: 0, data: Array.from({ length: 200_000 }, (_, index) => index) },
    on: { go: { actions: assign({ n: ({ context }) => (context.n + 1) % 5 }) } },
  })
  const system = defineSystem({
    id: 'fat',
    actors: { fat: fromXState(machine, { id: 'fat', spontaneous: { go: choice('must') } }) },
    channels: [],
  })
  expect(check(system)).toMatchObject({ verdict: 'holds', states: 5 })
})
