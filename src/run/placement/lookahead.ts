/** Run | placement: how soon one group can make a difference to another, from the latencies of the wires between them. */

import { hearingCycles } from '../../kernel/chances.ts'
import { islandsOf } from '../../kernel/islands.ts'
import { actorOf, receivingEnds, type SystemSpec } from '../../kernel/system.ts'
import type { MayPolicy } from '../../kernel/timed.ts'

/**
 * For each pair of groups, from the first to the second: the least cycles between a step here and what it can bring about there, over any
 * number of groups in between; infinity if nothing leads there.
 */
export function lookaheadOf(spec: SystemSpec, groupOf: readonly number[], may: MayPolicy): number[][] {
  const islands = islandsOf(spec)
  const groups = spec.actors.map((_, index) => groupOf[islands[index] as number] as number)
  const byId = new Map(spec.actors.map(({ id }, index) => [id, groups[index] as number]))
  const count = 1 + Math.max(...groups)
  const all = Array.from({ length: count }, (_, group) => group)
  const least = all.map((from) => all.map((to) => (from === to ? 0 : Number.POSITIVE_INFINITY)))
  const join = (from: number, to: number, cycles: number): void => {
    const row = least[from] as number[]
    row[to] = Math.min(row[to] as number, cycles)
  }
  for (const channel of spec.channels) {
    if (channel.latencyCycles === 'message') continue
    const from = byId.get(actorOf(channel.from)) as number
    const to = byId.get(actorOf(receivingEnds(channel)[0] as string)) as number
    join(from, to, channel.latencyCycles)
    // The room that a message leaves comes back as slowly.
    join(to, from, channel.latencyCycles)
  }
  if (may === 'adversarial' || may === 'mixed') {
    spec.actors.forEach(({ definition }, index) => {
      const aims = definition.spontaneous.some(({ kind, aim }) => kind === 'may' && aim !== undefined)
      if (aims) for (const from of all) join(from, groups[index] as number, hearingCycles)
    })
  }
  // Floyd and Warshall: over one more group at a time.
  for (const via of all) {
    for (const from of all) {
      for (const to of all) join(from, to, (least[from]?.[via] as number) + (least[via]?.[to] as number))
    }
  }
  return least
}

/** Which groups hear of events of others. */
export function listenersOf(spec: SystemSpec, groupOf: readonly number[]): boolean[] {
  const islands = islandsOf(spec)
  const listeners = new Array<boolean>(1 + Math.max(...groupOf)).fill(false)
  spec.actors.forEach(({ definition }, index) => {
    if (definition.spontaneous.some(({ kind, aim }) => kind === 'may' && aim !== undefined)) {
      listeners[groupOf[islands[index] as number] as number] = true
    }
  })
  return listeners
}
