/** Differential | a user's machine stepped purely against XState's own running actor, and in a system, sim against live. */

import { expect, it } from 'vitest'
import { and, assign, createActor, emit, enqueueActions, not, or, raise, setup, stateIn } from 'xstate'
import { canonical } from '../../src/base/canonical.ts'
import { Prng } from '../../src/base/prng.ts'
import type { Message, Out, RuntimeName, SavedState } from '../../src/kernel/actor.ts'
import { RandomScheduler } from '../../src/kernel/random.ts'
import { ReplayScheduler } from '../../src/kernel/replay.ts'
import { Schedule } from '../../src/kernel/schedule.ts'
import { Simulation } from '../../src/kernel/simulation.ts'
import { TraceWriter } from '../../src/kernel/trace.ts'
import { ignore, stall } from '../../src/statechart/define.ts'
import { fromXState } from '../../src/statechart/from-xstate.ts'
import { twoPhaseCommitInXState } from '../models/two-phase-commit-xstate.ts'
import { seed } from '../support/seed.ts'

/** A bit of everything: regions, nested final states, guards of guards, automatic transitions, raised events. */
const machine = setup({
  types: {} as {
    context: { n: number; log: string[] }
    events: { type: 'add'; by: number } | { type: 'go' } | { type: 'back' } | { type: 'check' } | { type: 'done' }
    emitted: { type: 'word'; n?: number } | { type: 'report'; n: number }
  },
  actions: {
    note: assign({ log: ({ context, event }) => [...context.log, event.type].slice(-3) }),
    report: emit(({ context }) => ({ type: 'report', n: context.n })),
    twice: enqueueActions(({ context, enqueue, check }) => {
      enqueue.assign({ n: (context.n * 2) % 7 })
      if (check(stateIn({ right: 'two' }) as never)) enqueue.emit({ type: 'word', n: context.n })
      else enqueue.raise({ type: 'done' })
    }),
  },
  guards: {
    isOdd: ({ context }) => context.n % 2 === 1,
    isBig: ({ context }, params: { least: number }) => context.n >= params.least,
  },
}).createMachine({
  id: 'everything',
  context: { n: 0, log: [] },
  type: 'parallel',
  on: {
    add: { actions: [assign({ n: ({ context, event }) => (context.n + event.by) % 7 }), 'note'] },
    done: { actions: 'note' },
    check: ignore('nobody looks'),
  },
  states: {
    left: {
      initial: 'off',
      states: {
        off: { entry: 'report', on: { go: { target: 'on', actions: 'twice' }, back: stall('already off') } },
        on: {
          initial: 'first',
          onDone: { target: 'off', actions: ['note', emit({ type: 'word' })] },
          states: {
            first: { exit: 'note', on: { go: [{ guard: 'isOdd', target: 'last' }, { actions: 'twice' }] } },
            last: { type: 'final' },
          },
          on: { go: ignore('over'), back: { target: 'off', actions: raise({ type: 'done' }) } },
        },
      },
    },
    right: {
      initial: 'one',
      states: {
        one: {
          always: { guard: and(['isOdd', { type: 'isBig', params: { least: 3 } }]), target: 'two', actions: 'report' },
          on: { check: { guard: not(stateIn('#everything.left.off')), target: 'two' } },
        },
        two: {
          entry: assign({ n: ({ context }) => (context.n + 1) % 7 }),
          on: {
            check: {
              guard: or([not('isOdd'), stateIn({ left: { on: 'first' } })]),
              target: 'one',
              actions: assign({ n: 0 }),
            },
          },
        },
      },
    },
  },
})

const options = {
  inPorts: { in: ['add', 'go', 'back', 'check'] },
  outPorts: { line: ['word'] },
}

class Box implements Out {
  lines: string[] = []
  send(port: string, message: Message): void {
    this.lines.push(canonical({ port, message }))
  }
  emit(event: Message): void {
    this.lines.push(canonical(event))
  }
  reply(): void {}
  raise(): void {}
}

it(`pure steps, interrupted by saving and restoring, go where createActor goes (seed ${seed})`, () => {
  const prng = new Prng(seed, 'from-xstate')
  const actor = createActor(machine)
  let emitted: string[] = []
  actor.on('*', (event) => {
    emitted.push(canonical(event.type === 'word' ? { port: 'line', message: event } : event))
  })
  actor.start()
  const definition = fromXState(machine, options)
  const box = new Box()
  const reactors = (['sim', 'live'] as const).map((runtime) => definition.createReactor(runtime, box))
  for (const reactor of reactors) reactor.start()
  expect(box.lines).toEqual([...emitted, ...emitted])
  const seen = new Set<string>()
  const decisions: Record<string, number> = {}
  for (let i = 0; i < 1500; i++) {
    const type = prng.pick(['add', 'go', 'back', 'check'])
    const message = (type === 'add' ? { type, by: prng.below(7) } : { type }) as Message & { type: 'add'; by: number }
    emitted = []
    actor.send(message)
    const { value, context } = actor.getSnapshot()
    for (const reactor of reactors) {
      box.lines = []
      const decision = reactor.decide(message)
      decisions[decision] = (decisions[decision] ?? 0) + 1
      const words = reactor.room[1] ?? 0
      if (decision === 'react') reactor.commit(message)
      // XState drops what is stalled or ignored as well: such a transition does nothing.
      expect([reactor.value(), reactor.context, box.lines]).toEqual([value, context, emitted])
      expect(words).toBe(emitted.filter((line) => line.includes('word')).length)
    }
    seen.add(canonical(value))
    if (prng.chance(1, 5)) {
      const [sim, live] = reactors.map((reactor) => reactor.save()) as [SavedState, SavedState]
      expect(live).toEqual(sim)
      for (const reactor of reactors) reactor.restore(sim)
    }
  }
  expect(seen.size).toBe(4)
  expect(Object.keys(decisions).sort()).toEqual(['ignore', 'react', 'stall'])
})

it('a system of such machines: sim, live and the replays of both give one trace', () => {
  const { spec } = twoPhaseCommitInXState(3)
  const traced = (runtime: RuntimeName, scheduler: RandomScheduler | ReplayScheduler) => {
    const writer = new TraceWriter()
    const simulation = new Simulation(spec, {
      runtime,
      scheduler,
      record: 'schedule',
      watchers: [(reaction) => writer.add(reaction)],
    })
    simulation.run({ stepsMax: 60 })
    return { digest: writer.digest(), lines: writer.lines, schedule: (simulation.schedule as Schedule).encode() }
  }
  const sim = traced('sim', new RandomScheduler(seed))
  expect(sim.lines).toBeGreaterThan(50)
  expect(traced('live', new RandomScheduler(seed))).toEqual(sim)
  for (const runtime of ['sim', 'live'] as const) {
    expect(traced(runtime, new ReplayScheduler(Schedule.decode(sim.schedule)))).toEqual(sim)
  }
})
