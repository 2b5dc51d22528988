/** Statechart | how an exception inside a machine's own code is reported: always internal, with machine and action. */

import { InternalError } from '../base/errors.ts'

/** `internal: <machine> <part>: <message>`, the original error as its cause. */
export function failure(machine: string, part: string, error: unknown): InternalError {
  const text = error instanceof Error ? error.message : String(error)
  const plain = error instanceof InternalError ? text.replace(/^internal: /, '') : text
  return new InternalError(`${machine} ${part}: ${plain}`, { cause: error })
}
