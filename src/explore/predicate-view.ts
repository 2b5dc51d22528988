/** Explore | states as predicates see them: each piece is read when it is looked at, and so known to matter. */

import { deepFreeze } from '../base/canonical.ts'
import { UsageError, unknownName } from '../base/errors.ts'
import type { Message } from '../kernel/actor.ts'
import type { ActorView, Predicate, StateView } from './define-system.ts'
import type { SystemPartition } from './system-partition.ts'

export class PredicateView implements StateView {
  private readonly partition: SystemPartition
  private hasLooked = false
  private readonly views: (ActorView | undefined)[][]

  constructor(partition: SystemPartition) {
    this.partition = partition
    this.views = partition.system.actors.map(() => [])
  }

  /** The predicate's value; what it throws becomes a usage error that names the property. */
  evaluate(predicate: Predicate, property: string): boolean {
    this.hasLooked = false
    try {
      const value = predicate(this)
      // A predicate that looks at nothing is a constant; it still needs something to hang on.
      if (!this.hasLooked) this.partition.readComponent(0)
      return value
    } catch (error) {
      if (error instanceof UsageError) throw error
      throw new UsageError(`property "${property}" threw: ${String(error)}`)
    }
  }

  actor(id: string): ActorView {
    const index = this.partition.system.actors.findIndex((actor) => actor.id === id)
    if (index < 0) {
      throw unknownName(
        'actor',
        id,
        this.partition.system.actors.map((actor) => actor.id),
      )
    }
    const value = this.look(index)
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
    const value = this.look(component)
    return this.partition.interners[component]?.values[value] as readonly Message[]
  }

  private look(component: number): number {
    this.hasLooked = true
    return this.partition.readComponent(component)
  }

  private makeView(index: number, id: number): ActorView {
    const { state, context } = this.partition.describe(index, id) as { state: unknown; context: unknown }
    const paths = new Set<string>()
    collectPaths(state, '', paths)
    return {
      value: state,
      context: deepFreeze(context),
      finished: this.partition.isFinished(index, id),
      matches: (path) => paths.has(path),
    }
  }
}

/** Every active state of a state value, as a dotted path. */
function collectPaths(value: unknown, prefix: string, paths: Set<string>): void {
  if (typeof value === 'string') paths.add(prefix + value)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      paths.add(prefix + key)
      collectPaths(inner, `${prefix}${key}.`, paths)
    }
  }
}
