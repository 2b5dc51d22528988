/** Differential | whole scenarios: live against sim, a timed run against its replay, the same trace in all four. */

import { describe, expect, test } from 'vitest'
import type { RuntimeName } from '../../src/kernel/actor.ts'
import { RandomScheduler } from '../../src/kernel/random.ts'
import { Schedule } from '../../src/kernel/schedule.ts'
import type { Scheduler } from '../../src/kernel/scheduler.ts'
import { Simulation } from '../../src/kernel/simulation.ts'
import type { SystemSpec } from '../../src/kernel/system.ts'
import { TraceWriter } from '../../src/kernel/trace.ts'
import { type RunOptions, type RunRequest, resolveOptions } from '../../src/run/options.ts'
import { buildSystem, Run, type RunResult } from '../../src/run/run.ts'
import { scenarios } from '../../src/scenario/index.ts'
import { seed } from '../support/seed.ts'

const ids = Object.keys(scenarios)

interface Traced {
  readonly digest: string
  readonly lines: number
  readonly schedule: Schedule
  readonly result: RunResult
}

/** A run with all its oracles, in time or, given a schedule, step for step after it. */
function traced(options: RunOptions, system: SystemSpec, runtime: RuntimeName, schedule?: Schedule): Traced {
  const writer = new TraceWriter()
  const run = new Run(options, {
    runtime,
    system,
    watchers: [(reaction) => writer.add(reaction)],
    record: 'schedule',
    ...(schedule ? { schedule } : {}),
  })
  const result = run.complete()
  return { digest: writer.digest(), lines: writer.lines, schedule: run.simulation.schedule as Schedule, result }
}

/**
 * The same timed run in both runtimes, then its decisions alone, without time, in both. The replay scheduler takes a
 * decision only if `step.ts` says that it is enabled, so the two replays also show that a timed run is a path of the
 * transition system that a search explores.
 */
function expectOneTrace(request: RunRequest): Traced {
  const options = resolveOptions(request)
  const system = buildSystem(options)
  const sim = traced(options, system, 'sim')
  const live = traced(options, system, 'live')
  expect({ ...live, schedule: live.schedule.encode() }).toEqual({ ...sim, schedule: sim.schedule.encode() })
  const recorded = Schedule.decode(sim.schedule.encode())
  for (const runtime of ['sim', 'live'] as const) {
    const replay = traced(options, system, runtime, recorded)
    expect([runtime, replay.lines, replay.digest]).toEqual([runtime, sim.lines, sim.digest])
    expect(replay.schedule.encode()).toBe(sim.schedule.encode())
    expect(replay.result.statistics.messages).toBe(sim.result.statistics.messages)
  }
  return sim
}

describe('litmus, seed by seed', () => {
  test.each(ids)(
    '%s: timed and replayed, live and sim are one trace',
    (scenario) => {
      const digests = new Set<string>()
      for (const [index, policy] of ['adversarial', 'random'].entries()) {
        const sim = expectOneTrace({ scenario, geometry: 'litmus', seed: seed + index, policy })
        expect(sim.lines).toBeGreaterThan(200)
        digests.add(sim.digest)
      }
      // Or the comparison would hold of a run that depends on nothing.
      expect(digests.size).toBe(2)
    },
    60_000,
  )
})

describe('litmus, without time', () => {
  const stepsMax = 4000

  function walk(system: SystemSpec, runtime: RuntimeName, scheduler: Scheduler) {
    const writer = new TraceWriter()
    const watchers = [(reaction: Parameters<TraceWriter['add']>[0]) => writer.add(reaction)]
    const sim = new Simulation(system, { runtime, scheduler, watchers, record: 'schedule' })
    const end = sim.run({ stepsMax })
    return { end, lines: writer.lines, digest: writer.digest(), schedule: (sim.schedule as Schedule).encode() }
  }

  // The oracles are on in the replay: nothing that a correct form may do without time violates one.
  test.each(ids)('%s: a random walk is the same in live and sim, and replays', (scenario) => {
    const options = resolveOptions({ scenario, geometry: 'litmus' })
    const system = buildSystem(options)
    const sim = walk(system, 'sim', new RandomScheduler(seed, 6))
    expect(sim.lines).toBeGreaterThan(400)
    expect(walk(system, 'live', new RandomScheduler(seed, 6))).toEqual(sim)
    const replay = traced(options, system, 'live', Schedule.decode(sim.schedule))
    expect([replay.lines, replay.digest]).toEqual([sim.lines, sim.digest])
    const violated = replay.result.violations.map(({ violation }) => violation.oracle)
    // A walk that was cut short has not come to its end.
    const allowed = [...(options.scenario.violates ?? []), ...(sim.end === 'steps' ? ['progress'] : [])]
    expect(violated.filter((oracle) => !allowed.includes(oracle))).toEqual([])
  })
})

describe('board, a small picture', () => {
  test.each([
    ['fimc-capture-userptr', 'random'],
    ['fimc-capture-userptr', 'adversarial'],
    ['conversion-streaming', 'random'],
  ])(
    '%s, %s',
    (scenario, policy) => {
      const sim = expectOneTrace({ scenario, size: '32x16', frames: 2, policy })
      expect(sim.result.verdict).toBe('clean')
      expect(sim.result.statistics.framesDelivered).toBe(2)
    },
    60_000,
  )
})
