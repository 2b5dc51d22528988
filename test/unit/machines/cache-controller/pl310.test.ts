/** Test | the outer cache: hits, fills, write-backs, its buffer, registers, prefetcher, and its switches. */

import { describe, expect, test } from 'vitest'
import {
  defaultPl310Config,
  definePl310,
  type Pl310Config,
  type Pl310Context,
} from '../../../../machines/cache-controller/index.ts'
import { auxControlValue, cacheIdValue, pl310Offsets } from '../../../../machines/cache-controller/pl310-regs.ts'
import { litmus } from '../../../../machines/geometry.ts'
import { Bench } from './bench.ts'

const base = litmus.dram.base
/** Lines 0, 2, 4 share a set of two ways; lines 0 and 1 share a page. */
const at = (line: number, word = 0) => base + line * 8 + word * 4
const make = (changes: Partial<Pl310Config> = {}) =>
  new Bench<Pl310Context>(definePl310({ ...defaultPl310Config, ...changes }))
const features = defaultPl310Config.features

const read = (addr: number, words = 2, memory = 'cacheable') => ({
  type: 'read.req',
  from: 'cpu0',
  txn: 0,
  addr,
  words,
  memory,
})
const write = (addr: number, data: number[], memory = 'cacheable') => ({
  type: 'write.req',
  from: 'cpu1',
  txn: 0,
  addr,
  data,
  memory,
})
const register = (offset: number, value = 0) => ({
  type: 'reg.write.req',
  from: 'cpu0',
  txn: 1,
  addr: defaultPl310Config.base + offset,
  value,
})
const registerRead = (offset: number) => ({
  type: 'reg.read.req',
  from: 'cpu0',
  txn: 1,
  addr: defaultPl310Config.base + offset,
})
const brought = (data: number[], txn = 0, ok = true) => ({ type: 'read.resp', from: 'l2', txn, addr: 0, data, ok })
const drained = (entry: number, ok = true) => ({ type: 'write.resp', from: 'l2', txn: 2 + entry, addr: 0, ok })
const drain = (entry: number) => ({ type: 'buffer.drain', value: entry })
const slotOf = (cache: Bench<Pl310Context>, line: number) => cache.context.array.lines.indexOf(at(line) / 8)

/** A cache with the line written back into it. */
function withDirty(line: number, word: number, cache = make()): Bench<Pl310Context> {
  cache.give(write(at(line), [word, word]))
  return cache
}

