/** Test | the level-1 data cache: hits, misses, snoops, its eviction buffer, and what it does of its own accord. */

import { describe, expect, test } from 'vitest'
import { defaultL1Config, defineL1, type L1Context } from '../../../../machines/cache-controller/index.ts'
import { litmus } from '../../../../machines/geometry.ts'
import { Bench } from './bench.ts'

const base = litmus.dram.base
/** Lines 0, 2, 4 share a set of two ways. */
const at = (line: number, word = 0) => base + line * 8 + word * 4
const definition = defineL1(defaultL1Config)
const bench = () => new Bench<L1Context>(definition)

const load = (addr: number, words = 1) => ({ type: 'load.req', addr, words, memory: 'cacheable' })
const store = (addr: number, data: number[]) => ({ type: 'store.req', addr, data, memory: 'cacheable' })
const fill = (addr: number, data: number[], exclusive = true) => ({ type: 'fetch.resp', addr, data, exclusive })
const snoop = (addr: number, op: string) => ({ type: 'snoop.req', addr, op })

/** A cache that holds the line, modified if `word` is given. */
function holding(line: number, word?: number, cache = bench()): Bench<L1Context> {
  cache.give(load(at(line)))
  cache.give(fill(at(line), [line, line]))
  if (word !== undefined) cache.give(store(at(line), [word]))
  return cache
}

describe('the core port', () => {
  test('a load miss fetches the line, answers, and the next load hits in the same step', () => {
    const cache = bench()
    expect(cache.give(load(at(1, 1))).messages).toEqual([
      { type: 'fetch.req', core: 0, addr: at(1), mode: 'shared', cause: 'demand' },
    ])
    expect(cache.give(load(at(3))).decision).toBe('stall')
    const filled = cache.give(fill(at(1), [10, 11]))
    expect(filled.messages).toEqual([{ type: 'load.resp', addr: at(1, 1), data: [11] }])
    expect(filled.emitted).toEqual([{ type: 'line.fill', cache: 'l1d0', addr: at(1), data: [10, 11], cause: 'demand' }])
    expect(cache.give(load(at(1), 2)).messages).toEqual([{ type: 'load.resp', addr: at(1), data: [10, 11] }])
  })

  test('a store to a line of its own hits; to a shared line it asks for sole possession and keeps its own data', () => {
    const cache = bench()
    cache.give(load(at(0)))
    cache.give(fill(at(0), [1, 2], false))
    expect(cache.give(store(at(0), [9])).messages).toEqual([
      { type: 'fetch.req', core: 0, addr: at(0), mode: 'unique', cause: 'demand' },
    ])
    // The outer cache may hold something older than the shared copy.
    const upgraded = cache.give(fill(at(0), [77, 77]))
    expect(upgraded.sent).toEqual(['cpu store.resp'])
    expect(upgraded.emitted).toEqual([{ type: 'cpu.stored', core: 0, addr: at(0), data: [9], memory: 'cacheable' }])
    expect(cache.give(load(at(0), 2)).messages[0]).toMatchObject({ data: [9, 2] })
    expect(cache.give(store(at(0), [10])).sent).toEqual(['cpu store.resp'])
  })

  test('a shared line taken away during its upgrade comes back with the fill', () => {
    const cache = bench()
    cache.give(load(at(0)))
    cache.give(fill(at(0), [1, 2], false))
    cache.give(store(at(0), [9]))
    expect(cache.give(snoop(at(0), 'take')).messages[0]).toMatchObject({ held: true, dirty: false, data: [1, 2] })
    expect(cache.give(snoop(at(0), 'take')).messages[0]).toMatchObject({ held: false })
    cache.give(fill(at(0), [5, 6]))
    expect(cache.give(load(at(0), 2)).messages[0]).toMatchObject({ data: [9, 6] })
  })

  test('a miss over a dirty line offers it for eviction before it fetches', () => {
    const cache = holding(2, 22, holding(0, 20))
    const missed = cache.give(load(at(4)))
    expect(missed.sent).toEqual(['scu evict.req', 'scu fetch.req'])
    expect(missed.messages[0]).toEqual({ type: 'evict.req', core: 0, addr: at(0) })
    cache.give(fill(at(4), [4, 4]))
    expect(cache.give(load(at(0))).decision).toBe('stall')
    expect(cache.give(load(at(2))).decision).toBe('react')
    expect(cache.give(snoop(at(0), 'evict')).messages[0]).toMatchObject({ held: true, dirty: true, data: [20, 0] })
    expect(cache.give({ type: 'evict.resp', addr: at(0) }).decision).toBe('react')
    expect(cache.give(load(at(0))).sent).toEqual(['scu evict.req', 'scu fetch.req'])
  })

  test('non-cacheable accesses pass by the array, even over a dirty copy', () => {
    const cache = holding(0, 5)
    const passed = cache.give({ ...load(at(0)), memory: 'non-cacheable' })
    expect(passed.messages).toEqual([
      { type: 'read.req', from: 'cpu0', txn: 0, addr: at(0), words: 1, memory: 'non-cacheable' },
    ])
    const answer = { type: 'read.resp', from: 'cpu0', txn: 0, addr: at(0), data: [1], ok: true }
    expect(cache.give(answer).messages).toEqual([{ type: 'load.resp', addr: at(0), data: [1] }])
    expect(cache.give({ ...store(at(0), [6]), memory: 'non-cacheable' }).sent).toEqual(['scu write.req'])
    const written = { type: 'write.resp', from: 'cpu0', txn: 0, addr: at(0), ok: true }
    expect(cache.give(written).messages).toEqual([{ type: 'store.resp', addr: at(0) }])
    expect(cache.give(load(at(0))).messages[0]).toMatchObject({ data: [5] })
  })

  test('maintenance goes to the SCU and back to the core', () => {
    const cache = bench()
    const request = { type: 'maintain.req', core: 0, op: 'clean', addr: at(1) }
    expect(cache.give(request).messages).toEqual([request])
    expect(cache.give(load(at(0))).decision).toBe('stall')
    const done = { type: 'maintain.resp', op: 'clean', addr: at(1) }
    expect(cache.give(done).messages).toEqual([done])
  })

  test('an error response answers a load without data and leaves no line behind', () => {
    const cache = bench()
    cache.give(load(at(1)))
    expect(cache.give(fill(at(1), [])).messages).toEqual([{ type: 'load.resp', addr: at(1), data: [] }])
    expect(cache.give(store(at(1), [3])).sent).toEqual(['scu fetch.req'])
    expect(cache.give(fill(at(1), [])).sent).toEqual(['cpu store.resp'])
    expect(cache.context).toEqual({ ...bench().context, array: { ...bench().context.array, nextWay: 1 } })
  })
})

