/** Tests | traps: armed while machines react, not while users' code runs, gone after a run; what is sent is plain data. */

import { describe, expect, it } from 'vitest'
import type { Message, RuntimeName } from '../../../src/kernel/actor.ts'
import { RandomScheduler } from '../../../src/kernel/random.ts'
import { Simulation, type SimulationOptions } from '../../../src/kernel/simulation.ts'
import { disarmed, trapped } from '../../../src/kernel/traps.ts'
import { defineMachine } from '../../../src/statechart/define.ts'

const runtimes: readonly RuntimeName[] = ['sim', 'live']

/** An actor that sends itself three balls; `payload` and `offence` are what its action does besides. */
function juggler(offence: () => void, payload: () => Record<string, unknown> = () => ({})) {
  const definition = defineMachine<{ left: number }, Message>({
    id: 'juggler',
    description: 'throws balls',
    inPorts: { hand: ['ball'] },
    outPorts: { air: ['ball'] },
    events: { ball: 'a ball comes down' },
    context: () => ({ left: 3 }),
    actions: {
      throwBall: {
        description: 'throws',
        sends: { air: 1 },
        run: (context, _message, out) => {
          offence()
          context.left--
          out.send('air', { type: 'ball', ...payload() } as Message)
          out.emit({ type: 'thrown' })
        },
      },
    },
    guards: { isLeft: (context) => context.left > 0 },
    chart: {
      description: 'a juggler',
      initial: 'busy',
      states: {
        busy: {
          description: 'throws what comes',
          entry: 'throwBall',
          on: { ball: [{ guard: 'isLeft', actions: 'throwBall' }, {}] },
        },
      },
    },
  })
  return {
    actors: [{ id: 'juggler', definition }],
    channels: [{ from: 'juggler.air', to: 'juggler.hand', order: 'fifo', capacity: 4, latencyCycles: 1 }],
  } as const
}

const simulate = (spec: ReturnType<typeof juggler>, options: Partial<SimulationOptions> = {}) =>
  new Simulation(spec, { runtime: 'sim', scheduler: new RandomScheduler(1), ...options })

describe.each(runtimes)('in a %s simulation', (runtime) => {
  it('a clock or random number in an action ends the run, with machine and action', () => {
    for (const [offence, name] of [
      [() => Math.random(), 'Math.random'],
      [() => Date.now(), 'Date'],
      [() => performance.now(), 'performance.now'],
    ] as const) {
      let calls = 0
      const sim = simulate(
        juggler(() => {
          if (calls++ > 0) offence()
        }),
        { runtime },
      )
      expect(() => sim.run()).toThrow(`internal: juggler action throwBall: uses ${name}, so it would not replay`)
      expect(Math.random()).toBeLessThan(1)
    }
  })

  it('also in an action that runs when the machine starts', () => {
    const sim = simulate(
      juggler(() => Math.random()),
      { runtime },
    )
    expect(() => sim.run()).toThrow('juggler action throwBall: uses Math.random')
  })

  it('watchers, subscribers, operators and stopWhen may use them', () => {
    const times: number[] = []
    const look = () => times.push(performance.now() + Date.now() + (new Date() > new Date(0) ? 1 : 0) + Math.random())
    const sim = simulate(
      juggler(() => {}),
      { runtime, watchers: [look] },
    )
    sim.messages$.subscribe(look)
    sim.emitted$.subscribe(look)
    sim.port('juggler.air').out$.subscribe({ next: look, complete: look })
    expect(sim.run({ stopWhen: () => look() < 0 })).toBe('quiet')
    sim.dispose()
    expect(times.length).toBeGreaterThan(12)
  })

  it('a run inside a watcher leaves the outer one as it was', () => {
    let nested = 0
    const watcher = () => {
      const inner = simulate(juggler(() => {}))
      inner.run()
      nested += Date.now() > 0 ? 1 : 0
    }
    let calls = 0
    const sim = simulate(
      juggler(() => {
        if (calls++ > 1) Math.random()
      }),
      { runtime, watchers: [watcher] },
    )
    expect(() => sim.run()).toThrow('uses Math.random')
    expect(nested).toBeGreaterThan(0)
  })

  it('what a watcher throws ends the run, and the traps are gone', () => {
    const sim = simulate(
      juggler(() => {}),
      {
        runtime,
        watchers: [
          () => {
            throw new Error('boom')
          },
        ],
      },
    )
    expect(() => sim.run()).toThrow('boom')
    expect(trapped(() => disarmed(() => Date.now()))).toBeGreaterThan(0)
    expect(Date.now()).toBeGreaterThan(0)
  })

  class Thing {
    readonly value = 1
  }
  it.each([
    ['a function', { data: () => 1 }, 'function'],
    ['a class instance', { data: new Thing() }, 'Thing'],
    ['a date in an array', { data: [1, new Date(0)] }, 'Array with something at [1]'],
    ['a map in an object', { data: { deep: new Map() } }, 'Object with something at .deep'],
    ['a symbol', { data: Symbol('x') }, 'symbol'],
  ])('a message with %s is refused, with the action that sends it', (_what, payload, what) => {
    let calls = 0
    // The first messages are in order: it is not only the first copy that is looked at.
    const sim = simulate(
      juggler(
        () => {},
        () => (calls++ < 1 ? { data: 1 } : payload),
      ),
      { runtime },
    )
    expect(() => sim.run()).toThrow(`internal: juggler action throwBall: a message holds a ${what} that is not`)
  })
})

describe('the traps', () => {
  it('are gone afterwards, also after an error', () => {
    expect(() => trapped(() => Math.random())).toThrow('uses Math.random')
    expect(Math.random()).toBeLessThan(1)
    expect(Date.now()).toBeGreaterThan(0)
    expect(performance.now()).toBeGreaterThan(0)
    expect(Object.hasOwn(performance, 'now')).toBe(false)
    expect(new Date()).toBeInstanceOf(Date)
  })

  it('nest', () => {
    expect(() =>
      trapped(() => {
        trapped(() => 1)
        return Date.now()
      }),
    ).toThrow('uses Date')
  })

  it('let what they guard work as usual when disarmed', () => {
    trapped(() =>
      disarmed(() => {
        expect(new Date()).toBeInstanceOf(Date)
        expect(typeof Date()).toBe('string')
        expect(crypto.randomUUID()).toHaveLength(36)
        expect(() => trapped(() => Date.now())).toThrow('uses Date')
        expect(Date.now()).toBeGreaterThan(0)
      }),
    )
  })
})