describe('transactions', () => {
  test('a read miss fetches the line from memory and then hits', () => {
    const cache = make()
    expect(cache.give(read(at(1))).messages).toEqual([
      { type: 'read.req', from: 'l2', txn: 0, addr: at(1), words: 2, memory: 'cacheable' },
    ])
    expect(cache.give(read(at(3))).decision).toBe('stall')
    expect(cache.give(brought([3, 4])).messages).toEqual([
      { type: 'read.resp', from: 'cpu0', txn: 0, addr: at(1), data: [3, 4], ok: true },
    ])
    expect(cache.give(read(at(1, 1), 1)).messages[0]).toMatchObject({ data: [4], ok: true })
  })

  test('a write-back allocates, then updates', () => {
    const cache = make()
    expect(cache.give(write(at(1), [1, 2])).sent).toEqual(['scu write.resp'])
    expect(cache.give(write(at(1), [3, 4])).sent).toEqual(['scu write.resp'])
    expect(cache.give(read(at(1))).messages[0]).toMatchObject({ data: [3, 4] })
  })

  test('a dirty victim waits in the buffer, and a read of it waits until memory has it', () => {
    const cache = withDirty(2, 22, withDirty(0, 20))
    expect(cache.give(read(at(4))).sent).toEqual(['bus read.req'])
    cache.give(brought([4, 4]))
    expect(cache.give(read(at(0))).messages).toEqual([])
    expect(cache.give(read(at(4))).decision).toBe('stall')
    expect(cache.give(drain(0)).messages).toEqual([
      { type: 'write.req', from: 'l2', txn: 2, addr: at(0), data: [20, 20], memory: 'cacheable' },
    ])
    expect(cache.give(drained(0)).messages).toEqual([
      { type: 'read.req', from: 'l2', txn: 0, addr: at(0), words: 2, memory: 'cacheable' },
    ])
    expect(cache.give(brought([20, 20])).messages[0]).toMatchObject({ type: 'read.resp', addr: at(0), data: [20, 20] })
  })

  test('a read is taken although the write-back just before has pushed its line out through the only entry', () => {
    const cache = make({ geometry: { ...litmus, l2: { sets: 2, ways: 1 }, l2StoreBufferEntries: 1 } })
    withDirty(2, 22, withDirty(0, 20, cache))
    expect(cache.give(read(at(0)))).toMatchObject({ decision: 'react', messages: [] })
    cache.give(drain(0))
    expect(cache.give(drained(0)).messages).toMatchObject([{ type: 'read.req', addr: at(0) }])
    expect(cache.context.buffer.lines[0]).toBe(at(2) / 8)
    expect(cache.give(brought([20, 20])).messages).toMatchObject([{ type: 'read.resp', addr: at(0), data: [20, 20] }])
  })

  test('a full buffer holds up misses that would displace a dirty line, and non-cacheable writes', () => {
    const cache = withDirty(2, 22, withDirty(0, 20))
    for (const line of [7, 9]) expect(cache.give(write(at(line), [1], 'non-cacheable')).decision).toBe('react')
    expect(cache.give(write(at(11), [1], 'non-cacheable')).decision).toBe('stall')
    expect(cache.give(write(at(4), [4, 4])).decision).toBe('stall')
    expect(cache.give(read(at(4))).messages).toEqual([])
    cache.give(drain(1))
    expect(cache.give(drained(1)).messages).toMatchObject([{ type: 'read.req', addr: at(4) }])
  })

  test('non-cacheable writes go into the buffer and leave in order per line; reads of the line wait', () => {
    const cache = make()
    cache.give(write(at(1, 1), [1], 'non-cacheable'))
    cache.give(write(at(1, 1), [2], 'non-cacheable'))
    expect([cache.may('buffer.drain', 0), cache.may('buffer.drain', 1)]).toEqual([true, false])
    expect(cache.give(read(at(1), 1, 'non-cacheable')).decision).toBe('stall')
    expect(cache.give(drain(0)).messages[0]).toMatchObject({ addr: at(1, 1), data: [1], memory: 'non-cacheable' })
    cache.give(drained(0))
    cache.give(drain(1))
    cache.give(drained(1))
    expect(cache.give(read(at(1), 1, 'non-cacheable')).messages[0]).toMatchObject({ words: 1, memory: 'non-cacheable' })
    expect(cache.give(brought([2])).messages[0]).toMatchObject({ from: 'cpu0', data: [2], ok: true })
  })

  test('non-cacheable reads pass by a dirty line; an eviction of it waits until the read is done', () => {
    const cache = withDirty(1, 5)
    expect(cache.give(read(at(1), 1, 'non-cacheable')).sent).toEqual(['bus read.req'])
    cache.give({ type: 'line.evict', value: slotOf(cache, 1) })
    expect(cache.may('buffer.drain', 0)).toBe(false)
    cache.give(brought([0]))
    expect(cache.may('buffer.drain', 0)).toBe(true)
  })

  test('a burst that leaves its line, and an error of memory, are answered with an error', () => {
    const cache = make()
    expect(cache.give(read(at(1, 1), 2)).messages[0]).toMatchObject({ data: [], ok: false })
    expect(cache.give(write(at(1, 1), [1, 2])).messages[0]).toMatchObject({ ok: false })
    cache.give(read(at(1)))
    expect(cache.give(brought([], 0, false)).messages[0]).toMatchObject({ data: [], ok: false })
    expect(cache.give(read(at(1))).sent).toEqual(['bus read.req'])
  })
})

