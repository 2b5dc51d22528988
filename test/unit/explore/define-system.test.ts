/** Unit | defineSystem: what is no system is refused by name; properties that could never say anything are, too. */

import { describe, expect, test } from 'vitest'
import { createMachine, emit } from 'xstate'
import {
  always,
  type CheckableSystem,
  defineSystem,
  leadsTo,
  never,
  type Property,
  type SystemConfig,
  sometimes,
} from '../../../src/explore/define-system.ts'
import { check } from '../../../src/run/check.ts'
import { defineMachine, stall } from '../../../src/statechart/define.ts'
import { fromXState } from '../../../src/statechart/from-xstate.ts'

const ping = fromXState(
  createMachine({
    id: 'ping',
    initial: 'ready',
    states: {
      ready: { on: { go: { target: 'waiting.long', actions: emit({ type: 'ball' }) } } },
      waiting: { on: { go: stall('waits') }, initial: 'long', states: { long: {} } },
    },
  }),
  { outPorts: { out: ['ball'] }, spontaneous: { go: { description: 'goes', kind: 'must' } } },
)

const pong = defineMachine({
  id: 'pong',
  description: 'takes a ball',
  inPorts: { in: ['ball'] },
  outPorts: {},
  events: { ball: 'a ball' },
  context: () => ({}),
  chart: {
    description: 'pong',
    initial: 'idle',
    states: {
      idle: { description: 'idle', on: { ball: 'done' } },
      done: { description: 'done', on: { ball: 'done' } },
    },
  },
})

const wire = { from: 'ping.out', to: 'pong.in' }

function define(change: Partial<SystemConfig> = {}): CheckableSystem {
  return defineSystem({ id: 'table', actors: { ping, pong }, channels: [wire], ...change })
}

describe('a system', () => {
  test.each<[string, Partial<SystemConfig>, string]>([
    ['without actors', { actors: {}, channels: [] }, 'it has no actors'],
    [
      'with a wire from nowhere',
      { channels: [wire, { from: 'pung.out', to: 'pong.in' }] },
      'channel from pung.out: no such out port; unknown actor "pung". Did you mean ping or pong? Known: ping, pong',
    ],
    [
      'with a port misspelt',
      { channels: [{ from: 'ping.outt', to: 'pong.in' }] },
      'no such out port; unknown out port of ping "outt". Did you mean out? Known: out',
    ],
    ['with an end that is no port', { channels: [{ from: 'ping.out', to: 'pong' }] }, 'an end is written actor.port'],
    ['with a port left open', { channels: [] }, 'out port ping.out is not wired'],
    [
      'with an order that there is not',
      { channels: [{ ...wire, order: 'lifo' as 'fifo' }] },
      'channels[0].order: unknown order "lifo". Did you mean fifo? Known: fifo, per-id, per-source, unordered, set, rendezvous',
    ],
    [
      'with a function as a property',
      { properties: { p: (() => true) as unknown as Property } },
      'properties.p is the function p: expected what always(predicate), never(event), emits(event), sometimes(predicate)',
    ],
    [
      'with half a property',
      { properties: { p: leadsTo(() => true, undefined as never) } },
      'properties.p.to is missing: expected a function that returns true or false',
    ],
  ])('%s is refused where it is defined', (_name, change, problem) => {
    expect(() => define(change)).toThrow(`system "table" is not well defined:\n`)
    expect(() => define(change)).toThrow(problem)
  })
})

test('never() of a message, which is no event, is pointed out', () => {
  const { notes } = check(define({ properties: { p: never('ball'), q: never('bang') } }))
  expect(notes).toEqual(['"p" is about emitted events, and "ball" is the type of a message that ping sends on a port'])
})

describe('a predicate', () => {
  const checked = (property: Property) => () => check(define({ properties: { p: property } }))

  test('may ask for every state that a chart has', () => {
    const verdict = checked(
      sometimes((state) => {
        const { matches } = state.actor('ping')
        return matches('waiting') && matches('waiting.long') && state.actor('pong').matches('done')
      }),
    )()
    expect(verdict.witnesses).toMatchObject([{ property: 'p', length: 2 }])
  })

  test.each<[string, Property, string]>([
    [
      'of a state that the chart does not have',
      always((state) => !state.actor('ping').matches('wating')),
      'property "p": unknown state of ping "wating". Did you mean waiting? Known: ready, waiting, waiting.long',
    ],
    [
      'of a state that a chart of mutators does not have',
      always((state) => !state.actor('pong').matches('crashed')),
      'property "p": unknown state of pong "crashed". Known: idle, done',
    ],
    ['of an unknown actor', always((state) => state.actor('pung').finished), 'property "p": unknown actor "pung"'],
    [
      'that comes to a promise',
      always((() => Promise.resolve(false)) as never),
      'property "p": its predicate returned a promise, expected true or false',
    ],
    ['that forgets to return', always((() => {}) as never), 'property "p": its predicate returned undefined'],
    [
      'that throws, with its place',
      always((state) => (state.actor('ping').context as { a: { b: boolean } }).a.b),
      'define-system.test.ts:',
    ],
  ])('%s is refused', (_name, property, message) => {
    expect(checked(property)).toThrow(message)
  })
})
