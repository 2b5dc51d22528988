/** Tests | channels: what each order lets through, capacity, positions. */

import { describe, expect, it } from 'vitest'
import { Channel, type ChannelOrder } from '../../../src/kernel/channel.ts'
import { message } from '../../support/fake-actor.ts'
import { prngFor, seed } from '../../support/seed.ts'

function channelOf(order: ChannelOrder, capacity = 4): Channel {
  return new Channel({ from: 'a.out', to: 'b.in', order, capacity, latencyCycles: 0 }, 0)
}

const numbered = (n: number) => message('m', { n })
const eligiblePositions = (channel: Channel) =>
  Array.from({ length: channel.count }, (_, position) => position).filter((position) => channel.eligible(position))

describe('channel', () => {
  it('fifo: only the oldest is eligible', () => {
    const channel = channelOf('fifo')
    for (let n = 0; n < 3; n++) channel.enqueue(numbered(n), n)
    expect(eligiblePositions(channel)).toEqual([0])
    expect(channel.take(0)).toEqual(numbered(0))
    expect(channel.contents()).toEqual([numbered(1), numbered(2)])
    expect(channel.readyCycle(0)).toBe(1)
  })

  it('per-id: others overtake, the same from and txn do not', () => {
    const channel = channelOf('per-id', 8)
    const ids: [string, number][] = [
      ['x', 0],
      ['x', 0],
      ['y', 0],
      ['x', 1],
      ['y', 0],
    ]
    for (const [n, [from, txn]] of ids.entries()) channel.enqueue(message('m', { from, txn, n }), 0)
    expect(eligiblePositions(channel)).toEqual([0, 2, 3])
    expect(channel.take(2)).toMatchObject({ n: 2 })
    expect(eligiblePositions(channel)).toEqual([0, 2, 3])
    expect(channel.contents().map((m) => (m as unknown as { n: number }).n)).toEqual([0, 1, 3, 4])
  })

  it('per-source: others overtake, the same from does not, whatever its txn', () => {
    const channel = channelOf('per-source', 8)
    const sources = ['x', 'x', 'y', 'x', 'y']
    for (const [n, from] of sources.entries()) channel.enqueue(message('m', { from, txn: n, n }), 0)
    expect(eligiblePositions(channel)).toEqual([0, 2])
    expect(channel.take(2)).toMatchObject({ n: 2 })
    expect(eligiblePositions(channel)).toEqual([0, 3])
  })

  it('unordered: every message is eligible', () => {
    const channel = channelOf('unordered')
    for (let n = 0; n < 3; n++) channel.enqueue(numbered(n), 0)
    expect(eligiblePositions(channel)).toEqual([0, 1, 2])
    expect(channel.take(1)).toEqual(numbered(1))
    expect(channel.contents()).toEqual([numbered(0), numbered(2)])
  })

  it('set: a message stays, equal messages are one, a full set still takes what it holds', () => {
    const channel = channelOf('set', 2)
    channel.enqueue(message('m', { a: 1, b: 2 }), 0)
    channel.enqueue(message('m', { b: 2, a: 1 }), 0)
    expect(channel.count).toBe(1)
    channel.enqueue(numbered(1), 0)
    channel.enqueue(numbered(1), 0)
    expect(channel.take(1)).toEqual(numbered(1))
    expect(eligiblePositions(channel)).toEqual([0, 1])
    expect(() => channel.enqueue(numbered(2), 0)).toThrow('is full')
  })

  it('a message beyond its capacity is our own bug', () => {
    const channel = channelOf('fifo', 3)
    for (let n = 0; n < 3; n++) channel.enqueue(numbered(n), 0)
    expect(() => channel.enqueue(numbered(3), 0)).toThrow('internal: channel a.out>b.in is full (capacity 3)')
    expect(channel.eligible(3)).toBe(false)
  })

  // Goal: positions and ready cycles survive wrapping of the ring. Method: against a plain array, random operations.
  it(`behaves like a list under random use (seed ${seed})`, () => {
    const prng = prngFor('channel')
    for (const order of ['fifo', 'per-id', 'unordered'] as const) {
      const channel = channelOf(order, 5)
      const model: { n: number; ready: number }[] = []
      for (let n = 0; n < 5000; n++) {
        if (model.length < 5 && prng.chance(1, 2)) {
          const ready = prng.below(1000)
          channel.enqueue(message('m', { from: 'x', txn: n % 3, n }), ready)
          model.push({ n, ready })
        } else if (model.length > 0) {
          const position = prng.pick(eligiblePositions(channel))
          expect(channel.take(position)).toMatchObject({ n: model[position]?.n })
          model.splice(position, 1)
        }
        expect(channel.count).toBe(model.length)
        for (let i = 0; i < model.length; i++) {
          expect([channel.at(i), channel.readyCycle(i)]).toMatchObject([{ n: model[i]?.n }, model[i]?.ready])
        }
      }
    }
  })
})
