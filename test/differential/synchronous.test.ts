/** Differential | charts that meet in synchronous rendezvous: live, sim and the replays of both are one trace. */

import { expect, it } from 'vitest'
import type { Message, RuntimeName } from '../../src/kernel/actor.ts'
import { RandomScheduler } from '../../src/kernel/random.ts'
import { ReplayScheduler } from '../../src/kernel/replay.ts'
import { Schedule } from '../../src/kernel/schedule.ts'
import { Simulation } from '../../src/kernel/simulation.ts'
import type { SystemSpec } from '../../src/kernel/system.ts'
import { TraceWriter } from '../../src/kernel/trace.ts'
import { defineMachine, stall } from '../../src/statechart/define.ts'
import { wire } from '../support/small-systems.ts'

const meeting = (from: string, ...to: string[]) => wire(from, to, { order: 'rendezvous', capacity: 0 })

/** Two clients of a lock: nobody enters while another is inside. */
const client = defineMachine({
  id: 'client',
  description: 'wants the lock again and again',
  inPorts: { result: ['granted'] },
  outPorts: { lock: ['acquire', 'release'] },
  events: { enter: 'takes the lock', leave: 'gives it back', granted: 'has it' },
  spontaneous: {
    enter: { description: 'wants in', kind: 'must' },
    leave: { description: 'is done', kind: 'must' },
  },
  context: () => ({ ticket: 0 }),
  actions: {
    acquire: {
      description: 'asks',
      sends: { lock: 1 },
      run: (_context, _message, out) => out.send('lock', { type: 'acquire' }),
    },
    release: {
      description: 'gives it back',
      sends: { lock: 1 },
      run: (_context, _message, out) => out.send('lock', { type: 'release' }),
    },
    keep: {
      description: 'keeps the ticket',
      run: (state: { ticket: number }, m: Message) => {
        state.ticket = (m as Message & { ticket: number }).ticket
      },
    },
  },
  chart: {
    description: 'client',
    initial: 'outside',
    states: {
      outside: {
        description: 'not inside',
        on: { enter: { target: 'inside', actions: 'acquire' }, leave: stall('outside'), granted: stall('outside') },
      },
      inside: {
        description: 'inside',
        on: {
          leave: { target: 'outside', actions: 'release' },
          enter: stall('inside'),
          granted: { actions: 'keep' },
        },
      },
    },
  },
})
const lock = defineMachine({
  id: 'lock',
  description: 'a lock that counts its tickets round and round',
  inPorts: { calls: ['acquire', 'release'] },
  outPorts: {},
  events: { acquire: 'take', release: 'give' },
  context: () => ({ next: 0 }),
  actions: {
    grant: {
      description: 'hands out a ticket',
      run: (state: { next: number }, _message, out) => {
        state.next = (state.next + 1) % 3
        out.reply({ type: 'granted', ticket: state.next } as Message)
      },
    },
  },
  chart: {
    description: 'lock',
    initial: 'free',
    states: {
      free: { description: 'free', on: { acquire: { target: 'taken', actions: 'grant' }, release: stall('free') } },
      taken: { description: 'taken', on: { acquire: stall('taken'), release: { target: 'free' } } },
    },
  },
})
const spec: SystemSpec = {
  actors: [
    { id: 'a', definition: client },
    { id: 'b', definition: client },
    { id: 'lock', definition: lock },
  ],
  channels: [meeting('a.lock', 'lock.calls', 'a.result'), meeting('b.lock', 'lock.calls', 'b.result')],
}

function traced(runtime: RuntimeName, scheduler: RandomScheduler | ReplayScheduler) {
  const writer = new TraceWriter()
  const inside: string[] = []
  const sim = new Simulation(spec, {
    runtime,
    scheduler,
    record: 'schedule',
    watchers: [
      (reaction) => {
        writer.add(reaction)
        if (reaction.step > 0) inside.push(sim.system.actors.map(({ reactor }) => reactor.value()).join())
      },
    ],
  })
  sim.run({ stepsMax: 200 })
  return { digest: writer.digest(), lines: writer.lines, inside, schedule: (sim.schedule as Schedule).encode() }
}

it('exclude each other by rendezvous; live, sim and replays of both give one trace', () => {
  const sim = traced('sim', new RandomScheduler(5))
  expect(sim.lines).toBeGreaterThan(400)
  expect(sim.inside).not.toContain('inside,inside,taken')
  expect(new Set(sim.inside)).toContain('outside,inside,taken')
  expect(traced('live', new RandomScheduler(5))).toEqual(sim)
  for (const runtime of ['sim', 'live'] as const) {
    expect(traced(runtime, new ReplayScheduler(Schedule.decode(sim.schedule)))).toEqual(sim)
  }
})
