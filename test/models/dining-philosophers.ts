/** Models | dining philosophers: all alike, who can starve each other, or with a left-handed one, who cannot. */

import { always, type CheckableSystem, defineSystem } from '../../src/explore/define-system.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, stall } from '../../src/statechart/define.ts'

/** Takes two forks, one after the other, eats, and puts them down in the same order. */
const philosopher = defineMachine<object, Message>({
  id: 'philosopher',
  description: 'thinks and eats',
  inPorts: {},
  outPorts: { first: ['take', 'put'], second: ['take', 'put'] },
  events: {
    takeFirst: 'takes the first fork',
    takeSecond: 'takes the second fork',
    putFirst: 'puts the first fork down',
    putSecond: 'puts the second fork down',
  },
  spontaneous: {
    takeFirst: { description: 'becomes hungry', kind: 'must' },
    takeSecond: { description: 'wants to eat', kind: 'must' },
    putFirst: { description: 'has eaten', kind: 'must' },
    putSecond: { description: 'thinks again', kind: 'must' },
  },
  context: () => ({}),
  actions: {
    first: {
      description: 'reaches for the first fork',
      sends: { first: 1 },
      run: (_context, _message, out, type: string) => out.send('first', { type }),
    },
    second: {
      description: 'reaches for the second fork',
      sends: { second: 1 },
      run: (_context, _message, out, type: string) => out.send('second', { type }),
    },
  },
  chart: {
    description: 'philosopher',
    initial: 'thinking',
    on: {
      takeFirst: stall('not now'),
      takeSecond: stall('not now'),
      putFirst: stall('not now'),
      putSecond: stall('not now'),
    },
    states: {
      thinking: {
        description: 'holds nothing, and may think for ever',
        tags: ['finished'],
        on: { takeFirst: { target: 'waiting', actions: { type: 'first', params: 'take' } } },
      },
      waiting: {
        description: 'holds the first fork',
        on: { takeSecond: { target: 'eating', actions: { type: 'second', params: 'take' } } },
      },
      eating: {
        description: 'holds both forks',
        on: { putFirst: { target: 'leaving', actions: { type: 'first', params: 'put' } } },
      },
      leaving: {
        description: 'holds the second fork',
        on: { putSecond: { target: 'thinking', actions: { type: 'second', params: 'put' } } },
      },
    },
  },
})

const fork = defineMachine<object, Message>({
  id: 'fork',
  description: 'lies between two philosophers',
  inPorts: { hands: ['take', 'put'] },
  outPorts: {},
  events: { take: 'somebody takes it', put: 'somebody puts it down' },
  context: () => ({}),
  chart: {
    description: 'fork',
    initial: 'free',
    states: {
      free: { description: 'on the table', on: { take: { target: 'taken' }, put: stall('it lies on the table') } },
      taken: { description: 'in a hand', on: { put: { target: 'free' }, take: stall('somebody has it') } },
    },
  },
})

/** @param table `lefty`: the last philosopher takes the forks in the other order. */
export function diningPhilosophers(count: number, table: 'alike' | 'lefty' = 'alike'): CheckableSystem {
  const seats = Array.from({ length: count }, (_, seat) => seat)
  const philosophers = seats.map((seat) => `philosopher${seat}`)
  const forks = seats.map((seat) => `fork${seat}`)
  const wire = (seat: number, hand: 'first' | 'second') => {
    const swapped = table === 'lefty' && seat === count - 1
    const at = (hand === 'first') === swapped ? (seat + 1) % count : seat
    return {
      from: `philosopher${seat}.${hand}`,
      to: `fork${at}.hands`,
      order: 'rendezvous' as const,
      capacity: 0,
    }
  }
  return defineSystem({
    id: `dining-philosophers-${count}-${table}`,
    description: `${count} philosophers, ${table === 'lefty' ? 'the last one left-handed' : 'all alike'}`,
    actors: Object.fromEntries([...philosophers.map((id) => [id, philosopher]), ...forks.map((id) => [id, fork])]),
    channels: seats.flatMap((seat) => [wire(seat, 'first'), wire(seat, 'second')]),
    properties: {
      'one at a fork': always((state) => {
        const eats = (seat: number) => state.actor(`philosopher${seat % count}`).matches('eating')
        return !seats.some((seat) => eats(seat) && eats(seat + 1))
      }, 'two neighbours never eat at the same time'),
    },
    symmetries:
      table === 'lefty' ? [] : [{ name: 'seats', size: count, group: 'cyclic', actors: [philosophers, forks] }],
  })
}

export const system = diningPhilosophers(5)
