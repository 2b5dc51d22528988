/** Tests | enabledness and delivery: stalls, room, ignored messages, spontaneous choices. */

import { describe, expect, it } from 'vitest'
import { ReplayScheduler } from '../../../src/kernel/replay.ts'
import { Schedule } from '../../../src/kernel/schedule.ts'
import { apply, enabled } from '../../../src/kernel/step.ts'
import type { SystemSpec } from '../../../src/kernel/system.ts'
import { BenchTop } from '../../support/bench-top.ts'
import { fakeActor, message } from '../../support/fake-actor.ts'
import { source, wire } from '../../support/small-systems.ts'

/** A system that only does what the test asks. */
function still(spec: SystemSpec): BenchTop {
  return new BenchTop(spec, new ReplayScheduler(new Schedule()))
}

const deliver = (channel: number, position = 0) => ({ kind: 'deliver' as const, channel, position })

describe('delivery', () => {
  it('a stalled message stays at the head until the state changes, and holds back what is behind it', () => {
    const gate = fakeActor({
      id: 'gate',
      in: { in: ['work'], control: ['open'] },
      context: { open: false, seen: [] as number[] },
      on: {
        open: {
          run: (context) => {
            context.open = true
          },
        },
        work: {
          decide: (context) => (context.open ? 'react' : 'stall'),
          run: (context, m) => void context.seen.push((m as unknown as { n: number }).n),
        },
      },
    })
    const bench = still({
      actors: [
        { id: 'a', definition: source([message('work', { n: 1 }), message('work', { n: 2 })]) },
        { id: 'b', definition: source([message('open')]) },
        { id: 'gate', definition: gate },
      ],
      channels: [wire('a.out', 'gate.in'), wire('b.out', 'gate.control')],
    })
    expect(enabled(bench.stepper)).toEqual([deliver(1)])
    expect(apply(bench.stepper, deliver(0))).toBe(false)
    expect(bench.system.channels[0]?.count).toBe(2)
    expect(bench.stepper.step).toBe(0)
    expect(apply(bench.stepper, deliver(1))).toBe(true)
    expect(apply(bench.stepper, deliver(0))).toBe(true)
    expect(apply(bench.stepper, deliver(0))).toBe(true)
    expect(bench.system.actor('gate').reactor.context).toEqual({ open: true, seen: [1, 2] })
    expect(enabled(bench.stepper)).toEqual([])
  })

  it('needs room on every channel that the reaction may send on', () => {
    const relay = fakeActor({
      id: 'relay',
      in: { in: ['work'] },
      out: { left: ['copy'], right: ['copy'] },
      context: {},
      on: {
        work: {
          sends: { left: 1, right: 2 },
          run: (_context, _m, out) => {
            for (const port of ['left', 'right', 'right']) out.send(port, message('copy'))
          },
        },
      },
    })
    const sink = fakeActor({ id: 'sink', in: { left: ['copy'], right: ['copy'] }, context: {}, on: { copy: {} } })
    const bench = still({
      actors: [
        { id: 'source', definition: source([message('work'), message('work')]) },
        { id: 'relay', definition: relay },
        { id: 'sink', definition: sink },
      ],
      channels: [
        wire('source.out', 'relay.in'),
        wire('relay.left', 'sink.left'),
        wire('relay.right', 'sink.right', { capacity: 3 }),
      ],
    })
    const { stepper, system } = bench
    expect(apply(stepper, deliver(0))).toBe(true)
    const [work, , right] = system.channels
    expect(stepper.deliverable(work as never, 0)).toBe('full')
    expect(stepper.fullChannel).toBe(right)
    expect(enabled(stepper)).toEqual([deliver(1), deliver(2)])
    // One of two needed places is free, then both.
    apply(stepper, deliver(2))
    expect(stepper.deliverable(work as never, 0)).toBe('enabled')
    expect(apply(stepper, deliver(0))).toBe(true)
    expect(system.channels.map((channel) => channel.count)).toEqual([0, 2, 3])
  })

  it('a message on a channel back to its own sender leaves before the reaction, so its place is free', () => {
    const timer = fakeActor({
      id: 'timer',
      in: { timer: ['timer.line'] },
      out: { timer: ['timer.line'] },
      context: { lines: 0 },
      start: (_context, out) => out.send('timer', message('timer.line')),
      on: {
        'timer.line': {
          sends: { timer: 1 },
          run: (context, m, out) => {
            context.lines++
            out.send('timer', m)
          },
        },
      },
    })
    const bench = still({
      actors: [{ id: 'timer', definition: timer }],
      channels: [wire('timer.timer', 'timer.timer', { capacity: 1 })],
    })
    for (let i = 0; i < 3; i++) expect(apply(bench.stepper, deliver(0))).toBe(true)
    expect(bench.system.actor('timer').reactor.context).toEqual({ lines: 3 })
  })

  it('an ignored message is consumed, needs no room, changes nothing and does not count as a delivery', () => {
    const deaf = fakeActor({
      id: 'deaf',
      in: { in: ['noise'] },
      out: { out: ['noise'] },
      context: { heard: 0 },
      on: { noise: { decide: () => 'ignore', sends: { out: 99 }, run: (context) => void context.heard++ } },
    })
    const sink = fakeActor({ id: 'sink', in: { in: ['noise'] }, context: {}, on: { noise: {} } })
    const bench = still({
      actors: [
        { id: 'source', definition: source([message('noise')]) },
        { id: 'deaf', definition: deaf },
        { id: 'sink', definition: sink },
      ],
      channels: [wire('source.out', 'deaf.in'), wire('deaf.out', 'sink.in', { capacity: 1 })],
    })
    expect(apply(bench.stepper, deliver(0))).toBe(true)
    expect(bench.system.actor('deaf').reactor.context).toEqual({ heard: 0 })
    expect([bench.stepper.step, bench.stepper.deliveries, bench.system.channels[0]?.count]).toEqual([1, 0, 0])
  })

  it('what is sent is a copy: neither side sees later changes of the other', () => {
    const keeper = fakeActor({
      id: 'keeper',
      in: { in: ['give'] },
      out: { out: ['data'] },
      context: { data: [1, 2], nested: [{ n: 1 }] },
      on: {
        give: {
          sends: { out: 1 },
          run: (context, _m, out) => {
            out.send('out', message('data', { data: context.data, nested: context.nested }))
            context.data[0] = 9
            ;(context.nested[0] as { n: number }).n = 9
          },
        },
      },
    })
    const sink = fakeActor({ id: 'sink', in: { in: ['data'] }, context: {}, on: { data: {} } })
    const bench = still({
      actors: [
        { id: 'source', definition: source([message('give')]) },
        { id: 'keeper', definition: keeper },
        { id: 'sink', definition: sink },
      ],
      channels: [wire('source.out', 'keeper.in'), wire('keeper.out', 'sink.in')],
    })
    apply(bench.stepper, deliver(0))
    expect(bench.system.channels[1]?.at(0)).toEqual(message('data', { data: [1, 2], nested: [{ n: 1 }] }))
  })

  it('a set delivers the same message again and again', () => {
    const sink = fakeActor({
      id: 'sink',
      in: { in: ['fact'] },
      context: { seen: 0 },
      on: { fact: { run: (context) => void context.seen++ } },
    })
    const bench = still({
      actors: [
        { id: 'source', definition: source([message('fact')]) },
        { id: 'sink', definition: sink },
      ],
      channels: [wire('source.out', 'sink.in', { order: 'set' })],
    })
    for (let i = 0; i < 3; i++) expect(apply(bench.stepper, deliver(0))).toBe(true)
    expect(bench.system.actor('sink').reactor.context).toEqual({ seen: 3 })
  })
})

