/** Kernel | chances of `may` choices: which of an island's are attempted when, at random or in answer to events. */

import { Prng } from '../base/prng.ts'
import type { Message } from './actor.ts'
import type { Actor } from './system.ts'
import type { TimedOptions } from './timed-options.ts'

export interface MayChoice {
  readonly actor: Actor
  readonly choice: number
}

/** A choice with its parameter, to be attempted. */
export interface Attempt {
  readonly target: MayChoice
  readonly value: number
}

/** An event of another island, and when it is heard of. */
interface Heard {
  readonly cycle: number
  readonly island: number
  readonly event: Message
}

/** Aimed attempts come at most this long after the event they answer. */
const aimDelayCycles = 32
/** What is emitted on another island is heard of this much later. */
export const hearingCycles = 16

/** The `may` choices of one island, with a stream of random numbers of their own: what others do makes no difference. */
export class Chances {
  private readonly prng: Prng
  private readonly choices: MayChoice[] = []
  private readonly aimedChoices: MayChoice[] = []
  private readonly aimed: Attempt[] = []
  private readonly heard: Heard[] = []
  private periodCycles = 0

  constructor(prng: Prng) {
    this.prng = prng
  }

  /** Whether anything is attempted at random moments, and whether events are answered. */
  get hasAny(): boolean {
    return this.choices.length > 0
  }
  get aims(): boolean {
    return this.aimedChoices.length > 0
  }

  add(choice: MayChoice, attempts: 'random' | 'adversarial'): void {
    this.choices.push(choice)
    if (attempts === 'adversarial') this.aimedChoices.push(choice)
  }

  /** @param periodCycles mean cycles between two attempts in the system; @param all choices of all islands. */
  setPeriod(periodCycles: number, all: number): void {
    this.periodCycles = Math.round((periodCycles * all) / Math.max(1, this.choices.length))
  }

  /** Cycles until the next attempt. */
  pause(): number {
    return 1 + this.prng.below(2 * this.periodCycles)
  }

  /** The next attempt at a random moment. */
  draw(): Attempt {
    const target = this.prng.pick(this.choices)
    const { domain } = target.actor.spontaneous[target.choice] as { domain: number }
    return { target, value: this.prng.below(domain) }
  }

  /**
   * Gives every choice that can interfere with `event` a chance soon: the delays of the attempts, from now on.
   * @param lateCycles how long ago it happened.
   */
  aimAt(event: Message, lateCycles: number): number[] {
    const delays: number[] = []
    for (const target of this.aimedChoices) {
      const value = target.actor.spontaneous[target.choice]?.aim?.(event, target.actor.reactor.context as never) ?? -1
      if (value < 0 || !this.prng.chance(1, 2)) continue
      this.aimed.push({ target, value })
      delays.push(this.prng.below(aimDelayCycles - lateCycles))
    }
    return delays
  }

  /** The next aimed attempt, first in first out. */
  nextAimed(): Attempt | undefined {
    return this.aimed.shift()
  }

  /** Keeps an event of another island until its cycle: by cycle, then by island, then in the order of its actors' steps. */
  hear(island: number, event: Message, cycle: number): void {
    let at = this.heard.length
    const isLater = (other: Heard) => other.cycle > cycle || (other.cycle === cycle && other.island > island)
    while (at > 0 && isLater(this.heard[at - 1] as Heard)) at--
    this.heard.splice(at, 0, { cycle, island, event })
  }

  nextHeard(): Message {
    return (this.heard.shift() as Heard).event
  }
}

/**
 * Which attempts the choices of a system get, by island. What one bug needs hides another: an eviction that overwrites a
 * frame also removes the stale line that would have been read. So `mixed` draws anew for each choice of each seed: none,
 * random, or both.
 */
export function chancesOf(
  actors: readonly Actor[],
  islands: number,
  { seed, may, mayPeriodCycles }: TimedOptions,
): readonly Chances[] {
  const first = new Prng(seed, 'may')
  const chances = Array.from(
    { length: islands },
    (_, island) => new Chances(island === 0 ? first : new Prng(seed, `may ${island}`)),
  )
  let all = 0
  for (const actor of actors) {
    actor.spontaneous.forEach(({ kind }, choice) => {
      if (kind !== 'may') return
      const attempts = may === 'mixed' ? first.pick(['off', 'random', 'adversarial'] as const) : may
      if (attempts === 'off') return
      all++
      chances[actor.island]?.add({ actor, choice }, attempts)
    })
  }
  for (const each of chances) each.setPeriod(mayPeriodCycles, all)
  return chances
}
