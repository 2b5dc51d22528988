/** Tests | orbits: the least image of a whole state under the symmetries that a system declares, by trying all of them. */

import { canonical, clone } from '../../src/base/canonical.ts'
import type { CheckableSystem, IndexRole, Symmetry, ValueSymmetry } from '../../src/explore/define-system.ts'
import type { Message } from '../../src/kernel/actor.ts'

/** One state of a system. State values, not configuration numbers: those differ among definitions. */
export interface Portrait {
  readonly actors: Readonly<Record<string, { readonly value: unknown; readonly context: unknown }>>
  /** By the port that a channel comes from; already sorted where order means nothing. */
  readonly channels: Readonly<Record<string, readonly Message[]>>
}

type Image = (portrait: Portrait) => Portrait

/** The canonical text of a portrait's orbit. */
export type Canon = (portrait: Portrait) => string

export function canonOf(checkable: CheckableSystem): Canon {
  const permutations = checkable.symmetries.map((symmetry) =>
    permutationsOf(symmetry).map((to) => imageUnder(symmetry, to)),
  )
  return (portrait) => {
    let images = [portrait]
    for (const group of permutations) images = images.flatMap((image) => group.map((map) => map(image)))
    for (const renaming of checkable.valueSymmetries) images = images.flatMap((image) => renamings(image, renaming))
    return images.map(canonical).reduce((least, text) => (text < least ? text : least))
  }
}

/** Everything a renaming makes of a portrait until it is back where it began. */
function renamings(portrait: Portrait, { actor, rename }: ValueSymmetry): Portrait[] {
  const { value, context: first } = portrait.actors[actor] as { value: unknown; context: unknown }
  const images: Portrait[] = []
  let context = first
  do {
    images.push({ ...portrait, actors: { ...portrait.actors, [actor]: { value, context } } })
    context = rename(context as never)
  } while (canonical(context) !== canonical(first))
  return images
}

/** Lists `to`: member i becomes member to[i]. */
function permutationsOf({ size, group }: Symmetry): number[][] {
  const indexes = Array.from({ length: size }, (_, index) => index)
  if (group === 'cyclic') return indexes.map((by) => indexes.map((index) => (index + by) % size))
  return permute(indexes)
}

function permute(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item) => permute(items.filter((other) => other !== item)).map((rest) => [item, ...rest]))
}

/** A path into an object and what is found there. */
interface Place {
  readonly owner: string
  readonly path: readonly string[]
  readonly role: IndexRole
}

function imageUnder(symmetry: Symmetry, to: readonly number[]): Image {
  const { actors = [], ports = [], fields = {}, messages = {} } = symmetry
  const actorTo = new Map(actors.flatMap((family) => family.map((id, i) => [id, family[to[i] as number] as string])))
  const portTo = new Map(ports.flatMap((family) => family.map((id, i) => [id, family[to[i] as number] as string])))
  const familyHead = new Map(actors.flatMap((family) => family.map((id) => [id, family[0] as string])))
  const fieldPlaces = Object.entries(fields).map(([path, role]) => placeOf(path, role))
  return ({ actors: before, channels }) => ({
    actors: Object.fromEntries(
      Object.entries(before).map(([id, { value, context }]) => {
        const own = fieldPlaces.filter(({ owner }) => owner === id || owner === familyHead.get(id))
        return [actorTo.get(id) ?? id, { value, context: renamed(context, dedupe(own), to) }]
      }),
    ),
    channels: Object.fromEntries(
      Object.entries(channels).map(([from, contents]) => {
        const dot = from.indexOf('.')
        const moved = `${actorTo.get(from.slice(0, dot)) ?? from.slice(0, dot)}${from.slice(dot)}`
        return [
          portTo.get(from) ?? moved,
          contents.map((message) => renamed(message, placesOfMessage(messages, message), to)),
        ]
      }),
    ),
  })
}

function placeOf(text: string, role: IndexRole): Place {
  const [owner, ...path] = text.split('.') as [string, ...string[]]
  return { owner, path, role }
}

function placesOfMessage(roles: Readonly<Record<string, IndexRole>>, { type }: Message): Place[] {
  return Object.entries(roles)
    .filter(([text]) => text.startsWith(`${type}.`))
    .map(([text, role]) => ({ owner: type, path: text.slice(type.length + 1).split('.'), role }))
}

/** A member of a family may be named itself and by the family's first. */
function dedupe(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [place.path.join('.'), place])).values()]
}

function renamed<T>(value: T, places: readonly Place[], to: readonly number[]): T {
  if (places.length === 0) return value
  const copy = clone(value)
  for (const { path, role } of places) {
    let owner = copy as Record<string, unknown>
    for (const key of path.slice(0, -1)) owner = owner[key] as Record<string, unknown>
    const key = path[path.length - 1] as string
    if (owner[key] !== undefined) owner[key] = inRole(owner[key], role, to)
  }
  return copy
}

function inRole(value: unknown, role: IndexRole, to: readonly number[]): unknown {
  const index = (one: unknown) => (typeof one === 'number' ? (to[one] ?? one) : one)
  if (role === 'index') return index(value)
  const list = value as readonly unknown[]
  if (role === 'indexes') return list.map(index)
  const moved: unknown[] = [...list]
  for (const [i, one] of list.entries()) moved[to[i] as number] = role === 'indexed-index' ? index(one) : one
  return moved
}
