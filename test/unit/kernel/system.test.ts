/** Tests | wiring: what the system refuses before anything runs, with every problem named at once. */

import { describe, expect, it } from 'vitest'
import { DefinitionError } from '../../../src/base/errors.ts'
import type { ChannelSpec } from '../../../src/kernel/channel.ts'
import { System } from '../../../src/kernel/system.ts'
import { fakeActor, message } from '../../support/fake-actor.ts'

const sender = fakeActor({ id: 'sender', out: { out: ['a', 'b'] }, context: {} })
const receiver = fakeActor({ id: 'receiver', in: { in: ['a'], other: ['a', 'b'] }, context: {}, on: { a: {}, b: {} } })

function problemsOf(channels: readonly Partial<ChannelSpec>[]): string {
  const spec = {
    actors: [
      { id: 's', definition: sender },
      { id: 'r', definition: receiver },
    ],
    channels: channels.map((channel) => ({
      from: 's.out',
      to: 'r.other',
      order: 'fifo' as const,
      capacity: 1,
      latencyCycles: 1,
      ...channel,
    })),
  }
  try {
    new System(spec, 'sim', () => {})
    return ''
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError)
    return (error as Error).message
  }
}

describe('wiring', () => {
  it('accepts a good one', () => {
    expect(problemsOf([{}])).toBe('')
  })

  it.each([
    ['an unknown out port', [{}, { from: 's.nope', to: 'r.in' }], 'channel from s.nope: no such out port'],
    ['an unknown in port', [{ to: 'r.nope' }], 'channel to r.nope: no such in port'],
    ['an unknown actor', [{ to: 'x.in' }], 'channel to x.in: no such in port'],
    ['an out port wired twice', [{}, { to: 'r.in' }], 'out port s.out is wired twice'],
    ['an out port left open', [], 'out port s.out is not wired'],
    ['a type that is not accepted', [{ to: 'r.in' }], 's.out sends b, which r.in does not accept'],
    ['no capacity', [{ capacity: 0 }], 'channel from s.out: capacity 0 is for a rendezvous'],
    ['half a place', [{ capacity: 1.5 }], 'channels[0].capacity is 1.5: expected a whole number from 0 to'],
    [
      'endless capacity',
      [{ capacity: Number.POSITIVE_INFINITY }],
      'channels[0].capacity is Infinity: expected a whole number',
    ],
    ['a negative latency', [{ latencyCycles: -1 }], 'channels[0].latencyCycles is -1: expected a whole number'],
    ['a broken jitter', [{ jitterCycles: 0.5 }], 'channels[0].jitterCycles is 0.5: expected a whole number'],
    ['several receivers of a queue', [{ to: ['r.in', 'r.other'] }], 'only a rendezvous has several receivers'],
    ['a rendezvous with nobody', [{ to: [], order: 'rendezvous' as const }], 'no receiver'],
  ])('refuses %s', (_what, channels, problem) => {
    expect(problemsOf(channels)).toContain(problem)
  })

  it('refuses an in port wired twice and two actors of one name', () => {
    const spec = {
      actors: [
        { id: 's', definition: sender },
        { id: 't', definition: sender },
        { id: 'r', definition: receiver },
        { id: 'r', definition: receiver },
      ],
      channels: ['s.out', 't.out'].map((from) => ({
        from,
        to: 'r.other',
        order: 'fifo' as const,
        capacity: 1,
        latencyCycles: 0,
      })),
    }
    expect(() => new System(spec, 'sim', () => {})).toThrow(
      /two actors share an id[\s\S]*in port r.other is wired twice/,
    )
  })

  it('names an unknown actor and an undeclared port', () => {
    const system = new System(
      {
        actors: [
          { id: 's', definition: sender },
          { id: 'r', definition: receiver },
        ],
        channels: [{ from: 's.out', to: 'r.other', order: 'fifo', capacity: 1, latencyCycles: 0 }],
      },
      'sim',
      () => {},
    )
    expect(() => system.actor('q')).toThrow('internal: no actor q')
    expect(() => system.actor('s').send('nope', message('a'))).toThrow('internal: s sent a on undeclared port nope')
  })
})
