/** Statechart | contexts as the contract wants them: plain data and Bytes, a fresh object for every instance. */

import { DefinitionError, InternalError, UsageError } from '../base/errors.ts'
import { placeText } from '../base/place.ts'
import { notPlainIn } from '../base/plain.ts'
import { shown } from '../base/shown.ts'
import { machineNamed } from './machine-shape.ts'

/**
 * `make`, checked each time it is called. Throws `DefinitionError` for a context that is no object, holds anything but
 * plain data and `Bytes`, or was handed out before: two instances must not share one.
 */
export function contextFactory(id: string, make: () => unknown): () => unknown {
  const handedOut = new WeakSet<object>()
  return () => {
    const context = made(id, make)
    if (typeof context !== 'object' || context === null) {
      throw new DefinitionError(machineNamed({ id }), [`context() must return an object, not ${shown(context)}`])
    }
    const found = notPlainIn(context, 'context')
    if (found !== undefined) {
      throw new DefinitionError(machineNamed({ id }), [
        `${found.path} is not plain data (${found.is}): use objects, arrays, numbers, strings, booleans, and Bytes for bulk memory`,
      ])
    }
    if (handedOut.has(context)) {
      throw new DefinitionError(machineNamed({ id }), [
        'context() returns the same object again: make a fresh one each time',
      ])
    }
    handedOut.add(context)
    return context
  }
}

function made(id: string, make: () => unknown): unknown {
  try {
    return make()
  } catch (error) {
    if (error instanceof UsageError || error instanceof InternalError) throw error
    throw new DefinitionError(machineNamed({ id }), [`context() threw ${String(error)}${placeText(error)}`])
  }
}
