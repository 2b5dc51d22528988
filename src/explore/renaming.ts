/** Explore | renaming: values whose indexes are replaced, as the roles of a symmetry's fields say. */

import { clone } from '../base/canonical.ts'
import { UsageError } from '../base/errors.ts'
import type { IndexRole } from './define-system.ts'

/** One declared field, within the context, message or part that it belongs to. */
export interface Place {
  /** Which of the system's symmetries. */
  readonly factor: number
  /** Members of that symmetry. */
  readonly size: number
  /** Keys from the outside in; `*`: every element. */
  readonly path: readonly string[]
  readonly role: IndexRole
  /** A message may do without it. */
  readonly optional?: boolean
  /** "field tm.prepared of symmetry "resource managers"". */
  readonly name: string
}

/** What takes the place of indexes, and of arrays that have an element for each index. */
export interface Renaming {
  index(factor: number, index: number): unknown
  arrange(factor: number, elements: readonly unknown[]): unknown
}

/** Inner fields before outer ones, and arrays in their new order last: their elements have been renamed by then. */
export function inOrder(places: readonly Place[]): Place[] {
  const arranges = ({ role }: Place): number => (role === 'indexed' || role === 'indexed-index' ? 1 : 0)
  return [...places].sort((a, b) => b.path.length - a.path.length || arranges(a) - arranges(b))
}

/** A copy of `value` with the indexes at `places`, which are `inOrder`, replaced. A missing field is a usage error. */
export function rename(value: unknown, places: readonly Place[], how: Renaming): unknown {
  let result = clone(value)
  for (const place of places) result = renameAt(result, place, 0, how)
  return result
}

/** Where the field would be, and is not: the message of a usage error. */
export function missingField(value: unknown, place: Place): string | undefined {
  try {
    rename(value, [place], { index: (_factor, index) => index, arrange: (_factor, elements) => elements })
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  return undefined
}

function renameAt(node: unknown, place: Place, depth: number, how: Renaming): unknown {
  if (depth === place.path.length) return renamed(node, place, how)
  const key = place.path[depth] as string
  if (key === '*' && Array.isArray(node)) return node.map((element) => renameAt(element, place, depth + 1, how))
  if (typeof node !== 'object' || node === null) throw new UsageError(`${place.name}: there is no such field`)
  const record = node as Record<string, unknown>
  for (const own of key === '*' ? Object.keys(record) : [key]) {
    if (own in record) record[own] = renameAt(record[own], place, depth + 1, how)
    else if (!place.optional) throw new UsageError(`${place.name}: there is no such field`)
  }
  return record
}

function renamed(node: unknown, { factor, size, role, name }: Place, how: Renaming): unknown {
  const isIndex = (value: unknown): value is number => {
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < size
  }
  const index = (value: unknown): unknown => (isIndex(value) ? how.index(factor, value) : value)
  if (role === 'index') return index(node)
  if (!Array.isArray(node)) throw new UsageError(`${name}: it is "${role}", and so must be an array`)
  if (role === 'indexes') return node.map(index)
  if (node.length !== size) throw new UsageError(`${name}: it has ${node.length} elements, not one for each of ${size}`)
  return how.arrange(factor, role === 'indexed' ? node : node.map(index))
}
