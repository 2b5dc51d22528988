/** Kernel | when the chances of a system's islands are due: attempts and events of others, on the agenda and off it again. */

import type { Message } from './actor.ts'
import type { Agenda } from './agenda.ts'
import { type Attempt, type Chances, hearingCycles } from './chances.ts'

/** The chances of the islands that live here. */
export class ChancesDue {
  /** By island. */
  private readonly chances: readonly Chances[]
  private readonly agenda: Agenda
  private readonly has: (island: number) => boolean

  /** @param has whether an island lives here */
  constructor(chances: readonly Chances[], agenda: Agenda, has: (island: number) => boolean) {
    this.chances = chances
    this.agenda = agenda
    this.has = has
  }

  /** The first attempts at random moments. */
  start(): void {
    this.chances.forEach((chances, island) => {
      if (chances.hasAny && this.has(island)) this.insertMay(chances, island)
    })
  }

  /** Tells the choices that can interfere with an event: those of its island now, others when they hear of it. */
  tell(event: Message, island: number): void {
    this.chances.forEach((chances, other) => {
      if (!chances.aims || !this.has(other)) return
      if (other === island) this.aim(chances, island, event, 0)
      else this.insertHeard(other, island, event, this.agenda.now + hearingCycles)
    })
  }

  /** An event of an island in another thread, which is heard of in `cycle`. */
  takeEvent(from: number, event: Message, cycle: number): void {
    this.chances.forEach((chances, island) => {
      if (chances.aims && this.has(island)) this.insertHeard(island, from, event, cycle)
    })
  }

  /** Takes what the agenda has come to. The attempt that is to be made now, if it is one. */
  take(number: number): Attempt | undefined {
    const { what, island } = this.agenda.chanceAt(number)
    const chances = this.chances[island] as Chances
    switch (what) {
      case 'may': {
        const attempt = chances.draw()
        this.insertMay(chances, island)
        return attempt
      }
      case 'aimed':
        return chances.nextAimed()
      case 'heard':
        this.aim(chances, island, chances.nextHeard(), hearingCycles)
        return undefined
    }
  }

  private insertMay(chances: Chances, island: number): void {
    this.agenda.insertChance('may', island, this.agenda.now + chances.pause())
  }

  private insertHeard(island: number, from: number, event: Message, cycle: number): void {
    this.chances[island]?.hear(from, event, cycle)
    this.agenda.insertChance('heard', island, cycle)
  }

  private aim(chances: Chances, island: number, event: Message, lateCycles: number): void {
    for (const delay of chances.aimAt(event, lateCycles)) {
      this.agenda.insertChance('aimed', island, this.agenda.now + delay)
    }
  }
}
