/** Run | placement: one run whose actors live in several threads, kept together: who may go how far, and who gets what. */

import { InternalError } from '../../base/errors.ts'
import { islandsOf } from '../../kernel/islands.ts'
import type { RunBounds, RunEnd, Unfinished, Watcher } from '../../kernel/simulation.ts'
import { type Actor, System, type SystemSpec } from '../../kernel/system.ts'
import type { MayPolicy } from '../../kernel/timed.ts'
import { listenersOf, lookaheadOf } from './lookahead.ts'
import { Merge } from './merge.ts'
import { type Crossing, type FromGroup, noCrossing, type Report, type ToGroup } from './protocol.ts'

/** The way to one group. Orders are answered one by one, in order; the first answer is unasked. */
export interface GroupLink {
  send(order: ToGroup): void
  /** The next answer, if it is there. */
  poll(): FromGroup | undefined
}

export interface Links {
  /** By group. */
  readonly groups: readonly GroupLink[]
  /** Why the run cannot go on, once a thread was lost; `actor` by index, whose turn it was there. */
  readonly lost?: { readonly group: number; readonly actor: number; readonly reason: string } | undefined
  /** Waits until there may be an answer, at most `ms`. */
  wait(ms: number): void
}

export interface PlacedOptions {
  /** By island: its group. */
  readonly groupOf: readonly number[]
  readonly may: MayPolicy
  readonly watchers: readonly Watcher[]
  readonly emittedWatchers: readonly Watcher[]
}

/** Turns that a group takes before it tells what it did, though it may go on. */
const turnsMax = 2000
/** How long one call of `run` waits for answers before its caller can look after other things. */
const patienceMs = 40
/** How long the end of a run may take. */
const endMsMax = 60_000

/** What is known of a group. */
interface Standing {
  /** What it gets with its next order. */
  inbox: Crossing
  /** What it said last; undefined while it is at work. */
  report: Report | undefined
  /** What is due there next, of what it has and what is in its inbox. */
  cycle: number
  rank: number
  /** What is due there but for chances; and with room that comes back, which may be what somebody there waits for. */
  certain: number
  pending: number
}

/**
 * Conservative synchronisation: a group goes on while nothing that the others do, as soon as they can, makes a difference to it yet
 * (`lookaheadOf`). So what each does is what it does in a run in one thread, and `Merge` puts it in the order of that run.
 *
 * A run is over when nothing is due anywhere but chances (attempts of `may` choices). A group with nothing else to do waits at the next
 * chance, and the others go no further, either, until it is known whether something else is or was due after it: then it
 * belongs to the run.
 */
export class PlacedSimulation {
  readonly subscriberErrors: readonly string[] = []
  /** A searched run is never placed. */
  readonly goesOn = false
  private readonly spec: SystemSpec
  private readonly links: Links
  private readonly merge: Merge
  private readonly standings: Standing[]
  /** From group to group, in cycles. */
  private readonly lookahead: readonly (readonly number[])[]
  private readonly listeners: readonly boolean[]
  private readonly islands: readonly number[]
  private readonly groupOf: readonly number[]
  private readonly system: System
  private lastCycle = 0
  /** The last turn anywhere that was no chance. */
  private done: Place = { cycle: -1, rank: 0 }
  private end: RunEnd | undefined
  private lastTurn = false

  constructor(spec: SystemSpec, links: Links, { groupOf, may, ...watchers }: PlacedOptions) {
    this.spec = spec
    this.links = links
    this.groupOf = groupOf
    this.islands = islandsOf(spec)
    this.lookahead = lookaheadOf(spec, groupOf, may)
    this.listeners = listenersOf(spec, groupOf)
    this.system = new System(
      spec,
      'sim',
      () => {},
      () => false,
    )
    this.merge = new Merge(this.system, links.groups.length, watchers)
    this.standings = links.groups.map(() => {
      return { inbox: noCrossing(), report: undefined, cycle: 0, rank: 0, pending: 0, certain: 0 }
    })
  }

  get step(): number {
    return this.merge.step
  }
  get cycle(): number {
    return this.end === undefined ? this.merge.cycle : this.lastCycle
  }
  get deliveries(): number {
    return this.merge.deliveries
  }

