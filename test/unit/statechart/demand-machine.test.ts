/** Unit | fromXState: what is no machine, options that were forgotten, contexts and guards that are none: what is likely meant. */

import { describe, expect, it } from 'vitest'
import { createActor, createMachine, raise, setup } from 'xstate'
import { fromXState } from '../../../src/statechart/from-xstate.ts'

// biome-ignore lint/suspicious/noExplicitAny: machines in tests are written loosely, also wrong ones on purpose
type Loose = any

describe('what is likely meant', () => {
  const on = { go: 'b' }
  const config = { id: 'm', initial: 'a', states: { a: { on }, b: {} } }

  it('without options, by a machine that handles events', () => {
    expect(() => fromXState(createMachine(config))).toThrow(
      "nothing brings it an event, and it handles go: declare which arrive, inPorts: { port: ['go'] }",
    )
    expect(fromXState(createMachine({ id: 'm', states: {} })).states).toEqual([])
    expect(fromXState(createMachine({ id: 'm', entry: raise({ type: 'go' }), on: { go: {} } })).id).toBe('m')
  })

  it('by an option misspelt', () => {
    const options = { inPort: { in: ['go'] } }
    expect(() => fromXState(createMachine(config), options as never)).toThrow(
      'machine "m" is not well defined:\n' +
        '  - unknown field of the second argument of fromXState "inPort". Did you mean inPorts or input?',
    )
  })

  const methods = ['getInitialSnapshot', 'getTransitionData', 'getStateNodeById', 'resolveState', 'transition']
  const all = Object.fromEntries(methods.map((name) => [name, () => {}]))
  it.each<[string, unknown, string]>([
    ['a config', config, 'the plain config of one: give it to createMachine first'],
    ['an actor of defineMachine', fromXState(createMachine({ id: 'm' })), 'an actor already'],
    ['an actor of XState', createActor(createMachine({ id: 'm' })), 'a running actor'],
    ['what setup returns', setup({}), 'what setup returns: call its createMachine'],
    ['an object with a machine in it', { machine: createMachine({ id: 'm' }) }, 'give what is in its field "machine"'],
    ['a promise', Promise.resolve(), 'a promise: await it first'],
    ['a machine of XState 4', { initial: 'a', states: {}, transition() {} }, 'another version of xstate than 5'],
    [
      'a machine of XState 6',
      { ...all, idMap: new Map(), root: { transitions: new Map() } },
      'another version of xstate than 5',
    ],
  ])('by %s', (_name, value, meant) => {
    expect(() => fromXState(value as never)).toThrow(meant)
  })

  it.each<[string, unknown, string]>([
    ['text', 'x', 'its context is "x": expected an object'],
    ['list', [], 'its context is an empty list: expected an object'],
  ])('by a context that is a %s', (_name, context, meant) => {
    expect(() => fromXState(createMachine({ id: 'm', context } as Loose) as Loose)).toThrow(meant)
  })

  it('by a context that is part of itself, which has no end', () => {
    const round: { self?: unknown } = {}
    round.self = round
    expect(() => fromXState(createMachine({ id: 'm', context: round } as Loose) as Loose)).toThrow('or part of itself')
  })

  it.each<[string, () => unknown, string]>([
    ['says nothing', () => undefined, 'when of "go" returned undefined, expected true or false'],
    ['promises', () => Promise.resolve(false), 'when of "go" returned a promise'],
    [
      'throws',
      () => {
        throw new Error('mine')
      },
      'when of "go" threw: Error: mine at ',
    ],
  ])('by a choice whose guard %s', (_name, when, meant) => {
    const spontaneous = { go: { description: 'goes', kind: 'may' as const, when: when as () => boolean } }
    const [choice] = fromXState(createMachine({ ...config, on: { go: {} } }), { spontaneous }).spontaneous
    expect(() => choice?.when({} as never, 0)).toThrow(`machine "m": ${meant}`)
  })
})
