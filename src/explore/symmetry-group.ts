/** Explore | the symmetry group of a system: what its declarations say of actors, channels, parts, steps and values. */

import { canonical, clone, deepFreeze } from '../base/canonical.ts'
import { DefinitionError, UsageError } from '../base/errors.ts'
import type { Message, SavedState } from '../kernel/actor.ts'
import { actorOf, portOf, receivingEnds } from '../kernel/system.ts'
import type { Symmetry, ValueSymmetry } from './define-system.ts'
import type { StepLabel } from './partition.ts'
import { inOrder, missingField, type Place, type Renaming, rename } from './renaming.ts'
import type { SystemPartition } from './system-partition.ts'

/** One declared symmetry. Its members are the points `base` to `base + size - 1`: points of all factors are numbered through. */
export interface Factor {
  readonly symmetry: Symmetry
  readonly base: number
  readonly size: number
}

/** By point: the point that takes its place. Maps each factor onto itself. */
export type Permutation = Int32Array

/** Values of one actor in an orbit of its value symmetries; more are a renaming that never comes back. */
const orbitMax = 1 << 12

/** Which member of a family something is. */
interface Member {
  readonly family: readonly string[]
  readonly index: number
}

type Families = ReadonlyMap<string, Member>

/**
 * The direct product of the declared symmetries, and the value symmetries of single actors. Throws `DefinitionError` if a
 * declaration does not fit the system.
 */
export class SymmetryGroup {
  readonly partition: SystemPartition
  readonly factors: readonly Factor[]
  /** How many points there are. */
  readonly points: number
  /** Value symmetries by component; most have none. */
  readonly renames: readonly (readonly ValueSymmetry[])[]
  /** Components × factors: which member a component belongs to, or -1. */
  readonly owners: Int32Array
  /** By component: the least component that it can be mapped to. */
  readonly classes: Int32Array
  private readonly actorFamilies: readonly Families[]
  private readonly portFamilies: readonly Families[]
  private readonly partFamilies: readonly Families[]
  /** By component: fields of contexts and of parts. */
  private readonly places: readonly (readonly Place[])[]
  private readonly messagePlaces: ReadonlyMap<string, readonly Place[]>
  private readonly componentByName: ReadonlyMap<string, number>
  private readonly channelByFrom: ReadonlyMap<string, number>
  private readonly groupByStep = new Map<string, number>()

  constructor(
    partition: SystemPartition,
    symmetries: readonly Symmetry[],
    valueSymmetries: readonly ValueSymmetry[] = [],
  ) {
    this.partition = partition
    let points = 0
    this.factors = symmetries.map((symmetry) => {
      const base = points
      points += symmetry.size
      return { symmetry, base, size: symmetry.size }
    })
    this.points = points
    this.actorFamilies = symmetries.map(({ actors = [] }) => familiesOf(actors))
    this.portFamilies = symmetries.map(({ ports = [] }) => familiesOf(ports))
    this.partFamilies = symmetries.map(({ name }) => {
      const parts = partition.observers.flatMap(({ id, symmetries: own = {} }) => {
        return (own[name]?.parts ?? []).map((family) => family.map((part) => `${id}.${part}`))
      })
      return familiesOf(parts)
    })
    this.componentByName = new Map(partition.components.map(({ name }, component) => [name, component]))
    this.channelByFrom = new Map(partition.system.channels.map(({ spec, index }) => [spec.from, index]))
    partition.groups.forEach((_, group) => {
      this.groupByStep.set(stepKey(partition, group), group)
    })
    const declarations = new Declarations(partition, symmetries, valueSymmetries, this.actorFamilies)
    this.messagePlaces = declarations.messagePlaces()
    this.places = declarations.places()
    this.renames = partition.components.map((_, component) => {
      return valueSymmetries.filter(({ actor }) => partition.system.actors[component]?.id === actor)
    })
    const problems = declarations.problems
    if (problems.length === 0) problems.push(...this.wiringProblems())
    if (problems.length > 0) throw new DefinitionError('the symmetry of the system', [...new Set(problems)])
    this.owners = this.ownersOf()
    this.classes = this.classesOf()
  }

