/** Statechart | trapped forbids clocks and randomness to a run; impurity compares instances run in different order. */

import { canonical } from '../base/canonical.ts'
import { InternalError } from '../base/errors.ts'
import type { Message, Out, RuntimeName } from '../kernel/actor.ts'
import type { MachineDefinition } from './define.ts'

/** Owner in globalThis (itself when empty) and the functions of it that a reaction must not call. */
const FORBIDDEN: readonly (readonly [string, readonly string[]])[] = [
  ['', ['Date', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']],
  ['Math', ['random']],
  ['performance', ['now']],
  ['crypto', ['getRandomValues', 'randomUUID']],
]

let depth = 0

/**
 * Runs synchronous `body` with the traps set. A reaction that steps on one fails as
 * `internal: <machine> action <name>: uses Math.random`. Wrap a whole run, not each reaction: setting takes microseconds.
 */
export function trapped<T>(body: () => T): T {
  if (depth > 0) return body()
  const undo: (() => void)[] = []
  depth++
  try {
    for (const [owner, names] of FORBIDDEN) setTraps(owner, names, undo)
    return body()
  } finally {
    for (const restore of undo) restore()
    depth--
  }
}

function setTraps(owner: string, names: readonly string[], undo: (() => void)[]): void {
  const globals = globalThis as unknown as Record<string, unknown>
  const target = (owner === '' ? globals : globals[owner]) as Record<string, unknown> | undefined
  for (const name of names) {
    if (typeof target?.[name] !== 'function') continue
    const full = owner === '' ? name : `${owner}.${name}`
    const before = Object.getOwnPropertyDescriptor(target, name)
    const value = name === 'Date' ? dateTrap() : refuse(full)
    Object.defineProperty(target, name, { value, configurable: true, writable: true })
    undo.push(() => {
      // A method inherited from a prototype (performance.now) has no descriptor of its own to put back.
      if (before) Object.defineProperty(target, name, before)
      else delete target[name]
    })
  }
}

function refuse(name: string): () => never {
  return () => {
    throw new InternalError(`uses ${name}, so it would not replay`)
  }
}

/** `new Date(ms)` is a pure computation and stays allowed; the present time is not. */
function dateTrap(): unknown {
  const now = refuse('Date')
  const RealDate = Date
  return new Proxy(RealDate, {
    construct: (target, args) => (args.length === 0 ? now() : Reflect.construct(target, args)),
    apply: () => now(),
    get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
  })
}

/**
 * Runs `messages` through one instance alone and through two instances in alternation, and describes the first
 * difference: what an action kept outside its context shows up here. Stalled and ignored messages are left out.
 */
export function impurity(
  definition: MachineDefinition,
  messages: readonly Message[],
  runtime: RuntimeName = 'sim',
): string | undefined {
  return trapped(() => {
    const alone = new Instance(definition, runtime)
    const expected = messages.map((message) => alone.step(message))
    const pair = [new Instance(definition, runtime), new Instance(definition, runtime)]
    for (const [at, message] of messages.entries()) {
      for (const [copy, instance] of pair.entries()) {
        const actual = instance.step(message)
        if (actual === expected[at]) continue
        return `${definition.id}: message ${at} ${canonical(message)}, instance ${copy + 1} of 2: ${actual}, alone: ${expected[at]}`
      }
    }
    return undefined
  })
}

/** One instance whose every observable effect becomes text. */
class Instance implements Out {
  private readonly reactor
  private lines: string[] = []

  constructor(definition: MachineDefinition, runtime: RuntimeName) {
    this.reactor = definition.createReactor(runtime, this)
    this.reactor.start()
  }

  step(message: Message): string {
    const decision = this.reactor.decide(message)
    if (decision === 'react') this.reactor.commit(message)
    const lines = this.lines
    this.lines = []
    return [decision, ...lines, canonical(this.reactor.value()), canonical(this.reactor.context)].join(' | ')
  }

  send(port: string, message: Message): void {
    this.lines.push(`send ${port} ${canonical(message)}`)
  }
  raise(message: Message): void {
    this.lines.push(`raise ${canonical(message)}`)
  }
  emit(event: Message): void {
    this.lines.push(`emit ${canonical(event)}`)
  }
  reply(message: Message): void {
    this.lines.push(`reply ${canonical(message)}`)
  }
}
