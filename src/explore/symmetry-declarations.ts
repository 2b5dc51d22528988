/** Explore | what a symmetry declares, read against the system: fields found, and everything that does not fit. */

import type { SavedState } from '../kernel/actor.ts'
import { actorOf, portOf } from '../kernel/system.ts'
import type { Symmetry, ValueSymmetry } from './define-system.ts'
import { inOrder, missingField, type Place } from './renaming.ts'
import type { SystemPartition } from './system-partition.ts'

/** Which member of a family something is. */
export interface Member {
  readonly family: readonly string[]
  readonly index: number
}

export type Families = ReadonlyMap<string, Member>

/** By id: the member that it belongs to. */
export function familiesOf(families: readonly (readonly string[])[]): Families {
  return new Map(families.flatMap((family) => family.map((id, index) => [id, { family, index }] as const)))
}

/** Reads the declared fields and collects what is wrong with them. */
export class Declarations {
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
      if (!definition || !(Object.hasOwn(definition.inPorts, port) || Object.hasOwn(definition.outPorts, port))) {
        this.problems.push(`symmetry "${symmetry}": no port "${end}"`)
      }
    }
  }
}