  get identity(): Permutation {
    return Int32Array.from({ length: this.points }, (_, point) => point)
  }

  /** Permutations that make up all others. */
  generators(): { readonly name: string; readonly permutation: Permutation }[] {
    return this.factors.flatMap(({ symmetry: { name, group }, base, size }) => {
      const made = (image: (index: number) => number): { name: string; permutation: Permutation } => {
        const permutation = this.identity
        for (let i = 0; i < size; i++) permutation[base + i] = base + image(i)
        return { name, permutation }
      }
      const rotation = made((i) => (i + 1) % size)
      if (size < 2) return []
      if (group === 'cyclic' || size === 2) return [rotation]
      return [rotation, made((i) => (i < 2 ? 1 - i : i))]
    })
  }

  /** Where a component goes. */
  componentAt(permutation: Permutation, component: number): number {
    const { system, components } = this.partition
    if (component < system.actors.length) {
      return this.componentByName.get(this.actorAt(permutation, components[component]?.name as string)) as number
    }
    const channel = this.partition.channelComponents.indexOf(component)
    if (channel >= 0) return this.partition.channelComponents[this.channelAt(permutation, channel)] as number
    return this.componentByName.get(this.mapped(this.partFamilies, permutation, this.nameOf(component))) as number
  }

  /** Where a channel goes, by index. */
  channelAt(permutation: Permutation, channel: number): number {
    const { spec } = this.partition.system.channels[channel] as SystemPartition['system']['channels'][number]
    return this.channelByFrom.get(this.endAt(permutation, spec.from)) as number
  }

  /** Which group takes the steps of `group` then. */
  groupAt(permutation: Permutation, group: number): number {
    const own = this.partition.memberOf(group)
    if (own.kind === 'deliver') {
      return this.groupByStep.get(`deliver ${this.channelAt(permutation, own.channel.index)}`) as number
    }
    if (own.kind !== 'spontaneous') return group
    return this.groupByStep.get(`choice ${this.componentAt(permutation, own.actor)} ${own.choice}`) as number
  }

  labelAt(permutation: Permutation, label: StepLabel): StepLabel {
    const how = this.renamingBy(permutation)
    if (label.kind === 'deliver') {
      const message = canonical(this.messageRenamed(JSON.parse(label.message) as Message, how))
      return { kind: 'deliver', channel: this.channelAt(permutation, label.channel), message }
    }
    const { actor, choice, value } = label
    const { definition } = this.partition.system.actors[actor] as SystemPartition['system']['actors'][number]
    const type = definition.spontaneous[choice]?.event as string
    const { value: renamed } = this.messageRenamed({ type, value } as Message, how) as Message & { value: number }
    return { kind: 'spontaneous', actor: this.componentAt(permutation, actor), choice, value: renamed }
  }

  /** The value that `componentAt` has in the permuted state. */
  valueAt(permutation: Permutation, component: number, value: unknown): unknown {
    const renamed = this.valueRenamed(component, value, this.renamingBy(permutation))
    if (component >= this.partition.system.actors.length) return renamed
    const to = this.componentAt(permutation, component)
    const { configuration, context } = renamed as SavedState
    const number = this.partition.configurationAt(to, component, configuration)
    if (number === undefined) {
      throw new UsageError(
        `${this.nameOf(to)} has no such states as ${this.nameOf(component)}, whose place it takes: they are not alike`,
      )
    }
    return { configuration: number, context } satisfies SavedState
  }

