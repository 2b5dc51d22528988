/** Unit | the XState machine of a definition, as XState's own tools see it, and the live reactor around an actor. */

import { describe, expect, test } from 'vitest'
import { createActor, type InspectionEvent } from 'xstate'
import type { Message } from '../../../src/kernel/actor.ts'
import { ignore, stall } from '../../../src/statechart/define.ts'
import { type Emitted, LiveReactor } from '../../../src/statechart/live.ts'
import { Reference } from '../../../src/statechart/reference.ts'
import { type Context, type Loose, sample } from './sample.ts'

const silent = { send() {}, raise() {}, emit() {}, reply() {} }

const speak = {
  description: 'sends what the context goes on changing',
  sends: { out: 1 },
  run: (context: Context, _message: Message, out: Loose) => {
    out.send('out', { type: 'word', list: context.log })
    out.emit({ type: 'spoke', list: context.log })
    context.log.push('x')
  },
}

const definition = sample(
  {
    initial: 'a',
    meta: { sheet: 7 },
    states: {
      a: { description: 'waits', tags: ['calm'], on: { go: { target: 'b', actions: 'speak' }, wait: stall('later') } },
      b: { description: 'works', on: { go: 'a', wait: ignore('busy') } },
    },
  },
  { actions: { speak } },
)

describe('the XState machine', () => {
  test('keeps descriptions, tags and meta, and describes transitions by their events', () => {
    const { machine } = definition
    const a = machine.getStateNodeById('m.a')
    expect([machine.root.description, a.description, a.tags, machine.root.meta]).toEqual([
      'root',
      'waits',
      ['calm'],
      { sheet: 7 },
    ])
    expect(a.on.go?.[0]?.description).toBe('event go')
    expect(a.on.wait?.[0]?.meta).toEqual({ stall: 'later' })
  })

  test('runs by itself in any XState actor: sends and emits are emitted events with copied payloads', () => {
    const emitted: Emitted[] = []
    const actor = createActor(definition.machine)
    actor.on('*', (event) => emitted.push(event as unknown as Emitted))
    actor.start()
    actor.send({ type: 'go' })
    expect(actor.getSnapshot().value).toBe('b')
    expect(actor.getSnapshot().context).toEqual({ log: ['x'], n: 0 })
    expect(emitted).toEqual([
      { type: 'out.send', port: 'out', message: { type: 'word', list: [] } },
      { type: 'out.emit', event: { type: 'spoke', list: [] } },
    ])
  })

  test('the same through the pure functions', () => {
    const reference = new Reference(definition)
    expect(reference.start().value).toBe('a')
    const step = reference.send({ type: 'go' })
    expect(step.value).toBe('b')
    expect(step.emitted).toHaveLength(2)
    expect(step.raised).toEqual([])
  })
})

describe('the live reactor', () => {
  test('offers its actor to XState inspection', () => {
    const seen: string[] = []
    const reactor = new LiveReactor(definition, silent, { inspect: (event: InspectionEvent) => seen.push(event.type) })
    reactor.start()
    reactor.decide({ type: 'go' })
    reactor.commit({ type: 'go' })
    expect(seen).toContain('@xstate.microstep')
    expect(reactor.actor.getSnapshot().value).toBe('b')
    expect(reactor.selected.map((transition) => transition.label)).toEqual(['a: go -> b'])
  })

  test('fails when used before start, and stays failed after an error', () => {
    const failing = sample(
      { on: { go: { actions: 'fail' } } },
      {
        actions: {
          fail: {
            description: 'fails',
            run: () => {
              throw new Error('no')
            },
          },
        },
      },
    )
    const reactor = new LiveReactor(failing, silent)
    expect(() => reactor.decide({ type: 'go' })).toThrow('internal: m: used before start')
    reactor.start()
    reactor.decide({ type: 'go' })
    expect(() => reactor.commit({ type: 'go' })).toThrow('internal: m action fail: no')
    expect(() => reactor.decide({ type: 'go' })).toThrow('internal: m action fail: no')
  })

  test('what the out box throws reaches the caller', () => {
    const out = {
      ...silent,
      send: () => {
        throw new Error('channel full')
      },
    }
    const reactor = new LiveReactor(definition, out)
    reactor.start()
    reactor.decide({ type: 'go' })
    expect(() => reactor.commit({ type: 'go' })).toThrow('channel full')
  })
})
