/** Differential | streams on a real scenario: what subscribers see against what the run counts, and injections that replay. */

import { bufferCount, count, filter, groupBy, map, mergeMap, scan, take, toArray } from 'rxjs'
import { expect, test } from 'vitest'
import type { Emitted } from '../../machines/protocol.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { ReplayScheduler } from '../../src/kernel/replay.ts'
import type { Schedule } from '../../src/kernel/schedule.ts'
import { type DeliveredMessage, Simulation, type SimulationOptions } from '../../src/kernel/simulation.ts'
import type { Reaction } from '../../src/kernel/step.ts'
import { TimedScheduler } from '../../src/kernel/timed.ts'
import { TraceWriter } from '../../src/kernel/trace.ts'
import { resolveOptions } from '../../src/run/options.ts'
import { buildSystem, Run } from '../../src/run/run.ts'

const scenario = 'fimc-capture-userptr'
const options = resolveOptions({ scenario, geometry: 'litmus', seed: 5 })
const system = buildSystem(options)

function runWith(runtime: 'sim' | 'live', watch: (run: Run, reactions: readonly Message[]) => void) {
  const emitted: Message[] = []
  const writer = new TraceWriter()
  const run = new Run(options, {
    runtime,
    system,
    watchers: [
      (reaction) => {
        emitted.push(...reaction.emitted)
        writer.add(reaction)
      },
    ],
  })
  watch(run, emitted)
  return { result: run.complete(), emitted, digest: writer.digest(), deliveries: run.simulation.deliveries }
}

test.each(['sim', 'live'] as const)('messages$ shows every delivery that ran a reaction, %s', (runtime) => {
  let total = 0
  const byReceiver: Record<string, number> = {}
  let last: DeliveredMessage | undefined
  let backwards = 0
  const { result, deliveries } = runWith(runtime, ({ simulation: { messages$ } }) => {
    messages$.pipe(count()).subscribe((n) => {
      total = n
    })
    messages$
      .pipe(
        groupBy(({ to }) => to.split('.')[0] as string),
        mergeMap((group) =>
          group.pipe(
            count(),
            map((n) => [group.key, n] as const),
          ),
        ),
      )
      .subscribe(([actor, n]) => {
        byReceiver[actor] = n
      })
    messages$.subscribe((delivered) => {
      if (last && (delivered.step < last.step || delivered.cycle < last.cycle)) backwards++
      last = delivered
    })
  })
  expect(result.verdict).toBe('clean')
  expect(total).toBe(deliveries)
  expect(result.statistics.messages).toBe(deliveries)
  expect(Object.values(byReceiver).reduce((sum, n) => sum + n, 0)).toBe(deliveries)
  expect(Object.keys(byReceiver)).toContain('sysmmu0')
  expect(backwards).toBe(0)
})

test('the port of the walker shows every walk, and emitted$ what came of it', () => {
  const sent: Message[] = []
  const walks: string[] = []
  let framesEnded: unknown[] = []
  const { emitted } = runWith('sim', ({ simulation }) => {
    simulation.port('sysmmu0.walk').out$.subscribe((message) => sent.push(message))
    simulation.emitted$
      .pipe(filter((event) => event.type === 'walk.read' && event.actor === 'sysmmu0'))
      .subscribe((event) => walks.push(event.type))
    simulation.emitted$
      .pipe(
        filter((event) => event.type === 'frame.end'),
        scan((frames) => frames + 1, 0),
        take(3),
        toArray(),
      )
      .subscribe((counts) => {
        framesEnded = counts
      })
  })
  const reads = (emitted as (Message & Emitted)[]).filter((event) => event.type === 'walk.read')
  expect(reads.length).toBeGreaterThan(1)
  // Every walk read an entry of each level over the bus.
  expect(sent.map(({ type }) => type)).toEqual(reads.map(() => 'read.req'))
  expect(sent.map((message) => (message as Message & { from: string }).from)).toEqual(reads.map(() => 'sysmmu0'))
  expect(walks).toHaveLength(reads.length)
  expect(framesEnded).toEqual([1, 2, 3])
})