  /** As `Simulation.run`; `steps` also means that it takes the groups a while to answer. Internal error: a thread was lost or failed. */
  run({ stepsMax = Number.POSITIVE_INFINITY, cyclesMax = Number.POSITIVE_INFINITY }: RunBounds = {}): RunEnd {
    const stopMs = performance.now() + patienceMs
    while (this.end === undefined) {
      if (!this.haveAnswered(stopMs)) return 'steps'
      this.route()
      this.end = this.decide(cyclesMax)
      if (this.end === undefined) this.merge.showBefore(Math.min(...this.standings.map(({ cycle }) => cycle)))
      else this.merge.showBefore(Number.POSITIVE_INFINITY)
      if (this.end === undefined && this.step >= stepsMax) return 'steps'
    }
    return this.end
  }

  /** Asks all groups; they must have reached the end of the run. Of a run that was stopped, nothing is known. */
  unfinished(): Unfinished[] {
    if (this.end === undefined) return []
    for (const [group, link] of this.links.groups.entries()) {
      link.send({ kind: 'end', ...(this.standings[group] as Standing).inbox })
    }
    const stopMs = performance.now() + endMsMax
    const found = this.links.groups.flatMap((link, group) => {
      for (;;) {
        const answer = this.checked(link.poll(), group)
        if (answer?.kind === 'ended') return answer.unfinished
        if (performance.now() > stopMs)
          throw new InternalError(`${this.threadOf(group)} does not answer at the end of the run`)
        if (answer === undefined) this.links.wait(patienceMs)
      }
    })
    const placeOf = new Map(this.spec.actors.map(({ id }, index) => [id, index]))
    return found.sort((a, b) => (placeOf.get(a.actor) as number) - (placeOf.get(b.actor) as number))
  }

  dispose(): void {}

  /** Whether all groups at work have answered before `stopMs`. */
  private haveAnswered(stopMs: number): boolean {
    for (;;) {
      let areAll = true
      this.standings.forEach((standing, group) => {
        if (standing.report !== undefined) return
        const answer = this.checked(this.links.groups[group]?.poll(), group)
        if (answer?.kind === 'report') this.note(standing, answer, group)
        else areAll = false
      })
      if (areAll) return true
      const left = stopMs - performance.now()
      if (left <= 0) return false
      this.links.wait(left)
    }
  }

  private note(standing: Standing, report: Report, group: number): void {
    standing.report = report
    this.lastCycle = Math.max(this.lastCycle, report.now)
    if (isEarlier(this.done, report.done)) this.done = report.done
    this.merge.add(group, report.stretches)
  }

  private checked(answer: FromGroup | undefined, group: number): FromGroup | undefined {
    if (answer?.kind === 'failed') {
      const { actor, message } = answer
      throw new InternalError(
        `${this.threadOf(group)} failed ${this.turnOf(actor)}: ${message.replace(/^(InternalError: )?internal: /, '')}`,
      )
    }
    if (answer !== undefined) return answer
    const { lost } = this.links
    if (lost === undefined) return undefined
    throw new InternalError(`${this.threadOf(lost.group)} was lost ${this.turnOf(lost.actor)}: ${lost.reason}`)
  }

  private threadOf(group: number): string {
    return `the thread of ${this.namesOf(group)}`
  }

  private turnOf(actor: number): string {
    const id = this.spec.actors[actor]?.id
    return id === undefined ? 'before the run began' : `at the turn of ${id}`
  }

  private namesOf(group: number): string {
    return this.spec.actors
      .filter((_, index) => this.groupOf[this.islands[index] as number] === group)
      .map(({ id }) => id)
      .join(', ')
  }

  /** Hands on what the groups sent each other, and works out where each stands. */
  private route(): void {
    const { standings } = this
    const { channels } = this.system
    for (const [group, { report }] of standings.entries()) {
      if (report === undefined) continue
      for (const entry of report.messages) this.inboxOf(channels[entry[0]]?.receiver).messages.push(entry)
      for (const entry of report.rooms) this.inboxOf(channels[entry[0]]?.sender).rooms.push(entry)
      for (const entry of report.events) {
        standings.forEach(({ inbox }, other) => {
          if (other !== group && this.listeners[other]) inbox.events.push(entry)
        })
      }
      for (const list of [report.messages, report.rooms, report.events]) list.length = 0
    }
    for (const standing of standings) {
      const { report, inbox } = standing
      const { next, pending } = report as Report
      standing.cycle = next?.cycle ?? Number.POSITIVE_INFINITY
      standing.rank = next?.rank ?? 0
      standing.certain = pending + inbox.messages.length
      standing.pending = standing.certain + inbox.rooms.length
      for (const arrival of arrivalsOf(inbox)) {
        if (arrival > standing.cycle) continue
        // Before everything else of its cycle, for all that is known here.
        standing.cycle = arrival
        standing.rank = 0
      }
    }
  }

