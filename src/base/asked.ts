/** Base | functions of a user's that answer true or false: what they throw, and what they say instead, is told with their name. */

import { InternalError, UsageError } from './errors.ts'
import { placeText } from './place.ts'
import { shown } from './shown.ts'

/** `ask`, held to its word: a promise would count as true, and a forgotten return as false. @param where what it is, for usage errors */
export function asked<Args extends readonly unknown[]>(
  where: string,
  ask: (...args: Args) => unknown,
): (...args: Args) => boolean {
  return (...args) => {
    const answer = told(where, () => ask(...args))
    if (typeof answer === 'boolean') return answer
    throw new UsageError(`${where} returned ${shown(answer)}, expected true or false`)
  }
}

/** What `ask` returns; what it throws becomes a usage error that says where. */
export function told<T>(where: string, ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    if (error instanceof InternalError) throw error
    if (error instanceof UsageError) throw new UsageError(`${where}: ${error.message}`, { cause: error })
    throw new UsageError(`${where} threw: ${String(error)}${placeText(error)}`, { cause: error })
  }
}
