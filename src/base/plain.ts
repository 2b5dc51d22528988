/** Base | what plain data is: the first thing in a value that is not. */

import { Bytes } from './bytes.ts'

/** The first thing in `value` that is not plain data, as its path; undefined when there is none. `Bytes` counts as plain. */
export function notPlainAt(value: unknown, path = ''): string | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'function' || typeof value === 'symbol') return path
  if (typeof value !== 'object' || value instanceof Bytes) return undefined
  const prototype = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return path
  for (const [key, part] of Object.entries(value)) {
    const found = notPlainAt(part, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}
