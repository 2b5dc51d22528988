/** Explore | a run like one of a slightly different system: its steps as far as there are such, and what is new in between. */

import type { SystemSpec } from '../kernel/system.ts'
import { isSameStep, sourceOf } from './follow.ts'
import type { StepLabel, Successor } from './partition.ts'
import { after } from './runs.ts'
import type { SystemPartition } from './system-partition.ts'

/** What one system has that the other one lacks. */
export interface News {
  /** The event of the choice that an actor with this context should make before anything else; undefined: nothing is new to it there. */
  ahead(actor: string, context: unknown): string | undefined
}

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
    const { properties } = this.partition
    const sought = (fires: readonly number[]): boolean => fires.some((index) => isSought(properties[index] as string))
    const { values: first, fires } = this.partition.initial()
    if (sought(fires)) return true
    let values: Int32Array = Int32Array.from(first)
    let at = 0
    for (let left = stepsLeast + stepsEach * steps.length; left > 0; left--) {
      if (this.looking.some((group) => sought(this.expand(group, values).fires))) return true
      let taken = this.newStep(values)
      if (taken === undefined && at < steps.length) {
        taken = this.find(values, steps[at] as StepLabel)
        if (taken !== undefined) at++
      }
      taken ??= this.otherStep(values, steps.slice(at))
      if (taken === undefined) {
        if (at++ < steps.length) continue
        return sought(this.expand(this.partition.groups.length - 1, values).fires)
      }
      if (sought(taken.violates)) return true
      values = after(values, taken)
    }
    return false
  }

  private expand(group: number, values: Int32Array) {
    return this.partition.expand(group, (component) => values[component] as number)
  }

  private find(values: Int32Array, label: StepLabel): Successor | undefined {
    const group = this.groups.get(sourceOf(label))
    if (group === undefined) return undefined
    return this.expand(group, values).successors.find((successor) => isSameStep(successor.label, label))
  }

  /** A step of an actor that is at something new. */
  private newStep(values: Int32Array): Successor | undefined {
    for (let actor = 0; actor < this.spec.actors.length; actor++) {
      const group = this.aheadOf(actor, values[actor] as number)
      const [taken] = group === undefined ? [] : this.expand(group, values).successors
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
  private otherStep(values: Int32Array, rest: readonly StepLabel[]): Successor | undefined {
    for (const group of this.stepGroups) {
      for (const successor of this.expand(group, values).successors) {
        if (successor.progress && !rest.some((label) => isSameStep(label, successor.label))) return successor
      }
    }
    return undefined
  }
}
