/** Tests | the simulation: bounds, streams, watchers, injection and its replay, subscribers inside a step. */

import { filter, map } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import type { Message } from '../../../src/kernel/actor.ts'
import { RandomScheduler } from '../../../src/kernel/random.ts'
import { ReplayScheduler } from '../../../src/kernel/replay.ts'
import { Simulation, type SimulationOptions } from '../../../src/kernel/simulation.ts'
import type { SystemSpec } from '../../../src/kernel/system.ts'
import { TimedScheduler } from '../../../src/kernel/timed.ts'
import { TraceWriter } from '../../../src/kernel/trace.ts'
import { fakeActor, message } from '../../support/fake-actor.ts'

/** Two players that return a ball `rallies` times; `left` serves; each return emits an event. */
function pingPong(rallies: number): SystemSpec {
  const player = (id: string, serves: boolean) =>
    fakeActor({
      id,
      in: { in: ['ball', 'extra'] },
      out: { out: ['ball'] },
      context: { left: rallies, log: [] as string[] },
      start: (_context, out) => {
        if (serves) out.send('out', message('ball', { data: [0] }))
      },
      finished: (context) => context.left === 0,
      on: {
        extra: { run: (context) => void context.log.push('extra') },
        ball: {
          sends: { out: 1 },
          run: (context, m, out) => {
            const [count] = (m as unknown as { data: number[] }).data as [number]
            context.log.push(`ball ${count}`)
            if (context.left === 0) return
            context.left--
            out.send('out', message('ball', { data: [count + 1] }))
            out.emit(message('returned', { count }))
          },
        },
      },
    })
  return {
    actors: [
      { id: 'left', definition: player('left', true) },
      { id: 'right', definition: player('right', false) },
    ],
    channels: [
      { from: 'left.out', to: 'right.in', order: 'fifo', capacity: 2, latencyCycles: 3 },
      { from: 'right.out', to: 'left.in', order: 'fifo', capacity: 2, latencyCycles: 3, jitterCycles: 2 },
    ],
  }
}

const timed = (seed = 1) => new TimedScheduler({ seed, may: 'off', mayPeriodCycles: 1, mustJitterCycles: 0 })

function simulate(spec: SystemSpec, options: Partial<SimulationOptions> = {}) {
  const writer = new TraceWriter()
  const watchers = [(reaction: Parameters<TraceWriter['add']>[0]) => writer.add(reaction)]
  const sim = new Simulation(spec, { runtime: 'sim', scheduler: timed(), watchers, record: 'schedule', ...options })
  return { sim, writer }
}

const logOf = (sim: Simulation, actor: string) => (sim.system.actor(actor).reactor.context as { log: string[] }).log

