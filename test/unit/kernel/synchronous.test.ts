/** Tests | rendezvous without capacity: the step that offers and all participants are one, or nothing happens. */

import { describe, expect, it } from 'vitest'
import type { Message, Out } from '../../../src/kernel/actor.ts'
import { RandomScheduler } from '../../../src/kernel/random.ts'
import { ReplayScheduler } from '../../../src/kernel/replay.ts'
import { Schedule } from '../../../src/kernel/schedule.ts'
import { Simulation } from '../../../src/kernel/simulation.ts'
import { apply, type Choice, enabled } from '../../../src/kernel/step.ts'
import type { SystemSpec } from '../../../src/kernel/system.ts'
import { BenchTop } from '../../support/bench-top.ts'
import { type FakeHandler, fakeActor, message } from '../../support/fake-actor.ts'
import { run, source, timed, wire } from '../../support/small-systems.ts'

type Numbers = Record<string, number>

const numberOf = (m: Message) => (m as Message & { n: number }).n

const meeting = (from: string, ...to: string[]) => wire(from, to, { order: 'rendezvous', capacity: 0 })
const ask = (actor: number): Choice => ({ kind: 'spontaneous', actor, choice: 0, value: 0 })
const bench = (spec: SystemSpec) => new BenchTop(spec, new ReplayScheduler(new Schedule()))

/** Offers what `offers` sends whenever it likes, and adds up the answers that it gets on port `answer`. */
function asker(offers: (out: Out, context: Numbers) => void, out: Record<string, readonly string[]> = { line: ['q'] }) {
  return fakeActor<Numbers>({
    id: 'asker',
    in: { answer: ['a', 'q'] },
    out,
    context: { asked: 0, sum: 0 },
    spontaneous: [{ event: 'ask', kind: 'must' }],
    on: {
      ask: {
        sends: Object.fromEntries(Object.keys(out).map((port) => [port, 1])),
        run: (context, _m, box) => {
          context.asked = (context.asked as number) + 1
          offers(box, context)
        },
      },
      a: {
        run: (context, m) => {
          context.sum = 100 * (context.asked as number) + numberOf(m)
        },
      },
      q: {},
    },
  })
}

/** Takes `q` as `handler` says, and `open` to clear the field `locked`. */
function answerer(handler: FakeHandler<Numbers>, out: Record<string, readonly string[]> = {}) {
  return fakeActor<Numbers>({
    id: 'answerer',
    in: { calls: ['q'], control: ['open'] },
    out,
    context: { locked: 1, taken: 0 },
    on: {
      q: handler,
      open: {
        run: (context) => {
          context.locked = 0
        },
      },
    },
  })
}

const stalling: FakeHandler<Numbers> = {
  decide: (context) => (context.locked ? 'stall' : 'react'),
  run: (context, m, out) => {
    context.taken = (context.taken as number) + 1
    out.reply(message('a', { n: numberOf(m) }))
  },
}
const passing: FakeHandler<Numbers> = {
  run: (context, m, out) => {
    context.taken = (context.taken as number) + 1
    out.reply(message('q', { n: numberOf(m) + 1 }))
  },
}
const ignoring: FakeHandler<Numbers> = { decide: () => 'ignore' }

const offersOne = (out: Out) => out.send('line', message('q', { n: 7 }))
const context = (top: BenchTop, id: string) => top.system.actor(id).reactor.context

