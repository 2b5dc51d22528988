/** Tests | a system under a scheduler without the Simulation around it, so that tests see every turn. */

import type { Message } from '../../src/kernel/actor.ts'
import { Schedule } from '../../src/kernel/schedule.ts'
import type { Scheduler } from '../../src/kernel/scheduler.ts'
import { type Choice, enabled, Stepper } from '../../src/kernel/step.ts'
import { System, type SystemSpec } from '../../src/kernel/system.ts'
import { TraceWriter } from '../../src/kernel/trace.ts'

/** One line of what happened: who reacted to what, when. */
export interface Line {
  readonly step: number
  readonly cycle: number
  readonly actor: string
  readonly message: Message | undefined
}

export class BenchTop {
  readonly system: System
  readonly stepper: Stepper
  readonly scheduler: Scheduler
  readonly schedule = new Schedule()
  readonly lines: Line[] = []
  readonly writer = new TraceWriter()

  constructor(spec: SystemSpec, scheduler: Scheduler) {
    this.scheduler = scheduler
    this.system = new System(spec, 'sim', (stream, error) => {
      throw new Error(`subscriber of ${stream} failed: ${String(error)}`)
    })
    this.system.carrier = scheduler
    this.stepper = new Stepper(this.system, scheduler, (reaction) => {
      this.writer.add(reaction)
      const { step, cycle, actor, message } = reaction
      this.lines.push({ step, cycle, actor: actor.id, message: message && { ...message } })
    })
    this.stepper.record = this.schedule
    scheduler.attach(this.stepper)
  }

  /** Advances until quiet; a system that has not come to rest after `turnsMax` turns fails. */
  runToQuiet(turnsMax = 100_000): void {
    for (let turn = 0; turn < turnsMax; turn++) if (this.scheduler.advance() === 'quiet') return
    throw new Error(`not quiet after ${turnsMax} turns`)
  }

  /** Enabled deliveries and `must` choices: what may not be left over when a scheduler says quiet. */
  progressChoices(): Choice[] {
    return enabled(this.stepper).filter((choice) => {
      // A message of a `set` that has been delivered in time is put off for ever.
      if (choice.kind === 'deliver')
        return this.system.channels[choice.channel]?.readyCycle(choice.position) !== Number.POSITIVE_INFINITY
      return this.system.actors[choice.actor]?.definition.spontaneous[choice.choice]?.kind === 'must'
    })
  }
}
