/** Explore | a deadlock in words: who waits for whom, for what reason, and the circle that closes it. */

import type { Message } from '../kernel/actor.ts'
import type { Channel } from '../kernel/channel.ts'
import { enabled, type Readiness, type Stepper } from '../kernel/step.ts'
import { type Actor, actorOf, portOf, receivingEnds } from '../kernel/system.ts'
import { Explorer } from './explorer.ts'
import { retrace } from './retrace.ts'
import type { FoundRun } from './strategy.ts'
import type { SystemPartition } from './system-partition.ts'

/** One thing that keeps an actor from going on. */
export interface Wait {
  readonly actor: string
  /** Those that could change it. Empty: only the actor itself. */
  readonly on: readonly string[]
  /**
   * - `refused`: another actor does not accept what this one wants to do.
   * - `full`: a channel lacks room.
   * - `stalled`: a message waits at the head of its channel because this actor stalls it; or so does a choice of its own.
   * - `empty`: nothing comes on a channel from which this actor would take something.
   */
  readonly kind: 'refused' | 'full' | 'stalled' | 'empty'
  readonly text: string
}

export interface DeadlockReport {
  /** The actors that have not ended first, then those that they wait for. */
  readonly waits: readonly Wait[]
  /** Actors of which each waits for the next, and the last for the first. Empty: there is no circle. */
  readonly cycle: readonly string[]
  readonly lines: readonly string[]
}

/** Explains the last state of a run. */
export function explainEnd(partition: SystemPartition, run: Pick<FoundRun, 'steps'>): DeadlockReport {
  return explainDeadlock(partition, retrace(new Explorer(partition), run.steps).states.at(-1) as Int32Array)
}

/** Explains a state, meant for one in which no delivery and no `must` choice is enabled; says less of others. */
export function explainDeadlock(partition: SystemPartition, values: ArrayLike<number>): DeadlockReport {
  return partition.inState(values, (stepper) => new Inspector(stepper).report())
}

/** Most choices listed by name. */
const LISTED_MAX = 6

/** Most lines of those who wait, and most of a circle that are named. */
const LINES_MAX = 60
const CIRCLE_MAX = 24

/** "a → b → a". */
function circleText(cycle: readonly string[]): string {
  const shown = cycle.length > CIRCLE_MAX ? [...cycle.slice(0, CIRCLE_MAX), `… (${cycle.length} in all)`] : cycle
  return [...shown, cycle[0]].join(' → ')
}

class Inspector {
  private readonly stepper: Stepper
  private readonly actors: readonly Actor[]

  constructor(stepper: Stepper) {
    this.stepper = stepper
    this.actors = stepper.system.actors
  }

  report(): DeadlockReport {
    const ends = this.actors.some(({ definition }) => definition.ends)
    // Where nothing has an end everybody should go on.
    const stuck = this.actors.filter(({ reactor, definition }) => !ends || (definition.ends && !reactor.finished()))
    const asked = new Set(stuck.map(({ id }) => id))
    const waits: Wait[] = []
    // A set goes on to what is added while it is walked.
    for (const id of asked) {
      const actor = this.actors.find((one) => one.id === id) as Actor
      // Whoever has ended waits for nothing.
      if (ends && actor.definition.ends && actor.reactor.finished()) continue
      const own = this.waitsOf(actor)
      waits.push(...own)
      for (const { on } of own) for (const other of on) asked.add(other)
    }
    const cycle = circleIn(waits)
    // Where nobody has to come to an end, to be ready for what may never come is no trouble of its own.
    const left = ends ? undefined : this.leftToChance()
    if (left !== undefined) return { waits: [], cycle: [], lines: [left] }
    const lines = waits.slice(0, LINES_MAX).map(({ text }) => text)
    if (waits.length > LINES_MAX) lines.push(`and ${waits.length - LINES_MAX} more who wait`)
    if (cycle.length > 0) lines.push(`each waits for the next: ${circleText(cycle)}`)
    return { waits, cycle, lines }
  }

  /** The `may` choices that are possible: they could go on for ever without any of them. */
  private leftToChance(): string | undefined {
    const names = new Set<string>()
    for (const choice of enabled(this.stepper)) {
      if (choice.kind === 'deliver') continue
      const actor = this.actors[choice.actor] as Actor
      const declared = actor.definition.spontaneous[choice.choice]
      if (declared?.kind === 'may') names.add(`${declared.event} of ${actor.id}`)
    }
    if (names.size === 0) return undefined
    const listed = [...names].slice(0, LISTED_MAX)
    const more = names.size > LISTED_MAX ? ` and ${names.size - LISTED_MAX} more` : ''
    return `nothing has to happen any more: left are only choices of kind "may", ${listed.join(', ')}${more}; one that is bound to come is a "must"`
  }

  private waitsOf(actor: Actor): Wait[] {
    const incoming = this.stepper.system.channels.filter(({ receivers }) => receivers.includes(actor))
    const waits = incoming.flatMap((channel) => this.waitsAtHead(actor, channel))
    const { wanted, unwanted } = this.waitsOfChoices(actor)
    waits.push(...wanted)
    // An engine that stalls itself explains something only where nothing else does.
    if (waits.length === 0) waits.push(...unwanted)
    waits.push(...incoming.flatMap((channel) => this.waitsForMore(actor, channel)))
    return waits
  }

  /** Messages that may be next and are not delivered. */
  private waitsAtHead(actor: Actor, channel: Channel): Wait[] {
    const waits: Wait[] = []
    for (let position = 0; position < channel.count; position++) {
      if (!channel.eligible(position)) continue
      const readiness = this.stepper.deliverable(channel, position)
      if (readiness === 'enabled') continue
      waits.push(this.wait(actor, readiness, `take ${channel.at(position).type} from ${channel.id}`))
    }
    return waits
  }