describe('snoops', () => {
  const answers: Record<string, { dirty: object; clean: object; held: boolean }> = {
    share: { dirty: { held: true, dirty: true, data: [5, 1] }, clean: { dirty: false, data: [1, 1] }, held: true },
    take: { dirty: { held: true, dirty: true, data: [5, 1] }, clean: { dirty: false, data: [1, 1] }, held: false },
    clean: { dirty: { held: true, dirty: true, data: [5, 1] }, clean: { dirty: false, data: [] }, held: true },
    invalidate: { dirty: { held: true, dirty: true, data: [] }, clean: { dirty: false, data: [] }, held: false },
    'clean-invalidate': {
      dirty: { held: true, dirty: true, data: [5, 1] },
      clean: { dirty: false, data: [] },
      held: false,
    },
  }
  for (const [op, expected] of Object.entries(answers)) {
    test(`${op}: answers for a dirty and an unmodified line, and what stays`, () => {
      const dirty = holding(1, 5)
      expect(dirty.give(snoop(at(1), op)).messages[0]).toMatchObject(expected.dirty)
      expect(dirty.give(load(at(1))).sent).toEqual([expected.held ? 'cpu load.resp' : 'scu fetch.req'])
      expect(holding(1).give(snoop(at(1), op)).messages[0]).toMatchObject({ held: true, ...expected.clean })
      expect(bench().give(snoop(at(1), op)).messages[0]).toMatchObject({ held: false, dirty: false, data: [] })
    })
  }

  test('an invalidation of a dirty line reports the data it loses', () => {
    expect(holding(1, 5).give(snoop(at(1), 'invalidate')).emitted).toEqual([
      { type: 'line.drop', cache: 'l1d0', addr: at(1), dirty: true, data: [5, 1], cause: 'maintenance' },
    ])
  })

  test('a line in the eviction buffer answers like a dirty line, and the later pull finds nothing', () => {
    for (const op of ['share', 'take', 'clean', 'clean-invalidate']) {
      const cache = holding(0, 7)
      cache.give({ type: 'line.evict', value: cache.context.array.lines.indexOf(at(0) / 8) })
      expect(cache.give(snoop(at(0), op)).messages[0]).toMatchObject({ held: true, dirty: true, data: [7, 0] })
      expect(cache.give(snoop(at(0), 'evict')).messages[0]).toMatchObject({ held: false, data: [] })
    }
    const cache = holding(0, 7)
    cache.give({ type: 'line.evict', value: cache.context.array.lines.indexOf(at(0) / 8) })
    const dropped = cache.give(snoop(at(0), 'invalidate'))
    expect(dropped.messages[0]).toMatchObject({ held: true, dirty: true, data: [] })
    expect(dropped.emitted[0]).toMatchObject({ type: 'line.drop', dirty: true, data: [7, 0] })
  })
})