  /** All that the value symmetries of its component make of a value, itself first. */
  orbit(component: number, value: unknown): unknown[] {
    const renames = this.renames[component] as readonly ValueSymmetry[]
    if (renames.length === 0) return [value]
    const { configuration, context } = value as SavedState
    const orbit = new Map<string, unknown>([[canonical(context), context]])
    for (const [text, from] of orbit) {
      for (const symmetry of renames) {
        let image = renamedContext(symmetry, from)
        let steps = 0
        for (let key = canonical(image); key !== text; key = canonical(image)) {
          orbit.set(key, image)
          image = renamedContext(symmetry, image)
          if (++steps > orbitMax || orbit.size > orbitMax) {
            throw new UsageError(
              `value symmetry "${symmetry.name}": its renaming of ${text} does not come back to it (${orbitMax} values tried)`,
            )
          }
        }
      }
    }
    return [...orbit.values()].map((each) => ({ configuration, context: each }) satisfies SavedState)
  }

  /** The points that a value has to do with: where a permutation takes the others makes no difference to its image. */
  supportOf(component: number, value: unknown): number[] {
    const support = new Set<number>()
    const pointOf = (factor: number, index: number): number => (this.factors[factor] as Factor).base + index
    for (let factor = 0; factor < this.factors.length; factor++) {
      const owner = this.owners[component * this.factors.length + factor] as number
      if (owner >= 0) support.add(pointOf(factor, owner))
    }
    const how: Renaming = {
      index: (factor, index) => {
        support.add(pointOf(factor, index))
        return index
      },
      arrange: (factor, elements) => {
        for (let index = 0; index < elements.length; index++) support.add(pointOf(factor, index))
        return elements
      },
    }
    for (const each of this.orbit(component, value)) this.valueRenamed(component, each, how)
    return [...support].sort((a, b) => a - b)
  }

  /**
   * What a value says of one or two points, when all others look alike: equal for two values if a permutation that maps
   * the points of one to those of the other maps the values so. `second`: -1 for none.
   */
  mark(component: number, value: unknown, first: number, second: number): string {
    const texts = this.orbit(component, value).map((each) => this.markOne(component, each, first, second))
    return `${this.relation(component, first)}${this.relation(component, second)}${texts.sort()[0]}`
  }

  private markOne(component: number, value: unknown, first: number, second: number): string {
    const nameOf = (factor: number, index: number): string => {
      const point = (this.factors[factor] as Factor).base + index
      return point === first ? '@' : point === second ? '@@' : '#'
    }
    const how: Renaming = {
      index: nameOf,
      arrange: (factor, elements) => {
        const others: string[] = []
        const marked: Record<string, unknown> = {}
        elements.forEach((element, index) => {
          const name = nameOf(factor, index)
          if (name === '#') others.push(canonical(element))
          else marked[name] = element
        })
        return { ...marked, '#': others.sort() }
      },
    }
    const marked = this.valueRenamed(component, value, how)
    if (component < this.partition.system.actors.length) {
      const { configuration, context } = marked as SavedState
      const number = this.partition.configurationAt(this.classes[component] as number, component, configuration)
      return `${number} ${canonical(context)}`
    }
    const channel = this.partition.system.channels[this.partition.channelComponents.indexOf(component)]
    if (channel === undefined || channel.inOrder) return canonical(marked)
    return (marked as readonly unknown[]).map(canonical).sort().join(',')
  }

  /** Whether a component is of the same class and belongs to the point, to another one of its factor, or to none. */
  private relation(component: number, point: number): string {
    const factor = this.factors.findIndex(({ base, size }) => point >= base && point < base + size)
    if (factor < 0) return '.'
    const owner = this.owners[component * this.factors.length + factor] as number
    return owner < 0 ? '-' : owner === point - (this.factors[factor] as Factor).base ? '=' : '/'
  }

  private nameOf(component: number): string {
    return this.partition.components[component]?.name as string
  }

