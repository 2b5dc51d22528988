/** Explore | the report of an impure reaction: equal situations that led to different things, and who reacted in them. */

import { UsageError } from '../base/errors.ts'
import type { Expansion } from './partition.ts'

/** Who reacted to what, by which actions. */
export interface Reacted {
  readonly actor: string
  readonly message: string
  readonly actions: readonly string[]
}

/** What was asked twice: the name of the group, the reactions of the second time, and names by component. */
export interface Asked {
  readonly group: string
  readonly reacted: readonly Reacted[]
  readonly components: readonly { readonly name: string }[]
}

/** Something else than state and message decided. */
export function impurityError({ group, reacted, components }: Asked, one: Expansion, other: Expansion): UsageError {
  const at = one.successors.findIndex((successor, i) => {
    return JSON.stringify(successor) !== JSON.stringify(other.successors[i])
  })
  const changed = new Set<string>()
  const writes = [one, other].flatMap(({ successors }) => successors[at]?.writes ?? [])
  for (const { component, to } of writes) {
    const both = writes.filter((write) => write.component === component)
    if (both.length < 2 || both.some((write) => write.to !== to)) changed.add(components[component]?.name as string)
  }
  return new UsageError(
    `${group}: the same step from the same state led to two results${changed.size > 0 ? ` (in ${[...changed].join(', ')})` : ''}. ` +
      `${at < 0 ? '' : reactionsText(reacted)}An action or guard depends on something else than its context and message: randomness, time, or a variable outside`,
  )
}

/** "Reacted: cpu to store by the actions note, tell. " */
function reactionsText(reacted: readonly Reacted[]): string {
  if (reacted.length === 0) return ''
  const list = reacted.map(({ actor, message, actions }) => {
    return `${actor} to ${message}${actions.length > 0 ? ` by ${actions.length === 1 ? 'the action' : 'the actions'} ${actions.join(', ')}` : ''}`
  })
  return `Reacted: ${list.join('; ')}. `
}

/** Whether two pieces of plain data, written by the same code, are the same. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  for (const key of keys) {
    if (!isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false
  }
  return true
}