describe('of its own accord', () => {
  test('speculation fetches absent lines, one at a time, and does not hold up hits', () => {
    const cache = holding(0)
    expect(cache.may('line.speculate', 0)).toBe(false)
    expect(cache.may('line.speculate', 2)).toBe(true)
    const spontaneous = cache.give({ type: 'line.speculate', value: 2 })
    expect(spontaneous.messages[0]).toMatchObject({ addr: at(2), mode: 'shared', cause: 'speculation' })
    expect(cache.may('line.speculate', 3)).toBe(false)
    expect(cache.give(load(at(0))).sent).toEqual(['cpu load.resp'])
    expect(cache.give(load(at(2))).decision).toBe('stall')
    const filled = cache.give(fill(at(2), [2, 2]))
    expect(filled.sent).toEqual([])
    expect(filled.emitted[0]).toMatchObject({ type: 'line.fill', cause: 'speculation' })
    expect(cache.give(load(at(2))).sent).toEqual(['cpu load.resp'])
  })

  test('a fill on its way is not held: maintenance before it finds nothing, maintenance after it drops it', () => {
    const cache = bench()
    cache.give({ type: 'line.speculate', value: 2 })
    expect(cache.give(snoop(at(2), 'invalidate')).messages[0]).toMatchObject({ held: false })
    cache.give(fill(at(2), [2, 2]))
    expect(cache.give(snoop(at(2), 'invalidate')).messages[0]).toMatchObject({ held: true })
    expect(cache.give(snoop(at(2), 'share')).messages[0]).toMatchObject({ held: false })
  })

  test('eviction: unmodified lines vanish, dirty ones wait for the SCU, empty slots cannot', () => {
    const cache = holding(1)
    const slot = cache.context.array.lines.indexOf(at(1) / 8)
    expect(cache.may('line.evict', slot ^ 1)).toBe(false)
    const vanished = cache.give({ type: 'line.evict', value: slot })
    expect([vanished.sent, vanished.emitted[0]]).toEqual([
      [],
      { type: 'line.drop', cache: 'l1d0', addr: at(1), dirty: false, data: [], cause: 'eviction' },
    ])
    holding(1, 5, cache)
    expect(cache.give({ type: 'line.evict', value: cache.context.array.lines.indexOf(at(1) / 8) }).sent).toEqual([
      'scu evict.req',
    ])
  })

  test('switched off, nothing happens', () => {
    const off = new Bench<L1Context>(
      defineL1({ ...defaultL1Config, features: { speculation: false, eviction: false, l2: true } }),
    )
    holding(1, 5, off)
    expect(off.may('line.speculate', 3)).toBe(false)
    expect([0, 1, 2, 3].some((slot) => off.may('line.evict', slot))).toBe(false)
    expect(off.aim('line.speculate', { type: 'memory.write', from: 'fimc0', addr: at(3), data: [1] })).toBe(-1)
  })

  test('the adversary fetches ahead of a device and behind maintenance, and evicts what a device writes', () => {
    const cache = holding(1, 5)
    const use = { type: 'translation.use', addr: at(1), words: 2, write: true }
    expect(cache.aim('line.speculate', use)).toBe(2)
    expect(cache.aim('line.speculate', { type: 'memory.write', addr: at(1), data: [1] })).toBe(1)
    expect(cache.aim('line.evict', use)).toBe(cache.context.array.lines.indexOf(at(1) / 8))
    expect(cache.aim('line.evict', { ...use, addr: at(3) })).toBe(-1)
    expect(cache.aim('line.evict', { ...use, write: false })).toBe(-1)
    expect(cache.aim('line.speculate', { type: 'line.drop', addr: at(2), cause: 'maintenance' })).toBe(2)
    expect(cache.aim('line.speculate', { type: 'line.drop', addr: at(2), cause: 'eviction' })).toBe(-1)
    expect(cache.aim('line.evict', { type: 'cpu.maintain', level: 'l2', addr: at(1) })).toBeGreaterThanOrEqual(0)
    expect(cache.aim('line.evict', { type: 'cpu.maintain', level: 'l1', addr: at(1) })).toBe(-1)
    expect(cache.aim('line.speculate', { type: 'memory.write', addr: 0x1000, data: [1] })).toBe(-1)
  })
})
