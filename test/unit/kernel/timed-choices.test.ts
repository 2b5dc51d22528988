/** Tests | spontaneous choices in timed runs: when `must` ones happen, and what each policy does with `may` ones. */

import { describe, expect, it } from 'vitest'
import type { TimedOptions } from '../../../src/kernel/timed.ts'
import { BenchTop } from '../../support/bench-top.ts'
import { fakeActor, message } from '../../support/fake-actor.ts'
import { run, sink, source, timed, wire } from '../../support/small-systems.ts'

describe('spontaneous choices', () => {
  const drain = (latencyCycles: number) =>
    fakeActor({
      id: 'buffer',
      in: { in: ['fill'] },
      context: { full: [false, false, false] },
      spontaneous: [
        {
          event: 'drain',
          kind: 'must',
          domain: 3,
          latencyCycles,
          when: (context, value) => context.full[value] === true,
        },
      ],
      on: {
        fill: { run: (context) => context.full.fill(true) },
        drain: {
          run: (context, m) => {
            context.full[(m as unknown as { value: number }).value] = false
          },
        },
      },
    })
  const bench = (seed: number, latencyCycles = 4) =>
    new BenchTop(
      {
        actors: [
          { id: 'a', definition: source([message('fill')]) },
          { id: 'buffer', definition: drain(latencyCycles) },
        ],
        channels: [wire('a.out', 'buffer.in')],
      },
      timed({ seed }),
    )

  it('a must choice happens its latency after it became possible, until it is no longer', () => {
    expect(run(bench(1)).map((line) => line.split(' ')[0])).toEqual(['1', '5', '9', '13'])
  })

  it('any candidate may be first, decided by the seed', () => {
    const orders = new Set(Array.from({ length: 40 }, (_, seed) => run(bench(seed)).join()))
    expect(orders.size).toBeGreaterThanOrEqual(4)
  })

  it('one that has lateness is late about once in so many times, by at most so much; the others never', () => {
    const delays = (lateness: NonNullable<TimedOptions['lateness']>, seed: number) => {
      const again = fakeActor({
        id: 'again',
        context: { left: 400 },
        spontaneous: [
          { event: 'go', kind: 'must', latencyCycles: 10, when: (context) => (context.left as number) > 0 },
        ],
        on: { go: { run: (context) => context.left-- } },
      })
      const bench = new BenchTop(
        { actors: [{ id: 'again', definition: again }], channels: [] },
        timed({ seed, lateness }),
      )
      const cycles = run(bench).map((line) => Number(line.split(' ')[0]))
      return cycles.map((cycle, index) => cycle - (cycles[index - 1] ?? 0) - 10)
    }
    for (const seed of [1, 2, 3]) {
      const late = delays({ go: { oneIn: 10, cyclesMax: 1000 } }, seed)
      expect(late).toHaveLength(400)
      expect(Math.min(...late)).toBe(0)
      expect(Math.max(...late)).toBeLessThanOrEqual(1000)
      expect(late.filter((cycles) => cycles > 0).length).toBeGreaterThan(20)
      expect(late.filter((cycles) => cycles > 0).length).toBeLessThan(80)
      expect(delays({ go: { oneIn: 10, cyclesMax: 1000 } }, seed)).toEqual(late)
    }
    expect(new Set(delays({ other: { oneIn: 1, cyclesMax: 1000 } }, 1))).toEqual(new Set([0]))
  })

  const cache = fakeActor({
    id: 'cache',
    in: { in: ['touch'] },
    context: { present: true, touched: 0 },
    spontaneous: [
      {
        event: 'evict',
        kind: 'may',
        when: (context) => context.present,
        aim: (event) => (event.type === 'touched' ? 0 : -1),
      },
    ],
    on: {
      touch: {
        run: (context, _m, out) => {
          context.touched++
          out.emit(message('touched'))
        },
      },
      evict: {
        run: (context) => {
          context.present = false
        },
      },
    },
  })
  const evictionsOver = (may: TimedOptions['may'], mayPeriodCycles: number, delay: number) => {
    let evicted = 0
    for (let seed = 0; seed < 60; seed++) {
      const system = new BenchTop(
        {
          actors: [
            { id: 'a', definition: source([message('touch'), message('touch', { late: true })]) },
            { id: 'cache', definition: cache },
            { id: 'b', definition: source([message('touch')]) },
            { id: 'other', definition: sink('touch') },
          ],
          channels: [
            wire('a.out', 'cache.in', { latencyCycles: 3 }),
            wire('b.out', 'other.in', { latencyCycles: delay }),
          ],
        },
        timed({ seed, may, mayPeriodCycles }),
      )
      // The adversarial policy hears events through the Simulation; here the test passes them on.
      const emitted = system.scheduler.emitted
      for (let seen = 0, progress = 'waiting'; progress !== 'quiet'; ) {
        progress = system.scheduler.advance()
        for (; seen < system.lines.length; seen++) {
          if (system.lines[seen]?.message?.type === 'touch') emitted?.(message('touched'), system.system.actor('cache'))
        }
      }
      if (!(system.system.actor('cache').reactor.context as { present: boolean }).present) evicted++
    }
    return evicted
  }

  it('may choices happen never, at random, or also aimed, as the policy says', () => {
    expect(evictionsOver('off', 1, 1000)).toBe(0)
    expect(evictionsOver('random', 100, 1000)).toBeGreaterThan(50)
    const rare = 1_000_000
    expect(evictionsOver('random', rare, 100)).toBeLessThan(3)
    expect(evictionsOver('adversarial', rare, 100)).toBeGreaterThan(20)
  })

  it('may choices alone do not keep a run going', () => {
    const system = new BenchTop(
      { actors: [{ id: 'cache', definition: cache }], channels: [] },
      timed({ may: 'random' }),
    )
    expect(system.scheduler.advance()).toBe('quiet')
  })
})
