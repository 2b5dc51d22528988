/** Tests | the timed scheduler: latencies, order within a cycle, waking what waits. */

import { describe, expect, it } from 'vitest'
import { BenchTop } from '../../support/bench-top.ts'
import { fakeActor, message } from '../../support/fake-actor.ts'
import { run, sink, source, timed, wire } from '../../support/small-systems.ts'

describe('latency', () => {
  it('delivers when the latency has passed, oldest first', () => {
    const bench = new BenchTop(
      {
        actors: [
          { id: 'a', definition: source([message('m', { n: 1 }), message('m', { n: 2 })]) },
          { id: 'b', definition: sink('m') },
        ],
        channels: [wire('a.out', 'b.in', { latencyCycles: 7 })],
      },
      timed(),
    )
    expect(run(bench)).toEqual(['7 b m1', '7 b m2'])
  })

  it('a timer message brings its own latency; in a fifo it waits for those before it', () => {
    const messages = [40, 10, 2000].map((afterCycles, n) => message('t', { n, afterCycles }))
    const at = (order: 'fifo' | 'unordered') =>
      run(
        new BenchTop(
          {
            actors: [
              { id: 'a', definition: source(messages) },
              { id: 'b', definition: sink('t') },
            ],
            channels: [wire('a.out', 'b.in', { latencyCycles: 'message', order })],
          },
          timed(),
        ),
      )
    expect(at('fifo')).toEqual(['40 b t0', '40 b t1', '2000 b t2'])
    expect(at('unordered')).toEqual(['10 b t1', '40 b t0', '2000 b t2'])
  })

  it('a timer message without whole cycles is an internal error', () => {
    for (const afterCycles of [undefined, -1, 1.5, Number.NaN, '3']) {
      const spec = {
        actors: [
          { id: 'a', definition: source([message('t', { afterCycles })]) },
          { id: 'b', definition: sink('t') },
        ],
        channels: [wire('a.out', 'b.in', { latencyCycles: 'message' })],
      }
      expect(() => new BenchTop(spec, timed())).toThrow('internal: t on a.out>b.in needs afterCycles')
    }
  })

  it('jitter delays by at most what the wire says, and depends on the seed alone', () => {
    const at = (seed: number) => {
      const bench = new BenchTop(
        {
          actors: [
            { id: 'a', definition: source(Array.from({ length: 200 }, (_, n) => message('m', { n }))) },
            { id: 'b', definition: sink('m') },
          ],
          channels: [wire('a.out', 'b.in', { capacity: 200, latencyCycles: 5, jitterCycles: 3, order: 'unordered' })],
        },
        timed({ seed }),
      )
      bench.runToQuiet()
      return bench.lines.slice(2).map(({ cycle }) => cycle)
    }
    const cycles = at(1)
    expect([...new Set(cycles)].sort()).toEqual([5, 6, 7, 8])
    expect(at(1)).toEqual(cycles)
  })

  it('per-id: a message that its elder kept back follows at once, whatever else is queued before it', () => {
    const messages = [
      message('t', { n: 0, from: 'x', txn: 2, afterCycles: 100 }),
      message('t', { n: 1, from: 'x', txn: 1, afterCycles: 10 }),
      message('t', { n: 2, from: 'x', txn: 1, afterCycles: 5 }),
    ]
    const bench = new BenchTop(
      {
        actors: [
          { id: 'a', definition: source(messages) },
          { id: 'b', definition: sink('t') },
        ],
        channels: [wire('a.out', 'b.in', { latencyCycles: 'message', order: 'per-id' })],
      },
      timed(),
    )
    expect(run(bench)).toEqual(['10 b t1', '10 b t2', '100 b t0'])
  })

  it('a set delivers each message once', () => {
    const bench = new BenchTop(
      {
        actors: [
          { id: 'a', definition: source([1, 2, 1].map((n) => message('m', { n }))) },
          { id: 'b', definition: sink('m') },
        ],
        channels: [wire('a.out', 'b.in', { order: 'set' })],
      },
      timed(),
    )
    expect(run(bench)).toEqual(['1 b m1', '1 b m2'])
  })

  // A timer that restarts itself must not hold back those that are already queued behind it.
  it('a message sent back to its own sender does not delay those queued before it', () => {
    const clock = fakeActor({
      id: 'clock',
      in: { timer: ['t'] },
      out: { timer: ['t'] },
      context: {},
      start: (_context, out) => {
        out.send('timer', message('t', { n: 1, afterCycles: 5 }))
        out.send('timer', message('t', { n: 2, afterCycles: 8 }))
      },
      on: {
        t: {
          sends: { timer: 1 },
          run: (_context, m, out) => {
            if ((m as unknown as { n: number }).n === 1) out.send('timer', message('t', { n: 3, afterCycles: 500 }))
          },
        },
      },
    })
    const bench = new BenchTop(
      {
        actors: [{ id: 'clock', definition: clock }],
        channels: [wire('clock.timer', 'clock.timer', { latencyCycles: 'message' })],
      },
      timed(),
    )
    expect(run(bench)).toEqual(['5 clock t1', '8 clock t2', '505 clock t3'])
  })

  it('within a cycle, islands take turns in the order of the actors', () => {
    const bench = new BenchTop(
      {
        actors: [
          { id: 'a', definition: source([message('m', { n: 1 })]) },
          { id: 'b', definition: source([message('m', { n: 2 })]) },
          { id: 'd', definition: sink('m') },
          { id: 'c', definition: sink('m') },
        ],
        channels: [wire('a.out', 'c.in', { latencyCycles: 4 }), wire('b.out', 'd.in', { latencyCycles: 4 })],
      },
      timed(),
    )
    expect(run(bench)).toEqual(['4 d m2', '4 c m1'])
  })
})

