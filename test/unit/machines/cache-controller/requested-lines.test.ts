/** Test | lines that a program preloads or has evicted, in both levels; and what the memory type decides in the outer cache. */

import { describe, expect, test } from 'vitest'
import { lineState } from '../../../../machines/cache-controller/cache-array.ts'
import {
  defaultL1Config,
  defaultPl310Config,
  defineL1,
  definePl310,
  type L1Context,
  type Pl310Context,
} from '../../../../machines/cache-controller/index.ts'
import { pl310Offsets } from '../../../../machines/cache-controller/pl310-regs.ts'
import { litmus } from '../../../../machines/geometry.ts'
import { Bench } from './bench.ts'

const base = litmus.dram.base
/** Lines 0, 2, 4 share a set of two ways. */
const at = (line: number, word = 0) => base + line * 8 + word * 4

describe('the level-1 cache', () => {
  const quiet = { ...defaultL1Config, features: { speculation: false, eviction: false, l2: true } }
  const bench = () => new Bench<L1Context>(defineL1(quiet))
  const preload = (line: number) => ({ type: 'prefetch.req', core: 0, addr: at(line, 1) })
  const evict = (line: number) => ({ type: 'maintain.req', core: 0, op: 'evict', addr: at(line) })
  const fill = (line: number, exclusive = true) => ({ type: 'fetch.resp', addr: at(line), data: [1, 2], exclusive })
  const held = (line: number, dirty: boolean, cache = bench()): Bench<L1Context> => {
    if (dirty) cache.give({ type: 'store.req', addr: at(line), data: [7], memory: 'cacheable' })
    else cache.give({ type: 'load.req', addr: at(line), words: 1, memory: 'cacheable' })
    cache.give(fill(line))
    return cache
  }

  test('a preload fills a line, with speculation off, and answers nobody', () => {
    const cache = bench()
    expect(cache.give(preload(1)).messages).toEqual([
      { type: 'fetch.req', core: 0, addr: at(1), mode: 'shared', cause: 'speculation' },
    ])
    const filled = cache.give(fill(1))
    expect(filled.sent).toEqual([])
    expect(filled.emitted).toMatchObject([{ type: 'line.fill', cause: 'speculation' }])
    expect(cache.give({ type: 'load.req', addr: at(1), words: 1, memory: 'cacheable' }).sent).toEqual(['cpu load.resp'])
  })

  test('a preload of a line that is here or coming does nothing; another one waits', () => {
    const cache = held(1, false)
    expect(cache.give(preload(1)).sent).toEqual([])
    cache.give(preload(0))
    expect(cache.give(preload(3)).decision).toBe('stall')
  })

  test('a preload pushes a dirty line out', () => {
    const cache = held(2, true, held(0, true))
    expect(cache.give(preload(4)).sent).toEqual(['scu evict.req', 'scu fetch.req'])
  })

  test('without an outer cache what a miss displaces is in memory before the line is asked for', () => {
    const alone = (): Bench<L1Context> =>
      new Bench<L1Context>(
        defineL1({ ...defaultL1Config, features: { speculation: false, eviction: false, l2: false } }),
      )
    const out = { type: 'evict.resp', addr: at(0) }
    for (const access of [
      preload(4),
      { type: 'load.req', addr: at(4), words: 1, memory: 'cacheable' },
      { type: 'store.req', addr: at(4), data: [3], memory: 'cacheable' },
    ]) {
      const cache = held(2, true, held(0, true, alone()))
      expect(cache.give(access).sent).toEqual(['scu evict.req'])
      expect(cache.give(out).sent).toEqual(['scu fetch.req'])
      expect(cache.give(fill(4)).emitted).toMatchObject([
        { type: 'line.fill' },
        ...(access.type === 'store.req' ? [{}] : []),
      ])
    }
  })

  test('a preload waits while its line leaves', () => {
    const leaving = held(1, true)
    leaving.give(evict(1))
    expect(leaving.give(preload(1)).decision).toBe('stall')
  })

  test('an evicted unmodified line vanishes, one that is not here too', () => {
    const cache = held(1, false)
    const gone = cache.give(evict(1))
    expect(gone.messages).toEqual([{ type: 'maintain.resp', op: 'evict', addr: at(1) }])
    expect(gone.emitted).toMatchObject([{ type: 'line.drop', cause: 'eviction', dirty: false }])
    expect(cache.give(evict(1)).emitted).toEqual([])
  })

  test('an evicted dirty line goes to the SCU, and the core hears when it has left', () => {
    const cache = held(1, true)
    expect(cache.give(evict(1)).sent).toEqual(['scu evict.req'])
    const pulled = cache.give({ type: 'snoop.req', addr: at(1), op: 'evict' })
    expect(pulled.messages).toMatchObject([{ dirty: true, data: [7, 2] }])
    expect(pulled.emitted).toMatchObject([
      { type: 'line.writeback', cause: 'eviction' },
      { type: 'line.drop', cause: 'eviction' },
    ])
    expect(cache.give({ type: 'evict.resp', addr: at(1) }).messages).toEqual([
      { type: 'maintain.resp', op: 'evict', addr: at(1) },
    ])
    expect(cache.context.accessAddr).toBe(0)
  })

  test('an eviction waits for a fill of its line, and for the eviction buffer', () => {
    const cache = bench()
    cache.give(preload(1))
    expect(cache.give(evict(1)).decision).toBe('stall')
    const full = held(3, true, held(1, true))
    full.give(evict(1))
    expect(full.give(evict(3)).decision).toBe('stall')
  })

  test('a line is given up to a device: its dirty words go to the outer cache', () => {
    const pulled = held(1, true).give({ type: 'snoop.req', addr: at(1), op: 'yield' })
    expect(pulled.messages).toMatchObject([{ held: true, dirty: true, data: [7, 2] }])
    expect(pulled.emitted).toMatchObject([
      { type: 'line.writeback', cause: 'snoop' },
      { type: 'line.drop', cause: 'snoop' },
    ])
  })
})

