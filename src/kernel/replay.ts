/** Kernel | the replay scheduler: takes the choices of a recorded schedule, and says where a run diverges from it. */

import { UsageError } from '../base/errors.ts'
import { shown } from '../base/shown.ts'
import type { Message } from './actor.ts'
import type { Channel } from './channel.ts'
import { Schedule } from './schedule.ts'
import type { Progress, Scheduler } from './scheduler.ts'
import { apply, type Choice, enabled, type Stepper } from './step.ts'
import type { System } from './system.ts'

export class ReplayScheduler implements Scheduler {
  readonly now = 0
  private readonly schedule: Schedule
  private stepper!: Stepper
  private position = 0

  constructor(schedule: Schedule) {
    if (!(schedule instanceof Schedule)) {
      throw new UsageError(`new ReplayScheduler(schedule) takes a Schedule; this is ${shown(schedule)}`)
    }
    this.schedule = schedule
  }

  attach(stepper: Stepper): void {
    this.stepper = stepper
    stepper.start()
  }

  sent(channel: Channel, message: Message): void {
    channel.enqueue(message, 0)
  }

  advance(): Progress {
    if (this.position === this.schedule.length) return 'quiet'
    const choice = this.schedule.at(this.position)
    if (!apply(this.stepper, choice)) {
      const possible = enabled(this.stepper).map((other) => describeChoice(this.stepper.system, other))
      throw new UsageError(
        `the replay diverges at step ${this.position + 1}: it wants ${describeChoice(this.stepper.system, choice)}, ` +
          `enabled are: ${possible.join('; ') || 'nothing'}. The schedule belongs to another version or scenario.`,
      )
    }
    this.position++
    return 'stepped'
  }
}

/** A choice in words: "read.req on l2.bus>bus.l2", "l1d0 line.evict 3". */
export function describeChoice(system: System, choice: Choice): string {
  if (choice.kind === 'deliver') {
    const channel = system.channels[choice.channel]
    if (!channel) return `channel number ${choice.channel}, which does not exist`
    const message = choice.position < channel.count ? channel.at(choice.position).type : `message ${choice.position}`
    return `${message} on ${channel.id}`
  }
  const actor = system.actors[choice.actor]
  const event = actor?.definition.spontaneous[choice.choice]?.event
  return event ? `${actor.id} ${event} ${choice.value}` : `spontaneous choice ${choice.actor}.${choice.choice}`
}
