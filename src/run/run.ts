/** Run | one timed run of a scenario: platform, scheduler, oracles and watchers put together, advanced piece by piece. */

import { sourceWords } from '../../machines/fimc/formats.ts'
import type { MemoryRange } from '../../machines/geometry.ts'
import type { OsExtras } from '../../machines/os/types.ts'
import { buildPlatform } from '../../machines/platform.ts'
import type { Emitted } from '../../machines/protocol.ts'
import { Bytes } from '../base/bytes.ts'
import { InternalError } from '../base/errors.ts'
import { demand } from '../base/shape.ts'
import { secondEngineOptions, withDriver, withSharing } from '../dma/platform.ts'
import type { RuntimeName } from '../kernel/actor.ts'
import { ReplayScheduler } from '../kernel/replay.ts'
import type { Schedule } from '../kernel/schedule.ts'
import { type RunBounds, type RunEnd, Simulation, type Unfinished, type Watcher } from '../kernel/simulation.ts'
import type { Reaction } from '../kernel/step.ts'
import type { SystemSpec } from '../kernel/system.ts'
import { type TimedOptions, TimedScheduler } from '../kernel/timed.ts'
import { oracleNames } from '../oracle/index.ts'
import { dmaDebugDefaults, type OracleConfig, oracleConfig, type StepInfo, type Violation } from '../oracle/oracle.ts'
import { createOracleSet, type OracleSet } from '../oracle/oracle-set.ts'
import { osExtrasOf, type Scenario } from '../scenario/scenario.ts'
import { FrameWatcher, type SeenFrame } from './frames.ts'
import type { RunOptions } from './options.ts'
import { hooksShape, optionsShape } from './run-shape.ts'
import { Counter, type Statistics } from './statistics.ts'

/** What a run advances: a simulation, or one whose actors live in several threads. */
export interface Engine {
  readonly step: number
  readonly cycle: number
  readonly deliveries: number
  readonly goesOn: boolean
  readonly subscriberErrors: readonly string[]
  run(bounds: RunBounds): RunEnd
  unfinished(): readonly Unfinished[]
  dispose(): void
}

/** Those who watch a run. */
export interface EngineWatchers {
  readonly watchers: readonly Watcher[]
  readonly emittedWatchers: readonly Watcher[]
}

/** What a caller can add to a run. */
export interface RunHooks {
  readonly runtime: RuntimeName
  /** Source pictures as YUYV frames of the run's size, shown in turn. None: FIMC's test pattern, or value tokens. */
  readonly pictures?: readonly Bytes[]
  readonly onFrame?: (frame: SeenFrame) => void
  readonly onViolation?: (violation: Violation) => void
  /** More watchers, called after the oracles. */
  readonly watchers?: readonly Watcher[]
  /** The platform, if it is at hand: `buildSystem` of equal options and pictures. Runs of many seeds share one. */
  readonly system?: SystemSpec
  /** Makes what the run advances, instead of a simulation in this thread. */
  readonly engine?: (watchers: EngineWatchers) => Engine
  /** Repeat these decisions instead of running in time. */
  readonly schedule?: Schedule
  /** Keep every decision. */
  readonly record?: 'schedule'
  /** How oracles judge, where it is not as in a timed run. */
  readonly oracles?: Partial<OracleConfig>
}

/** `clean`: every program ended and no oracle was violated. `bounded`: a named bound was reached first. */
export type RunVerdict = 'clean' | 'violated' | 'bounded'

export interface RunResult {
  readonly verdict: RunVerdict
  readonly end: RunEnd
  /** First violation of each oracle, in the order they happened, and how often each happened. */
  readonly violations: readonly { readonly violation: Violation; readonly count: number }[]
  readonly statistics: Statistics
  /** What subscribers threw, in words: each was unsubscribed, and the run went on. */
  readonly warnings: readonly string[]
}

/**
 * Mean cycles between attempts of `may` choices, and lateness of `must` choices. On the board nearly everything is in
 * time, as its picture is: but nothing drains a store buffer by itself, and a core may be interrupted anywhere.
 */
