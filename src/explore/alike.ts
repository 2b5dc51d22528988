/** Explore | a run like one of a slightly different system: its steps as far as there are such, and what is new in between. */

import type { SystemSpec } from '../kernel/system.ts'
import { isSameStep, sourceOf } from './follow.ts'
import type { Expansion, StepLabel, Successor } from './partition.ts'
import { after } from './runs.ts'
import type { SystemPartition } from './system-partition.ts'

/** What one system has that the other one lacks. */
export interface News {
  /** The event of the choice that an actor with this context should make before anything else; undefined: nothing is new to it there. */
  ahead(actor: string, context: unknown): string | undefined
}

/**
 * When what is new is taken, and what comes first where the next step of the run is not enabled. `early`: as soon as its actor is there, and
 * what it leads to. `late`: when the run has a step of the actor, and the later steps of the run.
 */
type Manner = 'early' | 'late'
const manners: readonly Manner[] = ['early', 'late']

/** How many steps may come in between, and how many of the run may go on late or not at all, for each step of it. */
const stepsEach = 4
const stepsLeast = 64

/**
 * Takes runs of another system as a guide through this one. What comes of it is a run of this system: if it shows what is sought, it
 * proves it. If it does not, nothing is said.
 */
export class AlikeRuns {
  private readonly partition: SystemPartition
  private readonly spec: SystemSpec
  private readonly news: News
  /** By source of steps: its group. */
  private readonly groups = new Map<string, number>()
  private readonly stepGroups: number[] = []
  private readonly looking: number[] = []
  /** By actor and number of its state: the group that goes ahead. */
  private readonly aheads: (number | undefined)[][]
  private values: Int32Array = new Int32Array()
  /** Of the state with these values, by group. */
  private readonly expansions = new Map<number, Expansion>()

  /** @param spec of the partition */
  constructor(partition: SystemPartition, spec: SystemSpec, news: News) {
    this.partition = partition
    this.spec = spec
    this.news = news
    this.aheads = spec.actors.map(() => [])
    for (const [group, { kind }] of partition.groups.entries()) {
      const own = partition.memberOf(group)
      if (kind === 'state') this.looking.push(group)
      if (own.kind === 'deliver') this.groups.set(`channel ${own.channel.index}`, group)
      else if (own.kind === 'spontaneous') this.groups.set(`choice ${own.actor}.${own.choice}`, group)
      else continue
      this.stepGroups.push(group)
    }
  }

  /** Whether a run like the one with these steps comes to a property for which `isSought` holds. */
  shows(steps: readonly StepLabel[], isSought: (property: string) => boolean): boolean {
    return manners.some((manner) => this.takes(steps, isSought, manner))
  }

  private takes(steps: readonly StepLabel[], isSought: (property: string) => boolean, manner: Manner): boolean {
    const { properties, groups } = this.partition
    const sought = (fires: readonly number[]): boolean => fires.some((index) => isSought(properties[index] as string))
    const { values, fires } = this.partition.initial()
    if (sought(fires)) return true
    this.enter(Int32Array.from(values))
    const rest = [...steps]
    for (let left = stepsLeast + stepsEach * steps.length; left > 0; left--) {
      if (this.looking.some((group) => sought(this.expand(group).fires))) return true
      const taken = this.next(rest, manner)
      if (taken === undefined) {
        if (rest.shift() !== undefined) continue
        return sought(this.expand(groups.length - 1).fires)
      }
      if (sought(taken.violates)) return true
      this.enter(after(this.values, taken))
    }
    return false
  }

  private enter(values: Int32Array): void {
    this.values = values
    this.expansions.clear()
  }

  /** The next step; what it is of the run is no longer in `rest`. */
  private next(rest: StepLabel[], manner: Manner): Successor | undefined {
    const first = rest[0]
    const waiting = manner === 'late' && first?.kind === 'spontaneous' ? [first.actor] : this.spec.actors.keys()
    const isDue = manner === 'early' || first === undefined || first.kind === 'spontaneous'
    const taken = (isDue ? this.newStep(waiting) : undefined) ?? this.ofRun(rest, 1)
    if (taken) return taken
    if (manner === 'early') return this.otherStep(rest) ?? this.ofRun(rest, rest.length)
    return this.ofRun(rest, rest.length) ?? this.otherStep(rest)
  }

  private expand(group: number): Expansion {
    let known = this.expansions.get(group)
    if (known === undefined) {
      known = this.partition.expand(group, (component) => this.values[component] as number)
      this.expansions.set(group, known)
    }
    return known
  }

  /** The first of so many steps of the run that is enabled. */
  private ofRun(rest: StepLabel[], count: number): Successor | undefined {
    for (const [at, label] of rest.slice(0, count).entries()) {
      const group = this.groups.get(sourceOf(label))
      const successors = group === undefined ? [] : this.expand(group).successors
      const taken = successors.find((successor) => isSameStep(successor.label, label))
      if (taken === undefined) continue
      rest.splice(at, 1)
      return taken
    }
    return undefined
  }

  /** A step of one of these actors that is at something new. */
  private newStep(actors: Iterable<number>): Successor | undefined {
    for (const actor of actors) {
      const group = this.aheadOf(actor, this.values[actor] as number)
      const [taken] = group === undefined ? [] : this.expand(group).successors
      if (taken !== undefined) return taken
    }
    return undefined
  }

  private aheadOf(actor: number, value: number): number | undefined {
    const known = this.aheads[actor] as (number | undefined)[]
    if (value in known) return known[value]
    const { id, definition } = this.spec.actors[actor] as SystemSpec['actors'][number]
    const { context } = this.partition.describe(actor, value) as { readonly context: unknown }
    const event = this.news.ahead(id, context)
    const choice = definition.spontaneous.findIndex((declared) => declared.event === event)
    const group = this.groups.get(`choice ${actor}.${choice}`)
    known[value] = group
    return group
  }

  /** A step that has to come some time and is none of the rest of the run. */
  private otherStep(rest: readonly StepLabel[]): Successor | undefined {
    for (const group of this.stepGroups) {
      for (const successor of this.expand(group).successors) {
        if (successor.progress && !rest.some((label) => isSameStep(label, successor.label))) return successor
      }
    }
    return undefined
  }
}
