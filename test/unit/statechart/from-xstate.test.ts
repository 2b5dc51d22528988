/** Unit | fromXState: what becomes of emitted events, decisions and exact room, and what is refused by name. */

import { describe, expect, it, vi } from 'vitest'
import { assign, cancel, createMachine, emit, enqueueActions, log, raise, sendTo, setup, spawnChild } from 'xstate'
import { canonical } from '../../../src/base/canonical.ts'
import { DefinitionError, UsageError } from '../../../src/base/errors.ts'
import type { ActorCoverage, CoverageReport } from '../../../src/explore/coverage.ts'
import { defineSystem } from '../../../src/explore/define-system.ts'
import type { Message, Out, RuntimeName } from '../../../src/kernel/actor.ts'
import { check } from '../../../src/run/check.ts'
import { ignore, stall } from '../../../src/statechart/define.ts'
import { type FromXStateOptions, fromXState } from '../../../src/statechart/from-xstate.ts'

// biome-ignore lint/suspicious/noExplicitAny: machines in tests are written loosely, also wrong ones on purpose
type Loose = any

const runtimes: readonly RuntimeName[] = ['sim', 'live']

/** A started reactor and what it put into its out box. */
function running(machine: Loose, options: FromXStateOptions<Loose>, runtime: RuntimeName = 'sim') {
  const lines: string[] = []
  const out: Out = {
    send: (port, message) => void lines.push(`send ${port} ${canonical(message)}`),
    emit: (event) => void lines.push(`emit ${canonical(event)}`),
    reply: (message) => void lines.push(`reply ${canonical(message)}`),
    raise: () => {},
  }
  const reactor = fromXState(machine, options).createReactor(runtime, out)
  reactor.start()
  return {
    reactor,
    lines,
    send(type: string | Message) {
      const message = typeof type === 'string' ? { type } : type
      const decision = reactor.decide(message)
      if (decision === 'react') reactor.commit(message)
      return decision
    },
  }
}

const takes = (...types: string[]) => ({ inPorts: { in: types } })

function problemsOf(machine: Loose, options: FromXStateOptions<Loose>): string {
  try {
    fromXState(machine, options)
    return ''
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError)
    return (error as Error).message
  }
}