const pace: Readonly<Record<'litmus' | 'board', Omit<TimedOptions, 'seed' | 'may'>>> = {
  litmus: { mayPeriodCycles: 24, mustJitterCycles: 7 },
  board: {
    mayPeriodCycles: 400,
    mustJitterCycles: 0,
    lateness: {
      'buffer.drain': { oneIn: 128, cyclesMax: 16_000 }, // HF-353
      'store.drain': { oneIn: 256, cyclesMax: 16_000 }, // HF-354
      issue: { oneIn: 4096, cyclesMax: 20_000 }, // HF-355
      'block.settled': { oneIn: 64, cyclesMax: 16_000 }, // HF-423
    },
  },
}

/** What the oracles are told of a scenario's platform. */
export function platformFacts({ cores, dmaDebug, secondEngine }: Scenario): Partial<OracleConfig> {
  return {
    cores,
    ...(secondEngine ? { devices: ['fimc0', 'fimc1'], mmus: ['sysmmu0', 'sysmmu1'] } : {}),
    ...(dmaDebug ? { dmaDebug: { ...dmaDebugDefaults, ...dmaDebug } } : {}),
  }
}

/** A run in progress. */
export class Run {
  readonly engine: Engine
  readonly options: RunOptions
  private readonly oracles: OracleSet
  private readonly statistics = new Counter()
  private readonly frames: FrameWatcher | undefined
  private readonly cyclesMax: number
  private readonly isReplay: boolean
  private readonly where = { step: 0, cycle: 0, actor: '' }

  constructor(options: RunOptions, hooks: RunHooks) {
    demand(optionsShape, options, 'a run')
    demand(hooksShape, hooks, 'the second argument of a run')
    this.options = options
    const { scenario, parameters } = options
    const { geometry } = parameters
    this.oracles = createOracleSet(
      oracleNames,
      oracleConfig(geometry, { ...platformFacts(scenario), ...hooks.oracles }),
      hooks.onViolation ? { onViolation: hooks.onViolation } : {},
    )
    this.frames = hooks.onFrame && new FrameWatcher(geometry, (frame) => hooks.onFrame?.(frame))
    // One watcher: calls of whoever is next in a list cannot be foreseen, and this is called for every third message.
    const emittedWatchers: Watcher[] = [(reaction) => this.observe(reaction)]
    const watching = { emittedWatchers, watchers: hooks.watchers ?? [] }
    this.engine = hooks.engine?.(watching) ?? simulationOf(options, hooks, watching)
    this.cyclesMax = cyclesMax(options)
    this.isReplay = hooks.schedule !== undefined
  }

  /** The simulation of a run in this thread; an internal error if its actors live in others. */
  get simulation(): Simulation {
    if (this.engine instanceof Simulation) return this.engine
    throw new InternalError('the actors of this run live in other threads')
  }

  /** Goes on for at most `steps` more steps; undefined while there is more to do. */
  advance(steps: number): RunResult | undefined {
    const end = this.engine.run({ stepsMax: this.engine.step + steps, cyclesMax: this.cyclesMax })
    return end === 'steps' ? undefined : this.finish(end)
  }

  /** Runs to its end. */
  complete(): RunResult {
    for (;;) {
      const result = this.advance(1 << 20)
      if (result) return result
    }
  }

  /** Ends a run early: what is known so far. */
  interrupt(): RunResult {
    return this.finish('stopped')
  }

  private finish(ended: RunEnd): RunResult {
    const { engine } = this
    // The choices of a searched run end where it has shown what it was to show.
    const end = ended === 'quiet' && this.isReplay && engine.goesOn ? 'stopped' : ended
    const unfinished = engine.unfinished()
    this.oracles.end({
      reason: endReason(end, unfinished.length > 0),
      ...(end === 'cycles' ? { bound: `${this.cyclesMax} cycles` } : {}),
      unfinished: unfinished.map(({ actor, state, stalled }) => ({
        actor,
        why: [JSON.stringify(state), ...stalled].join('; '),
      })),
    })
    const { counts } = this.statistics
    counts.steps = engine.step
    counts.cycles = engine.cycle
    counts.messages = engine.deliveries
    const violations = [...this.oracles.violations.values()].map(({ first, count }) => ({ violation: first, count }))
    const verdict = violations.length > 0 ? 'violated' : end === 'quiet' ? 'clean' : 'bounded'
    engine.dispose()
    return { verdict, end, violations, statistics: counts, warnings: [...engine.subscriberErrors] }
  }