describe('spontaneous choices', () => {
  const cache = fakeActor({
    id: 'cache',
    out: { out: ['evicted'] },
    context: { dirty: [true, false, true] },
    spontaneous: [
      { event: 'line.evict', kind: 'may', domain: 3, when: (context, value) => context.dirty[value] === true },
    ],
    on: {
      'line.evict': {
        sends: { out: 1 },
        run: (context, m, out) => {
          const { value } = m as unknown as { value: number }
          context.dirty[value] = false
          out.send('out', message('evicted', { value }))
        },
      },
    },
  })
  const sink = fakeActor({ id: 'sink', in: { in: ['evicted'] }, context: {}, on: { evicted: {} } })
  const spec: SystemSpec = {
    actors: [
      { id: 'cache', definition: cache },
      { id: 'sink', definition: sink },
    ],
    channels: [wire('cache.out', 'sink.in', { capacity: 1 })],
  }
  const evict = (value: number) => ({ kind: 'spontaneous' as const, actor: 0, choice: 0, value })

  it('are enabled where their guard holds and the reaction has room', () => {
    const { stepper } = still(spec)
    expect(enabled(stepper)).toEqual([evict(0), evict(2)])
    expect(apply(stepper, evict(1))).toBe(false)
    expect(apply(stepper, evict(2))).toBe(true)
    expect(enabled(stepper)).toEqual([deliver(0)])
    expect(apply(stepper, deliver(0))).toBe(true)
    expect(enabled(stepper)).toEqual([evict(0)])
    expect([stepper.step, stepper.deliveries]).toEqual([2, 1])
  })

  it('one that the actor would ignore is not enabled', () => {
    const idle = fakeActor({
      id: 'idle',
      context: { asleep: true },
      in: { in: ['wake'] },
      spontaneous: [{ event: 'work', kind: 'must' }],
      on: {
        wake: { run: (context) => void Object.assign(context, { asleep: false }) },
        work: { decide: ({ asleep }) => (asleep ? 'ignore' : 'react') },
      },
    })
    const { stepper } = still({
      actors: [
        { id: 'source', definition: source([message('wake')]) },
        { id: 'idle', definition: idle },
      ],
      channels: [wire('source.out', 'idle.in')],
    })
    const work = { kind: 'spontaneous' as const, actor: 1, choice: 0, value: 0 }
    expect(enabled(stepper)).toEqual([deliver(0)])
    expect([apply(stepper, work), stepper.step]).toEqual([false, 0])
    apply(stepper, deliver(0))
    expect(enabled(stepper)).toEqual([work])
  })

  it('a choice that does not exist is refused, not an error', () => {
    const { stepper } = still(spec)
    const odd = [evict(3), { ...evict(0), actor: 9 }, { ...evict(0), choice: 4 }, deliver(7), deliver(0, 5)]
    expect(odd.map((choice) => apply(stepper, choice))).toEqual([false, false, false, false, false])
    expect(stepper.step).toBe(0)
  })
})