describe.each(runtimes)('%s', (runtime) => {
  it('an emitted event goes to the port that declares it, back as a reply, or to observers', () => {
    const machine = createMachine({
      id: 'speaker',
      entry: emit({ type: 'hello' }),
      on: {
        go: { actions: [emit({ type: 'word', n: 1 }), emit({ type: 'answer', n: 2 }), emit({ type: 'noise', n: 3 })] },
      },
    })
    const { lines, send, reactor } = running(
      machine,
      { ...takes('go'), outPorts: { line: ['word'] }, replies: ['answer'] },
      runtime,
    )
    expect(send('go')).toBe('react')
    expect(reactor.room).toEqual([0, 1])
    expect(lines).toEqual([
      'emit {"type":"hello"}',
      'send line {"n":1,"type":"word"}',
      'reply {"n":2,"type":"answer"}',
      'emit {"n":3,"type":"noise"}',
    ])
  })

  it('a type of several ports is addressed by the field port, which is not part of the message', () => {
    const machine = createMachine({
      id: 'speaker',
      on: {
        both: { actions: [emit({ type: 'word', port: 'b' }), emit({ type: 'word', port: 'b' })] },
        lost: { actions: emit({ type: 'word' }) },
      },
    })
    const options = { ...takes('both', 'lost'), outPorts: { a: ['word'], b: ['word'] } }
    const { lines, send, reactor } = running(machine, options, runtime)
    send('both')
    expect(reactor.room).toEqual([1, 2])
    expect(lines).toEqual(['send b {"type":"word"}', 'send b {"type":"word"}'])
    expect(() => send('lost')).toThrow(
      'machine "speaker" emits "word", which several out ports send, without a field "port"; give it one of: "a", "b"',
    )
  })

  it('stalls and ignores as declared, by wildcard as well', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      on: { '*': ignore('not for me') },
      states: { a: { on: { 'go.now': stall('not yet'), next: 'b' } }, b: { on: { 'go.*': { target: 'a' } } } },
    })
    const { send, reactor } = running(machine, takes('go.now', 'next', 'other'), runtime)
    expect([send('go.now'), reactor.reason]).toEqual(['stall', 'not yet'])
    expect([send('other'), reactor.reason]).toEqual(['ignore', 'not for me'])
    send('next')
    expect([send('go.now'), reactor.value()]).toEqual(['react', 'a'])
  })

  it('saves and restores configuration and context', () => {
    const machine = createMachine({
      id: 'm',
      context: { list: [1] },
      initial: 'a',
      states: {
        a: { on: { go: { target: 'b', actions: assign({ list: ({ context }: Loose) => [...context.list, 2] }) } } },
        b: { tags: ['finished'], on: { go: 'a' } },
      },
    })
    const { send, reactor } = running(machine, takes('go'), runtime)
    const before = reactor.save()
    expect(reactor.finished()).toBe(false)
    send('go')
    const after = reactor.save()
    expect([after.context, reactor.finished()]).toEqual([{ list: [1, 2] }, true])
    send('go')
    reactor.restore(before)
    expect([reactor.save(), reactor.value()]).toEqual([before, 'a'])
    reactor.restore(structuredClone(after))
    expect([reactor.save(), reactor.value()]).toEqual([after, 'b'])
    send('go')
    expect(reactor.value()).toBe('a')
  })

  it('names what is impure: a variable of its own, a change in place', () => {
    let calls = 0
    const counting = createMachine({
      id: 'm',
      context: { n: 0 },
      on: { go: { actions: assign({ n: () => calls++ }) } },
    })
    expect(() => running(counting, takes('go'), runtime).send('go')).toThrow(
      /^machine "m", event "go" in state \{\}: the same step gave two results \(context\.n: 0 and 1\)/,
    )
    const mutating = createMachine({
      id: 'm',
      context: { list: [] as number[] },
      on: {
        go: {
          actions: assign(({ context }: Loose) => {
            context.list.push(1)
            return {}
          }),
        },
      },
    })
    expect(() => running(mutating, takes('go'), runtime).send('go')).toThrow(
      /changes the context in place .*; assign a new value instead/,
    )
    const drawing = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: { on: { go: [{ guard: () => calls++ % 2 === 1, target: 'b' }, ignore('bad luck')] } },
        b: { on: { go: 'a' } },
      },
    })
    expect(() => {
      const { send } = running(drawing, takes('go'), runtime)
      for (let i = 0; i < 4; i++) send('go')
    }).toThrow(UsageError)
  })

  it('names a raised event that nothing decides, an endless loop, an error of the user', () => {
    const raising = createMachine({
      id: 'm',
      on: { go: { actions: enqueueActions(({ enqueue }) => enqueue.raise({ type: 'lost' })) } },
    })
    expect(() => running(raising, takes('go'), runtime).send('go')).toThrow(
      'machine "m", event "go" in state {}: it raises "lost", which nothing decides there',
    )
    const endless = createMachine({ id: 'm', on: { go: { actions: raise({ type: 'go' }) } } })
    expect(() => running(endless, takes('go'), runtime).send('go')).toThrow('more than 10000 microsteps')
    const throwing = createMachine({
      id: 'm',
      on: {
        go: {
          actions: assign(() => {
            throw new Error('oh')
          }),
        },
      },
    })
    expect(() => running(throwing, takes('go'), runtime).send('go')).toThrow(
      /^machine "m", event "go" in state \{\}: an action or guard threw Error: oh at \/.*from-xstate\.test\.ts:\d+:\d+$/,
    )
  })
})

