/** Unit | the steps of each operation on one aligned page, in order; the rows of the published sequences, gaps closed. */

import { describe, expect, test } from 'vitest'
import { pageOwners } from '../../../machines/os/calls.ts'
import type { Allocation, DmaApi, Mapping } from '../../../src/dma/api.ts'
import type { Direction } from '../../../src/dma/types.ts'
import { DmaBench } from '../../support/dma-bench.ts'

// After torvalds/linux v3.6 arch/arm/mm/dma-mapping.c, cache-v7.S, cache-l2x0.c and drivers/iommu/exynos-iommu.c.
// One row of text is one range instruction: on the board, 128 lines for a page, 32 for a level-2 table, 1 for an entry.

const bytes = 4096
const clean = ['L1 clean', 'dsb', 'L2 clean', 'l2-sync', 'dsb']
const invalidate = ['L1 invalidate', 'dsb', 'L2 invalidate', 'l2-sync', 'dsb']
const towardsCpu = ['L2 invalidate', 'l2-sync', 'dsb', 'L1 invalidate', 'dsb']
const publish = ['L1 clean-invalidate', 'dsb', 'L2 clean-invalidate', 'l2-sync', 'dsb']
const locked = (...rows: string[]) => ['lock.acquire', 'dmb', ...rows, 'dmb', 'lock.release']

const toDevice: Record<Direction, string[]> = { 'to-device': clean, 'from-device': invalidate, bidirectional: clean }
const toCpu: Record<Direction, string[]> = { 'to-device': [], 'from-device': towardsCpu, bidirectional: towardsCpu }
const directions: Direction[] = ['to-device', 'from-device', 'bidirectional']

const entry = locked('table.find', 'store', ...publish, 'table.use')
const clearing = locked('table.find', 'store-range', ...publish, 'table.unuse')
const invalidation = locked(
  'flag.get',
  ...['mmio-write 7', 'mmio-read', 'mmio-write 20000001', 'mmio-write 5', 'mmio-read', 'dsb'],
)

function userPage(bench: DmaBench): number {
  const [page] = bench.run((_dma, asm) => asm.call('page.alloc', [bytes, pageOwners.indexOf('user')]))
  return bench.runner.get(page)
}

describe.each(directions)('linear, %s', (direction) => {
  const bench = new DmaBench({ backend: 'linear' })
  const page = userPage(bench)

  test('map, sync and unmap', () => {
    expect(bench.rowsOf((dma) => void dma.mapPage({ page, bytes, direction }))).toEqual([
      'mask.covers',
      ...toDevice[direction],
    ])
    const mapping = bench.run((dma) => dma.mapPage({ page, bytes, direction }))
    expect(bench.rowsOf((dma) => dma.syncForCpu(mapping))).toEqual(toCpu[direction])
    expect(bench.rowsOf((dma) => dma.syncForDevice(mapping))).toEqual(toDevice[direction])
    expect(bench.rowsOf((dma) => dma.unmapPage(mapping))).toEqual(toCpu[direction])
  })

  test('nothing under skip-cpu-sync', () => {
    const attrs = ['skip-cpu-sync'] as const
    const mapping = bench.run((dma) => dma.mapPage({ page, bytes, direction, attrs }))
    expect(bench.rowsOf((dma) => void dma.mapPage({ page, bytes, direction, attrs }))).toEqual(['mask.covers'])
    expect(bench.rowsOf((dma) => dma.unmapPage(mapping))).toEqual([])
  })
})

