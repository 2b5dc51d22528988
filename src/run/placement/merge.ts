/** Run | placement: what the groups did, put back into the one order of the run and shown to its watchers. */

import type { AbsentReactor } from '../../kernel/absent.ts'
import type { Channel } from '../../kernel/channel.ts'
import type { Watcher } from '../../kernel/simulation.ts'
import type { Reaction } from '../../kernel/step.ts'
import type { Port } from '../../kernel/streams.ts'
import type { Actor, System } from '../../kernel/system.ts'
import type { ReactionRecord, Stretch } from './protocol.ts'

/** Stretches wait here until nothing earlier can come any more. */
export class Merge {
  step = 0
  deliveries = 0
  /** Of the last stretch that was shown. */
  cycle = 0
  private readonly system: System
  private readonly watchers: readonly Watcher[]
  private readonly emittedWatchers: readonly Watcher[]
  private readonly ports = new Map<string, Port>()
  /** By group, each in order. */
  private readonly waiting: Stretch[][]

  /** @param system its actors live elsewhere: here they only lend their names. */
  constructor(
    system: System,
    groups: number,
    watchers: { readonly watchers: readonly Watcher[]; readonly emittedWatchers: readonly Watcher[] },
  ) {
    this.system = system
    this.watchers = watchers.watchers
    this.emittedWatchers = watchers.emittedWatchers
    for (const actor of system.actors) for (const port of actor.ports) this.ports.set(port.id, port)
    this.waiting = Array.from({ length: groups }, () => [])
  }

  add(group: number, stretches: readonly Stretch[]): void {
    this.waiting[group]?.push(...stretches)
  }

  /** Shows everything before `cycle`. */
  showBefore(cycle: number): void {
    const places = this.waiting.map(() => 0)
    for (;;) {
      let first = -1
      let earliest: Stretch | undefined
      this.waiting.forEach((stretches, group) => {
        const stretch = stretches[places[group] as number]
        if (stretch === undefined || stretch.cycle >= cycle) return
        if (earliest !== undefined && !isBefore(stretch, earliest)) return
        earliest = stretch
        first = group
      })
      if (earliest === undefined) break
      places[first] = (places[first] as number) + 1
      this.show(earliest)
    }
    places.forEach((place, group) => {
      this.waiting[group]?.splice(0, place)
    })
  }

  private show(stretch: Stretch): void {
    // The start is at cycle 0, in stretches before it.
    this.cycle = Math.max(0, stretch.cycle)
    for (const record of stretch.reactions) this.tell(this.reactionOf(record))
    this.step += stretch.steps
    this.deliveries += stretch.deliveries
  }

  private reactionOf({ step, actor: index, emitted, more }: ReactionRecord): Reaction {
    const actor = this.system.actors[index] as Actor
    if (more !== undefined) (actor.reactor as AbsentReactor).shown = more.state
    return {
      step: this.step + step,
      cycle: this.cycle,
      actor,
      channel: more && (this.system.channels[more.channel] as Channel | undefined),
      message: more?.message,
      decision: more?.decision ?? 'react',
      ports: more?.ports.map((id) => this.ports.get(id) as Port) ?? [],
      sent: more?.sent ?? [],
      emitted,
    }
  }

  private tell(reaction: Reaction): void {
    if (reaction.emitted.length > 0) for (const watch of this.emittedWatchers) watch(reaction)
    for (const watch of this.watchers) watch(reaction)
  }
}

function isBefore(a: Stretch, b: Stretch): boolean {
  return a.cycle !== b.cycle ? a.cycle < b.cycle : a.island < b.island
}