describe('refuses by name', () => {
  const plain = setup({ actions: { log: () => {}, none: emit({ type: 'x' }) }, guards: { yes: () => true } })

  it.each<[string, Loose, string]>([
    ['invoke', { invoke: { src: 'x' } }, 'the root state invokes an actor'],
    [
      'after',
      { initial: 'a', states: { a: { after: { 5: 'a' } } } },
      'has "after": time is a choice here. Handle an event, say on: { timeout: … }, and declare it spontaneous',
    ],
    ['history', { initial: 'a', states: { a: {}, h: { type: 'history' } } }, 'state "h" is a history state'],
    ['a final state at the top', { initial: 'a', states: { a: {}, end: { type: 'final' } } }, 'state "end" is final'],
    [
      'regions that all end',
      { type: 'parallel', states: { a: { initial: 'z', states: { z: { type: 'final' } } } } },
      'all regions of the root can be final',
    ],
    ['a plain function', { entry: 'log' }, 'the root state: action "log" is a plain function'],
    ['an inline function', { exit: () => {} }, 'the root state: an inline action is a plain function'],
    ['an unknown action', { entry: 'nope' }, 'action "nope" has no implementation'],
    ['an unknown guard', { on: { go: { guard: 'nope' } } }, 'the root state, "go": guard "nope" has no implementation'],
    ['sendTo', { entry: sendTo('x', { type: 'y' }) }, 'an inline action is sendTo: emit an event'],
    ['spawnChild', { entry: spawnChild('x' as never) }, 'an inline action is spawnChild'],
    ['cancel', { entry: cancel('x') }, 'an inline action is cancel'],
    ['a delayed raise', { entry: raise({ type: 'x' }, { delay: 5 }) }, 'an inline action raises later'],
    ['a stall with a target', { on: { go: { ...stall('x'), target: '#m' } } }, 'stall excludes a target and actions'],
    ['a reason that is empty', { on: { go: ignore('') } }, 'ignore needs a reason'],
    [
      'an ignore that hides a handler',
      { initial: 'a', on: { go: { actions: 'none' } }, states: { a: { on: { go: ignore('x') } } } },
      'state "a", "go": ignored, which hides the handler of the root state',
    ],
  ])('%s', (_what, config, problem) => {
    const machine = plain.createMachine({ id: 'm', ...config } as Loose)
    expect(problemsOf(machine, takes('go'))).toContain(problem)
  })

  it('an event that a configuration leaves undecided, with the fix', () => {
    const machine = createMachine({
      id: 'm',
      type: 'parallel',
      states: {
        left: { initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } },
        right: { initial: 'c', states: { c: { on: { go: { guard: () => true } } }, d: { on: { go: 'c' } } } },
      },
    })
    expect(problemsOf(machine, takes('go'))).toBe(
      'machine "m" is not well defined:\n' +
        `  - event "go" is undecided in "left.b" with "right.c": add a transition without a guard, ignore('why') or stall('why')`,
    )
  })

  it('a raised event that is written down and undecided somewhere', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: { on: { go: { target: 'b', actions: raise({ type: 'more' }) } } },
        b: { on: { go: 'a', more: 'a' } },
      },
    })
    expect(problemsOf(machine, takes('go'))).toContain('event "more" is undecided in "a"')
  })

  it('a must choice about which nothing is done, and a type that is a message and a reply', () => {
    const machine = createMachine({ id: 'm', on: { tick: {} } })
    expect(problemsOf(machine, { spontaneous: { tick: { description: 'x', kind: 'must' } } })).toContain(
      'the root state, "tick": nothing happens, though it must',
    )
    expect(problemsOf(createMachine({ id: 'm' }), { outPorts: { out: ['x'] }, replies: ['x'] })).toContain(
      '"x" is both a message and a reply',
    )
  })

  it('a context that holds a function or a class instance, now or later', () => {
    expect(() => fromXState(createMachine({ id: 'm', context: { f: () => 1 } }), {})).toThrow(
      'machine "m": context.f is not plain data',
    )
    const later = createMachine({ id: 'm', on: { go: { actions: assign({ at: () => new Map() }) } } })
    expect(() => running(later, takes('go')).send('go')).toThrow('machine "m": context.at is not plain data')
  })

  it('numbers that a saved state could not tell apart', () => {
    const of = (value: unknown) => () => fromXState(createMachine({ id: 'm', context: { deep: [value] } }), {})
    expect(of(Number.NaN)).toThrow('context.deep[0] is not plain data (NaN)')
    expect(of(-1 / 0)).toThrow('context.deep[0] is not plain data (-Infinity)')
    expect(of(1n)).toThrow('context.deep[0] is not plain data (a bigint)')
  })

  it.each([
    ['sendTo', (enqueue: Loose) => enqueue.sendTo('x', { type: 'y' }), 'it sends to the actor "x": emit an event'],
    [
      'spawnChild',
      (enqueue: Loose) => enqueue.spawnChild('child'),
      'it has the action spawnChild: the set of actors is',
    ],
    ['a plain function', (enqueue: Loose) => enqueue(() => {}), 'it enqueues a plain function, whose effects'],
    [
      'a delayed raise',
      (enqueue: Loose) => enqueue.raise({ type: 'y' }, { delay: 9 }),
      'it raises with a delay: latency',
    ],
  ])('what enqueueActions puts in: %s', (_what, put, problem) => {
    const actors = { child: createMachine({}) }
    const actions = enqueueActions(({ enqueue }) => put(enqueue as Loose)) as Loose
    const machine = setup({ actors }).createMachine({ id: 'm', on: { go: { actions } } })
    expect(() => running(machine, takes('go')).send('go')).toThrow(problem)
  })

  it('what it emits, if that is not plain data', () => {
    const machine = createMachine({ id: 'm', on: { go: { actions: emit({ type: 'x', at: [new Date(0)] } as Loose) } } })
    expect(() => running(machine, takes('go')).send('go')).toThrow(
      'event "go" in state {}: it emits x.at[0], which is not plain data (an instance of Date)',
    )
  })

  it('an actor in a context, as spawn puts it there', () => {
    const made = createMachine({ id: 'm', context: ({ spawn }) => ({ ref: spawn(createMachine({}) as Loose) }) })
    expect(() => fromXState(made, {})).toThrow('context.ref is not plain data (an actor): the set of actors is fixed')
  })

  it('what is no machine, and a guard that throws, without a place of ours', () => {
    expect(() => fromXState(undefined as never, {})).toThrow('this is undefined: is it imported in a circle')
    expect(() => fromXState('m' as never, {})).toThrow('takes a machine, as createMachine returns one; this is "m"')
    const guard = () => {
      throw new Error('boo')
    }
    const machine = createMachine({ id: 'm', on: { go: [{ guard, actions: emit({ type: 'x' }) }, {}] } })
    expect(() => running(machine, takes('go')).send('go')).toThrow(/boo$/)
  })
})

