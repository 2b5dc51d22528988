/** Unit | every rejection at definition, by name, and the report of undecided pairs. */

import { describe, expect, test } from 'vitest'
import { and, assign, not, raise } from 'xstate'
import { DefinitionError } from '../../../src/base/errors.ts'
import { defineMachine, ignore, stall } from '../../../src/statechart/define.ts'
import { type Loose, type Overrides, sample, sampleConfig } from './sample.ts'

/** The problems that defining `chart` reports. */
function problemsOf(chart: Loose, overrides: Overrides = {}): string[] {
  try {
    sample(chart, overrides)
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError)
    return (error as Error).message.split('\n  - ').slice(1)
  }
  return []
}

const go = { on: { go: {} } }

describe('features that a runtime cannot reproduce are rejected by name', () => {
  const rejected: readonly (readonly [string, Loose, string])[] = [
    ['invoke', { ...go, invoke: { src: 'x' } }, '"invoke" is not supported'],
    ['spawn', { ...go, spawn: 'x' }, '"spawn" is not supported'],
    ['after', { ...go, after: { 100: 'x' } }, '"after" is not supported: latency belongs to channels'],
    ['history state', { ...go, initial: 'a', states: { a: { type: 'history' } } }, 'type "history" is not supported'],
    ['history key', { ...go, initial: 'a', states: { a: { history: 'deep' } } }, '"history" is not supported'],
    ['state id', { ...go, initial: 'a', states: { a: { id: 'x' } } }, '"id" is not supported'],
    ['output', { ...go, output: 1 }, '"output" is not supported'],
    ['route', { ...go, route: {} }, '"route" is not supported'],
    ['wildcard', { on: { go: {}, '*': {} } }, 'the wildcard "*" is not supported'],
    ['partial wildcard', { on: { go: {}, 'bus.*': {} } }, 'the wildcard "bus.*" is not supported'],
    ['null event', { on: { go: {}, '': {} } }, '"" cannot be handled by name'],
    ['done event by name', { on: { go: {}, 'xstate.done.state.m': {} } }, 'cannot be handled by name'],
    ['list of targets', { on: { go: { target: ['.a', '.b'] } } }, 'a list of targets is not supported'],
    ['delay', { on: { go: { delay: 1 } } }, '"delay" is not supported'],
    [
      'initial with actions',
      { ...go, initial: { target: 'a' }, states: { a: {} } },
      'chart.initial is an object with the field target: expected the name of a substate',
    ],
    ['inline action', { on: { go: { actions: () => {} } } }, 'action is an inline function'],
    ['inline guard', { on: { go: [{ guard: () => true }, {}] } }, 'guard is an inline function'],
    ['assign', { ...go, entry: assign({}) }, "action is XState's built-in assign"],
    ['raise', { ...go, exit: [raise({ type: 'go' })] }, "action is XState's built-in raise"],
    ['and', { on: { go: [{ guard: and(['x', 'y']) }, {}] } }, "guard is XState's guard combinator and"],
    ['not', { on: { go: [{ guard: not('x') }, {}] } }, "guard is XState's guard combinator not"],
    ['params as a function', { on: { go: { actions: { type: 'x', params: () => 1 } } } }, 'not plain data'],
    ['reference with more keys', { on: { go: { actions: { type: 'x', delay: 1 } } } }, 'unknown key "delay"'],
    ['reference of another kind', { on: { go: { actions: 7 } } }, 'neither a name nor { type, params }'],
  ]
  test.each(rejected)('%s', (_name, chart, problem) => {
    expect(problemsOf(chart).join('\n')).toContain(problem)
  })

  test('a chart that ends: final substates of the root, or of all regions of a parallel root', () => {
    const final = { initial: 'a', states: { a: {}, f: { type: 'final' } } }
    expect(problemsOf({ ...go, ...final }).join()).toContain('the chart can end (final states "f"')
    expect(problemsOf({ ...go, type: 'parallel', states: { x: final, y: final } }).join()).toContain('can end')
    expect(problemsOf({ ...go, type: 'parallel', states: { x: final, y: { ...final, states: { a: {} } } } })).toEqual(
      [],
    )
    expect(problemsOf({ type: 'final' }).join()).toContain('the root state is final')
  })

  test('every problem is reported at once', () => {
    const chart = { on: { go: { target: 'nowhere', guard: 'unknown', actions: 'x' } }, invoke: {}, after: {} }
    expect(problemsOf(chart)).toHaveLength(4)
  })
})

