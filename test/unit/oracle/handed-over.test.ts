/** Unit | what correct programs may do around a hand-over: dropped stores, two cores mapping at once, memory used again. */

import { expect, test } from 'vitest'
import { bidirectional, fromDevice, Platform, toDevice } from '../../mutant/platform.ts'

const buffer = 0x40000080
const handle = 0x20000000

// Not all that these programs take is given back.
const silent = (p: Platform) => {
  p.keepAll()
  expect([...p.end().set.violations.values()].map(({ first }) => first.message)).toEqual([])
}

test('nothing is expected of a word whose store was dropped when only the device was to write it', () => {
  for (const again of ['map', 'sync'] as const) {
    const p = new Platform()
    if (again === 'map') p.store(0, buffer, 5)
    const first = p.map(0, handle, buffer, 8, fromDevice)
    if (again === 'sync') {
      p.syncForCpu(0, first)
      p.store(0, buffer, 5)
      p.syncForDevice(0, first)
    }
    p.syncForCpu(0, first)
    p.load(0, buffer)
    p.unmap(0, first)
    p.load(0, buffer)
    // Nor by a device that reads it later.
    const second = p.map(0, handle, buffer, 8, toDevice)
    p.queue(0, second)
    p.deviceRead(second.handle)
    p.done(0, second)
    p.unmap(0, second)
    silent(p)
  }
})

test('a store that is dropped from a buffer of both directions is still missed', () => {
  const p = new Platform()
  const both = p.map(0, handle, buffer, 8, bidirectional)
  p.syncForCpu(0, both)
  p.store(0, buffer, 5)
  p.unmap(0, both)
  p.load(0, buffer)
  expect(p.end().fired()).toEqual(['fresh-load', 'no-lost-write'])
})

// Goal: a drop belongs to whoever may drop. Method: core 1 maps while core 0 is inside an operation that ends first.
test.each([
  [0, []],
  [4, ['no-lost-write']],
] as const)('two cores inside operations: a store %i bytes behind the buffer', (behind, fired) => {
  const p = new Platform()
  const own = p.map(0, handle, buffer, 8, fromDevice)
  p.store(1, buffer + 16 + behind, 7)
  const args = { op: 'sync-for-cpu', device: 'fimc0', handle: own.handle, offset: 0, bytes: 8, direction: fromDevice }
  p.mark(0, 'dma.call', args)
  const call = { ...args, op: 'map', handle: 0, bytes: 4 }
  p.mark(1, 'dma.call', call)
  p.invalidateL1(buffer + 16)
  p.invalidateL2(buffer + 16)
  p.mark(0, 'dma.return', args)
  p.mark(0, 'buffer.queued', { handle: own.handle, bytes: 8 })
  p.mark(1, 'dma.page', { handle: handle + 16, iova: handle + 16, addr: buffer + 16, bytes: 4 })
  p.mark(1, 'dma.return', { ...call, handle: handle + 16 })
  p.mark(1, 'buffer.queued', { handle: handle + 16, bytes: 4 })
  p.keepAll()
  expect(p.end().fired()).toEqual(fired)
})

test('memory freed by one core and allocated by another has no ownership period left over', () => {
  const p = new Platform()
  const sync = (core: number, edge: 'acquire' | 'release') =>
    p.emit('os', { type: 'os.sync', core, object: `lock:${core}`, edge })
  sync(0, 'acquire')
  p.allocPage(buffer)
  const mapping = p.map(1, handle, buffer, 16, fromDevice)
  p.unmap(1, mapping)
  sync(1, 'release')
  p.freePage(buffer)
  p.allocPage(buffer, 'dma')
  p.mark(0, 'dma.page', { handle, iova: handle, addr: buffer, bytes: 16 })
  p.mark(0, 'dma.return', { op: 'alloc', device: 'fimc0', handle, offset: 0, bytes: 16, direction: bidirectional })
  p.store(0, buffer, 1)
  p.load(0, buffer)
  silent(p)
})
