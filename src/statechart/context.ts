/** Statechart | contexts as the contract wants them: plain data and Bytes, a fresh object for every instance. */

import { DefinitionError } from '../base/errors.ts'
import { notPlainAt } from '../base/plain.ts'

/**
 * `make`, checked each time it is called. Throws `DefinitionError` for a context that is no object, holds anything but
 * plain data and `Bytes`, or was handed out before: two instances must not share one.
 */
export function contextFactory(id: string, make: () => unknown): () => unknown {
  const handedOut = new WeakSet<object>()
  return () => {
    const context = make()
    if (typeof context !== 'object' || context === null) {
      throw new DefinitionError(id, ['context() must return an object'])
    }
    const at = notPlainAt(context, 'context')
    if (at !== undefined) {
      throw new DefinitionError(id, [
        `${at} is not plain data: use objects, arrays, numbers, strings, booleans, and Bytes for bulk memory`,
      ])
    }
    if (handedOut.has(context)) {
      throw new DefinitionError(id, ['context() returns the same object again: make a fresh one each time'])
    }
    handedOut.add(context)
    return context
  }
}