describe('names and descriptions', () => {
  const a = { description: 'does', run: () => {} }

  test('unknown actions, guards and targets list the known ones', () => {
    const chart = sampleConfig({ on: { go: { actions: 'b' } } })
    expect(() => defineMachine({ ...chart, actions: { a } })).toThrow('unknown action "b" (known: a)')
    expect(problemsOf({ on: { go: [{ guard: 'g' }, {}] } }, { guards: { h: () => true } }).join()).toContain(
      'state "(root)": go #1: unknown guard "g" (known: h)',
    )
    const states = { x: { on: { go: 'z' } }, y: {} }
    expect(problemsOf({ initial: 'x', on: { go: {} }, states }).join()).toContain(
      '"x": go #1: target "z" is not a state',
    )
    expect(problemsOf({ initial: 'x', on: { go: 'y' }, states: { x: {}, y: {} } }).join()).toContain('write ".y"')
    expect(problemsOf({ on: { go: '#other.x' } }).join()).toContain('target "#other.x" is not a state')
  })

  test('missing descriptions of machine, state, event and action', () => {
    expect(problemsOf(go, { description: '' })).toEqual(['the machine has no description'])
    expect(problemsOf({ ...go, description: '' })).toEqual(['the root state has no description'])
    expect(problemsOf({ ...go, initial: 'a', states: { a: { description: '' } } })).toEqual([
      'state "a" has no description',
    ])
    expect(problemsOf(go, { events: { go: '' } })).toEqual(['event "go" has no description'])
    expect(problemsOf(go, { actions: { a: { ...a, description: '' } } })).toEqual(['action "a" has no description'])
  })

  test('names that XState would read as paths or keep for itself', () => {
    expect(problemsOf(go, { id: 'a.b' }).join()).toContain('the id "a.b"')
    expect(problemsOf({ ...go, initial: 'a.b', states: { 'a.b': {} } }).join()).toContain('letters, digits')
    expect(problemsOf(go, { events: { go: 'x', 'xstate.stop': 'x' } }).join()).toContain('XState reserves')
  })

  test('shapes: atomic with substates, compound without, no initial, initial elsewhere', () => {
    expect(problemsOf({ ...go, type: 'atomic', states: { a: {} } }).join()).toContain('atomic cannot have substates')
    expect(problemsOf({ ...go, type: 'parallel' }).join()).toContain('type parallel needs substates')
    expect(problemsOf({ ...go, states: { a: {} } }).join()).toContain(
      'initial "" is not one of its substates (known: a)',
    )
    expect(problemsOf({ ...go, type: 'parallel', initial: 'a', states: { a: {} } }).join()).toContain('only a compound')
    expect(problemsOf({ ...go, type: 'strange' }).join()).toContain('type "strange" is not supported')
  })
})

