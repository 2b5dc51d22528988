/** Tests | streams: frozen copies, subscribers that throw, operators in between, errors of our own. */

import { filter, map, mergeMap, of, Subject, take, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Message } from '../../../src/kernel/actor.ts'
import { Port, Tap } from '../../../src/kernel/streams.ts'
import { message } from '../../support/fake-actor.ts'

interface Sample extends Message {
  readonly data: number[]
}
const sample = (...data: number[]): Sample => ({ type: 'sample', data })

function portWithReports(enqueue: (m: Message) => void = () => {}) {
  const reports: string[] = []
  const port = new Port('a.out', enqueue, (stream, error) => reports.push(`${stream}: ${(error as Error).message}`))
  return { port, reports }
}

const boom = (): never => {
  throw new Error('boom')
}

describe('port', () => {
  it('hands each message to the channel before any subscriber sees it', () => {
    const order: string[] = []
    const { port } = portWithReports(() => order.push('channel'))
    port.out$.subscribe(() => order.push('user'))
    port.next(sample(1))
    expect(order).toEqual(['channel', 'user'])
  })

  it('gives subscribers frozen copies', () => {
    const { port } = portWithReports()
    const original = sample(1, 2)
    const seen: Sample[] = []
    port.out$.subscribe((m) => seen.push(m as Sample))
    port.next(original)
    const got = seen[0] as Sample
    expect(got).toEqual(original)
    expect(() => got.data.push(3)).toThrow(TypeError)
    expect(() => Object.assign(got, { type: 'other' })).toThrow(TypeError)
    original.data.push(9)
    expect(got.data).toEqual([1, 2])
  })

  it('an error of the channel is thrown by next itself, not later', () => {
    const { port, reports } = portWithReports(boom)
    expect(() => port.next(sample())).toThrow('boom')
    expect(reports).toEqual([])
  })

  it('completes its subscribers', () => {
    const { port } = portWithReports()
    const seen: unknown[] = []
    port.out$.pipe(take(5), toArray()).subscribe((all) => seen.push(all.length))
    port.next(sample())
    port.complete()
    expect(seen).toEqual([1])
  })
})

describe('a subscriber that throws', () => {
  it('is reported once and unsubscribed; the others go on', () => {
    const { port, reports } = portWithReports()
    const seen: Message[] = []
    const subscription = port.out$.subscribe(boom)
    port.out$.subscribe((m) => seen.push(m))
    port.next(sample(1))
    port.next(sample(2))
    expect(reports).toEqual(['a.out: boom'])
    expect(subscription.closed).toBe(true)
    expect(seen).toHaveLength(2)
  })

  it('also behind operators', () => {
    const { port, reports } = portWithReports()
    const subscription = port.out$
      .pipe(
        filter((m) => m.type === 'sample'),
        map((m) => (m as Sample).data),
        mergeMap((data) => of(...data)),
      )
      .subscribe(boom)
    port.next(message('other'))
    expect(reports).toEqual([])
    port.next(sample(1, 2, 3))
    port.next(sample(4))
    expect(reports).toEqual(['a.out: boom'])
    expect(subscription.closed).toBe(true)
  })

  it('also when an operator is what throws, unless the user handles it', () => {
    const { port, reports } = portWithReports()
    const handled: unknown[] = []
    port.out$.pipe(map(boom)).subscribe()
    port.out$.pipe(filter(boom)).subscribe({ error: (error) => handled.push((error as Error).message) })
    port.next(sample(1))
    port.next(sample(2))
    expect(reports).toEqual(['a.out: boom'])
    expect(handled).toEqual(['boom'])
  })

  it('also when its error or complete handler throws', () => {
    const { port, reports } = portWithReports()
    port.out$.pipe(map(boom)).subscribe({ error: boom })
    port.out$.subscribe({ complete: boom })
    port.next(sample(1))
    port.complete()
    expect(reports).toEqual(['a.out: boom', 'a.out: boom'])
  })

  it('also when it throws while it subscribes', () => {
    const { port, reports } = portWithReports()
    const seen: Message[] = []
    port.out$.pipe(mergeMap((m) => of(m, m))).subscribe(() => boom())
    port.out$.subscribe((m) => seen.push(m))
    port.next(sample(1))
    expect(reports).toEqual(['a.out: boom'])
    expect(seen).toHaveLength(1)
  })
})

describe('operators and observers', () => {
  it('every form of subscribe works, and unsubscribing ends it', () => {
    const { port } = portWithReports()
    const seen: string[] = []
    const first = port.out$.subscribe({ next: () => seen.push('object') })
    port.out$.subscribe(() => seen.push('function'))
    port.out$.subscribe()
    const bridge = new Subject<Message>()
    bridge.subscribe(() => seen.push('bridge'))
    port.out$.subscribe(bridge)
    port.next(sample())
    first.unsubscribe()
    port.next(sample())
    expect(seen).toEqual(['object', 'function', 'bridge', 'function', 'bridge'])
  })

  it('a tap knows whether anyone listens', () => {
    const tap = new Tap<Message>('messages$', () => {})
    expect(tap.observed).toBe(false)
    const subscription = tap.stream$.pipe(map((m) => m.type)).subscribe()
    expect(tap.observed).toBe(true)
    subscription.unsubscribe()
    expect(tap.observed).toBe(false)
  })
})