describe('run', () => {
  it('ends quiet and counts steps, deliveries and cycles', () => {
    const { sim } = simulate(pingPong(3))
    expect(sim.run()).toBe('quiet')
    expect([sim.step, sim.deliveries]).toEqual([7, 7])
    expect(sim.cycle).toBeGreaterThanOrEqual(21)
    expect(logOf(sim, 'right')).toEqual(['ball 0', 'ball 2', 'ball 4', 'ball 6'])
  })

  it('stops at each bound, says which, and goes on when asked again', () => {
    const whole = simulate(pingPong(50))
    whole.sim.run()
    const { sim, writer } = simulate(pingPong(50))
    expect(sim.run({ stepsMax: 10 })).toBe('steps')
    expect(sim.step).toBe(10)
    expect(sim.run({ cyclesMax: 100 })).toBe('cycles')
    sim.requestStop()
    expect(sim.run({ stopWhen: () => true })).toBe('quiet')
    expect(writer.digest()).toBe(whole.writer.digest())
  })

  it('asks stopWhen now and then, and a watcher can stop it at once', () => {
    const { sim } = simulate(pingPong(100_000))
    expect(sim.run({ stopWhen: () => true })).toBe('stopped')
    expect(sim.step).toBeLessThanOrEqual(2048)
    const stopping: Simulation = new Simulation(pingPong(50), {
      runtime: 'sim',
      scheduler: timed(),
      watchers: [(reaction) => reaction.step === 5 && stopping.requestStop()],
    })
    expect(stopping.run()).toBe('stopped')
    expect(stopping.step).toBe(5)
  })

  it('names the unfinished actors and what stalls them', () => {
    const stuck = fakeActor({
      id: 'stuck',
      in: { in: ['ball', 'extra'] },
      context: {},
      finished: () => false,
      on: { ball: { decide: () => 'stall' } },
    })
    const spec: SystemSpec = {
      actors: [pingPong(1).actors[0] as never, { id: 'stuck', definition: stuck }],
      channels: [{ from: 'left.out', to: 'stuck.in', order: 'fifo', capacity: 1, latencyCycles: 1 }],
    }
    const { sim } = simulate(spec)
    expect(sim.run()).toBe('quiet')
    expect(sim.unfinished()).toMatchObject([
      { actor: 'left', stalled: [] },
      { actor: 'stuck', stalled: ['ball on left.out>stuck.in: stuck says stall'] },
    ])
  })

  it('is over after dispose, which completes the streams', () => {
    const { sim } = simulate(pingPong(3))
    const completed: string[] = []
    sim.messages$.subscribe({ complete: () => completed.push('messages$') })
    sim.port('left.out').out$.subscribe({ complete: () => completed.push('left.out') })
    sim.run({ stepsMax: 2 })
    sim.dispose()
    expect(completed.sort()).toEqual(['left.out', 'messages$'])
    expect(() => sim.run()).toThrow(UsageError)
  })
})

describe('streams', () => {
  it('messages$ shows each delivered message with both ends, as frozen copies, and works with operators', () => {
    const { sim } = simulate(pingPong(2))
    const seen: string[] = []
    sim.messages$
      .pipe(
        filter((delivered) => delivered.to === 'right.in'),
        map(({ step, from, to, message: m }) => `${step} ${from} ${to} ${(m as unknown as { data: number[] }).data}`),
      )
      .subscribe((line) => seen.push(line))
    sim.messages$.subscribe(({ message: m }) => (m as unknown as { data: number[] }).data.push(9))
    sim.run()
    expect(sim.subscriberErrors).toEqual([
      expect.stringMatching(/^a subscriber of messages\$ threw and was .*: TypeError/),
    ])
    expect(seen).toEqual(['1 left.out right.in 0', '3 left.out right.in 2', '5 left.out right.in 4'])
    expect(logOf(sim, 'right')).toEqual(['ball 0', 'ball 2', 'ball 4'])
  })

  it('emitted$ names the actor; ports list the known ones when asked for another', () => {
    const { sim } = simulate(pingPong(1))
    const seen: unknown[] = []
    sim.emitted$.subscribe((event) => seen.push(event))
    sim.run()
    expect(seen).toEqual([
      { type: 'returned', count: 0, actor: 'right' },
      { type: 'returned', count: 1, actor: 'left' },
    ])
    expect(() => sim.port('left.in')).toThrow('no out port "left.in"; there are: left.out, right.out')
  })

  it('a subscriber that throws is reported once and unsubscribed, and the run goes on', () => {
    const boom = () => {
      throw new Error('boom')
    }
    const { sim } = simulate(pingPong(3))
    const subscription = sim.port('left.out').out$.subscribe(boom)
    expect(sim.run()).toBe('quiet')
    expect(sim.step).toBe(7)
    expect(subscription.closed).toBe(true)
    expect(sim.subscriberErrors).toEqual(['a subscriber of left.out threw and was unsubscribed: Error: boom'])
    expect(sim.run()).toBe('quiet')
    expect(sim.subscriberErrors).toHaveLength(1)
    const reports: string[] = []
    const handled = simulate(pingPong(3), { onSubscriberError: (stream) => reports.push(stream) }).sim
    handled.messages$.pipe(map(boom)).subscribe()
    expect(handled.run()).toBe('quiet')
    expect(reports).toEqual(['messages$'])
  })

  it('one that subscribes again each time is kept in mind a few times only', () => {
    const { sim } = simulate(pingPong(100))
    const subscribe = (): unknown =>
      sim.messages$.subscribe(() => {
        subscribe()
        throw new Error('boom')
      })
    subscribe()
    expect(sim.run()).toBe('quiet')
    expect(sim.subscriberErrors).toHaveLength(16)
  })

  it('nothing is delivered inside a reaction: a subscriber that runs the simulation is told so', () => {
    const { sim } = simulate(pingPong(3))
    sim.messages$.subscribe(() => sim.run())
    expect(sim.run()).toBe('quiet')
    expect(sim.subscriberErrors).toEqual([expect.stringContaining('run was called by a subscriber')])
    expect(sim.step).toBe(7)
  })

  it('watchers and subscribers do not change the run', () => {
    const plain = simulate(pingPong(20))
    plain.sim.run()
    const watched = simulate(pingPong(20))
    watched.sim.messages$.subscribe()
    watched.sim.emitted$.subscribe()
    watched.sim.port('left.out').out$.subscribe()
    watched.sim.run()
    expect(watched.writer.digest()).toBe(plain.writer.digest())
  })
})