describe('ports and events', () => {
  test('sends to undeclared ports, or in numbers that are none', () => {
    const send = (sends: Record<string, number>) => ({ a: { description: 'sends', sends, run: () => {} } })
    expect(problemsOf(go, { actions: send({ up: 1 }) })).toEqual([
      'action "a" sends to "up", which is not an out port (known: out, other)',
    ])
    expect(problemsOf(go, { actions: send({ out: 0.5 }) })).toEqual(['action "a" sends 0.5 messages to "out"'])
  })

  test('messages, raised and spontaneous events that events does not describe', () => {
    const choice = { description: 'may', kind: 'may' as const }
    expect(problemsOf(go, { inPorts: { in: ['go', 'x'] } })).toEqual([
      'in port "in" accepts "x", which is not in events',
    ])
    expect(problemsOf(go, { raised: ['x'] })).toEqual(['raised event "x" is not in events'])
    expect(problemsOf(go, { spontaneous: { x: choice } })).toEqual(['spontaneous event "x" is not in events'])
    expect(problemsOf(go, { events: {}, inPorts: {} })).toEqual(['state "(root)" handles "go", which is not in events'])
  })

  test('an event has one origin', () => {
    const choice = { description: 'may', kind: 'may' as const }
    expect(problemsOf(go, { inPorts: { in: ['go'] }, raised: ['go'] }).join()).toContain('is raised, so in port "in"')
    expect(problemsOf(go, { raised: ['go'], spontaneous: { go: choice } }).join()).toContain(
      'both raised and spontaneous',
    )
  })

  test('spontaneous choices need a description, a finite domain and a latency', () => {
    const with_ = (more: object) => ({ spontaneous: { go: { description: 'x', kind: 'may' as const, ...more } } })
    expect(problemsOf(go, with_({ description: '' })).join()).toContain('has no description')
    expect(problemsOf(go, with_({ domain: 0 })).join()).toContain('has domain 0')
    expect(problemsOf(go, with_({ latencyCycles: -1 })).join()).toContain('has latencyCycles -1')
  })
})

describe('every message is decided in every configuration', () => {
  const zero = { guards: { zero: () => true } }

  test('all undecided pairs, by name', () => {
    const chart = {
      initial: 'a',
      states: {
        a: { on: { go: 'b', halt: [{ guard: 'zero', target: 'b' }] } },
        b: { initial: 'x', on: { halt: 'a' }, states: { x: { on: { go: {} } }, y: {} } },
      },
    }
    expect(problemsOf(chart, zero)).toEqual(['event "go" is undecided in "b.y"', 'event "halt" is undecided in "a"'])
  })

  test('in a parallel state one region that decides is enough; else the combination is named', () => {
    const region = { initial: 'x', states: { x: { on: { go: 'y' } }, y: {} } }
    expect(problemsOf({ type: 'parallel', states: { a: region, b: region } })).toEqual([
      'event "go" is undecided in "a.y" with "b.y"',
    ])
    expect(problemsOf({ type: 'parallel', on: { go: {} }, states: { a: region, b: region } })).toEqual([])
    expect(problemsOf({ type: 'parallel', states: { a: region, b: { on: { go: {} } } } })).toEqual([])
  })

  test('a list that ends with a guard, or is empty, decides nothing', () => {
    expect(problemsOf({ on: { go: [{ guard: 'zero' }] } }, zero)).toEqual(['event "go" is undecided in "(root)"'])
    expect(problemsOf({ on: { go: [] } })).toEqual(['event "go" is undecided in "(root)"'])
  })

  test('a state that always leaves is never at rest, so it decides nothing; with a guard it may rest', () => {
    const states = (always: Loose) => ({ a: { on: { go: 'b' } }, b: { always }, c: { on: { go: 'a' } } })
    expect(problemsOf({ initial: 'a', states: states([{ guard: 'zero', target: 'a' }, 'c']) }, zero)).toEqual([])
    expect(problemsOf({ initial: 'a', states: states([{ guard: 'zero', target: 'c' }]) }, zero)).toEqual([
      'event "go" is undecided in "b"',
    ])
  })

  test('raised and spontaneous events count too', () => {
    expect(problemsOf(go, { events: { go: 'x', r: 'x' }, raised: ['r'] })).toEqual([
      'event "r" is undecided in "(root)"',
    ])
  })

  test('a product of many regions is not enumerated; the rest is counted', () => {
    const region = { initial: 's0', states: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`s${i}`, {}])) }
    const states = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`r${i}`, region]))
    const problems = problemsOf({ type: 'parallel', states }, { events: { go: 'x' }, inPorts: { in: ['go'] } })
    expect(problems).toHaveLength(201)
    expect(problems.at(-1)).toBe(`and ${9 ** 9 - 200} more undecided pairs`)
  })

  test('candidates after one without a guard never happen', () => {
    expect(problemsOf({ on: { go: [{}, { target: '#m' }] } })).toEqual([
      'state "(root)": go #1 has no guard, so later ones never happen',
    ])
  })
})

