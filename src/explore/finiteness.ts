/** Explore | the guard against counters that only grow: a search of a system that is not finite would never end. */

import { Bytes } from '../base/bytes.ts'
import { UsageError } from '../base/errors.ts'

/** Different values that one field may take. */
export const fieldValuesMax = 10_000

/**
 * Looks for a field that takes more than `fieldValuesMax` values. `values` are all known values of one component; call it
 * when their number passes a multiple of the bound. Throws a usage error that names the field.
 */
export function checkFinite(component: string, values: readonly unknown[]): void {
  const seen = new Map<string, Set<unknown>>()
  for (const value of values) collect(value, '', seen)
  for (const [path, different] of seen) {
    if (different.size <= fieldValuesMax) continue
    const [sample] = [...different].slice(-1)
    throw new UsageError(
      `${path === '' ? 'a value' : `the field ${path}`} of ${component} takes more than ${fieldValuesMax} values (${JSON.stringify(sample)} is one): ` +
        'a system to check is finite; count modulo something, use the lowest free number, or keep statistics outside',
    )
  }
}

/** Adds the plain values in `value`; elements of arrays count together. */
function collect(value: unknown, path: string, seen: Map<string, Set<unknown>>): void {
  if (value === null || typeof value !== 'object') {
    const different = seen.get(path) ?? new Set()
    seen.set(path, different)
    if (different.size <= fieldValuesMax) different.add(value)
    return
  }
  if (value instanceof Bytes) {
    for (let offset = 0; offset < value.lengthBytes; offset += 4) collect(value.get(offset), `${path}[]`, seen)
    return
  }
  if (Array.isArray(value)) {
    for (const element of value) collect(element, `${path}[]`, seen)
    return
  }
  for (const [key, part] of Object.entries(value)) collect(part, path === '' ? key : `${path}.${key}`, seen)
}
