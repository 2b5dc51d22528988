/** Explore | defineSystem: charts wired by channels, with the properties that every interleaving must keep. */

import { asked, told } from '../base/asked.ts'
import { DefinitionError, unknownName } from '../base/errors.ts'
import { isKebabCase } from '../base/names.ts'
import { demand, demandDefinition } from '../base/shape.ts'
import { cut } from '../base/shown.ts'
import type { ActorDefinition, Message } from '../kernel/actor.ts'
import type { ChannelOrder } from '../kernel/channel.ts'
import { type SystemSpec, wiringProblems } from '../kernel/system.ts'
import { leadsToMore, systemShape } from './system-shape.ts'

/** What a predicate sees of one actor. Frozen. */
export interface ActorView {
  /** XState's state value. */
  readonly value: unknown
  readonly context: unknown
  /** Whether the state at this dotted path ('busy.walking') is active. */
  matches(path: string): boolean
  /** As `Reactor.finished`. */
  readonly finished: boolean
}

/** One state of the whole system, read piece by piece: a predicate costs only as much as what it looks at. */
export interface StateView {
  /** Throws a usage error that lists the actors if there is none of that id. */
  actor(id: string): ActorView
  /** Messages on the channel from this out port (`actor.port`), oldest first. */
  channel(from: string): readonly Message[]
}

/** Pure: it may depend on nothing but what it reads from `state`. */
export type Predicate = (state: StateView) => boolean

/**
 * `weak`: what stays possible happens in the end. `strong`: what is possible again and again happens again and again.
 */
export type ActorFairness = 'weak' | 'strong'

/** What a search decides. `always` and `never` are safety, `sometimes` and `emits` ask for a witness, `leadsTo` is liveness. */
export type Property =
  | {
      readonly kind: 'always'
      readonly holds: Predicate
      readonly description?: string
      /** What a state that breaks it is like, in one sentence. */
      readonly explain?: (state: StateView) => string
    }
  /** No step, or some step, emits an event of this type (for which `when` is true). */
  | {
      readonly kind: 'never' | 'emits'
      readonly event: string
      readonly when?: (event: Message) => boolean
      readonly description?: string
      /** What such an event says, in one sentence. */
      readonly explain?: (event: Message) => string
    }
  | { readonly kind: 'sometimes'; readonly holds: Predicate; readonly description?: string }
  /** Whenever `from` holds, `to` holds then or later, on every run that is fair to each channel head and each `must` choice. */
  | {
      readonly kind: 'leadsTo'
      readonly from: Predicate
      readonly to: Predicate
      readonly description?: string
      /** Default: what is asked for when it is checked, which is weak by itself. */
      readonly fairness?: ActorFairness
    }

/** Holds in every reachable state. */
export function always(holds: Predicate, description?: string): Property {
  return { kind: 'always', holds, ...(description ? { description } : {}) }
}

/** No step emits an event of this type (for which `when` is true): an assertion inside a chart is an event that it emits. */
export function never(event: string, when?: (event: Message) => boolean): Property {
  return { kind: 'never', event, ...(when ? { when } : {}) }
}

/** Some step emits an event of this type (for which `when` is true). */
export function emits(event: string, when?: (event: Message) => boolean): Property {
  return { kind: 'emits', event, ...(when ? { when } : {}) }
}

/** Holds in at least one reachable state. */
export function sometimes(holds: Predicate, description?: string): Property {
  return { kind: 'sometimes', holds, ...(description ? { description } : {}) }
}

/** Whenever `from` holds, `to` follows. @param more a description, or that and the fairness that it takes for granted */
export function leadsTo(
  from: Predicate,
  to: Predicate,
  more: string | { readonly description?: string; readonly fairness?: ActorFairness } = {},
): Property {
  demand(leadsToMore, more, 'leadsTo(from, to, more)')
  return { kind: 'leadsTo', from, to, ...(typeof more === 'string' ? { description: more } : more) }
}

/** How a field takes part in a renaming of indexes. */
export type IndexRole =
  /** Holds an index; values that are no index (null, -1, a string) stay. */
  | 'index'
  /** An array with one element per index. */
  | 'indexed'
  /** An array of indexes, in an order that matters. */
  | 'indexes'
  /** An array with one element per index, each an index. */
  | 'indexed-index'

/** Members 0 to size - 1 that behave alike, up to their numbers. */
export interface Symmetry {
  readonly name: string
  readonly size: number
  /** `full`: any permutation; `cyclic`: rotations. */
  readonly group: 'full' | 'cyclic'
  /** Families of actors: the i-th of each belongs to member i. */
  readonly actors?: readonly (readonly string[])[]
  /** Families of ports (`actor.port`) of actors that have one per member. Ports of the actors above follow by themselves. */
  readonly ports?: readonly (readonly string[])[]
  /** `actor.path` of a context field → its role. For members of a family, `family[0]`'s id stands for all. */
  readonly fields?: Readonly<Record<string, IndexRole>>
  /** `type.path` of a message field → its role. */
  readonly messages?: Readonly<Record<string, IndexRole>>
}

