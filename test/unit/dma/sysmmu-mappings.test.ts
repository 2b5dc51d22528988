/** Unit | the SYSMMU driver: sizes of mappings, tables that make room for sections, the flush queue, storms, clock and power. */

import { describe, expect, test } from 'vitest'
import { board, litmus } from '../../../machines/geometry.ts'
import { errno, pageOwners } from '../../../machines/os/calls.ts'
import { powerRegs } from '../../../machines/power/regs.ts'
import { sysmmuFaults, sysmmuRegs } from '../../../machines/sysmmu/regs.ts'
import {
  largePageBytes,
  level1Addr,
  level1Kind,
  level2Addr,
  level2Kind,
  sectionBytes,
} from '../../../machines/sysmmu/walk.ts'
import { DmaBench } from '../../support/dma-bench.ts'

const owner = pageOwners.indexOf('kernel')

function attached(geometry = board, mmu: ConstructorParameters<typeof DmaBench>[0]['mmu'] = {}): DmaBench {
  const bench = new DmaBench({ backend: 'iommu', geometry, mmu })
  bench.run((dma) => dma.attach())
  return bench
}

/** Kind of the leaf descriptor of each small page of a range. */
function kinds(bench: DmaBench, iova: number, bytes: number): string[] {
  const table = bench.platform.os.mappings[0]?.tableAddr ?? 0
  const { geometry } = bench
  return Array.from({ length: bytes / geometry.pageBytes }, (_, page) => {
    const at = iova + page * geometry.pageBytes
    const level1 = bench.runner.memory(level1Addr(geometry, table, at))
    if (level1Kind(level1) !== 'table') return level1Kind(level1)
    return level2Kind(bench.runner.memory(level2Addr(geometry, level1, at)))
  })
}

describe.each([board, litmus])('sizes, $name', (geometry) => {
  const page = geometry.pageBytes
  const large = largePageBytes(geometry)
  const section = sectionBytes(geometry)
  const map = (bench: DmaBench, bytes: number) => {
    const block = bench.run((_dma, asm) => asm.call('page.alloc', [bytes, owner])[0])
    const addr = bench.runner.get(block)
    const mapping = bench.run((dma) => dma.mapPage({ page: addr, bytes, direction: 'from-device' }))
    return { addr, mapping, iova: bench.runner.valueOf(mapping.handle) }
  }

  test('large pages as far as they fit, then small ones; all gone after unmap', () => {
    const bench = attached(geometry)
    const { addr, iova, mapping } = map(bench, large + page)
    const pages = large / page
    expect(kinds(bench, iova, large + page)).toEqual([...Array(pages).fill('large'), 'small'])
    expect(bench.walk(iova + large - 4)).toBe(addr + large - 4)
    bench.run((dma) => dma.unmapPage(mapping))
    expect(kinds(bench, iova, large + page)).toEqual(Array(pages + 1).fill('fault'))
  })

  test('a section takes the place of an empty table, which is free afterwards, and leaves none behind', () => {
    const bench = attached(geometry)
    const first = map(bench, page)
    bench.run((dma) => dma.unmapPage(first.mapping))
    const { addr, iova, mapping } = map(bench, section)
    expect(new Set(kinds(bench, iova, section))).toEqual(new Set(['section']))
    expect(bench.walk(iova + section - 4)).toBe(addr + section - 4)
    const found = () => bench.run((_dma, asm) => asm.call('table.find', [0, 0])[0])
    expect(bench.runner.get(found())).toBe(0)
    bench.run((dma) => dma.unmapPage(mapping))
    expect(new Set(kinds(bench, iova, section))).toEqual(new Set(['fault']))
    expect(bench.runner.events.filter(({ type }) => type === 'os.misuse')).toEqual([])
    // The next small page gets a table again.
    expect(kinds(bench, map(bench, page).iova, page)).toEqual(['small'])
  })

  test('the empty table is published away and the SYSMMU was blocked before it is freed', () => {
    const bench = attached(geometry)
    bench.run((dma) => dma.unmapPage(map(bench, page).mapping))
    const from = bench.runner.rows.length
    map(bench, section)
    const rows = bench.runner.rows.slice(from).map((row) => row.text)
    const freed = rows.findIndex((text) => text.includes('table.free'))
    const blocked = rows.findIndex((text) => text.endsWith(' 7'))
    expect(blocked).toBeGreaterThan(0)
    expect(freed).toBeGreaterThan(blocked)
  })
})