it('lists a few of many undecided configurations, and says where one line decides all', () => {
  const region = { initial: 'a', states: { a: {}, b: {}, c: {} } }
  const wide = createMachine({ id: 'm', type: 'parallel', states: { left: region, right: region } })
  const define = () => fromXState(wide, { spontaneous: { go: { description: 'goes', kind: 'must' } } })
  expect(define).toThrow('event "go" is undecided in "left.a" with "right.a"; "left.a" with "right.b"; ')
  expect(define).toThrow('; 5 more: add a transition')
  expect(define).toThrow('(at the root it decides all of them)')
})

it('refuses choices of no kind and of no values', () => {
  const chart = createMachine({ id: 'm', on: { go: { actions: emit({ type: 'x' }) } } })
  const define = (choice: object) => () => fromXState(chart, { spontaneous: { go: choice as never } })
  expect(define({ description: 'goes', kind: 'maybe' })).toThrow('is of the kind "maybe": it may or must happen')
  expect(define({ description: 'goes', kind: 'must', domain: 0 })).toThrow('has domain 0: the number of its values')
  expect(define({ kind: 'must' })).toThrow('spontaneous event "go" has no description')
})

it('keeps what a chart logs out of the output', () => {
  const said = vi.spyOn(console, 'log').mockImplementation(() => {})
  const chart = createMachine({ id: 'm', on: { go: { actions: [log('went'), emit({ type: 'x' })] } } })
  running(chart, takes('go'), 'live').send('go')
  expect(said).not.toHaveBeenCalled()
  said.mockRestore()
})

it('tells coverage what it does: states, transitions by name, messages; what always and raised events take counts', () => {
  const chart = createMachine({
    id: 'm',
    initial: 'off',
    on: { on: ignore('cold') },
    states: {
      off: {
        on: {
          go: [
            { guard: () => false, target: 'broken' },
            { target: 'warm', actions: raise({ type: 'on' }) },
          ],
        },
      },
      warm: { on: { on: 'on', go: stall('warms') } },
      on: { always: { target: 'off' } },
      broken: { on: { go: ignore('broken') } },
    },
  })
  const lamp = fromXState(chart, { spontaneous: { go: { description: 'goes', kind: 'must' } } })
  const { coverage } = check(defineSystem({ id: 'lamp', actors: { lamp }, channels: [] }), { coverage: 'report' })
  const { unknown, actors } = coverage as CoverageReport
  expect(unknown).toEqual([])
  const [{ states, transitions, messages }] = actors as readonly [ActorCoverage]
  // At rest it is only ever off.
  expect(states).toEqual({ total: 4, missing: ['warm', 'on', 'broken'] })
  expect(transitions).toEqual({ total: 4, missing: ['off: go [guard] -> broken'] })
  expect(messages).toEqual({ total: 1, missing: [] })
})