describe.each(directions)('iommu, %s', (direction) => {
  const prepared = locked('table.find')
  const fresh = locked('table.find', 'table.alloc', 'store-range', ...publish, 'store', ...publish)

  test('map: what can fail, then the caches, then the entry; unmap: entry, TLB, caches, IO address', () => {
    const bench = new DmaBench({ backend: 'iommu' })
    const page = userPage(bench)
    bench.run((dma) => dma.attach())
    let mapping = {} as Mapping
    const map = (dma: DmaApi) => {
      mapping = dma.mapPage({ page, bytes, direction })
    }
    const rows = (tables: string[]) => ['iova.alloc-within', ...tables, 'mapping.add', ...toDevice[direction], ...entry]
    expect(bench.rowsOf(map)).toEqual(rows(fresh))
    expect(bench.rowsOf((dma) => dma.syncForCpu(mapping))).toEqual(['mapping.find', ...toCpu[direction]])
    expect(bench.rowsOf((dma) => dma.syncForDevice(mapping))).toEqual(['mapping.find', ...toDevice[direction]])
    const unmap = ['mapping.take', ...clearing, ...invalidation, ...toCpu[direction], 'iova.free']
    expect(bench.rowsOf((dma) => dma.unmapPage(mapping))).toEqual(unmap)
    expect(bench.rowsOf(map)).toEqual(rows(prepared))
  })

  test('skip-cpu-sync leaves the caches alone, not the tables', () => {
    const bench = new DmaBench({ backend: 'iommu' })
    const page = userPage(bench)
    bench.run((dma) => dma.attach())
    const attrs = ['skip-cpu-sync'] as const
    const mapping = bench.run((dma) => dma.mapPage({ page, bytes, direction, attrs }))
    const unmap = ['mapping.take', ...clearing, ...invalidation, 'iova.free']
    expect(bench.rowsOf((dma) => dma.unmapPage(mapping))).toEqual(unmap)
    expect(bench.rowsOf((dma) => void dma.mapPage({ page, bytes, direction, attrs }))).toEqual([
      'iova.alloc-within',
      ...prepared,
      'mapping.add',
      ...entry,
    ])
  })
})

describe('memory for both', () => {
  const ready = ['store-range', ...publish, 'page.alias']
  const drain = ['dsb', 'l2-sync', 'dsb']

  test('linear', () => {
    const bench = new DmaBench({ backend: 'linear' })
    let memory = {} as Allocation
    const rows = bench.rowsOf((dma) => {
      memory = dma.alloc(bytes)
    })
    expect(rows).toEqual(['page.alloc', ...ready, 'mask.covers', 'kernel.map', 'mapping.add'])
    expect(bench.rowsOf((dma) => void dma.mmap(memory))).toEqual(['kernel.find', 'mapping.find', 'user.map'])
    const freed = ['mapping.take', ...drain, 'kernel.unmap', 'page.alias', 'page.free']
    expect(bench.rowsOf((dma) => dma.free(memory))).toEqual(freed)
  })

  test('iommu', () => {
    const bench = new DmaBench({ backend: 'iommu' })
    bench.run((dma) => dma.attach())
    bench.run((dma) => dma.free(dma.alloc(bytes)))
    let memory = {} as Allocation
    const rows = bench.rowsOf((dma) => {
      memory = dma.alloc(bytes)
    })
    const pages = ['array.alloc', 'page.alloc-single', ...ready, 'array.set']
    const tables = ['iova.alloc-within', ...locked('table.find'), 'kernel.map', 'mapping.add', 'array.get']
    const write = locked('table.find', 'array.get', 'store', ...publish, 'table.use')
    expect(rows).toEqual([...pages, ...tables, ...write])
    const back = ['array.get', 'page.alias', 'page.free', 'array.free']
    const gone = ['mapping.take', ...drain, 'kernel.unmap', ...clearing, ...invalidation, 'iova.free', ...back]
    expect(bench.rowsOf((dma) => dma.free(memory))).toEqual(gone)
  })
})

test('a thread that can be interrupted masks interrupts around each lock, once', () => {
  const bench = new DmaBench({ backend: 'iommu' })
  const rows = bench.rowsOf((dma) => dma.invalidateMmu(), 'thread')
  expect(rows).toEqual(['interrupts off', ...locked('flag.get'), 'interrupts on'])
})

test('range instructions cover whole pages: 128 lines, a table of 32, an entry of one', () => {
  const bench = new DmaBench({ backend: 'iommu' })
  const page = userPage(bench)
  bench.run((dma) => dma.attach())
  const from = bench.runner.rows.length
  bench.run((dma) => dma.mapPage({ page, bytes, direction: 'to-device' }))
  const sizes = bench.runner.rows.slice(from).flatMap((row) => (row.op === 'maintain' ? [row.bytes] : []))
  expect(sizes).toEqual([1024, 4, 4096, 4])
})
