/** Test | the snoop control unit: what each transaction asks, in which order, and who gets what. */

import { describe, expect, test } from 'vitest'
import { defaultScuConfig, defineScu, type ScuContext } from '../../../../machines/cache-controller/index.ts'
import { Bench } from './bench.ts'

const definition = defineScu(defaultScuConfig)
const bench = () => new Bench<ScuContext>(definition)
const idle = bench().context
const addr = 0x4000_0010

const fetch = (core: number, mode: string) => ({ type: 'fetch.req', core, addr, mode, cause: 'demand' })
const answer = (core: number, held: boolean, dirty: boolean, data: number[]) => ({
  type: 'snoop.resp',
  core,
  addr,
  held,
  dirty,
  data,
})
const read = (data: number[], ok = true) => ({ type: 'read.resp', from: 'cpu0', txn: 0, addr, data, ok })
const written = { type: 'write.resp', from: 'cpu0', txn: 0, addr, ok: true }

describe('a fetch', () => {
  test('snoops the other core, then reads the outer cache: nobody else holds the line', () => {
    const scu = bench()
    expect(scu.give(fetch(0, 'shared')).messages).toEqual([{ type: 'snoop.req', addr, op: 'share' }])
    const missed = scu.give(answer(1, false, false, []))
    expect(missed.messages).toEqual([{ type: 'read.req', from: 'cpu0', txn: 0, addr, words: 2, memory: 'cacheable' }])
    const filled = scu.give(read([1, 2]))
    expect([filled.sent, filled.messages]).toEqual([
      ['core0 fetch.resp'],
      [{ type: 'fetch.resp', addr, data: [1, 2], exclusive: true }],
    ])
    expect([scu.value, scu.context]).toEqual(['idle', idle])
  })

  test('shares a dirty line only after the outer cache has it', () => {
    const scu = bench()
    scu.give(fetch(1, 'shared'))
    const pulled = scu.give(answer(0, true, true, [5, 6]))
    expect(pulled.messages).toEqual([
      { type: 'write.req', from: 'cpu1', txn: 0, addr, data: [5, 6], memory: 'cacheable' },
    ])
    expect(scu.give(written).messages).toEqual([{ type: 'fetch.resp', addr, data: [5, 6], exclusive: false }])
    expect([scu.value, scu.context]).toEqual(['idle', idle])
  })

  test('passes a dirty line on to a writer without the outer cache', () => {
    const scu = bench()
    expect(scu.give(fetch(0, 'unique')).messages).toEqual([{ type: 'snoop.req', addr, op: 'take' }])
    const passed = scu.give(answer(1, true, true, [5, 6]))
    expect(passed.messages).toEqual([{ type: 'fetch.resp', addr, data: [5, 6], exclusive: true }])
  })

  test('shares an unmodified line from the other core', () => {
    const scu = bench()
    scu.give(fetch(0, 'shared'))
    expect(scu.give(answer(1, true, false, [3, 4])).messages).toEqual([
      { type: 'fetch.resp', addr, data: [3, 4], exclusive: false },
    ])
  })

  test('hands an error on as a fill without data', () => {
    const scu = new Bench<ScuContext>(defineScu({ ...defaultScuConfig, cores: 1 }))
    expect(scu.give(fetch(0, 'unique')).sent).toEqual(['l2 read.req'])
    expect(scu.give(read([], false)).messages).toEqual([{ type: 'fetch.resp', addr, data: [], exclusive: false }])
  })

  test('waits for all of four cores and takes the data of the one that has them', () => {
    const scu = new Bench<ScuContext>(defineScu({ ...defaultScuConfig, cores: 4 }))
    expect(scu.give(fetch(2, 'unique')).sent).toEqual(['core0 snoop.req', 'core1 snoop.req', 'core3 snoop.req'])
    expect(scu.give(answer(0, false, false, [])).sent).toEqual([])
    expect(scu.give(answer(3, true, true, [8, 9])).sent).toEqual([])
    expect(scu.give(answer(1, false, false, [])).messages).toEqual([
      { type: 'fetch.resp', addr, data: [8, 9], exclusive: true },
    ])
  })
})

describe('an eviction', () => {
  const request = { type: 'evict.req', core: 1, addr }

  test('pulls the victim and writes it to the outer cache before the receipt', () => {
    const scu = bench()
    const pulling = scu.give(request)
    expect([pulling.sent, pulling.messages]).toEqual([['core1 snoop.req'], [{ type: 'snoop.req', addr, op: 'evict' }]])
    expect(scu.give(answer(1, true, true, [5, 6])).sent).toEqual(['l2 write.req'])
    expect(scu.give(written).sent).toEqual(['core1 evict.resp'])
    expect([scu.value, scu.context]).toEqual(['idle', idle])
  })

  test('has nothing to do when another snoop has taken the victim', () => {
    const scu = bench()
    scu.give(request)
    expect(scu.give(answer(1, false, false, [])).sent).toEqual(['core1 evict.resp'])
  })
})

describe('maintenance', () => {
  const request = (op: string) => ({ type: 'maintain.req', core: 0, op, addr: addr + 4 })

  test('goes to every core, the requester too; cleaned data reach the outer cache before it is complete', () => {
    const scu = bench()
    const broadcast = scu.give(request('clean'))
    expect(broadcast.sent).toEqual(['core0 snoop.req', 'core1 snoop.req'])
    expect(broadcast.messages[0]).toEqual({ type: 'snoop.req', addr, op: 'clean' })
    expect(scu.give(answer(1, true, true, [5, 6])).sent).toEqual([])
    expect(scu.give(answer(0, false, false, [])).messages).toEqual([
      { type: 'write.req', from: 'cpu0', txn: 0, addr, data: [5, 6], memory: 'cacheable' },
    ])
    expect(scu.give(written).messages).toEqual([{ type: 'maintain.resp', op: 'clean', addr: addr + 4 }])
    expect([scu.value, scu.context]).toEqual(['idle', idle])
  })

  test('an invalidation brings no data, even from a dirty line', () => {
    const scu = bench()
    scu.give(request('invalidate'))
    scu.give(answer(0, true, true, []))
    expect(scu.give(answer(1, false, false, [])).sent).toEqual(['core0 maintain.resp'])
    expect([scu.value, scu.context]).toEqual(['idle', idle])
  })
})

test('non-cacheable accesses pass through, and their answers go to the core that asked', () => {
  const scu = bench()
  const request = { type: 'read.req', from: 'cpu1', txn: 0, addr, words: 1, memory: 'non-cacheable' }
  expect(scu.give(request).messages).toEqual([request])
  expect(scu.give({ ...read([4]), from: 'cpu1' }).sent).toEqual(['core1 read.resp'])
  const write = { type: 'write.req', from: 'cpu0', txn: 0, addr, data: [1], memory: 'non-cacheable' }
  expect(scu.give(write).messages).toEqual([write])
  expect(scu.give(written).sent).toEqual(['core0 write.resp'])
})

test('one transaction at a time', () => {
  const scu = bench()
  scu.give(fetch(0, 'shared'))
  const requests = [
    fetch(1, 'unique'),
    { type: 'evict.req', core: 0, addr },
    { type: 'maintain.req', core: 1, op: 'clean', addr },
  ]
  for (const request of requests) expect(scu.give(request).decision).toBe('stall')
})