  private renamingBy(permutation: Permutation): Renaming {
    const { factors } = this
    const image = (factor: number, index: number): number => {
      const { base } = factors[factor] as Factor
      return (permutation[base + index] as number) - base
    }
    return {
      index: image,
      arrange: (factor, elements) => {
        const arranged: unknown[] = elements.slice()
        elements.forEach((element, index) => {
          arranged[image(factor, index)] = element
        })
        return arranged
      },
    }
  }

  private valueRenamed(component: number, value: unknown, how: Renaming): unknown {
    const places = this.places[component] as readonly Place[]
    if (component < this.partition.system.actors.length) {
      const { configuration, context } = value as SavedState
      return { configuration, context: rename(context, places, how) }
    }
    if (this.partition.channelComponents.includes(component)) {
      return (value as readonly Message[]).map((message) => this.messageRenamed(message, how))
    }
    return rename(value, places, how)
  }

  private messageRenamed(message: Message, how: Renaming): Message {
    const places = this.messagePlaces.get(message.type)
    return places ? (rename(message, places, how) as Message) : message
  }

  private mapped(families: readonly Families[], permutation: Permutation, name: string): string {
    let image = name
    this.factors.forEach(({ base }, factor) => {
      const member = families[factor]?.get(image)
      if (member) image = member.family[(permutation[base + member.index] as number) - base] as string
    })
    return image
  }

  private actorAt(permutation: Permutation, actor: string): string {
    return this.mapped(this.actorFamilies, permutation, actor)
  }

  private endAt(permutation: Permutation, end: string): string {
    const mapped = this.mapped(this.portFamilies, permutation, end)
    return `${this.actorAt(permutation, actorOf(mapped))}.${portOf(mapped)}`
  }

  private ownersOf(): Int32Array {
    const count = this.factors.length
    const owners = new Int32Array(this.partition.components.length * count).fill(-1)
    this.partition.components.forEach(({ name }, component) => {
      const channel = this.partition.system.channels[this.partition.channelComponents.indexOf(component)]
      for (let factor = 0; factor < count; factor++) {
        const member =
          channel === undefined
            ? (this.actorFamilies[factor]?.get(name) ?? this.partFamilies[factor]?.get(name))
            : (this.portFamilies[factor]?.get(channel.spec.from) ??
              this.actorFamilies[factor]?.get(actorOf(channel.spec.from)))
        if (member) owners[component * count + factor] = member.index
      }
    })
    return owners
  }

  private classesOf(): Int32Array {
    const classes = Int32Array.from(this.partition.components, (_, component) => component)
    const generators = this.generators()
    for (let changed = true; changed; ) {
      changed = false
      for (const { permutation } of generators) {
        for (let component = 0; component < classes.length; component++) {
          const image = this.componentAt(permutation, component)
          const least = Math.min(classes[component] as number, classes[image] as number)
          if (classes[component] === least && classes[image] === least) continue
          classes[component] = least
          classes[image] = least
          changed = true
        }
      }
    }
    return classes
  }

  /** Whether actors that take each other's place have the same choices, and channels lead to where the others led. */
  private wiringProblems(): string[] {
    const { actors, channels } = this.partition.system
    const problems: string[] = []
    for (const { name, permutation } of this.generators()) {
      for (const { id, definition } of actors) {
        const image = actors.find((actor) => actor.id === this.actorAt(permutation, id))
        const choices = (of: typeof definition | undefined): string =>
          canonical(of?.spontaneous.map(({ event, kind, domain }) => [event, kind, domain]))
        if (image?.definition === definition || choices(image?.definition) === choices(definition)) continue
        problems.push(`symmetry "${name}": ${id} and ${image?.id} do not have the same choices`)
      }
      for (const { spec, id } of channels) {
        const from = this.endAt(permutation, spec.from)
        const to = receivingEnds(spec).map((end) => this.endAt(permutation, end))
        const image = channels[this.channelByFrom.get(from) ?? -1]
        const shape = ({ order, capacity }: typeof spec, ends: readonly string[]): string =>
          canonical([order, capacity, ends])
        if (image && shape(image.spec, receivingEnds(image.spec)) === shape(spec, to)) continue
        problems.push(
          `symmetry "${name}": the channel ${id} becomes ${from}>${to.join('+')}, and there is none like it`,
        )
      }
    }
    return problems
  }
}