describe('a synchronous rendezvous', () => {
  const system = (handler: FakeHandler<Numbers>, to = ['b.calls', 'asker.answer']): SystemSpec => ({
    actors: [
      { id: 'asker', definition: asker(offersOne) },
      { id: 'b', definition: answerer(handler) },
      { id: 'c', definition: answerer(stalling) },
      { id: 'key', definition: source([message('open')]) },
    ],
    channels: [meeting('asker.line', ...to), wire('key.out', to.includes('c.calls') ? 'c.control' : 'b.control')],
  })

  it('is not enabled while the participant refuses, and then nothing has changed', () => {
    const top = bench(system(stalling))
    expect(enabled(top.stepper)).toEqual([{ kind: 'deliver', channel: 1, position: 0 }])
    expect(apply(top.stepper, ask(0))).toBe(false)
    expect(context(top, 'asker')).toEqual({ asked: 0, sum: 0 })
    expect(context(top, 'b')).toEqual({ locked: 1, taken: 0 })
    expect([top.stepper.step, top.system.actors.map(({ reactions }) => reactions)]).toEqual([0, [0, 0, 0, 0]])
  })

  it('is one step with one number: the offer, the participant, and the sender with the reply', () => {
    const top = bench(system(stalling))
    apply(top.stepper, { kind: 'deliver', channel: 1, position: 0 })
    expect(apply(top.stepper, ask(0))).toBe(true)
    expect(top.lines.slice(-3)).toEqual([
      { step: 2, cycle: 0, actor: 'asker', message: { type: 'ask', value: 0 } },
      { step: 2, cycle: 0, actor: 'b', message: { type: 'q', n: 7 } },
      { step: 2, cycle: 0, actor: 'asker', message: { type: 'a', n: 7 } },
    ])
    // The reply found the state after the sender's own reaction: asked was 1 by then.
    expect(context(top, 'asker')).toEqual({ asked: 1, sum: 107 })
    expect(top.system.channels[0]?.count).toBe(0)
    expect(top.stepper.deliveries).toBe(3)
  })

  it('asks later participants about what they will really get', () => {
    const top = bench(system(passing, ['b.calls', 'c.calls', 'asker.answer']))
    expect(apply(top.stepper, ask(0))).toBe(false)
    expect(context(top, 'b')).toMatchObject({ taken: 0 })
    apply(top.stepper, { kind: 'deliver', channel: 1, position: 0 })
    expect(apply(top.stepper, ask(0))).toBe(true)
    expect(top.lines.slice(-4).map(({ actor, message: m }) => [actor, m])).toEqual([
      ['asker', { type: 'ask', value: 0 }],
      ['b', { type: 'q', n: 7 }],
      ['c', { type: 'q', n: 8 }],
      ['asker', { type: 'a', n: 8 }],
    ])
  })

  it('a participant that ignores the offer has accepted and ends the chain', () => {
    const top = bench(system(ignoring))
    expect(apply(top.stepper, ask(0))).toBe(true)
    expect(context(top, 'asker')).toEqual({ asked: 1, sum: 0 })
    expect(top.lines.at(-1)?.actor).toBe('b')
  })

  it('a reply that the next port does not take is a mistake of the model', () => {
    const wrong: FakeHandler<Numbers> = { run: (_context, _m, out) => out.reply(message('x')) }
    expect(() => apply(bench(system(wrong)).stepper, ask(0))).toThrow(
      'internal: asker.answer does not accept x, the reply in a rendezvous on asker.line>b.calls+asker.answer',
    )
  })

  it('cannot be offered at the start, nor from outside', () => {
    const early = fakeActor({
      id: 'early',
      out: { line: ['q'] },
      context: {},
      start: (_context, out) => out.send('line', message('q')),
    })
    const spec: SystemSpec = {
      actors: [
        { id: 'early', definition: early },
        { id: 'b', definition: answerer(ignoring) },
        { id: 'key', definition: source([message('open')]) },
      ],
      channels: [meeting('early.line', 'b.calls'), wire('key.out', 'b.control')],
    }
    expect(() => bench(spec)).toThrow('internal: early offers q on early.line>b.calls at the start')
    const outside = new Simulation(system(stalling), { runtime: 'sim', scheduler: new RandomScheduler(1) })
    expect(() => outside.inject('b.calls', message('q'))).toThrow(
      'b.calls takes what asker.line offers within its step',
    )
  })

  it('is seen by those who watch the port', () => {
    const sim = new Simulation(system(stalling), { runtime: 'sim', scheduler: new RandomScheduler(1) })
    const seen: Message[] = []
    sim.port('asker.line').out$.subscribe((m) => seen.push(m))
    sim.run({ stepsMax: 4 })
    expect(seen).toEqual([message('q', { n: 7 }), message('q', { n: 7 }), message('q', { n: 7 })])
  })
})

describe('several offers', () => {
  const out = { line: ['q'], other: ['q'] }
  const offersTwo = (box: Out) => {
    box.send('line', message('q', { n: 1 }))
    box.send('other', message('q', { n: 2 }))
  }

  it('of one reaction: all are taken in the order of sending, or none', () => {
    const top = bench({
      actors: [
        { id: 'asker', definition: asker(offersTwo, out) },
        { id: 'b', definition: answerer(passing) },
        { id: 'c', definition: answerer(stalling) },
        { id: 'key', definition: source([message('open')]) },
      ],
      channels: [
        meeting('asker.line', 'b.calls', 'asker.answer'),
        meeting('asker.other', 'c.calls', 'asker.answer'),
        wire('key.out', 'c.control'),
      ],
    })
    expect(apply(top.stepper, ask(0))).toBe(false)
    expect(context(top, 'b')).toMatchObject({ taken: 0 })
    apply(top.stepper, { kind: 'deliver', channel: 2, position: 0 })
    expect(apply(top.stepper, ask(0))).toBe(true)
    expect(top.lines.slice(-5).map(({ actor }) => actor)).toEqual(['asker', 'b', 'asker', 'c', 'asker'])
  })

  it('to one participant: the second finds it as the first left it', () => {
    const once: FakeHandler<Numbers> = {
      decide: (state) => (state.taken ? 'stall' : 'react'),
      run: (state) => {
        state.taken = 1
      },
    }
    const top = bench({
      actors: [
        { id: 'asker', definition: asker(offersTwo, out) },
        { id: 'b', definition: answerer(once) },
        { id: 'key', definition: source([message('open')]) },
      ],
      channels: [meeting('asker.line', 'b.calls'), meeting('asker.other', 'b.calls'), wire('key.out', 'b.control')],
    })
    expect(apply(top.stepper, ask(0))).toBe(false)
    expect(context(top, 'b')).toEqual({ locked: 1, taken: 0 })
  })
})

