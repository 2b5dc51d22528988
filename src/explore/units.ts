/** Explore | units: who takes turns in a schedule; what priorities and preemptions are counted over. */

import type { Partition } from './partition.ts'

/**
 * A unit is an actor with its `must` choices, a channel with its deliveries, or one `may` choice: what may happen at any
 * moment is no part of its actor's program.
 */
export interface Units {
  /** Number 0 to count - 1; names for reports. */
  readonly names: readonly string[]
  /** By group: its unit, -1 for groups that take no steps. */
  readonly of: Int32Array
  /** By unit: its groups, in order. */
  readonly groups: readonly (readonly number[])[]
  /** By unit: whether it is a `may` choice. */
  readonly isOptional: readonly boolean[]
}

export function unitsOf(partition: Partition): Units {
  const names: string[] = []
  const groups: number[][] = []
  const isOptional: boolean[] = []
  const of = new Int32Array(partition.groups.length).fill(-1)
  const numbers = new Map<string, number>()
  partition.groups.forEach(({ kind, name, unit = name, optional = false }, group) => {
    if (kind !== 'step') return
    let number = numbers.get(unit)
    if (number === undefined) {
      number = names.push(unit) - 1
      numbers.set(unit, number)
      groups.push([])
      isOptional.push(optional)
    }
    of[group] = number
    groups[number]?.push(group)
  })
  return { names, of, groups, isOptional }
}
