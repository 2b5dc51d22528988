/** Statechart | the XState machine that a machine file exports, made when somebody looks at it. */

import type { MachineDefinition } from './define.ts'

type Machine = MachineDefinition['machine']

/**
 * The machine of a definition, for any tool of XState's. A program that imports the file for something else, as nearly all do, does not
 * pay for it.
 */
export function openable(define: () => MachineDefinition): Machine {
  let made: Machine | undefined
  const machine = (): Machine => {
    made ??= define().machine
    return made
  }
  return new Proxy({} as Machine, {
    get: (_, key) => Reflect.get(machine(), key),
    set: (_, key, value) => Reflect.set(machine(), key, value),
    has: (_, key) => Reflect.has(machine(), key),
    ownKeys: () => Reflect.ownKeys(machine()),
    getOwnPropertyDescriptor: (_, key) => Reflect.getOwnPropertyDescriptor(machine(), key),
    getPrototypeOf: () => Reflect.getPrototypeOf(machine()),
  })
}
