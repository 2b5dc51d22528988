/** Run | where a run from which the programs can no longer end gets to: everybody goes on for as long as anything changes. */

import { RandomScheduler } from '../kernel/random.ts'
import type { Schedule } from '../kernel/schedule.ts'
import type { Progress } from '../kernel/scheduler.ts'
import { Simulation } from '../kernel/simulation.ts'
import { apply } from '../kernel/step.ts'
import type { SystemSpec } from '../kernel/system.ts'

/** Steps after the schedule: enough for programs of litmus size to come to where they stay. */
const stepsAfter = 20_000

/** One `may` choice in this many is taken: what is stuck is stuck without them. */
const mayOneIn = 1 << 20

/** Takes the choices, then goes on at random. */
class GoingOn extends RandomScheduler {
  private readonly schedule: Schedule
  private position = 0

  constructor(schedule: Schedule) {
    super(1, mayOneIn)
    this.schedule = schedule
  }

  override advance(): Progress {
    if (this.position === this.schedule.length) return super.advance()
    apply(this.stepper, this.schedule.at(this.position++))
    return 'stepped'
  }
}

/** An actor at the end. */
export interface StuckActor {
  readonly finished: boolean
  /** Of its chart, as XState has it. */
  readonly value: unknown
  readonly context: unknown
}

/** Every actor where it then is. The same for the same schedule. */
export function goOn(spec: SystemSpec, schedule: Schedule): ReadonlyMap<string, StuckActor> {
  const simulation = new Simulation(spec, { runtime: 'sim', scheduler: new GoingOn(schedule) })
  simulation.run({ stepsMax: schedule.length + stepsAfter })
  const found = new Map<string, StuckActor>()
  for (const { id, reactor } of simulation.system.actors) {
    found.set(id, { finished: reactor.finished(), value: reactor.value(), context: structuredClone(reactor.context) })
  }
  simulation.dispose()
  return found
}
