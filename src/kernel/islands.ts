/** Kernel | islands: actors that can act on each other within a cycle, and so share one order of steps. */

import type { ChannelSpec } from './channel.ts'
import type { SystemSpec } from './system.ts'

/**
 * The island of each actor, by its place in the spec; islands are numbered by their first actors. Between islands everything takes a
 * cycle at least: messages their latency, room for the next message as long on its way back. So within a cycle islands
 * cannot tell who of them was first, and a timed run takes all steps of one before those of the next.
 *
 * One island: the sender and the receivers of a rendezvous, of a channel without latency or with a latency that each
 * message brings, and of a `set`, which drops what it holds already.
 */
export function islandsOf({ actors, channels }: SystemSpec): number[] {
  const parents = actors.map((_, index) => index)
  const placeOf = new Map(actors.map(({ id }, index) => [id, index]))
  const root = (place: number): number => {
    const parent = parents[place] as number
    return parent === place ? place : root(parent)
  }
  for (const channel of channels) {
    if (!isWithinCycle(channel)) continue
    const ends = [channel.from, ...[channel.to].flat()].map((end) => placeOf.get(end.slice(0, end.indexOf('.'))) ?? -1)
    const places = ends.filter((place) => place >= 0).map(root)
    const least = Math.min(...places)
    for (const place of places) parents[place] = least
  }
  const numbers = new Map<number, number>()
  return actors.map((_, index) => {
    const first = root(index)
    if (!numbers.has(first)) numbers.set(first, numbers.size)
    return numbers.get(first) as number
  })
}

function isWithinCycle({ order, latencyCycles }: ChannelSpec): boolean {
  return order === 'rendezvous' || order === 'set' || latencyCycles === 'message' || latencyCycles === 0
}
