/** Kernel | traps on clocks and randomness: set while a simulation runs, armed while its machines react, not its watchers. */

import { InternalError } from '../base/errors.ts'

/** Owner in globalThis (itself when empty) and the functions of it that a reaction must not call. */
const FORBIDDEN: readonly (readonly [string, readonly string[]])[] = [
  ['', ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']],
  ['Math', ['random']],
  ['performance', ['now']],
  ['crypto', ['getRandomValues', 'randomUUID']],
]

/**
 * Whether a forbidden function throws now. It is process-wide as the functions are. Code of users that is called in the
 * middle of a run (watchers, subscribers) is called with the traps disarmed, and may look at a clock.
 */
export const traps = { armed: false }

let areSet = false

/**
 * Runs synchronous `body` with the traps set and armed. A reaction that steps on one fails as
 * `internal: <machine> action <name>: uses Math.random`. Wrap a whole run, not each reaction: setting takes microseconds.
 */
export function trapped<T>(body: () => T): T {
  const wasArmed = traps.armed
  const undo = areSet ? [] : setAll()
  areSet = true
  traps.armed = true
  try {
    return body()
  } finally {
    traps.armed = wasArmed
    if (undo.length > 0) {
      for (const restore of undo) restore()
      areSet = false
    }
  }
}

/** Calls `body`, which is a user's code, with the traps disarmed. */
export function disarmed<T>(body: () => T): T {
  const wasArmed = traps.armed
  traps.armed = false
  try {
    return body()
  } finally {
    traps.armed = wasArmed
  }
}

function setAll(): (() => void)[] {
  const undo: (() => void)[] = []
  for (const [owner, names] of FORBIDDEN) setTraps(owner, names, undo)
  return undo
}

function setTraps(owner: string, names: readonly string[], undo: (() => void)[]): void {
  const globals = globalThis as unknown as Record<string, unknown>
  const target = (owner === '' ? globals : globals[owner]) as Record<string, unknown> | undefined
  for (const name of names) {
    if (typeof target?.[name] !== 'function') continue
    const before = Object.getOwnPropertyDescriptor(target, name)
    const original = target[name] as () => unknown
    const value = name === 'Date' ? dateTrap() : trap(owner === '' ? name : `${owner}.${name}`, original)
    Object.defineProperty(target, name, { value, configurable: true, writable: true })
    undo.push(() => {
      // A method inherited from a prototype (performance.now) has no descriptor of its own to put back.
      if (before) Object.defineProperty(target, name, before)
      else delete target[name]
    })
  }
}

function refuseIfArmed(name: string): void {
  if (traps.armed) throw new InternalError(`uses ${name}, so it would not replay`)
}

/** `original` in every respect, but for throwing while the traps are armed. */
function trap<Original extends () => unknown>(name: string, original: Original): Original {
  return new Proxy(original, {
    apply: (target, self, args) => {
      refuseIfArmed(name)
      return Reflect.apply(target, self, args)
    },
  })
}

/** `new Date(ms)` is a pure computation and stays allowed; the present time is not. */
function dateTrap(): unknown {
  const now = trap('Date', Date.now)
  return new Proxy(Date, {
    construct: (target, args) => {
      if (args.length === 0) refuseIfArmed('Date')
      return Reflect.construct(target, args)
    },
    apply: (target) => {
      refuseIfArmed('Date')
      return target()
    },
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
}
