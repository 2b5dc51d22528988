/** Statechart | contexts: plain data and Bytes pass, anything else and shared objects are named and refused, in both runtimes. */

import { describe, expect, it } from 'vitest'
import { Bytes } from '../../../src/base/bytes.ts'
import type { RuntimeName } from '../../../src/kernel/actor.ts'
import { defineMachine } from '../../../src/statechart/define.ts'

const nowhere = { send: () => {}, raise: () => {}, emit: () => {}, reply: () => {} }

/** Brings a machine with this context to life. */
function live(context: () => unknown, runtime: RuntimeName): void {
  const definition = defineMachine({
    id: 'probe',
    description: 'a machine of one state',
    inPorts: {},
    outPorts: {},
    events: {},
    context: context as () => object,
    chart: { description: 'the machine', initial: 'there', states: { there: { description: 'the only state' } } },
  })
  definition.createReactor(runtime, nowhere).start()
  definition.createReactor(runtime, nowhere).start()
}

describe.each(['sim', 'live'] as const)('contexts in the %s runtime', (runtime) => {
  it('may be plain data and Bytes', () => {
    live(() => ({ list: [1, [2]], deep: { text: '', flag: true, nothing: null }, memory: new Bytes(8) }), runtime)
  })

  it.each([
    ['a Map', () => ({ table: new Map() }), 'context.table'],
    ['a Date', () => ({ deep: [{ when: new Date(0) }] }), 'context.deep[0].when'],
    ['a typed array', () => ({ words: new Uint8Array(4) }), 'context.words'],
    ['a function', () => ({ f: () => {} }), 'context.f'],
  ])('may not hold %s', (_, context, path) => {
    expect(() => live(context, runtime)).toThrow(`${path} is not plain data`)
  })

  it('may not be shared by two instances', () => {
    const shared = { count: 0 }
    expect(() => live(() => shared, runtime)).toThrow('the same object again')
  })
})