test('subscribers get frozen copies, and nothing that they do changes the run', () => {
  const plain = runWith('sim', () => {})
  const kept: Message[] = []
  let refused = 0
  const watched = runWith('sim', ({ simulation }) => {
    simulation.messages$.pipe(bufferCount(10)).subscribe()
    for (const actor of simulation.system.actors) {
      for (const port of actor.ports) simulation.port(port.id).out$.subscribe((message) => kept.push(message))
    }
    simulation.port('fimc0.bus').out$.subscribe((message) => {
      try {
        ;(message as { type: string }).type = 'changed'
      } catch {
        refused++
      }
      const { data } = message as unknown as { data?: number[] }
      try {
        data?.push(1)
      } catch {
        refused++
      }
    })
  })
  expect(watched.digest).toBe(plain.digest)
  expect(refused).toBeGreaterThan(4)
  expect(kept.length).toBeGreaterThan(500)
  const isDeeplyFrozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen))
  expect(kept.every(isDeeplyFrozen)).toBe(true)
  expect(new Set(kept).size).toBe(kept.length)
})

test('a subscriber that throws is unsubscribed, and its words are in the result of the run, which went on', () => {
  const run = new Run(options, { runtime: 'sim', system })
  let calls = 0
  run.simulation.port('fimc0.irq').out$.subscribe(() => {
    calls++
    throw new Error('boom')
  })
  const { verdict, warnings } = run.complete()
  expect(verdict).toBe('clean')
  expect(warnings).toEqual(['a subscriber of fimc0.irq threw and was unsubscribed: Error: boom'])
  expect(calls).toBe(1)
})

/** A simulation of the scenario, traced and recorded; `seeded` unless it replays. */
function simulate(extra: Partial<SimulationOptions> = {}) {
  const writer = new TraceWriter()
  const seen: Message[] = []
  const watcher = (reaction: Reaction) => {
    writer.add(reaction)
    seen.push(...reaction.emitted)
  }
  const simulation = new Simulation(system, {
    runtime: 'sim',
    scheduler: new TimedScheduler({ seed: 5, may: 'random', mayPeriodCycles: 24, mustJitterCycles: 7 }),
    watchers: [watcher],
    record: 'schedule',
    ...extra,
  })
  return { simulation, writer, seen }
}

// A spurious interrupt: the line of the SYSMMU rises and falls, with no fault behind it. The handler finds nothing to do.
test('an injected interrupt is taken, recorded, and replayed in live and sim', () => {
  const plain = simulate()
  expect(plain.simulation.run()).toBe('quiet')
  const { simulation, writer, seen } = simulate()
  simulation.messages$
    .pipe(
      filter(({ to, message }) => to === 'fimc0.video' && message.type === 'video.start'),
      take(2),
    )
    .subscribe(() => {
      simulation.inject('gic.sysmmu0', { type: 'irq.raise' })
      simulation.inject('gic.sysmmu0', { type: 'irq.lower' })
    })
  expect(simulation.run()).toBe('quiet')
  expect(simulation.unfinished()).toEqual([])
  expect(simulation.injections.map(({ to, message }) => `${to} ${message.type}`)).toEqual([
    'gic.sysmmu0 irq.raise',
    'gic.sysmmu0 irq.lower',
    'gic.sysmmu0 irq.raise',
    'gic.sysmmu0 irq.lower',
  ])
  expect(writer.digest()).not.toBe(plain.writer.digest())
  const framesOf = (events: readonly Message[]) => events.filter(({ type }) => type === 'frame.end').length
  expect(framesOf(seen)).toBe(framesOf(plain.seen))
  for (const runtime of ['sim', 'live'] as const) {
    const scheduler = new ReplayScheduler(simulation.schedule as Schedule)
    const replay = simulate({ runtime, scheduler, injections: simulation.injections })
    replay.simulation.run()
    expect([runtime, replay.writer.digest()]).toEqual([runtime, writer.digest()])
    expect(replay.simulation.injections).toEqual(simulation.injections)
  }
})

test('a message that no port takes is refused with the ones that it takes', () => {
  const { simulation } = simulate()
  expect(() => simulation.inject('gic.sysmmu0', { type: 'read.req' })).toThrow(/accepts: irq.raise, irq.lower/)
  expect(() => simulation.inject('gic.nothing', { type: 'irq.raise' })).toThrow(/no in port "gic.nothing"; there are: /)
})