describe('flush queue', () => {
  const lazy = { invalidation: 'lazy' } as const
  const page = litmus.pageBytes
  const mapOne = (bench: DmaBench) => {
    const block = bench.run((_dma, asm) => asm.call('page.alloc', [page, owner])[0])
    const addr = bench.runner.get(block)
    return bench.run((dma) => dma.mapPage({ page: addr, bytes: page, direction: 'to-device' }))
  }
  const flushes = (bench: DmaBench, body: () => void) => {
    const flush = bench.mmuBase + sysmmuRegs.flush
    const from = bench.runner.rows.length
    body()
    return bench.runner.rows.slice(from).filter((row) => row.op === 'mmio-write' && row.addr === flush).length
  }

  test('unmap leaves the TLB alone until the queue is full; addresses come back after the flush only', () => {
    const bench = attached(litmus, lazy)
    const first = mapOne(bench)
    const second = mapOne(bench)
    const third = mapOne(bench)
    const unmap = (mapping: typeof first) => flushes(bench, () => bench.run((dma) => dma.unmapPage(mapping)))
    expect([unmap(first), unmap(second)]).toEqual([0, 0])
    const handle = (mapping: typeof first) => bench.runner.valueOf(mapping.handle)
    expect(handle(mapOne(bench))).toBe(handle(third) + page)
    expect(unmap(third)).toBe(1)
    expect(handle(mapOne(bench))).toBe(handle(first))
  })

  test('no address left: the queue is flushed, and the map succeeds', () => {
    const bench = attached(litmus, lazy)
    const mappings = Array.from({ length: litmus.iova.bytes / page }, () => mapOne(bench))
    bench.run((dma) => dma.unmapPage(mappings[3] as (typeof mappings)[0]))
    expect(flushes(bench, () => mapOne(bench))).toBe(1)
  })

  test('the timer flushes what waits, and nothing when nothing does', () => {
    const bench = attached(litmus, lazy)
    bench.run((dma) => dma.unmapPage(mapOne(bench)))
    const tick = () => flushes(bench, () => bench.run((dma) => dma.flushIovas()))
    expect([tick(), tick()]).toEqual([1, 0])
  })
})

test('a storm: after so many retries at one address the SYSMMU stays blocked, and the os hears of it', () => {
  const bench = attached()
  bench.runner.registers.set(bench.mmuBase + sysmmuRegs.intStatus, sysmmuFaults.page)
  bench.runner.registers.set(bench.mmuBase + sysmmuRegs.pageFaultAddr, 0x20001000)
  const unblocks = () => {
    const from = bench.runner.rows.length
    bench.run((dma, asm) => {
      // One handler, entered again and again.
      const rounds = asm.set(asm.temp(), 0)
      asm.while(
        () => ['lt', rounds, board.faultRetries + 2],
        () => {
          dma.handleMmuFault({ repair: () => 1 })
          asm.set(rounds, ['add', rounds, 1])
        },
      )
    })
    const ctrl = bench.mmuBase + sysmmuRegs.ctrl
    return bench.runner.rows.slice(from).filter((row) => row.op === 'mmio-write' && row.addr === ctrl).length
  }
  expect(unblocks()).toBe(board.faultRetries)
  const given = bench.runner.events.filter((event) => event.type === 'os.fault' && event.status === errno.ok)
  expect(given).toHaveLength(2)
})

test('clock and power: on before the registers are used, off after it; a resume programs them anew', () => {
  const bench = attached(board, { supply: { clock: true, power: true } })
  const names = new Map<number, string>([
    ...Object.entries(powerRegs).map(([name, addr]) => [addr, name] as const),
    ...Object.entries(sysmmuRegs).map(([name, offset]) => [bench.mmuBase + offset, name] as const),
  ])
  const writes = (write: Parameters<DmaBench['run']>[0]) => {
    const from = bench.runner.rows.length
    bench.runner.registers.set(powerRegs.camStatus, 0)
    bench.run(write)
    return bench.runner.rows
      .slice(from)
      .flatMap((row) => (row.op === 'mmio-write' ? [`${names.get(row.addr)}=${row.text.split(' ')[1]}`] : []))
  }
  expect(writes((dma) => dma.suspendMmu())).toEqual([
    'clockGate=80',
    'flush=1',
    'ctrl=0',
    'clockGate=0',
    'camConfiguration=0',
  ])
  expect(writes((dma) => dma.invalidateMmu())).toEqual([])
  bench.runner.onRead = (addr) => (addr === powerRegs.camStatus ? 7 : 0)
  const table = (bench.platform.os.mappings[0]?.tableAddr ?? 0).toString(16)
  expect(writes((dma) => dma.resumeMmu())).toEqual([
    'camConfiguration=7',
    'clockGate=80',
    'cfg=1',
    `ptBase=${table}`,
    'flush=1',
    'ctrl=5',
    'clockGate=0',
  ])
})