describe('participants that send', () => {
  const forwarding = (port: string): FakeHandler<Numbers> => ({
    sends: { [port]: 1 },
    run: (_context, m, out) => out.send(port, m),
  })

  it('need the room before: a full channel disables the step', () => {
    const top = bench({
      actors: [
        { id: 'asker', definition: asker(offersOne) },
        { id: 'b', definition: answerer(forwarding('log'), { log: ['q'] }) },
        { id: 'c', definition: answerer(ignoring) },
        { id: 'key', definition: source([message('open')]) },
      ],
      channels: [
        meeting('asker.line', 'b.calls'),
        wire('b.log', 'c.calls', { capacity: 2 }),
        wire('key.out', 'b.control'),
      ],
    })
    expect([1, 2, 3].map(() => apply(top.stepper, ask(0)))).toEqual([true, true, false])
    expect(top.stepper.performable(top.system.actor('asker'), 0, 0)).toBe('full')
    expect(top.stepper.fullChannel?.id).toBe('b.log>c.calls')
    apply(top.stepper, { kind: 'deliver', channel: 1, position: 0 })
    expect(apply(top.stepper, ask(0))).toBe(true)
  })

  it('may begin further rendezvous, which are over before their own reply goes on', () => {
    const top = bench({
      actors: [
        { id: 'asker', definition: asker(offersOne) },
        {
          id: 'b',
          definition: answerer(
            {
              sends: { next: 1 },
              run: (_context, m, out) => {
                out.reply(message('a', { n: 1 }))
                out.send('next', m)
              },
            },
            { next: ['q'] },
          ),
        },
        { id: 'c', definition: answerer(stalling) },
        { id: 'key', definition: source([message('open')]) },
      ],
      channels: [
        meeting('asker.line', 'b.calls', 'asker.answer'),
        meeting('b.next', 'c.calls', 'asker.answer'),
        wire('key.out', 'c.control'),
      ],
    })
    expect(apply(top.stepper, ask(0))).toBe(false)
    apply(top.stepper, { kind: 'deliver', channel: 2, position: 0 })
    expect(apply(top.stepper, ask(0))).toBe(true)
    expect(top.lines.slice(-5).map(({ actor, message: m }) => [actor, m])).toEqual([
      ['asker', { type: 'ask', value: 0 }],
      ['b', { type: 'q', n: 7 }],
      ['c', { type: 'q', n: 7 }],
      ['asker', { type: 'a', n: 7 }],
      ['asker', { type: 'a', n: 1 }],
    ])
  })

  it('that call each other for ever are a mistake of the model', () => {
    const around = {
      actors: ['b', 'c'].map((id) => ({ id, definition: answerer(forwarding('next'), { next: ['q'] }) })),
      channels: [meeting('b.next', 'c.calls'), meeting('c.next', 'b.calls')],
    }
    const top = bench({
      actors: [
        { id: 'asker', definition: asker(offersOne) },
        { id: 'key', definition: source([message('open')]) },
        ...around.actors,
      ],
      channels: [meeting('asker.line', 'b.calls'), wire('key.out', 'b.control'), ...around.channels],
    })
    expect(() => enabled(top.stepper)).toThrow('more than 1000 reactions in one step')
  })
})

describe('in time', () => {
  it('a must choice that a participant refused happens as soon as it accepts', () => {
    const once = asker((out, state) => {
      if (state.asked === 1) offersOne(out)
    })
    const top = new BenchTop(
      {
        actors: [
          { id: 'asker', definition: { ...once, spontaneous: once.spontaneous.map(onlyOnce) } },
          { id: 'b', definition: answerer(stalling) },
          { id: 'key', definition: source([message('open')]) },
        ],
        channels: [
          meeting('asker.line', 'b.calls', 'asker.answer'),
          wire('key.out', 'b.control', { latencyCycles: 9 }),
        ],
      },
      timed(),
    )
    expect(run(top)).toEqual(['9 b open', '10 asker ask0', '10 b q7', '10 asker a7'])
  })

  it('a message whose reaction meets a refusing participant waits at the head, and goes on when that one has reacted', () => {
    const relay = fakeActor({
      id: 'relay',
      in: { in: ['q'] },
      out: { line: ['q'] },
      context: {},
      on: { q: { sends: { line: 1 }, run: (_context, m, out) => out.send('line', m) } },
    })
    const top = new BenchTop(
      {
        actors: [
          { id: 'a', definition: source([message('q', { n: 3 })]) },
          { id: 'relay', definition: relay },
          { id: 'b', definition: answerer({ ...stalling, run: () => {} }) },
          { id: 'key', definition: source([message('open')]) },
        ],
        channels: [
          wire('a.out', 'relay.in'),
          meeting('relay.line', 'b.calls'),
          wire('key.out', 'b.control', { latencyCycles: 9 }),
        ],
      },
      timed(),
    )
    expect(run(top)).toEqual(['9 b open', '9 relay q3', '9 b q3'])
  })

  const onlyOnce = <T extends { readonly when: unknown }>(choice: T) => ({
    ...choice,
    when: ((state: Numbers) => state.asked === 0) as never,
  })
})