describe('line operations', () => {
  test('clean: the data are in the buffer, in memory only after CACHE_SYNC', () => {
    const cache = withDirty(1, 5)
    const cleaned = cache.give(register(pl310Offsets.cleanLinePa, at(1)))
    expect(cleaned.sent).toEqual(['regs reg.write.resp'])
    expect(cleaned.emitted.map((event) => event.type)).toEqual(['line.writeback'])
    expect(cache.give(register(pl310Offsets.cacheSync)).sent).toEqual([])
    expect(cache.give(read(at(1))).decision).toBe('stall')
    expect(cache.give(write(at(3), [1], 'non-cacheable')).decision).toBe('stall')
    expect([0, 1, 2, 3].some((slot) => cache.may('line.evict', slot))).toBe(false)
    cache.give(drain(0))
    expect(cache.give(drained(0)).messages).toEqual([
      { type: 'reg.write.resp', from: 'cpu0', txn: 1, addr: register(pl310Offsets.cacheSync).addr, ok: true },
    ])
    expect(cache.give(read(at(1))).messages[0]).toMatchObject({ data: [5, 5] })
    expect(cache.give(register(pl310Offsets.cacheSync)).sent).toEqual(['regs reg.write.resp'])
  })

  test('invalidate: drops the line, reports lost data, and cannot reach what is in the buffer', () => {
    const cache = withDirty(1, 5, make({ registerWritesSync: false }))
    const dropped = cache.give(register(pl310Offsets.invalidateLinePa, at(1)))
    expect(dropped.emitted).toEqual([
      { type: 'line.drop', cache: 'l2', addr: at(1), dirty: true, data: [5, 5], cause: 'maintenance' },
    ])
    withDirty(1, 6, cache)
    cache.give({ type: 'line.evict', value: slotOf(cache, 1) })
    expect(cache.give(register(pl310Offsets.invalidateLinePa, at(1))).sent).toEqual(['regs reg.write.resp'])
    expect(cache.give(drain(0)).messages[0]).toMatchObject({ addr: at(1), data: [6, 6] })
  })

  test('clean and invalidate, by address and by index', () => {
    for (const byIndex of [false, true]) {
      const cache = withDirty(1, 5)
      const way = slotOf(cache, 1) % 2
      const offset = byIndex ? pl310Offsets.cleanInvalidateLineIndex : pl310Offsets.cleanInvalidateLinePa
      const done = cache.give(register(offset, byIndex ? ((way << 28) | 8) >>> 0 : at(1)))
      expect(done.emitted.map((event) => event.type)).toEqual(['line.writeback', 'line.drop'])
      expect(slotOf(cache, 1)).toBe(-1)
    }
  })

  test('a register write begins with a sync, unless configured otherwise', () => {
    for (const registerWritesSync of [true, false]) {
      const cache = withDirty(1, 5, make({ registerWritesSync }))
      cache.give(register(pl310Offsets.cleanLinePa, at(1)))
      const next = cache.give(register(pl310Offsets.cleanLinePa, at(3)))
      expect(next.decision).toBe(registerWritesSync ? 'stall' : 'react')
    }
  })

  test('an operation on a line on its way waits for it', () => {
    const cache = make()
    cache.give(read(at(1)))
    expect(cache.give(register(pl310Offsets.invalidateLinePa, at(1))).decision).toBe('stall')
    expect(cache.give(register(pl310Offsets.invalidateLinePa, at(3))).decision).toBe('react')
    cache.give(brought([1, 1]))
    expect(cache.give(register(pl310Offsets.invalidateLinePa, at(1))).decision).toBe('react')
    expect(cache.give(read(at(1))).sent).toEqual(['bus read.req'])
  })
})

describe('registers', () => {
  test('identity, control and auxiliary control read as the board has them; other locations read zero', () => {
    const cache = make()
    const registerValue = (offset: number) => cache.give(registerRead(offset)).messages[0]?.value
    expect(registerValue(pl310Offsets.cacheId)).toBe(cacheIdValue)
    expect(registerValue(pl310Offsets.control)).toBe(1)
    expect(registerValue(pl310Offsets.auxControl)).toBe(auxControlValue)
    expect(registerValue(0x220)).toBe(0)
    expect(cache.give(registerRead(0x101)).messages[0]).toMatchObject({ ok: false })
    expect(cache.give(register(0x102)).messages[0]).toMatchObject({ ok: false })
    expect(cache.give(register(0x220)).messages[0]).toMatchObject({ ok: true })
  })

  test('a way operation goes on in the background, shows its pending ways and refuses other writes', () => {
    const cache = withDirty(2, 22, withDirty(0, 20))
    expect(cache.give(register(pl310Offsets.cleanInvalidateWay, 3)).sent).toEqual(['regs reg.write.resp'])
    expect(cache.give(registerRead(pl310Offsets.cleanInvalidateWay)).messages[0]).toMatchObject({ value: 3 })
    expect(cache.give(registerRead(pl310Offsets.cleanWay)).messages[0]).toMatchObject({ value: 0 })
    expect(cache.give(registerRead(pl310Offsets.cacheSync)).messages[0]).toMatchObject({ value: 1 })
    expect(cache.give(register(pl310Offsets.cacheSync)).messages[0]).toMatchObject({ ok: false })
    while (cache.may('way.step')) {
      cache.give({ type: 'way.step', value: 0 })
      for (const entry of [0, 1]) if (cache.may('buffer.drain', entry)) cache.give(drain(entry))
      for (const entry of [0, 1]) cache.give(drained(entry))
    }
    expect(cache.give(registerRead(pl310Offsets.cleanInvalidateWay)).messages[0]).toMatchObject({ value: 0 })
    expect(cache.context.array.lines).toEqual([-1, -1, -1, -1])
    expect(cache.give(register(pl310Offsets.cacheSync)).messages[0]).toMatchObject({ ok: true })
  })

  test('an invalidation by way loses dirty lines', () => {
    const cache = withDirty(0, 20)
    cache.give(register(pl310Offsets.invalidateWay, 3))
    const lost = cache.give({ type: 'way.step', value: 0 })
    expect(lost.emitted).toEqual([
      { type: 'line.drop', cache: 'l2', addr: at(0), dirty: true, data: [20, 20], cause: 'maintenance' },
    ])
  })

  test('the auxiliary control register is writable only while the cache is off', () => {
    const cache = make()
    expect(cache.give(register(pl310Offsets.auxControl, 5)).messages[0]).toMatchObject({ ok: false })
    cache.give(register(pl310Offsets.control, 0))
    expect(cache.give(register(pl310Offsets.auxControl, 5)).messages[0]).toMatchObject({ ok: true })
    expect(cache.give(registerRead(pl310Offsets.auxControl)).messages[0]).toMatchObject({ value: 5 })
  })

  test('switched off, transactions pass by what the cache holds; switched on again, it is there', () => {
    const cache = withDirty(1, 5)
    cache.give(read(at(3)))
    expect(cache.give(register(pl310Offsets.control, 0)).decision).toBe('stall')
    cache.give(brought([3, 3]))
    expect(cache.give(register(pl310Offsets.control, 0)).decision).toBe('react')
    expect(cache.give(read(at(1))).sent).toEqual(['bus read.req'])
    cache.give(brought([0, 0]))
    expect([0, 1, 2, 3].some((slot) => cache.may('line.evict', slot))).toBe(false)
    cache.give(register(pl310Offsets.control, 1))
    expect(cache.give(read(at(1))).messages[0]).toMatchObject({ data: [5, 5] })
  })
})