describe('inject', () => {
  it('puts a message behind what is there', () => {
    const { sim } = simulate(pingPong(2))
    sim.inject('right.in', message('extra'))
    sim.run()
    expect(logOf(sim, 'right').slice(0, 2)).toEqual(['ball 0', 'extra'])
  })

  it('copies: the caller may change its message afterwards', () => {
    const { sim } = simulate(pingPong(0))
    const ball = { type: 'ball', data: [70] }
    sim.inject('left.in', ball)
    ball.data[0] = 1
    sim.run()
    expect(logOf(sim, 'left')).toEqual(['ball 70'])
    expect(sim.injections).toEqual([{ step: 0, to: 'left.in', message: { type: 'ball', data: [70] } }])
  })

  it.each<[string, string, Message, RegExp]>([
    ['an unknown port', 'left.nope', message('ball'), /no in port "left.nope"; there are: right.in, left.in/],
    [
      'a type that is not accepted',
      'left.in',
      message('egg'),
      /left.in does not accept "egg"; it accepts: ball, extra/,
    ],
  ])('refuses %s', (_what, to, m, error) => {
    const { sim } = simulate(pingPong(1))
    expect(() => sim.inject(to, m)).toThrow(error)
    expect(() => sim.inject(to, m)).toThrow(UsageError)
  })

  it('refuses a payload that is not plain data', () => {
    const { sim } = simulate(pingPong(1))
    const extra = { data: [1, () => 2] }
    expect(() => sim.inject('right.in', message('extra', extra))).toThrow(
      new UsageError('right.in takes plain data only, which extra.data[1] is not'),
    )
  })

  it('refuses a full channel and a timer without its cycles', () => {
    const { sim } = simulate(pingPong(1))
    sim.inject('right.in', message('extra'))
    expect(() => sim.inject('right.in', message('extra'))).toThrow(/has no room \(capacity 2\)/)
    const spec = pingPong(1)
    const timers = spec.channels.map((channel) => ({ ...channel, latencyCycles: 'message' as const }))
    const quiet = simulate({ ...spec, channels: timers }, { scheduler: new RandomScheduler(1) }).sim
    expect(() => quiet.inject('right.in', message('extra'))).toThrow(/it needs afterCycles/)
    expect(() => quiet.inject('right.in', message('extra', { afterCycles: 3 }))).not.toThrow()
  })

  // Room comes back to a sender as slowly as messages go: here in cycle 6, when nothing else happens any more.
  it('waits for room that is on its way where nothing else is left to happen', () => {
    const { sim, writer } = simulate(pingPong(0))
    expect(sim.run()).toBe('quiet')
    expect(sim.cycle).toBe(3)
    for (let round = 0; round < 4; round++) {
      sim.inject('right.in', message('extra'))
      sim.inject('right.in', message('extra'))
      expect(sim.run()).toBe('quiet')
    }
    expect(logOf(sim, 'right')).toEqual(['ball 0', ...new Array(8).fill('extra')])
    expect(sim.cycle).toBe(27)
    const again = simulate(pingPong(0), { injections: sim.injections })
    again.sim.run()
    expect([again.sim.cycle, again.writer.digest()]).toEqual([sim.cycle, writer.digest()])
    expect(again.sim.injections).toEqual(sim.injections)
  })

  // Room is on its way then, too, but nothing has to wait for it.
  it('in the middle of a run happens at once, and so it does in a repetition', () => {
    const { sim, writer } = simulate(pingPong(4))
    expect(sim.run({ stepsMax: 3 })).toBe('steps')
    sim.inject('right.in', message('extra'))
    expect(sim.step).toBe(3)
    sim.run()
    expect(sim.injections).toEqual([{ step: 3, to: 'right.in', message: { type: 'extra' } }])
    const again = simulate(pingPong(4), { injections: sim.injections })
    again.sim.run()
    expect([again.sim.cycle, again.writer.digest()]).toEqual([sim.cycle, writer.digest()])
  })

  // The step's own messages come first, so that the injection cannot take their room and replays in the same place.
  it('from a subscriber happens after the step in progress, and replays', () => {
    const { sim, writer } = simulate(pingPong(5))
    let injected = 0
    sim.port('left.out').out$.subscribe(() => {
      if (injected++ < 3) sim.inject('right.in', message('extra'))
    })
    sim.run()
    expect(logOf(sim, 'right').slice(0, 4)).toEqual(['ball 0', 'extra', 'ball 2', 'extra'])
    expect(sim.injections.map(({ step }) => step)).toEqual([0, 3, 6])
    const replay = simulate(pingPong(5), {
      scheduler: new ReplayScheduler(sim.schedule as never),
      injections: sim.injections,
    })
    expect(replay.sim.run()).toBe('quiet')
    expect(replay.writer.digest()).toBe(writer.digest())
    expect(replay.sim.injections).toEqual(sim.injections)
  })

  it('from a subscriber without room is an error of the run', () => {
    const { sim } = simulate(pingPong(5))
    sim.port('left.out').out$.subscribe(() => {
      for (let i = 0; i < 3; i++) sim.inject('right.in', message('extra'))
    })
    expect(() => sim.run()).toThrow(/has no room/)
  })

  it('wakes a simulation that was quiet, and replays', () => {
    const { sim, writer } = simulate(pingPong(1))
    sim.run()
    const before = sim.step
    sim.inject('left.in', message('extra'))
    expect(sim.run()).toBe('quiet')
    expect(sim.step).toBe(before + 1)
    const replay = simulate(pingPong(1), {
      scheduler: new ReplayScheduler(sim.schedule as never),
      injections: sim.injections,
    })
    replay.sim.run()
    expect(replay.writer.digest()).toBe(writer.digest())
  })
})

describe('replay and random schedulers', () => {
  it('a replay that diverges says where, what it wanted and what was enabled', () => {
    const { sim } = simulate(pingPong(3))
    sim.run()
    const other = simulate(pingPong(1), { scheduler: new ReplayScheduler(sim.schedule as never) }).sim
    expect(() => other.run()).toThrow(
      /diverges at step 4: it wants message 0 on right.out>left.in, enabled are: nothing/,
    )
  })

  it('the random walk reaches the end too, the same way for the same seed', () => {
    const walk = (seed: number) => {
      const { sim, writer } = simulate(pingPong(4), { scheduler: new RandomScheduler(seed) })
      expect(sim.run()).toBe('quiet')
      return writer.digest()
    }
    expect(walk(1)).toBe(walk(1))
  })
})