  private observe(reaction: Reaction): void {
    const { emitted } = reaction
    const { where } = this
    where.step = reaction.step
    where.cycle = reaction.cycle
    where.actor = reaction.actor.id
    for (let i = 0; i < emitted.length; i++) {
      const event = emitted[i] as Emitted
      this.oracles.observe(event, where as StepInfo)
      this.statistics.count(event)
    }
    if (this.frames !== undefined) this.frames.watch(reaction)
  }
}

/** Builds, runs to the end, returns the result. */
export function runScenario(options: RunOptions, hooks: RunHooks): RunResult {
  return new Run(options, hooks).complete()
}

/** The platform of a run, with its programs. */
export function buildSystem(options: RunOptions, pictures: readonly Bytes[] = []): SystemSpec {
  demand(optionsShape, options, 'buildSystem(options)')
  const { scenario, parameters, edition } = options
  const { geometry, features, width, height, format } = parameters
  return buildPlatform({
    geometry,
    features,
    programs: scenario.programs(parameters, edition),
    camera: scenario.camera,
    format,
    width,
    height,
    frames: pictures.length > 0 ? pictures : geometry.name === 'litmus' ? tokenFrames(options) : [],
    os: osOf(options),
    ...(scenario.sysmmuVersion ? { sysmmuVersion: scenario.sysmmuVersion } : {}),
    ...(scenario.secondEngine ? { secondEngine: true } : {}),
    ...(geometry.name === 'litmus' ? { disturbed: disturbedOf(options) } : {}),
  })
}

/** What programs and the os agree on. */
function osOf({ scenario, parameters: { geometry, features }, edition }: RunOptions): OsExtras {
  const { backend } = scenario
  const invalidation = scenario.invalidation ?? (features.lazyInvalidation ? 'lazy' : 'strict')
  const { sharing } = secondEngineOptions(scenario.secondEngine)
  const extras = withSharing(osExtrasOf(scenario, geometry), sharing)
  return withDriver(geometry, extras, { backend, edition, invalidation })
}

function disturbedOf({ scenario, parameters: { geometry } }: RunOptions): MemoryRange[] | undefined {
  return scenario.defaults.litmus.disturbedLines?.map((offset) => {
    return { base: geometry.dram.base + offset, bytes: geometry.lineBytes }
  })
}

/** Frames of value tokens: no two words of a run's frames are equal, none is 0. */
function tokenFrames({ parameters }: RunOptions): Bytes[] {
  const words = sourceWords(parameters.format, parameters.width) * parameters.height
  return Array.from({ length: parameters.geometry.frameIds }, (_, frame) => {
    const bytes = new Bytes(words * 4)
    for (let word = 0; word < words; word++) bytes.set(word * 4, (frame + 1) * 0x100 + word + 1)
    return bytes
  })
}

/** How a run in time is scheduled. */
export function timedOptions({ seed, policy, parameters }: RunOptions): TimedOptions {
  return { seed, may: policy, ...pace[parameters.geometry.name] }
}

function simulationOf(options: RunOptions, hooks: RunHooks, watching: EngineWatchers): Simulation {
  return new Simulation(hooks.system ?? buildSystem(options, hooks.pictures ?? []), {
    runtime: hooks.runtime,
    scheduler: hooks.schedule ? new ReplayScheduler(hooks.schedule) : new TimedScheduler(timedOptions(options)),
    ...watching,
    ...(hooks.record ? { record: hooks.record } : {}),
  })
}

/** Four times what the frames take to scan, and as much for each slot to set up: a longer run makes no progress. HF-352 */
function cyclesMax({ parameters }: RunOptions): number {
  const { geometry, frames, width, height } = parameters
  if (geometry.name === 'litmus') return 60_000 // HF-352
  return 10_000_000 + (frames + geometry.outputSlots) * width * (height + 40) * 10 * 4 // HF-352
}

function endReason(end: RunEnd, isUnfinished: boolean): 'finished' | 'deadlock' | 'bound' | 'stopped' {
  if (end === 'stopped') return 'stopped'
  if (end !== 'quiet') return 'bound'
  return isUnfinished ? 'deadlock' : 'finished'
}
