/** Unit | reactors: declared sends, room, errors with names, restoring a state. */

import { describe, expect, test } from 'vitest'
import { InternalError } from '../../../src/base/errors.ts'
import { CompiledReactor } from '../../../src/statechart/compile.ts'
import { ignore } from '../../../src/statechart/define.ts'
import { MICROSTEPS_MAX } from '../../../src/statechart/microstep.ts'
import { type Context, type Loose, RUNTIMES, Run, sample } from './sample.ts'

/** An action that declares `sends` and really sends `times` messages to `port`. */
const sender = (sends: Record<string, number>, port = 'out', times = 1) => ({
  description: 'sends',
  sends,
  run: (_context: Context, _message: Loose, out: Loose) => {
    for (let i = 0; i < times; i++) out.send(port, { type: 'word' })
  },
})

const throwing = (text: string) => ({
  description: 'fails',
  run: () => {
    throw new Error(text)
  },
})

describe.each(RUNTIMES)('in %s', (runtime) => {
  const runOf = (chart: Loose, overrides: Loose = {}) => new Run(sample(chart, overrides), runtime)

  test('room is the declared sends of every action of the step, as pairs', () => {
    const chart = {
      initial: 'a',
      states: {
        a: {
          exit: 'one',
          on: { go: { target: 'b', actions: ['one', 'three'] }, stay: { actions: 'one' }, no: ignore('x') },
        },
        b: { entry: 'three', on: { go: {}, stay: {}, no: {} } },
      },
    }
    const run = runOf(chart, { actions: { one: sender({ out: 1 }), three: sender({ other: 3 }, 'other', 3) } })
    run.reactor.decide({ type: 'go' })
    expect(run.reactor.room).toEqual([0, 2, 1, 6])
    run.reactor.decide({ type: 'stay' })
    expect(run.reactor.room).toEqual([0, 1])
    run.reactor.decide({ type: 'no' })
    expect(run.reactor.room).toEqual([])
  })

  test('room counts what always and onDone may send: the most of one region, the sum over regions', () => {
    const region = {
      initial: 'w',
      states: {
        w: { on: { go: 'x' } },
        x: {
          always: [
            { guard: 'zero', target: 'y', actions: 'one' },
            { target: 'f', actions: ['one', 'one'] },
          ],
        },
        y: {},
        f: { type: 'final' },
      },
    }
    const chart = {
      initial: 'p',
      on: { go: {} },
      states: {
        p: { type: 'parallel', onDone: { target: 'q', actions: 'three' }, states: { a: region, b: region } },
        q: {},
      },
    }
    const run = runOf(chart, {
      guards: { zero: () => false },
      actions: { one: sender({ out: 1 }), three: sender({ other: 3 }, 'other', 3) },
    })
    run.reactor.decide({ type: 'go' })
    // Each region counts the parallel state's onDone; an upper bound may count it twice.
    expect(run.reactor.room).toEqual([0, 4, 1, 6])
    run.send('go')
    expect(run.out).toHaveLength(7)
    expect(run.value()).toBe('"q"')
  })

  test('sending more than declared names machine, action, port and both numbers', () => {
    const run = runOf({ on: { go: { actions: 'a' } } }, { actions: { a: sender({ out: 2 }, 'out', 3) } })
    expect(() => run.send('go')).toThrow(new InternalError('m action a: sends 3 messages to "out" but declares 2'))
  })

  test('the limit holds per action, not per step', () => {
    const run = runOf(
      { on: { go: { actions: ['a', 'b', 'a'] } } },
      {
        actions: { a: sender({ out: 1 }), b: sender({}, 'out', 0) },
      },
    )
    run.send('go')
    run.send('go')
    expect(run.out).toHaveLength(4)
  })

  test('sending to an unknown port or a type that the port does not declare', () => {
    const bad = (port: string, type: string) => ({
      a: {
        description: 'x',
        sends: { out: 9 },
        run: (_c: unknown, _m: unknown, out: Loose) => out.send(port, { type }),
      },
    })
    const chart = { on: { go: { actions: 'a' } } }
    expect(() => runOf(chart, { actions: bad('up', 'word') }).send('go')).toThrow(
      'internal: m action a: sends to "up", which is not an out port',
    )
    expect(() => runOf(chart, { actions: bad('out', 'noise') }).send('go')).toThrow(
      'internal: m action a: sends "noise" to "out", which does not declare it',
    )
  })

  test('an action that raises must declare what the handling sends', () => {
    const raiser = (sends: Record<string, number>) => ({
      description: 'raises',
      sends,
      run: (_context: Context, _message: Loose, out: Loose) => out.raise({ type: 'r' }),
    })
    const chart = { on: { go: { actions: 'raise' }, r: { actions: 'one' } } }
    const overrides = (sends: Record<string, number>) => ({
      raised: ['r'],
      actions: { raise: raiser(sends), one: sender({ out: 1 }) },
    })
    const run = runOf(chart, overrides({ out: 1 }))
    run.send('go')
    expect(run.out).toHaveLength(1)
    expect(() => runOf(chart, overrides({})).send('go')).toThrow(
      'the step sends 1 messages to "out" but has room for 0',
    )
  })

  test('raising an event that raised does not list', () => {
    const raise = { description: 'x', run: (_c: unknown, _m: unknown, out: Loose) => out.raise({ type: 'go' }) }
    expect(() => runOf({ on: { go: { actions: 'raise' } } }, { actions: { raise } }).send('go')).toThrow(
      'internal: m action raise: raises "go", which is not in raised',
    )
  })

  test('a throw in an action is internal, with machine, action and cause', () => {
    const run = runOf({ on: { go: { actions: ['fine', 'a'] } } }, { actions: { a: throwing('out of words') } })
    let caught: unknown
    try {
      run.send('go')
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(InternalError)
    expect((caught as Error).message).toBe('internal: m action a: out of words')
    expect((caught as InternalError).cause).toBeInstanceOf(Error)
  })

  test('a throw at the start, and in a guard', () => {
    expect(() => runOf({ entry: 'a', on: { go: {} } }, { actions: { a: throwing('no') } })).toThrow(
      'internal: m action a: no',
    )
    const guards = {
      fine: () => false,
      bad: () => {
        throw new Error('no')
      },
    }
    const candidates = [{ guard: 'fine' }, { guard: 'bad' }, {}]
    expect(() => runOf({ on: { go: candidates } }, { guards }).send('go')).toThrow('m guard bad: no')
    const regions = { type: 'parallel', states: { a: { on: { go: candidates } }, b: { on: { go: candidates } } } }
    expect(() => runOf(regions, { guards }).send('go')).toThrow('m guard bad: no')
    const always = { initial: 'x', on: { go: {} }, states: { x: { always: { guard: 'bad', target: 'y' } }, y: {} } }
    expect(() => runOf(always, { guards })).toThrow('m guard bad: no')
  })

  test('an event that the chart does not know is internal', () => {
    expect(() => runOf({ on: { go: {} } }).send('stop')).toThrow('internal: m: event "stop" is not one of its events')
  })

  test('raising without end reaches a named bound', () => {
    const again = { description: 'x', run: (_c: unknown, _m: unknown, out: Loose) => out.raise({ type: 'r' }) }
    const chart = { on: { go: { actions: 'again' }, r: { actions: 'again' } } }
    const run = runOf(chart, { raised: ['r'], actions: { again } })
    expect(() => run.send('go')).toThrow(InternalError)
    expect(() => runOf(chart, { raised: ['r'], actions: { again } }).send('go')).toThrow(`${MICROSTEPS_MAX} microsteps`)
  })
})

describe('a compiled reactor', () => {
  const definition = sample(
    { initial: 'a', states: { a: { on: { go: { target: 'b', actions: 'bump' } } }, b: { on: { go: 'a' } } } },
    { actions: { bump: { description: 'counts', run: (context: Context) => context.n++ } } },
  )
  const silent = { send() {}, raise() {}, emit() {}, reply() {} }

  test('continues from a restored configuration and context', () => {
    const reactor = new CompiledReactor(definition.compiled, silent)
    reactor.start()
    const initial = reactor.save()
    reactor.decide({ type: 'go' })
    reactor.commit({ type: 'go' })
    expect(reactor.value()).toBe('b')
    reactor.restore({ ...initial, context: { log: [], n: 40 } })
    reactor.decide({ type: 'go' })
    reactor.commit({ type: 'go' })
    expect([reactor.value(), (reactor.context as Context).n]).toEqual(['b', 41])
    expect(() => reactor.restore({ configuration: 99, context: {} })).toThrow('internal: m: no configuration 99')
  })

  test('instances share tables and nothing else', () => {
    const [one, two] = [
      new CompiledReactor(definition.compiled, silent),
      new CompiledReactor(definition.compiled, silent),
    ]
    for (const reactor of [one, two]) reactor.start()
    one.decide({ type: 'go' })
    one.commit({ type: 'go' })
    expect([one.value(), two.value(), (two.context as Context).n]).toEqual(['b', 'a', 0])
  })

  test('tells which transitions a message selects', () => {
    const reactor = new CompiledReactor(definition.compiled, silent)
    reactor.start()
    reactor.decide({ type: 'go' })
    expect(reactor.selected.map((transition) => transition.label)).toEqual(['a: go -> b'])
  })
})