describe('the outer cache', () => {
  const make = (features: Partial<typeof defaultPl310Config.features> = {}) =>
    new Bench<Pl310Context>(
      definePl310({ ...defaultPl310Config, features: { ...defaultPl310Config.features, ...features } }),
    )
  const read = (line: number, memory: string) => ({
    type: 'read.req',
    from: 'cpu0',
    txn: 0,
    addr: at(line),
    words: 1,
    memory,
  })
  const write = (line: number, data: number[], memory: string) => ({
    type: 'write.req',
    from: 'cpu0',
    txn: 0,
    addr: at(line),
    data,
    memory,
  })
  const evict = (line: number) => ({
    type: 'reg.write.req',
    from: 'cpu0',
    txn: 0,
    addr: defaultPl310Config.base + pl310Offsets.evictLinePa,
    value: at(line),
  })
  const dirty = (line: number, cache = make()): Bench<Pl310Context> => {
    cache.give(write(line, [1, 2], 'cacheable'))
    return cache
  }
  const clean = (line: number, cache = make()): Bench<Pl310Context> => {
    cache.give(read(line, 'cacheable'))
    cache.give({ type: 'read.resp', from: 'l2', txn: 0, addr: 0, data: [1, 2], ok: true })
    return cache
  }
  const slotState = (cache: Bench<Pl310Context>, line: number) =>
    cache.context.array.states[cache.context.array.lines.indexOf(at(line) / 8)]

  test('an evicted line goes to the buffer if it is dirty, with no sync first', () => {
    const cache = dirty(1)
    cache.give(write(3, [4], 'non-cacheable'))
    const evicted = cache.give(evict(1))
    expect(evicted.sent).toEqual(['regs reg.write.resp'])
    expect(evicted.emitted).toMatchObject([
      { type: 'line.writeback', cause: 'eviction', data: [1, 2] },
      { type: 'line.drop', cause: 'eviction' },
    ])
    expect(cache.context.buffer.states).toEqual([1, 1])
    expect(dirty(1, cache).give(evict(1)).decision).toBe('stall')
  })

  test('an evicted clean line vanishes; of one that is not here nothing is left to do', () => {
    const cache = clean(1)
    expect(cache.give(evict(1)).emitted).toMatchObject([{ type: 'line.drop', cause: 'eviction', dirty: false }])
    expect(cache.give(evict(1)).emitted).toEqual([])
  })

  test('a Strongly-ordered write is answered when memory has it', () => {
    const cache = make()
    expect(cache.give(write(1, [5], 'strongly-ordered')).sent).toEqual([])
    cache.give({ type: 'buffer.drain', value: 0 })
    expect(cache.give({ type: 'write.resp', from: 'l2', txn: 2, addr: 0, ok: true }).sent).toEqual(['scu write.resp'])
  })

  test('with the shared override, non-cacheable accesses look nothing up', () => {
    const cache = clean(1)
    expect(cache.give(read(1, 'non-cacheable')).sent).toEqual(['bus read.req'])
  })

  test('without it a non-cacheable read hits, and allocates nothing', () => {
    const cache = clean(1, make({ sharedOverride: false }))
    expect(cache.give(read(1, 'non-cacheable')).messages).toMatchObject([{ type: 'read.resp', data: [1] }])
    cache.give(read(3, 'non-cacheable'))
    cache.give({ type: 'read.resp', from: 'l2', txn: 0, addr: 0, data: [9], ok: true })
    expect(cache.context.array.lines).not.toContain(at(3) / 8)
    // Strongly-ordered reads never look up.
    expect(cache.give(read(1, 'strongly-ordered')).sent).toEqual(['bus read.req'])
  })

  test.each([
    ['clean', clean, lineState.clean],
    ['dirty', dirty, lineState.dirty],
  ] as const)('without it a non-cacheable write goes through a %s line to memory', (_, prepare, state) => {
    for (const l2StoreBuffer of [true, false]) {
      const cache = prepare(1, make({ sharedOverride: false, l2StoreBuffer }))
      const written = cache.give(write(1, [8], 'non-cacheable'))
      expect(written.emitted).toMatchObject([{ type: 'line.fill', data: [8, 2], cause: 'through' }])
      expect(written.sent).toEqual(l2StoreBuffer ? ['scu write.resp'] : [])
      expect(slotState(cache, 1)).toBe(state)
      expect(cache.context.buffer.words).toEqual([1, 0])
    }
  })

  test('without it a non-cacheable write that misses only goes to memory', () => {
    const cache = make({ sharedOverride: false })
    expect(cache.give(write(1, [8], 'non-cacheable')).emitted).toEqual([])
    expect(cache.context.array.lines).not.toContain(at(1) / 8)
  })
})