/** A renaming of values that changes no behaviour, such as two parities that can be told apart only by comparing them. */
export interface ValueSymmetry {
  readonly name: string
  /** The actor whose values are renamed; the others must not see the difference. */
  readonly actor: string
  /** The renamed context; pure. Applied again and again it comes back to where it began. */
  readonly rename: (context: never) => unknown
}

/** A system as its author writes it. */
export interface SystemConfig {
  /** Kebab-case; names tokens and reports. */
  readonly id: string
  readonly description?: string
  /** By id: a machine of `defineMachine`, or a chart of XState's own wrapped by `fromXState`. */
  readonly actors: Readonly<Record<string, ActorDefinition>>
  readonly channels: readonly {
    readonly from: string
    readonly to: string | readonly string[]
    readonly order?: ChannelOrder
    /** Default 1; a rendezvous of capacity 0 is one step of all participants, the sender included. */
    readonly capacity?: number
    /** Timed runs only. */
    readonly latencyCycles?: number
  }[]
  readonly properties?: Readonly<Record<string, Property>>
  readonly symmetries?: readonly Symmetry[]
  readonly valueSymmetries?: readonly ValueSymmetry[]
  /** By actor, for `leadsTo`: of its `must` choices, and of what is delivered to it. Default: weak. */
  readonly fairness?: Readonly<Record<string, ActorFairness>>
}

/** A system ready to run or to check. */
export interface CheckableSystem {
  readonly id: string
  readonly description: string
  readonly spec: SystemSpec
  readonly properties: Readonly<Record<string, Property>>
  readonly symmetries: readonly Symmetry[]
  readonly valueSymmetries: readonly ValueSymmetry[]
  readonly fairness?: Readonly<Record<string, ActorFairness>>
}

/** Completes a system from defaults. Throws `DefinitionError`, naming each problem. */
export function defineSystem(config: SystemConfig): CheckableSystem {
  demandDefinition(systemShape, config, systemNamed(config))
  const problems: string[] = []
  if (!isKebabCase(config.id)) {
    problems.push(`"${cut(config.id)}" is no id: use small letters, digits and single dashes`)
  }
  const actors = Object.entries(config.actors).map(([id, definition]) => ({ id, definition }))
  if (actors.length === 0) problems.push('it has no actors')
  for (const { id } of actors) {
    if (!/^[A-Za-z_][\w-]*$/.test(id)) problems.push(`actor "${cut(id)}": an id is letters, digits, "_" and "-"`)
  }
  const noActor = (id: string): string[] => {
    return Object.hasOwn(config.actors, id) ? [] : [unknownName('actor', id, Object.keys(config.actors)).message]
  }
  for (const { name, size, actors = [], ports = [] } of config.symmetries ?? []) {
    for (const family of [...actors, ...ports]) {
      if (family.length !== size) problems.push(`symmetry "${name}": ${family.join(', ')} are not ${size}`)
    }
    for (const id of actors.flat()) problems.push(...noActor(id).map((problem) => `symmetry "${name}": ${problem}`))
  }
  for (const { name, actor } of config.valueSymmetries ?? []) {
    problems.push(...noActor(actor).map((problem) => `symmetry "${name}": ${problem}`))
  }
  for (const actor of Object.keys(config.fairness ?? {})) {
    problems.push(...noActor(actor).map((problem) => `fairness: ${problem}`))
  }
  const channels = config.channels.map(({ from, to, order = 'fifo', capacity = 1, latencyCycles = 1 }) => {
    return { from, to, order, capacity, latencyCycles }
  })
  const spec = { actors, channels }
  if (problems.length === 0) problems.push(...wiringProblems(spec))
  if (problems.length > 0) throw new DefinitionError(systemNamed(config), problems)
  return {
    id: config.id,
    description: config.description ?? '',
    spec,
    properties: Object.fromEntries(
      Object.entries(config.properties ?? {}).map(([name, property]) => [name, guarded(name, property)]),
    ),
    symmetries: config.symmetries ?? [],
    valueSymmetries: config.valueSymmetries ?? [],
    ...(config.fairness ? { fairness: config.fairness } : {}),
  }
}

/** The property, whose functions say which one they are of when they fail. Predicates are named where they are evaluated. */
function guarded(name: string, property: Property): Property {
  const said = <Of>(explain: (of: Of) => string) => {
    return (of: Of) => told(`property "${name}": explain`, () => String(explain(of)))
  }
  if (property.kind === 'always') return property.explain ? { ...property, explain: said(property.explain) } : property
  if (property.kind !== 'never' && property.kind !== 'emits') return property
  const { when, explain } = property
  return {
    ...property,
    ...(when ? { when: asked(`property "${name}": when`, when) } : {}),
    ...(explain ? { explain: said(explain) } : {}),
  }
}

/** How a system is called in what is wrong with it. */
function systemNamed(config: unknown): string {
  const { id } = Object(config) as { id?: unknown }
  return typeof id === 'string' ? `system "${cut(id)}"` : 'the system'
}
