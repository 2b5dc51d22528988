/** Run | placement: which actors live together, out of what a user asks for and what the wiring allows. */

import { UsageError, unknownName } from '../../base/errors.ts'
import { islandsOf } from '../../kernel/islands.ts'
import { actorOf, receivingEnds, type SystemSpec } from '../../kernel/system.ts'

/** As typed: groups of actors, or how many. */
export type PlacementRequest = { readonly place: string } | { readonly threads: number }

export interface Placement {
  /** By island: its group. */
  readonly groupOf: readonly number[]
  /** Names of the actors of each group. */
  readonly groups: readonly (readonly string[])[]
  /** What is not as it was asked for, in sentences. */
  readonly notes: readonly string[]
}

/**
 * Actors of one island (`islandsOf`) cannot be parted: they go with the first of them, in the order of the system, that was named. Actors
 * that nobody named go to the first group. Usage errors: an actor that is not there, one named twice, a group of none.
 */
export function planPlacement(spec: SystemSpec, request: PlacementRequest): Placement {
  return 'place' in request ? planNamed(spec, request.place) : planCounted(spec, request.threads)
}

function planNamed(spec: SystemSpec, text: string): Placement {
  const known = spec.actors.map(({ id }) => id)
  const asked = new Map<string, number>()
  for (const [group, names] of text.split('|').entries()) {
    const actors = names.split(',').map((name) => name.trim())
    for (const name of actors) {
      if (name === '') {
        throw new UsageError(`--place "${text}": group ${group + 1} has an empty name; write cpu0,l1d0|l2,bus`)
      }
      if (!known.includes(name)) throw unknownName('actor', name, known)
      if (asked.has(name)) throw new UsageError(`--place "${text}" names ${name} twice; an actor lives in one group`)
      asked.set(name, group)
    }
  }
  const notes: string[] = []
  const islands = islandsOf(spec)
  const chosen: number[] = []
  const leaders: string[] = []
  const unnamed: string[] = []
  const kept = new Map<string, string[]>()
  for (const [index, id] of known.entries()) {
    const island = islands[index] as number
    const group = asked.get(id)
    if (group === undefined) continue
    if (chosen[island] === undefined) {
      chosen[island] = group
      leaders[island] = id
    } else if (chosen[island] !== group) {
      const leader = leaders[island] as string
      kept.set(leader, [...(kept.get(leader) ?? []), id])
    }
  }
  for (const [leader, ids] of kept) {
    notes.push(`together with ${leader}, for they act on each other within a cycle: ${ids.join(', ')}`)
  }
  for (const [index, id] of known.entries()) {
    const island = islands[index] as number
    if (asked.has(id)) continue
    if (chosen[island] === undefined || leaders[island] === undefined) {
      unnamed.push(id)
      chosen[island] = 0
    }
  }
  if (unnamed.length > 0) notes.push(`in no group, so in the first: ${unnamed.join(', ')}`)
  return numbered(spec, chosen, notes)
}

/** Joins those with the shortest wires between them, the smaller ones first, until few enough are left. */
function planCounted(spec: SystemSpec, threads: number): Placement {
  const islands = islandsOf(spec)
  const count = 1 + Math.max(...islands)
  const notes: string[] = []
  if (threads > count) {
    notes.push(
      count === 1
        ? `one thread instead of ${threads}: all actors act on each other within a cycle`
        : `${count} threads instead of ${threads}: no more parts of this system can be apart`,
    )
  }
  const groupOf = Array.from({ length: count }, (_, island) => island)
  for (let left = count; left > threads; left--) {
    const [keeps, goes] = closest(spec, islands, groupOf)
    for (const [island, group] of groupOf.entries()) if (group === goes) groupOf[island] = keeps
  }
  return numbered(spec, groupOf, notes)
}

/** The two groups with the shortest wire between them; of several, those that come to the fewest actors, then the first. */
function closest(spec: SystemSpec, islands: readonly number[], groupOf: readonly number[]): [number, number] {
  const groupOfActor = new Map(spec.actors.map(({ id }, index) => [id, groupOf[islands[index] as number] as number]))
  const sizeOf = (group: number) => [...groupOfActor.values()].filter((other) => other === group).length
  // Without any wire between them, the first and the last.
  const all = [...new Set(groupOf)].sort((a, b) => a - b)
  let best: [number, number] = [all[0] as number, all.at(-1) as number]
  let least = [Number.POSITIVE_INFINITY, 0]
  for (const channel of spec.channels) {
    const ends = [channel.from, receivingEnds(channel)[0] as string].map(
      (end) => groupOfActor.get(actorOf(end)) as number,
    )
    const [a, b] = [Math.min(...ends), Math.max(...ends)]
    if (a === b || channel.latencyCycles === 'message') continue
    const rank = [channel.latencyCycles, sizeOf(a) + sizeOf(b)]
    if ((rank[0] as number) > (least[0] as number)) continue
    if (rank[0] === least[0] && (rank[1] as number) >= (least[1] as number)) continue
    least = rank
    best = [a, b]
  }
  return best
}

/** Groups in the order of their first actors, none of them empty. */
function numbered(spec: SystemSpec, chosen: readonly number[], notes: readonly string[]): Placement {
  const islands = islandsOf(spec)
  const numbers = [...new Set(chosen)]
  const groupOf = chosen.map((group) => numbers.indexOf(group))
  const groups = numbers.map((_, group) =>
    spec.actors.filter((_, index) => groupOf[islands[index] as number] === group).map(({ id }) => id),
  )
  return { groupOf, groups, notes }
}
