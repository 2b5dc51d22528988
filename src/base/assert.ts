/** Base | assertions about our own code; a failure is an internal error. */

import { InternalError } from './errors.ts'

/** Throws `internal: message` unless `condition` holds. One condition per call. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InternalError(message)
}

/** Ends a switch over a closed union: a new variant fails to compile here. */
export function assertNever(value: never): never {
  throw new InternalError(`unexpected variant ${JSON.stringify(value)}`)
}

/** The value, which the caller knows to be there. */
export function present<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new InternalError(`${what} is missing`)
  return value
}
