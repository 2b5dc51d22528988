/** Statechart | how an exception inside a machine's own code is reported, with machine and action. */

import { InternalError, UsageError } from '../base/errors.ts'
import { placeOf, placeText } from '../base/place.ts'
import { isOwnFile } from '../base/program.ts'

/** `internal: <machine> <part>: <message>`, the original error as its cause. */
export function failure(machine: string, part: string, error: unknown): InternalError {
  const text = error instanceof Error ? error.message : String(error)
  const plain = error instanceof InternalError ? text.replace(/^internal: /, '') : text
  return new InternalError(`${machine} ${part}: ${plain}`, { cause: error })
}

/** The same of a machine written with XState's own words, which is never one of ours: a usage error that says where. */
export function ownFailure(machine: string, what: string, error: unknown): Error {
  if (error instanceof UsageError || error instanceof InternalError) return error
  // XState throws errors of guards anew, from where we called it: that is no place of the user's.
  const place = isOwnFile(placeOf(error)?.file ?? '') ? '' : placeText(error)
  return new UsageError(`machine "${machine}", ${what}: an action or guard threw ${String(error)}${place}`)
}
