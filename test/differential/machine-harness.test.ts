/** Differential | the harness for real machines: what it counts, and that it notices what it should. */

import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/kernel/actor.ts'
import { ignore, stall } from '../../src/statechart/define.ts'
import { type Context, type Loose, type Overrides, sample } from '../unit/statechart/sample.ts'
import { compareMachine } from './machine-harness.ts'

const oneAction = (run: (context: Loose, message: Loose, out: Loose) => void, overrides: Overrides = {}) =>
  sample({ on: { go: { actions: 'do' } } }, { actions: { do: { description: 'does', run } }, ...overrides })

const compare = (definition: ReturnType<typeof sample>, message: () => Message | undefined = () => ({ type: 'go' })) =>
  compareMachine({ definition, generate: message, messages: 20, seed: 3, contextEvery: 1 })

describe('compareMachine counts', () => {
  const definition = sample(
    {
      initial: 'a',
      states: {
        a: {
          on: {
            go: [{ guard: 'even', target: 'b', actions: 'bump' }, { actions: 'bump' }],
            wait: stall('not yet'),
            tick: ignore('idle'),
            drop: [{ guard: 'huge', target: 'b' }, {}],
          },
        },
        b: { on: { go: 'a', wait: 'a', tick: 'a', drop: 'a' } },
      },
    },
    {
      spontaneous: {
        drop: { description: 'may', kind: 'may', domain: 2, when: (context, value) => context.n >= value },
      },
      guards: { even: (context) => context.n % 2 === 0, huge: (context) => context.n > 1000 },
      actions: { bump: { description: 'counts', run: (context: Context) => context.n++ } },
    },
  )

  test('reactions, ignored, stalled and disabled messages, restarts', () => {
    const script: readonly (Message | undefined)[] = [
      { type: 'wait' },
      { type: 'tick' },
      { type: 'drop', value: 1 } as Message,
      { type: 'drop', value: 0 } as Message,
      { type: 'go' },
      { type: 'go' },
      undefined,
      { type: 'go' },
    ]
    let at = 0
    const generate = () => script[at++]
    const coverage = compareMachine({ definition, generate, messages: script.length, seed: 1 })
    expect(coverage).toEqual({
      reacted: 4,
      stalled: 1,
      ignored: 1,
      disabled: 1,
      restarts: 1,
      sends: 0,
      transitionsNeverTaken: ['a: go', 'a: drop [huge] -> b', 'b: wait -> a', 'b: tick -> a', 'b: drop -> a'],
      guardsOneSided: ['a: go [even] -> b never false', 'a: drop [huge] -> b never true'],
    })
  })
})

describe('compareMachine notices', () => {
  test('an action with a memory of its own', () => {
    let calls = 0
    const definition = oneAction((context) => {
      context.n = calls++
    })
    expect(() => compare(definition)).toThrow('m: context differs at message 1 (seed 3) {"type":"go"}')
  })

  test('outputs that differ', () => {
    let calls = 0
    expect(() => compare(oneAction((_context, _message, out) => out.emit({ type: 'x', n: calls++ })))).toThrow(
      'outputs differs at message 1',
    )
  })

  test('clocks and random sources', () => {
    const definition = oneAction((context) => {
      context.n = Math.random()
    })
    expect(() => compare(definition)).toThrow('internal: m action do: uses Math.random')
  })

  test('a context that shares data with the message, or changes the message', () => {
    const go = () => ({ type: 'go', list: [1] }) as Message
    const sharing = oneAction((context, message) => {
      context.log = message.list
    })
    expect(() => compare(sharing, go)).toThrow('context.log is also part of the message')
    expect(() =>
      compare(
        oneAction((_context, message) => message.list.push(2)),
        go,
      ),
    ).toThrow('m action do: Cannot add')
  })

  test('an emitted event that changes afterwards, or that the context keeps', () => {
    const changing = oneAction((_context, _message, out) => {
      const data = [1]
      out.emit({ type: 'x', data })
      data.push(2)
    })
    expect(() => compare(changing)).toThrow('m action do: Cannot add')
    const keeping = oneAction((context, _message, out) => {
      context.log = [1]
      out.emit({ type: 'x', data: context.log })
    })
    expect(() => compare(keeping)).toThrow('context.log is also part of the emitted x')
  })

  // Goal: what `give` asks for is held to.
  test('a message given away that changes afterwards, that the context keeps, or with keys in another order', () => {
    const ports: Overrides = { outPorts: { p: ['x'] } }
    const giving = (run: (context: Loose, message: Loose, out: Loose) => void) =>
      sample(
        { on: { go: { actions: 'do' } } },
        { actions: { do: { description: 'does', sends: { p: 1 }, run } }, ...ports },
      )
    const changing = giving((_context, _message, out) => {
      const data = [1]
      out.give('p', { type: 'x', data })
      data.push(2)
    })
    expect(() => compare(changing)).toThrow('m action do: Cannot add')
    const keeping = giving((context, _message, out) => {
      context.log = [1]
      out.give('p', { type: 'x', data: context.log })
    })
    expect(() => compare(keeping)).toThrow('context.log is also part of the sent x')
    const disordered = giving((_context, _message, out) => out.give('p', { type: 'x', b: 1, a: 2 }))
    expect(() => compare(disordered)).toThrow('order of the keys of x differs')
    const right = giving((_context, message, out) => out.give('p', { type: 'x', a: 1, b: message.list }))
    expect(compare(right, () => ({ type: 'go', list: [1] }) as Message).sends).toBe(20)
  })

  test('a context that is not plain data', () => {
    const definition = oneAction((context) => {
      context.log = new Map()
    })
    expect(() => compare(definition)).toThrow('context.log is not plain data')
  })
})
