/** Explore | states as predicates see them: each piece is read when it is looked at, and so known to matter. */

import { told } from '../base/asked.ts'
import { deepFreeze } from '../base/canonical.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import { shown } from '../base/shown.ts'
import type { ActorDefinition, Message } from '../kernel/actor.ts'
import type { Actor } from '../kernel/system.ts'
import type { ActorView, Predicate, StateView } from './define-system.ts'
import type { SystemPartition } from './system-partition.ts'

export class PredicateView implements StateView {
  private readonly partition: SystemPartition
  private readonly views: (ActorView | undefined)[][]
  private readonly indexes = new Map<string, number>()
  private hasRead = false

  constructor(partition: SystemPartition) {
    this.partition = partition
    this.views = partition.system.actors.map(() => [])
    for (const { id, index } of partition.system.actors) this.indexes.set(id, index)
  }

  /** The predicate's value; what it throws, or another value than true and false, becomes a usage error that names the property. */
  evaluate(predicate: Predicate, property: string): boolean {
    this.hasRead = false
    const holds = told(`property "${property}"`, () => predicate(this) as unknown)
    // A promise would count as true, and a forgotten return as false.
    if (typeof holds !== 'boolean') {
      throw new UsageError(`property "${property}": its predicate returned ${shown(holds)}, expected true or false`)
    }
    // A predicate that looks at nothing is a constant; it still needs something to hang on.
    if (!this.hasRead) this.partition.readComponent(0)
    return holds
  }

  actor(id: string): ActorView {
    const index = this.indexes.get(id)
    if (index === undefined) {
      throw unknownName(
        'actor',
        id,
        this.partition.system.actors.map((actor) => actor.id),
      )
    }
    this.hasRead = true
    const value = this.partition.readComponent(index)
    const known = this.views[index] as (ActorView | undefined)[]
    known[value] ??= this.makeView(index, value)
    return known[value] as ActorView
  }

  channel(from: string): readonly Message[] {
    const { channels } = this.partition.system
    const channel = channels.find(({ spec }) => spec.from === from)
    if (!channel) {
      throw unknownName(
        'channel',
        from,
        channels.map(({ spec }) => spec.from),
      )
    }
    const component = this.partition.channelComponents[channel.index] as number
    if (component < 0) return []
    this.hasRead = true
    const value = this.partition.readComponent(component)
    return this.partition.interners[component]?.values[value] as readonly Message[]
  }

  private makeView(index: number, id: number): ActorView {
    const { state, context } = this.partition.describe(index, id) as { state: unknown; context: unknown }
    const { id: name, definition } = this.partition.system.actors[index] as Actor
    return {
      value: state,
      context: deepFreeze(context),
      finished: this.partition.isFinished(index, id),
      matches: matcherOf(name, definition, state),
    }
  }
}

/** Whether the state at a path is active; a usage error for one that the chart does not have, which would never be. */
export function matcherOf(actor: string, { states }: ActorDefinition, value: unknown): (path: string) => boolean {
  const paths = activePaths(value)
  return (path) => {
    if (paths.has(path)) return true
    if (states && !states.includes(path)) throw unknownName(`state of ${actor}`, path, states)
    return false
  }
}

/** Every active state of a state value, as a dotted path; added to `paths`. */
export function activePaths(value: unknown, paths = new Set<string>(), prefix = ''): Set<string> {
  if (typeof value === 'string') paths.add(prefix + value)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      paths.add(prefix + key)
      activePaths(inner, paths, `${prefix}${key}.`)
    }
  }
  return paths
}