/** What a value symmetry makes of a context. */
export function renamedContext({ name, rename: apply }: ValueSymmetry, context: unknown): unknown {
  try {
    return apply(deepFreeze(clone(context)) as never)
  } catch (error) {
    throw new UsageError(`value symmetry "${name}" threw: ${String(error)}`)
  }
}

function familiesOf(families: readonly (readonly string[])[]): Families {
  return new Map(families.flatMap((family) => family.map((id, index) => [id, { family, index }] as const)))
}

/** What a group does, to find the group that does it elsewhere. */
function stepKey(partition: SystemPartition, group: number): string {
  const own = partition.memberOf(group)
  if (own.kind === 'deliver') return `deliver ${own.channel.index}`
  return own.kind === 'spontaneous' ? `choice ${own.actor} ${own.choice}` : `other ${group}`
}

/** Reads the declared fields and collects what is wrong with them. */
class Declarations {
  readonly problems: string[] = []
  private readonly partition: SystemPartition
  private readonly symmetries: readonly Symmetry[]
  private readonly valueSymmetries: readonly ValueSymmetry[]
  private readonly families: readonly Families[]

  constructor(
    partition: SystemPartition,
    symmetries: readonly Symmetry[],
    valueSymmetries: readonly ValueSymmetry[],
    families: readonly Families[],
  ) {
    this.partition = partition
    this.symmetries = symmetries
    this.valueSymmetries = valueSymmetries
    this.families = families
    const names = [...symmetries, ...valueSymmetries].map(({ name }) => name)
    for (const name of names) {
      if (names.indexOf(name) !== names.lastIndexOf(name)) this.problems.push(`two symmetries are called "${name}"`)
    }
    for (const { name, actor } of valueSymmetries) {
      if (!partition.system.actors.some(({ id }) => id === actor)) {
        this.problems.push(`value symmetry "${name}": no actor "${actor}"`)
      }
    }
    for (const { name, size, actors = [], ports = [] } of symmetries) {
      for (const family of [...actors, ...ports]) {
        if (family.length !== size) this.problems.push(`symmetry "${name}": ${family.join(', ')} are not ${size}`)
      }
      this.checkEnds(name, actors.flat(), ports.flat())
    }
  }

  messagePlaces(): Map<string, readonly Place[]> {
    const found = new Map<string, Place[]>()
    const types = new Set<string>()
    const choices = new Set<string>()
    for (const { definition } of this.partition.system.actors) {
      for (const list of [...Object.values(definition.inPorts), ...Object.values(definition.outPorts)]) {
        for (const type of list) types.add(type)
      }
      for (const { event } of definition.spontaneous) choices.add(event)
    }
    this.symmetries.forEach(({ name, size, messages = {} }, factor) => {
      for (const [field, role] of Object.entries(messages)) {
        // Message types may contain dots: the longest known one counts.
        const type = [...types, ...choices]
          .filter((known) => field.startsWith(`${known}.`))
          .sort((a, b) => b.length - a.length)[0]
        if (type === undefined) {
          this.problems.push(`symmetry "${name}": no message or choice of the system has the type of "${field}"`)
          continue
        }
        const path = field.slice(type.length + 1)
        // A message that shares the name of a choice need not have the choice's value.
        const optional = choices.has(type) && path === 'value'
        const at = found.get(type) ?? []
        at.push(
          this.place({ factor, size, path: path.split('.'), role, optional, name: `message field ${field}` }, name),
        )
        found.set(type, at)
      }
    })
    return new Map([...found].map(([type, places]) => [type, inOrder(places)]))
  }

