/** Tests | what the history knows of words and buffers after single events. */

import { describe, expect, test } from 'vitest'
import { describeWord, initDiagnosis } from '../../../src/oracle/diagnosis.ts'
import { findBuffer, findLiveBuffer, pageAt, pendingValue, wordFlag, writerOf } from '../../../src/oracle/history.ts'
import { bidirectional, fromDevice, Platform, toDevice } from '../../mutant/platform.ts'

const addr = 0x40000080

function word(p: Platform, at = addr): { newest: number; memory: number; flags: number } {
  const page = pageAt(p.set.state.history, p.config, at)
  const offset = (at - p.config.dram.base) % p.config.pageBytes
  if (page === null) throw new Error('no page')
  return { newest: page.newest.get(offset), memory: page.memory.get(offset), flags: page.flags.get(offset) }
}

describe('memory', () => {
  test('an executed store is pending for its own core only, then newest in that L1', () => {
    const p = new Platform()
    p.store(1, addr, 7, false)
    expect(pendingValue(p.set.state.history, 1, addr)).toBe(7)
    expect(pendingValue(p.set.state.history, 0, addr)).toBeUndefined()
    p.drain(1)
    expect(pendingValue(p.set.state.history, 1, addr)).toBeUndefined()
    expect(word(p).newest).toBe(7)
    expect(word(p).flags & wordFlag.holders).toBe(wordFlag.l1 << 1)
  })

  test('merged stores leave the store buffer together', () => {
    const p = new Platform()
    const store = { type: 'cpu.store', core: 0, memory: 'cacheable' } as const
    p.emit('cpu0', { ...store, addr, data: [1] })
    p.emit('cpu0', { ...store, addr: addr + 4, data: [2] })
    p.emit('cpu0', { type: 'cpu.stored', core: 0, addr, data: [1, 2], memory: 'cacheable' })
    expect(p.set.state.history.pending[0]?.runs).toEqual([])
  })

  test('the newest value is followed from L1 through L2 to memory', () => {
    const p = new Platform()
    p.store(0, addr, 7)
    p.cleanL1(addr)
    expect(word(p).flags & wordFlag.holders).toBe(wordFlag.l1 | wordFlag.l2)
    p.evictL1(0, addr)
    p.evictL2(addr)
    expect(word(p)).toMatchObject({ newest: 7, memory: 7 })
    expect(word(p).flags & wordFlag.holders).toBe(0)
  })

  test('a line taken by another core keeps its newest value', () => {
    const p = new Platform()
    p.store(0, addr, 7)
    p.store(1, addr + 4, 8)
    expect(word(p).flags & wordFlag.l1).toBe(0)
    expect(word(p).flags & (wordFlag.l1 << 1)).not.toBe(0)
    expect(p.fired()).toEqual([])
  })

  test('a write-back on its way is a copy: the clean lines above may go', () => {
    const p = new Platform()
    p.store(0, addr, 7)
    const data = [7, 0]
    p.emit('l1d0', { type: 'line.writeback', cache: 'l1d0', addr, data, cause: 'snoop' })
    p.emit('l1d1', { type: 'line.fill', cache: 'l1d1', addr, data, cause: 'demand' })
    for (const cache of ['l1d0', 'l1d1']) {
      p.emit(cache, { type: 'line.drop', cache, addr, dirty: false, data: [], cause: 'eviction' })
    }
    expect(word(p).flags & wordFlag.holders).toBe(wordFlag.towardsL2)
    expect(p.fired()).toEqual([])
  })

  test('a store that waits is not what lands, however equal', () => {
    const p = new Platform()
    p.store(0, addr, 7)
    p.store(0, addr, 9, false)
    p.emit('dram', { type: 'memory.write', from: 'l2', addr, data: [9] })
    expect(word(p)).toMatchObject({ newest: 7, memory: 9 })
    expect(pendingValue(p.set.state.history, 0, addr)).toBe(9)
  })

  test('a store of the value that is there already has a copy of its own', () => {
    const p = new Platform()
    p.store(0, addr, 7)
    p.publish(addr)
    p.store(0, addr, 7)
    expect(word(p).flags & wordFlag.l1).not.toBe(0)
  })

  test('of two stores of one value on their way to memory, the older one lands first', () => {
    const p = new Platform()
    const land = [7, 9, 7].map((value) => p.storeNonCacheable(0, addr, value))
    land[0]?.()
    expect(word(p)).toMatchObject({ newest: 7, memory: 7 })
    expect(word(p).flags & wordFlag.holders).toBe(wordFlag.towardsL2)
    land[1]?.()
    land[2]?.()
    expect(word(p).flags & wordFlag.holders).toBe(0)
    expect(pageAt(p.set.state.history, p.config, addr)?.onWay.runs).toEqual([])
    expect(p.fired()).toEqual([])
  })

  test('a stale value read by a device is not excused by an equal store that waits', () => {
    const p = new Platform()
    p.store(0, addr, 5)
    p.publish(addr)
    p.store(1, addr, 3)
    p.store(0, addr, 5, false)
    const buffer = p.map(1, 0x20000000, addr, 8, toDevice, { maintenance: true })
    p.queue(1, buffer)
    p.deviceRead(buffer.handle)
    expect(p.fired()).toContain('fresh-dma-read')
  })

  test('nor is a stale value that a core loads', () => {
    const p = new Platform()
    const buffer = p.map(0, 0x20000000, addr, 8, fromDevice)
    p.store(1, addr, 5, false)
    p.queue(0, buffer)
    p.deviceWrite(buffer.handle, 9)
    p.done(0, buffer)
    p.emit('cpu0', { type: 'cpu.load', core: 0, addr, data: [5], memory: 'cacheable' })
    expect(p.fired()).toContain('fresh-load')
  })

  test('a device write is the newest value, in memory alone', () => {
    const p = new Platform()
    p.store(0, addr, 1)
    p.emit('dram', { type: 'memory.write', from: 'fimc0', addr, data: [2] })
    expect(word(p)).toMatchObject({ newest: 2, memory: 2 })
    expect(writerOf(word(p).flags)).toBe(4)
    expect(word(p).flags & wordFlag.holders).toBe(0)
  })

  test('a coherent device write is the newest value too, on its way to the outer cache', () => {
    const p = new Platform()
    p.store(0, addr, 1)
    p.emit('scu', { type: 'memory.write', from: 'fimc0', addr, data: [2], coherent: true })
    expect(word(p)).toMatchObject({ newest: 2, memory: 0 })
    expect(word(p).flags & wordFlag.holders).toBe(wordFlag.towardsL2)
    p.emit('l2', { type: 'line.fill', cache: 'l2', addr, data: [2, 0], cause: 'writeback' })
    expect(word(p).flags & wordFlag.holders).toBe(wordFlag.l2)
  })

  test('a write through the outer cache is there and on its way to memory', () => {
    const p = new Platform()
    p.store(0, addr, 1)
    p.emit('cpu0', { type: 'cpu.stored', core: 0, addr, data: [3], memory: 'non-cacheable' })
    p.emit('l2', { type: 'line.fill', cache: 'l2', addr, data: [3, 0], cause: 'through' })
    p.emit('l2', { type: 'line.drop', cache: 'l2', addr, dirty: false, data: [], cause: 'eviction' })
    expect(word(p).flags & wordFlag.holders).toBe(wordFlag.towardsL2)
    expect(p.fired()).toEqual([])
  })

  test('a freed page is forgotten, but not what memory holds', () => {
    const p = new Platform()
    p.store(0, addr, 7)
    p.publish(addr)
    p.freePage(addr)
    expect(word(p)).toEqual({ newest: 0, memory: 7, flags: 0 })
  })

  test('accesses outside DRAM are passed over', () => {
    const p = new Platform()
    p.emit('cpu0', { type: 'cpu.load', core: 0, addr: 0x10, data: [1], memory: 'cacheable' })
    p.emit('dram', { type: 'memory.write', from: 'fimc0', addr: 0x50000000, data: [1] })
    expect(p.fired()).toEqual([])
  })
})

