/** Run | one run of what otherwise is searched: every enabled choice equally likely, from a seed, until nothing more must happen. */

import type { RuntimeName } from '../kernel/actor.ts'
import { RandomScheduler } from '../kernel/random.ts'
import type { Schedule } from '../kernel/schedule.ts'
import { Simulation } from '../kernel/simulation.ts'
import type { Subject } from './subject.ts'

/** Steps after which a run is given up: programs that never end have none by themselves. */
export const randomStepsMax = 10_000

export interface RandomRun {
  readonly schedule: Schedule
  /** `bounded`: it had not ended after `randomStepsMax` steps. */
  readonly end: 'over' | 'bounded'
}

export function runAtRandom(subject: Subject, seed: number, runtime: RuntimeName): RandomRun {
  const simulation = new Simulation(subject.spec, { runtime, scheduler: new RandomScheduler(seed), record: 'schedule' })
  const end = simulation.run({ stepsMax: randomStepsMax }) === 'quiet' ? 'over' : 'bounded'
  simulation.dispose()
  return { schedule: simulation.schedule as Schedule, end }
}