describe('waking', () => {
  it('a stalled message is delivered in the cycle of the reaction that un-stalls it', () => {
    const gate = fakeActor({
      id: 'gate',
      in: { in: ['m'], control: ['open'] },
      context: { open: false },
      on: {
        open: {
          run: (context) => {
            context.open = true
          },
        },
        m: { decide: (context) => (context.open ? 'react' : 'stall') },
      },
    })
    const bench = new BenchTop(
      {
        actors: [
          { id: 'a', definition: source([message('m', { n: 1 }), message('m', { n: 2 })]) },
          { id: 'b', definition: source([message('open')]) },
          { id: 'gate', definition: gate },
        ],
        channels: [wire('a.out', 'gate.in'), wire('b.out', 'gate.control', { latencyCycles: 30 })],
      },
      timed(),
    )
    expect(run(bench)).toEqual(['30 gate open', '30 gate m1', '30 gate m2'])
  })

  it('what waits for room on its own island goes on in the cycle that makes room', () => {
    const loop = fakeActor({
      id: 'loop',
      in: { in: ['m'], back: ['m'] },
      out: { out: ['m'] },
      context: {},
      on: {
        m: {
          sends: { out: 1 },
          run: (_context, m, out) => (m as { last?: true }).last || out.send('out', { ...m, last: true } as typeof m),
        },
      },
    })
    const bench = new BenchTop(
      {
        actors: [
          { id: 'a', definition: source([1, 2].map((n) => message('m', { n }))) },
          { id: 'loop', definition: loop },
        ],
        channels: [wire('a.out', 'loop.in'), wire('loop.out', 'loop.back', { capacity: 1, latencyCycles: 10 })],
      },
      timed(),
    )
    expect(run(bench)).toEqual(['1 loop m1', '11 loop m1', '11 loop m2', '21 loop m2'])
  })

  it('room for a sender on another island comes back as slowly as messages go', () => {
    const relay = fakeActor({
      id: 'relay',
      in: { in: ['m'] },
      out: { out: ['m'] },
      context: {},
      on: { m: { sends: { out: 1 }, run: (_context, m, out) => out.send('out', m) } },
    })
    const bench = new BenchTop(
      {
        actors: [
          { id: 'a', definition: source([1, 2, 3].map((n) => message('m', { n }))) },
          { id: 'relay', definition: relay },
          { id: 'b', definition: sink('m') },
        ],
        channels: [wire('a.out', 'relay.in'), wire('relay.out', 'b.in', { capacity: 1, latencyCycles: 10 })],
      },
      timed(),
    )
    expect(run(bench)).toEqual(['1 relay m1', '11 b m1', '21 relay m2', '31 b m2', '41 relay m3', '51 b m3'])
  })

  it.each([
    ['callee', ['os.calls', 'caller.os']],
    ['last of three', ['broker.calls', 'os.calls', 'caller.os']],
  ])('a stalled rendezvous happens as soon as the %s accepts', (_who, to) => {
    const broker = fakeActor({
      id: 'broker',
      in: { calls: ['call'] },
      context: {},
      on: { call: { run: (_context, m, out) => out.reply(m) } },
    })
    const caller = fakeActor({
      id: 'caller',
      in: { os: ['ret'] },
      out: { os: ['call'] },
      context: { calls: 0 },
      start: (_context, out) => out.send('os', message('call')),
      on: { ret: {} },
    })
    const os = fakeActor({
      id: 'os',
      in: { calls: ['call'], control: ['unlock'] },
      context: { locked: true },
      on: {
        unlock: {
          run: (context) => {
            context.locked = false
          },
        },
        call: {
          decide: (context) => (context.locked ? 'stall' : 'react'),
          run: (_context, _m, out) => out.reply(message('ret')),
        },
      },
    })
    const bench = new BenchTop(
      {
        actors: [
          { id: 'caller', definition: caller },
          { id: 'broker', definition: broker },
          { id: 'os', definition: os },
          { id: 'key', definition: source([message('unlock')]) },
        ],
        channels: [
          wire('caller.os', to, { order: 'rendezvous', latencyCycles: 0 }),
          wire('key.out', 'os.control', { latencyCycles: 9 }),
        ],
      },
      timed(),
    )
    const brokered = to.length > 2 ? ['9 broker call'] : []
    expect(run(bench)).toEqual(['9 os unlock', ...brokered, '9 os call', '9 caller ret'])
  })

  // The choice waits for room on `first`; then the actor changes and needs room on `second` instead.
  it('a must choice that waits for room on one channel and then needs another is woken by that one', () => {
    const engine = fakeActor({
      id: 'engine',
      in: { control: ['switch'] },
      out: { first: ['m'], second: ['m'] },
      context: { port: 'first', left: 1 },
      start: (_context, out) => {
        out.send('first', message('m', { n: 1 }))
        out.send('second', message('m', { n: 2 }))
      },
      spontaneous: [{ event: 'go', kind: 'must', when: (context) => context.left > 0 }],
      on: {
        switch: {
          run: (context) => {
            context.port = 'second'
          },
        },
        go: {
          sends: (context) => ({ [context.port]: 1 }),
          run: (context, _m, out) => {
            context.left--
            out.send(context.port, message('m', { n: 3 }))
          },
        },
      },
    })
    const never = fakeActor({ id: 'never', in: { in: ['m'] }, context: {}, on: { m: { decide: () => 'stall' } } })
    const bench = new BenchTop(
      {
        actors: [
          { id: 'engine', definition: engine },
          { id: 'never', definition: never },
          { id: 'b', definition: sink('m') },
          { id: 'key', definition: source([message('switch')]) },
        ],
        channels: [
          wire('engine.first', 'never.in', { capacity: 1 }),
          wire('engine.second', 'b.in', { capacity: 1, latencyCycles: 50 }),
          wire('key.out', 'engine.control', { latencyCycles: 20 }),
        ],
      },
      timed(),
    )
    expect(run(bench)).toEqual(['20 engine switch', '50 b m2', '100 engine go0', '150 b m3'])
    expect(bench.progressChoices()).toEqual([])
  })
})