describe('buffers', () => {
  test('a buffer lives from map to unmap, and its memory is remembered until it is used again', () => {
    const p = new Platform()
    const { history } = p.set.state
    const buffer = p.map(0, 0x20000000, addr, 24, fromDevice)
    expect(findLiveBuffer(history, 0x20000014)).toBe(0)
    expect(history.buffers.list[0]).toMatchObject({ bytes: 24, direction: 2, kind: 'streaming', phase: 'idle' })
    p.queue(0, buffer)
    expect(history.buffers.list[0]?.phase).toBe('queued')
    p.done(0, buffer)
    p.unmap(0, buffer)
    expect(findLiveBuffer(history, 0x20000014)).toBe(-1)
    expect(findBuffer(history, { handle: 0x20000000, space: 0, spaces: 1 })).toBe(0)
    p.freePage(addr)
    p.freePage(addr + 16)
    expect(history.buffers.list).toEqual([])
  })

  test('two buffers share a page word by word', () => {
    const p = new Platform()
    p.map(0, 0x20000000, addr, 8, toDevice)
    p.map(0, 0x20000018, addr + 8, 8, bidirectional)
    const page = pageAt(p.set.state.history, p.config, addr)
    expect(page?.places.map(({ start, buffer }) => [start - addr, buffer])).toEqual([
      [0, 0],
      [8, 1],
    ])
  })

  test('a failed map makes no buffer', () => {
    const p = new Platform()
    p.mark(0, 'dma.return', { op: 'map', handle: 0xffffffff, bytes: 8, direction: 1 })
    expect(p.set.state.history.buffers.list).toEqual([])
  })

  // `map_sg` by entries maps the first and then cannot map the second: the first is unmapped, and no return tells of it.
  test('a list that failed leaves no buffer of its first entries; one that another core maps meanwhile stays', () => {
    const p = new Platform()
    const { history } = p.set.state
    const list = { op: 'map-sg', kind: 'sg', entries: 2, direction: 'to-device', handle: 0xffffffff }
    p.mark(0, 'dma.call', list)
    p.mark(0, 'dma.page', { handle: addr, iova: addr, addr, bytes: 8 })
    p.mark(1, 'dma.page', { handle: addr + 8, iova: addr + 8, addr: addr + 8, bytes: 8 })
    p.mark(0, 'dma.return', { ...list, mapped: 0, result: 0 })
    expect(findLiveBuffer(history, addr)).toBe(-1)
    expect(findLiveBuffer(history, addr + 8)).not.toBe(-1)
  })
})

describe('diagnosis', () => {
  test('says who wrote what at which step and where it is', () => {
    const p = new Platform()
    p.store(0, addr, 0xab)
    const { history } = p.set.state
    const none = initDiagnosis(p.config)
    expect(describeWord(history, none, p.config, addr)).toBe('cpu0 wrote 0x0000_00ab; it is in l1d0')
    expect(describeWord(history, none, p.config, addr + 4)).toBe('nothing is known of this word')
    expect(describeWord(history, none, p.config, 0x10)).toBe('nothing is known of this word')
  })
})