  /** Its `must` choices. `unwanted`: those that its own chart stalls. */
  private waitsOfChoices(actor: Actor): { readonly wanted: Wait[]; readonly unwanted: Wait[] } {
    const wanted: Wait[] = []
    const unwanted: Wait[] = []
    actor.definition.spontaneous.forEach((declared, choice) => {
      if (declared.kind === 'may') return
      for (let value = 0; value < declared.domain; value++) {
        const readiness = this.stepper.performable(actor, choice, value)
        const { refusedBy } = this.stepper
        if (readiness === 'enabled' || (readiness === 'stalled' && refusedBy === undefined)) continue
        const parameter = declared.domain > 1 ? ` ${value}` : ''
        const wait = this.wait(actor, readiness, `do ${declared.event}${parameter}`)
        ;(wait.kind === 'stalled' ? unwanted : wanted).push(wait)
      }
    })
    return { wanted, unwanted }
  }

  private wait(actor: Actor, readiness: Exclude<Readiness, 'enabled'>, action: string): Wait {
    const { id } = actor
    const { fullChannel, refusedBy } = this.stepper
    if (readiness === 'full' && fullChannel !== undefined) {
      const on = this.receiversOf(fullChannel, actor)
      const holds = `${fullChannel.count} of ${fullChannel.capacity} taken`
      const text = `${id} cannot ${action}: no room on ${fullChannel.id} (${holds}), ${either(on)} must take something`
      return { actor: id, on, kind: 'full', text }
    }
    const reason = refusedBy?.reactor.reason ?? ''
    const other = refusedBy?.actor.id ?? id
    if (other !== id) {
      return { actor: id, on: [other], kind: 'refused', text: `${id} cannot ${action}: ${other} refuses, ${reason}` }
    }
    return { actor: id, on: [], kind: 'stalled', text: `${id} does not ${action}: ${reason}` }
  }

  /** A channel on which nothing is, though the actor would take something from it. */
  private waitsForMore(actor: Actor, channel: Channel): Wait[] {
    if (channel.count > 0) return []
    const sender = actorOf(channel.spec.from)
    if (sender === actor.id) return []
    const types = this.typesOn(channel, actor).filter((type) => this.wouldTake(actor, { type }))
    if (types.length === 0) return []
    const ended = this.actors.some(
      ({ id, definition, reactor }) => id === sender && definition.ends && reactor.finished(),
    )
    const text = `${actor.id} would take ${either(types)} from ${sender}${ended ? ', which has ended' : ''}`
    return [{ actor: actor.id, on: [sender], kind: 'empty', text }]
  }

  /** Types that the sender of a channel sends and that this participant takes. */
  private typesOn({ spec }: Channel, actor: Actor): string[] {
    const sender = this.actors.find(({ id }) => id === actorOf(spec.from)) as Actor
    const sent = sender.definition.outPorts[portOf(spec.from)] ?? []
    const taken = receivingEnds(spec)
      .filter((end) => actorOf(end) === actor.id)
      .flatMap((end) => actor.definition.inPorts[portOf(end)] ?? [])
    return sent.filter((type) => taken.includes(type))
  }

  /** As far as it can be told without the payload: a guard that needs it counts as yes. */
  private wouldTake({ reactor }: Actor, message: Message): boolean {
    try {
      return reactor.decide(message) !== 'stall'
    } catch {
      return true
    }
  }

  private receiversOf({ receivers }: Channel, except: Actor): string[] {
    const others = receivers.filter((receiver) => receiver !== except)
    return (others.length > 0 ? others : receivers).map(({ id }) => id)
  }
}

/** "a", "a or b", "a, b or c". */
function either(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

/**
 * A shortest circle, from the first actor that is on one. That an actor would take something from one that waits for it
 * is no news: such a way back counts only where there is no other circle.
 */
function circleIn(waits: readonly Wait[]): readonly string[] {
  const waitsFor = (actor: string, other: string): boolean => {
    return waits.some((wait) => wait.actor === actor && wait.kind !== 'empty' && wait.on.includes(other))
  }
  const isNews = ({ actor, kind }: Wait, other: string): boolean => kind !== 'empty' || !waitsFor(other, actor)
  const everything = new Map<string, Set<string>>()
  const news = new Map<string, Set<string>>()
  for (const wait of waits) {
    for (const other of wait.on) {
      link(everything, wait.actor, other)
      if (isNews(wait, other)) link(news, wait.actor, other)
    }
  }
  const strict = shortestCircle(news)
  return strict.length > 0 ? strict : shortestCircle(everything)
}

type Links = Map<string, Set<string>>

function link(links: Links, from: string, to: string): void {
  const known = links.get(from) ?? new Set()
  links.set(from, known.add(to))
}

function shortestCircle(links: Links): readonly string[] {
  let best: string[] = []
  for (const start of links.keys()) {
    const before = new Map<string, string>()
    const queue = [start]
    for (const node of queue) {
      for (const next of links.get(node) ?? []) {
        if (!before.has(next)) {
          before.set(next, node)
          queue.push(next)
        }
      }
      if (before.has(start)) break
    }
    if (!before.has(start)) continue
    const circle: string[] = []
    for (let node = before.get(start) as string; node !== start; node = before.get(node) as string) circle.unshift(node)
    circle.unshift(start)
    if (best.length === 0 || circle.length < best.length) best = circle
  }
  return best
}
