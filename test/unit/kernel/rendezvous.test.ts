/** Tests | rendezvous: several participants in one step, enabled iff all accept. */

import { describe, expect, it } from 'vitest'
import type { Decision, Message } from '../../../src/kernel/actor.ts'
import { ReplayScheduler } from '../../../src/kernel/replay.ts'
import { Schedule } from '../../../src/kernel/schedule.ts'
import { apply, enabled } from '../../../src/kernel/step.ts'
import type { SystemSpec } from '../../../src/kernel/system.ts'
import { BenchTop } from '../../support/bench-top.ts'
import { fakeActor, message } from '../../support/fake-actor.ts'
import { source, wire } from '../../support/small-systems.ts'

const deliver = (channel: number, position = 0) => ({ kind: 'deliver' as const, channel, position })

describe('rendezvous', () => {
  /** A caller that calls `calls` times and a callee whose lock the test can hold. */
  function system(order: { readonly to: readonly string[] }, calls = 1, onReturn: Decision = 'react'): BenchTop {
    const caller = fakeActor({
      id: 'caller',
      in: { os: ['os.return'] },
      out: { os: ['os.alloc'] },
      context: { results: [] as number[] },
      start: (_context, out) => {
        for (let i = 0; i < calls; i++) out.send('os', message('os.alloc', { n: i }))
      },
      on: {
        'os.return': {
          decide: () => onReturn,
          run: (context, m) => void context.results.push((m as unknown as { value: number }).value),
        },
      },
    })
    const broker = fakeActor({
      id: 'broker',
      in: { calls: ['os.alloc'] },
      context: { passed: 0 },
      on: {
        'os.alloc': {
          run: (context, m, out) => {
            context.passed++
            out.reply({ ...m, checked: true } as Message)
          },
        },
      },
    })
    const os = fakeActor({
      id: 'os',
      in: { calls: ['os.alloc'], control: ['unlock'] },
      context: { locked: true, next: 100 },
      on: {
        unlock: {
          run: (context) => {
            context.locked = false
          },
        },
        'os.alloc': {
          decide: (context) => (context.locked ? 'stall' : 'react'),
          run: (context, m, out) => {
            const { n } = m as unknown as { n: number }
            if (n !== 7) out.reply(message('os.return', { value: context.next++ }))
          },
        },
      },
    })
    const spec: SystemSpec = {
      actors: [
        { id: 'caller', definition: caller },
        { id: 'broker', definition: broker },
        { id: 'os', definition: os },
        { id: 'key', definition: source([message('unlock')]) },
      ],
      channels: [wire('caller.os', order.to, { order: 'rendezvous', latencyCycles: 0 }), wire('key.out', 'os.control')],
    }
    return new BenchTop(spec, new ReplayScheduler(new Schedule()))
  }

  it('of two: caller and callee react in one step; a stalled callee disables it', () => {
    const bench = system({ to: ['os.calls', 'caller.os'] }, 2)
    expect(enabled(bench.stepper)).toEqual([deliver(1)])
    expect(apply(bench.stepper, deliver(0))).toBe(false)
    apply(bench.stepper, deliver(1))
    expect(apply(bench.stepper, deliver(0))).toBe(true)
    expect(bench.system.actor('caller').reactor.context).toEqual({ results: [100] })
    expect(bench.lines.slice(-2).map(({ step, actor }) => [step, actor])).toEqual([
      [2, 'os'],
      [2, 'caller'],
    ])
    apply(bench.stepper, deliver(0))
    expect(bench.system.actor('caller').reactor.context).toEqual({ results: [100, 101] })
    expect(bench.stepper.deliveries).toBe(5)
  })

  it('of three: each participant gets what the one before replied', () => {
    const bench = system({ to: ['broker.calls', 'os.calls', 'caller.os'] })
    apply(bench.stepper, deliver(1))
    expect(apply(bench.stepper, deliver(0))).toBe(true)
    expect(bench.lines.slice(-3)).toMatchObject([
      { step: 2, actor: 'broker', message: { type: 'os.alloc', n: 0 } },
      { step: 2, actor: 'os', message: { type: 'os.alloc', n: 0, checked: true } },
      { step: 2, actor: 'caller', message: { type: 'os.return', value: 100 } },
    ])
  })

  it('is enabled only if the last of three accepts, too; what was offered stays whole', () => {
    const bench = system({ to: ['broker.calls', 'os.calls', 'caller.os'] })
    expect(enabled(bench.stepper)).toEqual([deliver(1)])
    expect(apply(bench.stepper, deliver(0))).toBe(false)
    expect(bench.system.actor('broker').reactor.context).toEqual({ passed: 0 })
    expect(bench.system.channels[0]?.contents()).toEqual([message('os.alloc', { n: 0 })])
    apply(bench.stepper, deliver(1))
    expect(enabled(bench.stepper)).toEqual([deliver(0)])
    expect(apply(bench.stepper, deliver(0))).toBe(true)
    expect(bench.system.actor('caller').reactor.context).toEqual({ results: [100] })
  })

  // A reply of a type of its own exists only once the earlier ones have reacted, so refusing it is a mistake of the model.
  it('a participant that does not accept a reply is an internal error', () => {
    const bench = system({ to: ['broker.calls', 'os.calls', 'caller.os'] }, 1, 'stall')
    apply(bench.stepper, deliver(1))
    expect(() => apply(bench.stepper, deliver(0))).toThrow(
      'internal: caller did not accept os.return, the reply in a rendezvous',
    )
  })

  it('a participant that does not reply ends the chain', () => {
    const bench = system({ to: ['os.calls', 'caller.os'] }, 1)
    apply(bench.stepper, deliver(1))
    bench.system.channels[0]?.take(0)
    bench.system.channels[0]?.enqueue(message('os.alloc', { n: 7 }), 0)
    expect(apply(bench.stepper, deliver(0))).toBe(true)
    expect(bench.lines.at(-1)?.actor).toBe('os')
    expect(bench.system.actor('caller').reactor.context).toEqual({ results: [] })
  })
})