  private inboxOf(actor: Actor | undefined): Crossing {
    const group = this.groupOf[(actor as Actor).island] as number
    return (this.standings[group] as Standing).inbox
  }

  /** Lets groups go on, or says that the run is over. All have answered. */
  private decide(cyclesMax: number): RunEnd | undefined {
    const { standings } = this
    if (this.lastTurn) return 'cycles'
    if (standings.every((standing) => standing.pending === 0 && !isEarlier(standing, this.done))) return 'quiet'
    if (standings.every(({ cycle }) => cycle > cyclesMax)) return this.takeLastTurn()
    let isAnyoneAtWork = false
    standings.forEach((standing, group) => {
      const [cycle, rank] = this.limitOf(group, cyclesMax)
      const isWaiting = standing.pending === 0
      const mayGoOn = isWaiting && isEmpty(standing.inbox) && this.isFollowed(standing)
      if (!isEarlier(standing, { cycle, rank }) || (isWaiting && !mayGoOn)) return
      this.order(group, { cycle, rank, turnsMax, mayGoOn })
      isAnyoneAtWork = true
    })
    if (!isAnyoneAtWork) this.handOver()
    return undefined
  }

  /** Gives everybody what is on its way: then it is known exactly where each stands. */
  private handOver(): void {
    let isAnything = false
    for (const [group, { inbox }] of this.standings.entries()) {
      if (isEmpty(inbox)) continue
      this.order(group, { cycle: 0, rank: 0, turnsMax: 0, mayGoOn: false })
      isAnything = true
    }
    if (!isAnything) throw new InternalError('no group of this run may go on')
  }

  /** A run is bounded by the first turn beyond its bound, which is still taken. */
  private takeLastTurn(): undefined {
    const { standings } = this
    if (standings.some(({ inbox }) => !isEmpty(inbox))) {
      this.handOver()
      return
    }
    let first = 0
    standings.forEach((standing, group) => {
      if (isEarlier(standing, standings[first] as Standing)) first = group
    })
    const { cycle, rank } = standings[first] as Standing
    this.order(first, { cycle, rank: rank + 1, turnsMax: 1, mayGoOn: true })
    this.lastTurn = true
  }

  private order(group: number, leave: { cycle: number; rank: number; turnsMax: number; mayGoOn: boolean }): void {
    const standing = this.standings[group] as Standing
    const { inbox } = standing
    standing.inbox = noCrossing()
    standing.report = undefined
    this.links.groups[group]?.send({ kind: 'go', leave, ...inbox })
  }

  /** How far a group may go: up to a cycle and a rank in it. */
  private limitOf(group: number, cyclesMax: number): [number, number] {
    let [cycle, rank] = [cyclesMax + 1, 0]
    this.standings.forEach((other, from) => {
      if (from === group) return
      const soonest = other.cycle + (this.lookahead[from]?.[group] as number)
      if (soonest <= cycle) [cycle, rank] = [soonest, 0]
      // It waits for leave to take a chance, and whether it gets it depends on what is due after that.
      if (other.certain === 0 && isEarlier(other, { cycle, rank })) [cycle, rank] = [other.cycle, other.rank]
    })
    return [cycle, rank]
  }

  /** Whether something is due somewhere after the chance that a group waits for, or was. */
  private isFollowed(waiting: Standing): boolean {
    if (isEarlier(waiting, this.done)) return true
    return this.standings.some((other) => other !== waiting && other.certain > 0 && isEarlier(waiting, other))
  }
}

interface Place {
  readonly cycle: number
  readonly rank: number
}

function isEarlier(a: Place, b: Place): boolean {
  return a.cycle !== b.cycle ? a.cycle < b.cycle : a.rank < b.rank
}

function isEmpty({ messages, rooms, events }: Crossing): boolean {
  return messages.length + rooms.length + events.length === 0
}

function arrivalsOf({ messages, rooms, events }: Crossing): number[] {
  return [...messages, ...rooms, ...events].map((entry) => entry.at(-1) as number)
}
