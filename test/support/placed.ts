/** Tests | placed runs without threads: every group in this one, with all that they tell each other copied as threads do. */

import { deserialize, serialize } from 'node:v8'
import type { RuntimeName } from '../../src/kernel/actor.ts'
import { Simulation } from '../../src/kernel/simulation.ts'
import type { SystemSpec } from '../../src/kernel/system.ts'
import { type TimedOptions, TimedScheduler } from '../../src/kernel/timed.ts'
import { TraceWriter } from '../../src/kernel/trace.ts'
import { Group } from '../../src/run/placement/group.ts'
import { type Links, PlacedSimulation } from '../../src/run/placement/placed-simulation.ts'
import type { FromGroup, ToGroup } from '../../src/run/placement/protocol.ts'

/** @param order in which groups with orders are served, so that tests can try several; by default, the first first. */
export function linksHere(
  specs: readonly SystemSpec[],
  options: {
    readonly runtime: RuntimeName
    readonly timed: TimedOptions
    readonly groupOf: readonly number[]
    readonly tellsAll: boolean
  },
): Links {
  const copy = <T>(value: T): T => deserialize(serialize(value)) as T
  const groups = specs.map((spec, group) => {
    const here = new Group(spec, { ...options, group })
    const answers: FromGroup[] = [copy(here.start())]
    return {
      send: (order: ToGroup) => {
        answers.push(copy(here.take(copy(order))))
      },
      poll: () => answers.shift(),
    }
  })
  return { groups, wait: () => {} }
}

export interface Outcome {
  readonly end: string
  readonly digest: string
  readonly lines: number
  readonly steps: number
  readonly cycle: number
  readonly deliveries: number
  readonly unfinished: unknown
}

type Bounds = { readonly cyclesMax?: number }

/** In this thread alone. */
export function inline(
  spec: SystemSpec,
  timed: TimedOptions,
  bounds: Bounds = {},
  write?: (line: string) => void,
): Outcome {
  const writer = new TraceWriter(write)
  const simulation = new Simulation(spec, {
    runtime: 'sim',
    scheduler: new TimedScheduler(timed),
    watchers: [(reaction) => writer.add(reaction)],
  })
  return outcomeOf(simulation, writer, bounds)
}

/** @param build a system for each group: actors share nothing. */
export function placed(
  build: () => SystemSpec,
  timed: TimedOptions,
  groupOf: readonly number[],
  bounds: Bounds = {},
  write?: (line: string) => void,
): Outcome {
  const writer = new TraceWriter(write, 'copies')
  const count = 1 + Math.max(...groupOf)
  const links = linksHere(Array.from({ length: count }, build), { runtime: 'sim', timed, groupOf, tellsAll: true })
  const simulation = new PlacedSimulation(build(), links, {
    groupOf,
    may: timed.may,
    watchers: [(reaction) => writer.add(reaction)],
    emittedWatchers: [],
  })
  return outcomeOf(simulation, writer, bounds)
}

function outcomeOf(simulation: Simulation | PlacedSimulation, writer: TraceWriter, bounds: Bounds): Outcome {
  let end = simulation.run(bounds)
  while (end === 'steps') end = simulation.run(bounds)
  return {
    end,
    digest: writer.digest(),
    lines: writer.lines,
    steps: simulation.step,
    cycle: simulation.cycle,
    deliveries: simulation.deliveries,
    unfinished: simulation.unfinished(),
  }
}
