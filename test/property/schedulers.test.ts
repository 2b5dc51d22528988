/** Tests | schedulers on random small systems: nothing lost, nothing late, only enabled choices, every run replays. */

import { describe, expect, it } from 'vitest'
import { Prng } from '../../src/base/prng.ts'
import type { ChannelOrder } from '../../src/kernel/channel.ts'
import { RandomScheduler } from '../../src/kernel/random.ts'
import { ReplayScheduler } from '../../src/kernel/replay.ts'
import type { Scheduler } from '../../src/kernel/scheduler.ts'
import { enabled } from '../../src/kernel/step.ts'
import type { SystemSpec } from '../../src/kernel/system.ts'
import { TimedScheduler } from '../../src/kernel/timed.ts'
import { BenchTop } from '../support/bench-top.ts'
import { randomSystem } from '../support/random-system.ts'
import { seed } from '../support/seed.ts'

const systems = 600
const queues = ['fifo', 'fifo', 'per-id', 'unordered'] as const
const systemOf = (n: number, orders: readonly ChannelOrder[]) =>
  randomSystem(new Prng(seed * 100_003 + n, 'system'), { orders })
/** A random walk would never leave a `set` alone; a timed run delivers each of its messages once. */
const walked = (n: number) => systemOf(n, queues)
const timely = (n: number) => systemOf(n, [...queues, 'set'])
const jitter = 3
/** Now and then a choice is sixteen times as late. */
const longestJitter = 16 * jitter
const mays = ['off', 'random'] as const
const timed = (n: number, run = 1) =>
  new TimedScheduler({
    seed: run,
    may: mays[n % 2] as 'off',
    mayPeriodCycles: 5,
    mustJitterCycles: n % 3 === 0 ? jitter : 0,
  })

/** Deliveries that are enabled and due now. */
function due(bench: BenchTop): string[] {
  return enabled(bench.stepper).flatMap((choice) => {
    if (choice.kind !== 'deliver') return []
    const channel = bench.system.channels[choice.channel]
    return channel && channel.readyCycle(choice.position) <= bench.scheduler.now
      ? [`${channel.id} ${choice.position}`]
      : []
  })
}

/** Watches how long each `must` choice has been possible without happening. */
class MustClock {
  private readonly since = new Map<string, number>()
  private seen = 0

  late(bench: BenchTop, jitter: number): string[] {
    const now = bench.scheduler.now
    for (; this.seen < bench.lines.length; this.seen++) {
      const line = bench.lines[this.seen]
      this.since.delete(`${line?.actor} ${line?.message?.type}`)
    }
    const possible = new Set<string>()
    const late: string[] = []
    for (const choice of bench.progressChoices()) {
      if (choice.kind !== 'spontaneous') continue
      const actor = bench.system.actors[choice.actor]
      const declared = actor?.definition.spontaneous[choice.choice]
      const key = `${actor?.id} ${declared?.event}`
      possible.add(key)
      if (!this.since.has(key)) this.since.set(key, now)
      if (now > (this.since.get(key) as number) + (declared?.latencyCycles ?? 0) + jitter) late.push(`${key} at ${now}`)
    }
    for (const key of this.since.keys()) if (!possible.has(key)) this.since.delete(key)
    return late
  }
}

function replayed(spec: SystemSpec, bench: BenchTop): BenchTop {
  const replay = new BenchTop(spec, new ReplayScheduler(bench.schedule))
  replay.runToQuiet()
  return replay
}

function finished(spec: SystemSpec, scheduler: Scheduler): BenchTop {
  const bench = new BenchTop(spec, scheduler)
  bench.runToQuiet()
  return bench
}

describe(`schedulers on ${systems} random systems (seed ${seed})`, () => {
  it('the systems are worth it: they step, stall, fill channels, meet and come to rest', () => {
    const totals = { steps: 0, stalled: 0, full: 0, rendezvous: 0, must: 0 }
    for (let n = 0; n < systems; n++) {
      const bench = new BenchTop(timely(n), timed(n))
      while (bench.scheduler.advance() !== 'quiet') {
        for (const channel of bench.system.channels) {
          if (channel.count === 0) continue
          const readiness = bench.stepper.deliverable(channel, 0)
          if (readiness === 'stalled') totals.stalled++
          if (readiness === 'full') totals.full++
        }
      }
      totals.steps += bench.stepper.step
      totals.rendezvous += bench.lines.filter((line) => line.message?.type === 'call2').length
      totals.must += bench.lines.filter((line) => line.message?.type === 'go').length
    }
    for (const count of Object.values(totals)) expect(count).toBeGreaterThan(200)
  })

  // Goal: no lost wake-up. Method: when the timed scheduler says quiet, ask `enabled`, which looks at everything.
  it('quiet means that no delivery and no must choice is enabled', () => {
    for (let n = 0; n < systems; n++) expect([n, finished(timely(n), timed(n)).progressChoices()]).toEqual([n, []])
  })

  it('time does not pass over a delivery that is due and enabled', () => {
    for (let n = 0; n < systems; n++) {
      const bench = new BenchTop(timely(n), timed(n))
      for (let progress = 'waiting'; progress !== 'quiet'; ) {
        const before = bench.scheduler.now
        const waiting = due(bench)
        progress = bench.scheduler.advance()
        if (bench.scheduler.now > before) expect([n, before, waiting]).toEqual([n, before, []])
      }
    }
  })

  it('a must choice happens within its latency and jitter after it became possible', () => {
    for (let n = 0; n < systems; n++) {
      const bench = new BenchTop(timely(n), timed(n))
      const clock = new MustClock()
      while (bench.scheduler.advance() !== 'quiet') {
        expect([n, clock.late(bench, n % 3 === 0 ? longestJitter : 0)]).toEqual([n, []])
      }
    }
  })

  // The replay scheduler takes a choice only if it is enabled, so this also shows that every choice taken was.
  it('every timed run replays to the same trace', () => {
    for (let n = 0; n < systems; n++) {
      const bench = finished(timely(n), timed(n))
      expect([n, replayed(timely(n), bench).writer.digest()]).toEqual([n, bench.writer.digest()])
    }
  })

  it('every random walk ends with nothing enabled and replays to the same trace', () => {
    for (let n = 0; n < systems; n++) {
      const bench = finished(walked(n), new RandomScheduler(n, 1 + (n % 3)))
      expect([n, bench.progressChoices()]).toEqual([n, []])
      expect([n, replayed(walked(n), bench).writer.digest()]).toEqual([n, bench.writer.digest()])
    }
  })

  it('the same seed gives the same trace, other seeds other orders', () => {
    const different = { timed: 0, random: 0 }
    for (let n = 0; n < 100; n++) {
      expect(finished(timely(n), timed(n)).writer.digest()).toBe(finished(timely(n), timed(n)).writer.digest())
      const first = finished(timely(n), timed(n)).writer.digest()
      if ([2, 3, 4].some((run) => finished(timely(n), timed(n, run)).writer.digest() !== first)) different.timed++
      const walk = (run: number) => finished(walked(n), new RandomScheduler(run)).writer.digest()
      expect(walk(1)).toBe(walk(1))
      if (walk(1) !== walk(2)) different.random++
    }
    expect(different.timed).toBeGreaterThan(40)
    expect(different.random).toBeGreaterThan(40)
  })
})
