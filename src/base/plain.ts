/** Base | what plain data is: the first thing in a value that is not. */

import { Bytes } from './bytes.ts'
import { cut } from './shown.ts'

/** What is deeper is a list linked by references, or goes round in a circle: neither can be copied or compared. */
const depthMax = 200

/** Something that is not plain data: where it is, and what it is instead, in words. */
export interface NotPlain {
  readonly path: string
  readonly is: string
}

/** The first thing in `value` that is not plain data, as its path; undefined when there is none. `Bytes` counts as plain. */
export function notPlainAt(value: unknown, path = ''): string | undefined {
  return notPlainIn(value, path)?.path
}

/** The same, with what it is. Numbers that JSON does not have could not be told apart in a saved state, so they are none. */
export function notPlainIn(value: unknown, path = ''): NotPlain | undefined {
  const found = search(value, 0)
  return found && { path: cut(path + found.path), is: found.is }
}

/** Paths are made on the way back, where there is something to tell: values can be large. */
function search(value: unknown, depth: number): NotPlain | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : { path: '', is: String(value) }
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    return { path: '', is: `a ${typeof value}` }
  }
  if (typeof value !== 'object' || value instanceof Bytes) return undefined
  if (depth === depthMax) return { path: '', is: `more than ${depthMax} deep, or part of itself` }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const found = search(value[i], depth + 1)
      if (found !== undefined) return { path: `[${i}]${found.path}`, is: found.is }
    }
    return undefined
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return { path: '', is: classOf(value) }
  for (const key of Object.keys(value)) {
    const found = search((value as Record<string, unknown>)[key], depth + 1)
    if (found !== undefined) return { path: `.${key}${found.path}`, is: found.is }
  }
  return undefined
}

function classOf(value: object): string {
  if ('getSnapshot' in value && 'send' in value) return 'an actor'
  const { name } = value.constructor ?? {}
  return name ? `an instance of ${name}` : 'an instance of a class'
}
