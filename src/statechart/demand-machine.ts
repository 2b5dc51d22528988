/** Statechart | whether a value is a machine of the XState that is used here, and what it is likely to be instead. */

import { UsageError } from '../base/errors.ts'
import { shown, tagOf } from '../base/shown.ts'

/** What is asked of a machine: all of it is in XState 5, some in others. */
const methods = ['getInitialSnapshot', 'getTransitionData', 'getStateNodeById', 'resolveState', 'transition']

/** Throws a usage error that says what `value` is if it is no machine of XState 5. */
export function demandMachine(value: unknown): void {
  const why = notAMachine(value)
  if (why !== undefined)
    throw new UsageError(`fromXState takes a machine, as createMachine returns one; this is ${why}`)
}

function notAMachine(value: unknown): string | undefined {
  if (value === undefined) return 'undefined: is it imported in a circle, or under another name?'
  if (typeof value !== 'object' || value === null) return shown(value)
  const given = value as Readonly<Record<string, unknown>>
  if (tagOf(value) === 'Promise') return 'a promise: await it first'
  if (typeof given.createReactor === 'function') {
    return 'an actor already, as defineMachine or fromXState returns one: give it to defineSystem'
  }
  if (typeof given.getSnapshot === 'function') return 'a running actor: give the machine that it was made from'
  if (typeof given.createMachine === 'function') return 'what setup returns: call its createMachine'
  if (typeof given.transition !== 'function') {
    const { states, initial, machine } = given
    if (states !== undefined || initial !== undefined) return 'the plain config of one: give it to createMachine first'
    return machine === undefined ? shown(value) : `${shown(value)}: give what is in its field "machine"`
  }
  const { transitions, entry } = Object(given.root) as Readonly<Record<string, unknown>>
  const isKnown = methods.every((name) => typeof given[name] === 'function')
  if (isKnown && given.idMap instanceof Map && transitions instanceof Map && Array.isArray(entry)) return undefined
  return 'one of another version of xstate than 5: make it with xstate 5'
}
