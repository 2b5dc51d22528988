/** Unit | what a chart means, feature by feature, in both runtimes. */

import { describe, expect, test } from 'vitest'
import type { Message } from '../../../src/kernel/actor.ts'
import { ignore, stall } from '../../../src/statechart/define.ts'
import { type Context, RUNTIMES, Run, sample } from './sample.ts'

const bump = { description: 'counts', run: (context: Context) => context.n++ }

describe.each(RUNTIMES)('in %s', (runtime) => {
  test('the start enters the initial states outside in, with the event xstate.init', () => {
    const run = new Run(
      sample({
        initial: 'a',
        entry: 'root',
        states: { a: { initial: 'b', entry: 'a', states: { b: { entry: 'b' } } } },
      }),
      runtime,
    )
    expect(run.log()).toEqual(['root:xstate.init', 'a:xstate.init', 'b:xstate.init'])
    expect(run.value()).toBe('{"a":"b"}')
  })

  test('exits in reverse document order, then actions, then entries in document order', () => {
    const region = (name: string) => ({
      initial: 'x',
      exit: `-${name}`,
      entry: `+${name}`,
      states: { x: { exit: `-${name}.x`, entry: `+${name}.x` } },
    })
    const run = new Run(
      sample({
        initial: 'p',
        states: {
          p: {
            type: 'parallel',
            on: { go: { target: 'q', actions: 'act' } },
            states: { a: region('a'), b: region('b') },
          },
          q: { type: 'parallel', on: { go: ignore('done') }, states: { c: region('c'), d: region('d') } },
        },
      }),
      runtime,
    )
    expect(run.log('go').join(' ').replaceAll(':go', '')).toBe('-b.x -b -a.x -a act +c +c.x +d +d.x')
  })

  test('guards of all regions see the context before the event', () => {
    const region = { on: { go: [{ guard: 'zero', actions: ['bump', 'yes'] }, { actions: 'no' }] } }
    const run = new Run(
      sample(
        { type: 'parallel', states: { a: region, b: region } },
        { actions: { bump }, guards: { zero: (context) => context.n === 0 } },
      ),
      runtime,
    )
    expect(run.log('go')).toEqual(['yes:go', 'yes:go'])
    expect(run.log('go')).toEqual(['no:go', 'no:go'])
  })

  test('guards and actions get their params, candidates are tried in document order', () => {
    const run = new Run(
      sample(
        {
          on: {
            go: [
              { guard: { type: 'is', params: { n: 1 } }, actions: { type: 'set', params: { n: 7 } } },
              { guard: { type: 'is', params: { n: 7 } }, actions: { type: 'set', params: { n: 9 } } },
              { actions: { type: 'set', params: { n: 1 } } },
            ],
          },
        },
        {
          guards: { is: (context, _message, params: { n: number }) => context.n === params.n },
          actions: {
            set: {
              description: 'sets',
              run: (context: Context, _message: Message, _out: unknown, params: { n: number }) => {
                context.n = params.n
              },
            },
          },
        },
      ),
      runtime,
    )
    const seen = [1, 2, 3, 4].map(() => {
      run.send('go')
      return run.context.n
    })
    expect(seen).toEqual([1, 7, 9, 1])
  })

  test('an inner handler comes first, an outer one when the inner guards refuse', () => {
    const chart = {
      initial: 'a',
      on: { go: { actions: 'outer' } },
      states: { a: { on: { go: { guard: 'zero', actions: 'inner' } } } },
    }
    const run = new Run(sample(chart, { guards: { zero: (context) => context.n === 0 } }), runtime)
    expect(run.log('go')).toEqual(['inner:go'])
    run.context.n = 1
    expect(run.log('go')).toEqual(['outer:go'])
  })

  test('an empty transition forbids: the message is consumed and an outer handler is not asked', () => {
    const run = new Run(
      sample({ initial: 'a', on: { go: { actions: 'outer' } }, states: { a: { on: { go: {} } } } }),
      runtime,
    )
    expect(run.send('go')).toBe('react')
    expect(run.log()).toEqual([])
  })

  test('a self target of a compound state restarts the children only, with reenter also the state', () => {
    const run = new Run(
      sample({
        initial: 'a',
        states: {
          a: {
            initial: 'x',
            entry: '+a',
            exit: '-a',
            on: { inner: 'a', outer: { target: 'a', reenter: true }, next: '.y', stay: { actions: 'stay' } },
            states: { x: { entry: '+x', exit: '-x' }, y: { entry: '+y', exit: '-y' } },
          },
        },
      }),
      runtime,
    )
    expect(run.log('next').join()).toBe('-x:next,+y:next')
    expect(run.log('stay').join()).toBe('stay:stay')
    expect(run.log('inner').join()).toBe('-y:inner,+x:inner')
    expect(run.log('outer').join()).toBe('-x:outer,-a:outer,+a:outer,+x:outer')
  })

  test('on conflict the earlier region wins', () => {
    const region = (name: string) => ({ exit: `-${name}`, on: { go: { target: '#m.q', actions: name } } })
    const chart = {
      initial: 'p',
      states: {
        p: { type: 'parallel', states: { a: region('a'), b: region('b') } },
        q: { on: { go: ignore('done') } },
      },
    }
    const run = new Run(sample(chart), runtime)
    expect(run.log('go')).toEqual(['-b:go', '-a:go', 'a:go'])
    expect(run.value()).toBe('"q"')
  })

  test('always runs after all entries, of two regions together, with the causing event', () => {
    const region = (name: string) => ({
      initial: 'x',
      states: {
        x: { on: { go: 'y' } },
        y: { entry: ['bump', `+${name}`], always: { guard: 'both', target: 'z', actions: `${name}!` } },
        z: {},
      },
    })
    const chart = { type: 'parallel', on: { go: ignore('done') }, states: { a: region('a'), b: region('b') } }
    const run = new Run(sample(chart, { actions: { bump }, guards: { both: (context) => context.n === 2 } }), runtime)
    expect(run.log('go')).toEqual(['+a:go', '+b:go', 'a!:go', 'b!:go'])
    expect(run.value()).toBe('{"a":"z","b":"z"}')
  })

  test('raised events are handled first in first out, after always has settled', () => {
    const raise = (type: string) => ({
      description: `raises ${type}`,
      run: (_context: Context, _message: Message, out: { raise(message: Message): void }) => out.raise({ type }),
    })
    const chart = {
      initial: 'a',
      on: { r1: { actions: 'r1' }, r2: { actions: 'r2' }, go: ignore('once') },
      states: {
        a: { on: { go: { target: 'b', actions: ['raise1', 'raise2'] } } },
        b: { always: { target: 'c', actions: 'settled' } },
        c: {},
      },
    }
    // The child's handler does something and the root ignores, which is fine: only the other way round hides work.
    const run = new Run(
      sample(chart, { raised: ['r1', 'r2'], actions: { raise1: raise('r1'), raise2: raise('r2') } }),
      runtime,
    )
    expect(run.log('go')).toEqual(['settled:go', 'r1:r1', 'r2:r2'])
  })

  test('a final substate makes its parent done; a parallel state is done when all regions are', () => {
    const region = (event: string) => ({
      initial: 'x',
      onDone: { actions: `done ${event}` },
      states: { x: { on: { [event]: 'f' } }, f: { type: 'final' } },
    })
    const chart = {
      initial: 'p',
      on: { one: ignore('late'), two: ignore('late') },
      states: {
        p: {
          type: 'parallel',
          onDone: { target: 'q', actions: 'all' },
          states: { a: region('one'), b: region('two') },
        },
        q: {},
      },
    }
    const run = new Run(sample(chart), runtime)
    expect(run.log('two')).toEqual(['done two:xstate.done.state.m.p.b'])
    expect(run.log('one')).toEqual(['done one:xstate.done.state.m.p.a', 'all:xstate.done.state.m.p'])
    expect(run.value()).toBe('"q"')
  })

  test('a stall stops every region and changes nothing; the reason is told', () => {
    const chart = {
      type: 'parallel',
      states: {
        a: { on: { go: { actions: 'a' } } },
        b: { on: { go: [{ guard: 'zero', ...stall('b is busy') }, {}] } },
      },
    }
    const run = new Run(sample(chart, { guards: { zero: (context) => context.n === 0 } }), runtime)
    expect(run.send('go')).toBe('stall')
    expect(run.reactor.reason).toBe('b is busy')
    expect(run.log()).toEqual([])
    run.context.n = 1
    expect(run.log('go')).toEqual(['a:go'])
  })

  test('a message is ignored only if every selected transition ignores it', () => {
    const chart = {
      type: 'parallel',
      states: {
        a: { on: { go: ignore('a does not mind'), both: ignore('a') } },
        b: { on: { go: { actions: 'b' }, both: ignore('b') } },
      },
    }
    const run = new Run(sample(chart), runtime)
    expect(run.send('both')).toBe('ignore')
    expect(run.reactor.reason).toBe('a')
    expect(run.send('go')).toBe('react')
    expect(run.log()).toEqual(['b:go'])
  })

  test('sends, emits and replies come out in the order of the actions', () => {
    const chatter = {
      description: 'talks',
      sends: { out: 1, other: 1 },
      run: (context: Context, _message: Message, out: Loose) => {
        out.send('other', { type: 'word', n: context.n })
        out.emit({ type: 'spoke' })
        out.reply({ type: 'word', n: -1 })
        out.send('out', { type: 'word', n: ++context.n })
      },
    }
    const run = new Run(sample({ on: { go: { actions: 'chatter' } } }, { actions: { chatter } }), runtime)
    run.send('go')
    expect(run.out).toEqual([
      'send other {"n":0,"type":"word"}',
      'emit {"type":"spoke"}',
      'reply {"n":-1,"type":"word"}',
      'send out {"n":1,"type":"word"}',
    ])
  })

  test('finished: only with the tag, and only while a tagged state is active', () => {
    const tagged = sample({
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: { tags: ['finished'], on: { go: 'a' } } },
    })
    const run = new Run(tagged, runtime)
    expect(run.reactor.finished()).toBe(false)
    run.send('go')
    expect(run.reactor.finished()).toBe(true)
    expect(new Run(sample({ on: { go: {} } }), runtime).reactor.finished()).toBe(true)
  })

  test('a raised payload is a copy: changing the context afterwards does not change it', () => {
    const actions = {
      tell: {
        description: 'raises what it goes on changing',
        run: (context: Context, _message: Message, out: Loose) => {
          out.raise({ type: 'r', list: context.log })
          context.log.push('later')
        },
      },
      hear: {
        description: 'keeps the length',
        run: (context: Context, message: Message & { list?: string[] }) => {
          context.n = message.list?.length ?? -1
        },
      },
    }
    const run = new Run(
      sample({ on: { go: { actions: 'tell' }, r: { actions: 'hear' } } }, { raised: ['r'], actions }),
      runtime,
    )
    run.send('go')
    expect(run.context.n).toBe(0)
  })

  test('starting again begins with a fresh context', () => {
    const run = new Run(sample({ on: { go: { actions: 'bump' } } }, { actions: { bump } }), runtime)
    run.send('go')
    run.reactor.start()
    expect(run.context.n).toBe(0)
  })
})

// biome-ignore lint/suspicious/noExplicitAny: the out box as an action sees it
type Loose = any
