/** Kernel | the seeded random walk: no time, every enabled choice equally likely at each step. */

import { Prng } from '../base/prng.ts'
import { demand, seed as seedShape } from '../base/shape.ts'
import type { Message } from './actor.ts'
import type { Channel } from './channel.ts'
import type { Progress, Scheduler } from './scheduler.ts'
import { apply, type Choice, enabled, type Stepper } from './step.ts'

/** Walks the transition system that exhaustive search explores. Quiet when no delivery and no `must` choice is enabled. */
export class RandomScheduler implements Scheduler {
  readonly now = 0
  private readonly prng: Prng
  /** One `may` choice in this many is considered; 1 considers all. */
  private readonly mayOneIn: number
  protected stepper!: Stepper

  constructor(seed: number, mayOneIn = 1) {
    demand(seedShape, seed, 'new RandomScheduler(seed): the seed')
    this.prng = new Prng(seed, 'random')
    this.mayOneIn = mayOneIn
  }

  attach(stepper: Stepper): void {
    this.stepper = stepper
    stepper.start()
  }

  sent(channel: Channel, message: Message): void {
    channel.enqueue(message, 0)
  }

  advance(): Progress {
    const choices = enabled(this.stepper)
    if (!choices.some((choice) => this.counts(choice))) return 'quiet'
    const candidates = choices.filter((choice) => this.counts(choice) || this.prng.chance(1, this.mayOneIn))
    const choice = this.prng.pick(candidates)
    apply(this.stepper, choice)
    return 'stepped'
  }

  /** Whether the choice is progress: a delivery or a `must`. */
  private counts(choice: Choice): boolean {
    if (choice.kind === 'deliver') return true
    return this.stepper.system.actors[choice.actor]?.definition.spontaneous[choice.choice]?.kind === 'must'
  }
}
