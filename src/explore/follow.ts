/** Explore | following a run step by step from the initial state: whether each step is enabled, and where a property shows. */

import { UsageError } from '../base/errors.ts'
import type { Explorer } from './explorer.ts'
import type { StepLabel, Successor } from './partition.ts'
import { after } from './runs.ts'

/** A run that was followed. */
export interface FollowedRun {
  /** The steps that were taken, up to where the property shows. */
  readonly steps: readonly StepLabel[]
  /** Components of the states in between: the initial one first, the last one last. */
  readonly states: readonly Int32Array[]
  /** How the property shows at its end; undefined if it does not. `step`: the last step violates it. */
  readonly shows: 'step' | 'state' | 'end' | undefined
}

/** What to do with a step that is not enabled. */
export type IfDisabled = 'give up' | 'skip'

/** What two labels of the same group have in common. */
export function sourceOf(label: StepLabel): string {
  return label.kind === 'deliver' ? `channel ${label.channel}` : `choice ${label.actor}.${label.choice}`
}

export function isSameStep(a: StepLabel, b: StepLabel): boolean {
  if (a.kind === 'deliver') return b.kind === 'deliver' && a.channel === b.channel && a.message === b.message
  return b.kind === 'spontaneous' && a.actor === b.actor && a.choice === b.choice && a.value === b.value
}

export class Follower {
  readonly explorer: Explorer
  /** Runs followed. */
  tries = 0
  private readonly initial: Int32Array
  private readonly groups = new Map<string, number>()

  constructor(explorer: Explorer) {
    this.explorer = explorer
    this.initial = Int32Array.from(explorer.partition.initial().values)
  }

  /** Follows `steps` until `property` shows. With `give up`, an undefined result says that a step was not enabled. */
  follow(steps: readonly StepLabel[], property: string, ifDisabled: IfDisabled): FollowedRun | undefined {
    const { partition } = this.explorer
    const index = partition.properties.indexOf(property)
    if (index < 0) {
      throw new UsageError(`there is no property "${property}"; known: ${partition.properties.join(', ')}`)
    }
    this.tries++
    const taken: StepLabel[] = []
    const states = [this.initial]
    let values = this.initial
    let shows: FollowedRun['shows'] = partition.initial().fires.includes(index) ? 'step' : this.showsIn(values, index)
    for (const label of steps) {
      if (shows) break
      const successor = this.find(values, label)
      if (!successor) {
        if (ifDisabled === 'give up') return undefined
        continue
      }
      values = after(values, successor)
      taken.push(label)
      states.push(values)
      shows = successor.violates.includes(index) ? 'step' : this.showsIn(values, index)
    }
    return { steps: taken, states, shows }
  }

  /** The step of this name, if it is enabled. */
  find(values: Int32Array, label: StepLabel): Successor | undefined {
    const source = sourceOf(label)
    const known = this.groups.get(source)
    if (known !== undefined) return this.findIn(values, label, known)
    for (const [group, { kind }] of this.explorer.partition.groups.entries()) {
      const found = kind === 'step' ? this.findIn(values, label, group) : undefined
      if (!found) continue
      this.groups.set(source, group)
      return found
    }
    return undefined
  }

  private findIn(values: Int32Array, label: StepLabel, group: number): Successor | undefined {
    return this.explorer.expansion(group, values).successors.find((successor) => isSameStep(successor.label, label))
  }

  private showsIn(values: Int32Array, property: number): 'state' | 'end' | undefined {
    const { explorer } = this
    const { groups } = explorer.partition
    let progress = false
    for (let group = 0; group < groups.length - 1; group++) {
      const { successors, fires } = explorer.expansion(group, values)
      if (fires.includes(property)) return 'state'
      progress ||= successors.some((successor) => successor.progress)
    }
    if (progress) return undefined
    return explorer.expansion(groups.length - 1, values).fires.includes(property) ? 'end' : undefined
  }
}