describe('switches', () => {
  test('no outer cache: writes are answered when memory has them', () => {
    const cache = make({ features: { ...features, l2: false } })
    expect(cache.give(write(at(1), [1, 2])).sent).toEqual([])
    cache.give(drain(0))
    expect(cache.give(drained(0)).messages[0]).toMatchObject({ type: 'write.resp', from: 'cpu1', ok: true })
    expect(cache.give(read(at(1))).sent).toEqual(['bus read.req'])
  })

  test('no store buffer: non-cacheable writes and line operations are answered when memory has everything', () => {
    const cache = withDirty(1, 5, make({ features: { ...features, l2StoreBuffer: false } }))
    expect(cache.give(write(at(3), [1], 'non-cacheable')).sent).toEqual([])
    cache.give(drain(0))
    expect(cache.give(drained(0, false)).messages[0]).toMatchObject({ type: 'write.resp', ok: false })
    expect(cache.give(register(pl310Offsets.cleanLinePa, at(1))).sent).toEqual([])
    cache.give(drain(0))
    expect(cache.give(drained(0)).sent).toEqual(['regs reg.write.resp'])
  })

  test('the prefetcher fetches the line behind the last fill, up to the end of the page', () => {
    const cache = make()
    expect(cache.may('line.prefetch')).toBe(false)
    cache.give(read(at(2)))
    cache.give(brought([2, 2]))
    expect(cache.may('line.prefetch')).toBe(true)
    expect(cache.give({ type: 'line.prefetch', value: 0 }).messages[0]).toMatchObject({ txn: 1, addr: at(3) })
    expect(cache.give(read(at(3))).decision).toBe('stall')
    expect(cache.give(write(at(3), [9, 9])).decision).toBe('stall')
    expect(cache.give(brought([3, 3], 1)).emitted[0]).toMatchObject({ addr: at(3), cause: 'speculation' })
    expect(cache.may('line.prefetch')).toBe(false)
    const quiet = make({ features: { ...features, speculation: false } })
    quiet.give(read(at(2)))
    expect(quiet.may('line.prefetch')).toBe(false)
  })

  test('the adversary evicts what a device writes or a core has just written back, and prefetches ahead of it', () => {
    const cache = withDirty(1, 5)
    const slot = slotOf(cache, 1)
    expect(cache.aim('line.evict', { type: 'memory.write', from: 'fimc0', addr: at(1) })).toBe(slot)
    expect(cache.aim('line.evict', { type: 'memory.write', from: 'l2', addr: at(1) })).toBe(-1)
    expect(cache.aim('line.evict', { type: 'line.writeback', cache: 'l1d0', addr: at(1) })).toBe(slot)
    expect(cache.aim('line.evict', { type: 'translation.use', write: true, addr: at(3) })).toBe(-1)
    cache.give(read(at(2)))
    expect(cache.aim('line.prefetch', { type: 'translation.use', write: true, addr: at(3) })).toBe(0)
    expect(cache.aim('line.prefetch', { type: 'translation.use', write: true, addr: at(5) })).toBe(-1)
  })
})
