/** Kernel | copies of messages: what is sent is plain data and shares nothing with the sender's context. */

import { clone } from '../base/canonical.ts'
import { compileText } from '../base/compile-text.ts'
import { dictionary } from '../base/dictionary.ts'
import { InternalError } from '../base/errors.ts'
import { notPlainAt } from '../base/plain.ts'
import type { Message } from './actor.ts'

/**
 * A copy that shares nothing with the original. Messages are flat objects with arrays of numbers, nearly always. Its keys
 * are in an order of their own, `type` first: a trace must not depend on which messages came before.
 *
 * An internal error says what is not plain data: a function or a class instance would be shared by everybody who gets
 * the message. In an action, machine and action are added to it.
 */
export function copyPayload(message: Message): Message {
  const copier = copiers[message.type]
  return copier === undefined ? firstCopy(message) : copier(message)
}

export type Copier = (message: Message) => Message

/** The way to copy messages of this one's type: the same as `copyPayload`, which looks it up each time. */
export function copierOf(message: Message): Copier {
  if (copiers[message.type] === undefined) copyPayload(message)
  return copiers[message.type] as Copier
}

/** By message type. Filled as types appear; it only saves time, so it can be shared by all systems. */
const copiers = dictionary<Copier>()

/** Copies in general, and remembers a faster way for the messages of this type that look alike. */
function firstCopy(message: Message): Message {
  copiers[message.type] = copierFor(message)
  return copyAny(message)
}

/**
 * An object literal with known keys is made several times faster than a spread of an object of unknown shape. The
 * literal is written by `Function`, where a page's security policy allows that; else every copy is a general one. A
 * message of the same type with other keys is copied in general, too. What was a number, a string or a boolean in
 * `example` usually is one again: that is looked at first.
 */
function copierFor(example: Message): Copier {
  const keys = keysOf(example)
  const names = keys.map((key) => JSON.stringify(key))
  const fields = keys.map((key, at) => {
    const kind = typeof (example as unknown as Record<string, unknown>)[key]
    const isFlat = kind === 'number' || kind === 'string' || kind === 'boolean'
    return `${names[at]}: ${isFlat ? `typeof field${at} === '${kind}' ? field${at} : ` : ''}copyField(field${at})`
  })
  const body = `return function copy(message) {
    let count = 0
    for (const key in message) count++
    const ${names.map((name, at) => `field${at} = message[${name}]`).join(', ')}
    return count === ${keys.length} ${keys.map((_, at) => `&& field${at} !== undefined`).join(' ')}
      ? { ${fields.join(', ')} } : copyAny(message)
  }`
  return compileText<Copier>({ copyField, copyAny }, body) ?? copyAny
}

function keysOf(message: Message): string[] {
  return [
    'type',
    ...Object.keys(message)
      .filter((key) => key !== 'type')
      .sort(),
  ]
}

function copyAny(message: Message): Message {
  const copy: Record<string, unknown> = {}
  for (const key of keysOf(message)) {
    copy[key] = copyField((message as unknown as Record<string, unknown>)[key])
  }
  return copy as unknown as Message
}

function copyField(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) return copyObject(value)
  return typeof value === 'function' || typeof value === 'symbol' ? refuse(value) : value
}

function copyObject(value: object): unknown {
  if (!Array.isArray(value)) return copyDeep(value)
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== 'number') return copyDeep(value)
  return value.slice()
}

function copyDeep(value: object): unknown {
  const at = notPlainAt(value)
  return at === undefined ? clone(value) : refuse(value, at)
}

/** Which action sends it is added where the error is caught. `at` is the place inside `value`. */
function refuse(value: unknown, at = ''): never {
  const kind = typeof value === 'object' ? ((value as object).constructor?.name ?? 'object') : typeof value
  throw new InternalError(
    `a message holds a ${kind}${at === '' ? '' : ` with something at ${at}`} that is not plain data: ` +
      'only objects, arrays, numbers, strings and booleans are sent',
  )
}
