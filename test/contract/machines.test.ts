/** Contract | every machine of the registry: fresh plain contexts, descriptions, and a chart that XState's tools can open. */

import { describe, expect, it } from 'vitest'
import { createActor } from 'xstate'
import { machines } from '../../machines/index.ts'
import { Bytes } from '../../src/base/bytes.ts'
import { canonical, deepFreeze } from '../../src/base/canonical.ts'
import type { Out } from '../../src/kernel/actor.ts'

const deaf: Out = { send: () => {}, raise: () => {}, emit: () => {}, reply: () => {} }

/** Canonical text; memories by their size only. */
function textOf(value: unknown): string {
  const small = (inner: unknown): unknown => {
    if (inner instanceof Bytes) return `${inner.lengthBytes} bytes`
    if (Array.isArray(inner)) return inner.map(small)
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).map(([key, child]) => [key, small(child)]))
  }
  return canonical(small(value))
}

/** Names of what is not plain data in a context. */
function notPlain(value: unknown, path: string): string[] {
  if (value instanceof Bytes || value === null || ['string', 'boolean'].includes(typeof value)) return []
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [path]
  if (typeof value !== 'object' || value === undefined) return [path]
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== Array.prototype) return [path]
  return Object.entries(value).flatMap(([key, inner]) => notPlain(inner, `${path}.${key}`))
}

describe.each(Object.entries(machines))('%s', (_name, machine) => {
  it('starts with a fresh context of plain data each time', () => {
    const { config } = machine
    const first = config.context()
    expect(notPlain(first, 'context')).toEqual([])
    const before = textOf(config.context())
    // What the factory keeps to itself would be frozen with the first context and break the second reactor.
    deepFreeze(first)
    const reactor = machine.createReactor('sim', deaf)
    expect(() => reactor.start()).not.toThrow()
    expect(textOf(config.context())).toBe(before)
  })

  it('shares nothing between instances', () => {
    const [first, second] = [machine.createReactor('sim', deaf), machine.createReactor('sim', deaf)]
    first.start()
    second.start()
    expect(first.context === second.context).toBe(false)
    expect(textOf(first.context)).toBe(textOf(second.context))
    expect(first.value()).toEqual(second.value())
  })

  it('is an XState machine that others can open', () => {
    const { config } = machine.machine
    expect(JSON.parse(JSON.stringify(config)).id).toBe(machine.id)
    const actor = createActor(machine.machine)
    actor.start()
    const reactor = machine.createReactor('sim', deaf)
    reactor.start()
    expect(actor.getSnapshot().value).toEqual(reactor.value())
    actor.stop()
  })

  it('describes what it does', () => {
    const { chart } = machine.compiled
    const described = [
      ...chart.nodes.map((node) => [node.id, node.config.description]),
      ...Object.entries(machine.config.events),
      ...Object.entries(machine.config.actions ?? {}).map(([name, action]) => [name, action.description]),
      ...machine.spontaneous.map((choice) => [choice.event, choice.description]),
    ]
    for (const [what, text] of described) expect([what, (text as string).length > 3]).toEqual([what, true])
  })
})