describe('ignore and stall', () => {
  test('an ignore that hides the handler of an ancestor fails, a stall or an empty transition does not', () => {
    const under = (handler: Loose) => ({
      initial: 'a',
      on: { go: { actions: 'x' } },
      states: { a: { on: { go: handler } } },
    })
    expect(problemsOf(under(ignore('why')))).toEqual([
      'state "a" ignores "go", which hides the handler of state "(root)"',
    ])
    expect(problemsOf(under(stall('why')))).toEqual([])
    expect(problemsOf(under({}))).toEqual([])
    expect(problemsOf({ initial: 'a', on: { go: ignore('r') }, states: { a: { on: { go: ignore('a') } } } })).toEqual(
      [],
    )
  })

  test('a raised event cannot wait', () => {
    expect(problemsOf({ on: { r: stall('why') } }, { raised: ['r'] })).toEqual([
      'state "(root)" stalls "r", which is raised: it is handled within its own step',
    ])
  })

  test('they stand alone, have a reason and belong to messages', () => {
    expect(problemsOf({ on: { go: { ...ignore('x'), actions: 'a' } } }).join()).toContain('excludes a target, actions')
    expect(problemsOf({ on: { go: { ...stall('x'), target: '#m' } } }).join()).toContain('stall excludes')
    expect(problemsOf({ on: { go: { meta: { ignore: 'x', stall: 'y' } } } }).join()).toContain(
      'both ignored and stalled',
    )
    expect(problemsOf({ on: { go: ignore('') } }).join()).toContain('ignore needs a reason')
    const states = { a: { always: stall('x') }, b: {} }
    expect(problemsOf({ ...go, initial: 'a', states }).join()).toContain('only a message can be declared stall')
  })
})

describe('choices that must happen', () => {
  const spontaneous = (kind: 'may' | 'must') => ({ spontaneous: { go: { description: 'goes', kind } } })

  test('are not handled by a transition that does nothing, which would be due again at once', () => {
    expect(problemsOf({ on: { go: {} } }, spontaneous('must'))).toEqual([
      'state "(root)" does nothing about "go", which must happen: say ignore or stall',
    ])
    expect(problemsOf({ on: { go: {} } }, spontaneous('may'))).toEqual([])
    for (const handler of [ignore('why'), stall('why'), { actions: 'x' }]) {
      expect(problemsOf({ on: { go: handler } }, spontaneous('must'))).toEqual([])
    }
  })
})

describe('automatic transitions', () => {
  const zero = { guards: { zero: () => true } }
  const withStates = (states: Loose) => ({ ...go, initial: 'a', states })

  test('always that leads back', () => {
    expect(problemsOf(withStates({ a: { always: 'b' }, b: { always: { guard: 'zero', target: 'a' } } }), zero)).toEqual(
      ['cycle of automatic transitions: "a: always -> b", then "b: always [zero] -> a", then the first again'],
    )
  })

  test('always that stays', () => {
    const problem = 'does not leave its state, so it would happen again at once'
    expect(problemsOf(withStates({ a: { always: { guard: 'zero', actions: 'x' } } }), zero).join()).toContain(problem)
    const inner = { initial: 'x', always: { guard: 'zero', target: '.y' }, states: { x: {}, y: {} } }
    expect(problemsOf(withStates({ a: inner }), zero).join()).toContain(problem)
  })

  test('onDone that restarts a state whose always finishes it', () => {
    const a = {
      initial: 'x',
      onDone: 'a',
      states: { x: { always: { guard: 'zero', target: 'f' } }, f: { type: 'final' } },
    }
    expect(problemsOf(withStates({ a }), zero).join()).toContain('cycle of automatic transitions')
    expect(problemsOf(withStates({ a: { ...a, onDone: 'b' }, b: {} }), zero)).toEqual([])
  })

  test('onDone of a state that is never done', () => {
    const a = { initial: 'x', onDone: 'b', states: { x: {} } }
    expect(problemsOf(withStates({ a, b: {} }))).toEqual(['state "a" has onDone but can never be done'])
  })
})