  /** By component. */
  places(): (readonly Place[])[] {
    const found: Place[][] = this.partition.components.map(() => [])
    this.symmetries.forEach(({ name, size, fields = {} }, factor) => {
      for (const [field, role] of Object.entries(fields)) {
        const path = field.split('.').slice(1)
        const place = this.place({ factor, size, path, role, name: `field ${field}` }, name)
        for (const component of this.bearers(factor, field, name)) found[component]?.push(place)
      }
    })
    this.addObserverPlaces(found)
    const { values } = this.partition.initial()
    found.forEach((places, component) => {
      const value = this.partition.interners[component]?.values[values[component] as number]
      const isActor = component < this.partition.system.actors.length
      for (const place of places) {
        const problem = missingField(isActor ? (value as SavedState).context : value, place)
        if (problem !== undefined) this.problems.push(problem)
      }
    })
    return found.map(inOrder)
  }

  private addObserverPlaces(found: Place[][]): void {
    this.partition.observers.forEach((observer, o) => {
      const { id, parts, symmetries: own = {} } = observer
      for (const { name } of [...this.symmetries, ...this.valueSymmetries]) {
        if (parts.length === 0 || name in own) continue
        this.problems.push(`observer "${id}" does not say what symmetry "${name}" makes of its state`)
      }
      this.symmetries.forEach(({ name, size }, factor) => {
        for (const family of own[name]?.parts ?? []) {
          const unknown = family.find((part) => !parts.includes(part))
          if (unknown !== undefined) this.problems.push(`symmetry "${name}": observer "${id}" has no part "${unknown}"`)
          if (family.length !== size) this.problems.push(`symmetry "${name}": ${family.join(', ')} are not ${size}`)
        }
        for (const [field, role] of Object.entries(own[name]?.fields ?? {})) {
          const [part = '', ...path] = field.split('.')
          const family = own[name]?.parts?.find((members) => members[0] === part) ?? [part]
          const place = this.place({ factor, size, path, role, name: `field ${field} of observer ${id}` }, name)
          for (const member of family) {
            const index = parts.indexOf(member)
            if (index < 0) this.problems.push(`symmetry "${name}": observer "${id}" has no part "${member}"`)
            else found[(this.partition.observerComponents[o] as number) + index]?.push(place)
          }
        }
      })
    })
  }

  private place(place: Place, symmetry: string): Place {
    return { ...place, name: `symmetry "${symmetry}": ${place.name}` }
  }

  /** The actors whose context has the field: those of the family that its first member stands for. */
  private bearers(factor: number, field: string, symmetry: string): number[] {
    const { actors } = this.partition.system
    const id = field.slice(0, field.indexOf('.'))
    const member = this.families[factor]?.get(id)
    if (member && member.index > 0) {
      this.problems.push(`symmetry "${symmetry}": say "${field}" of ${member.family[0]}, which stands for all`)
    }
    const ids = member?.family ?? [id]
    return ids.flatMap((each) => {
      const index = actors.findIndex((actor) => actor.id === each)
      if (index < 0) this.problems.push(`symmetry "${symmetry}": field ${field}: no actor "${each}"`)
      return index < 0 ? [] : [index]
    })
  }

  private checkEnds(symmetry: string, ids: readonly string[], ends: readonly string[]): void {
    for (const all of [ids, ends]) {
      for (const [index, each] of all.entries()) {
        if (all.indexOf(each) !== index) this.problems.push(`symmetry "${symmetry}": ${each} is in two families`)
      }
    }
    const { actors } = this.partition.system
    for (const id of ids) {
      if (!actors.some((actor) => actor.id === id)) this.problems.push(`symmetry "${symmetry}": no actor "${id}"`)
    }
    for (const end of ends) {
      const definition = actors.find(({ id }) => id === actorOf(end))?.definition
      const port = portOf(end)
      if (!definition || !(port in definition.inPorts || port in definition.outPorts)) {
        this.problems.push(`symmetry "${symmetry}": no port "${end}"`)
      }
    }
  }
}
