/** Unit | dmabounce: which buffers are bounced, what is copied and when, where safe buffers come from and go. */

import { describe, expect, test } from 'vitest'
import { board } from '../../../machines/geometry.ts'
import { dmaError, pageOwners } from '../../../machines/os/calls.ts'
import { canonical } from '../../../src/base/canonical.ts'
import type { Mapping } from '../../../src/dma/api.ts'
import type { Direction } from '../../../src/dma/types.ts'
import { DmaBench } from '../../support/dma-bench.ts'

/** 64 KiB behind the reserved memory, where the pools come to lie. */
const mask = 0x4010ffff
const os = {
  masks: { streaming: mask, coherent: mask },
  pools: [
    { name: 'fimc0-small', blockBytes: 512, blocks: 2 },
    { name: 'fimc0-large', blockBytes: 8192, blocks: 2 },
  ],
}
const near = 0x40104000

function attached(extra: Partial<typeof os> = {}): { bench: DmaBench; far: number } {
  const bench = new DmaBench({ backend: 'dmabounce', os: { ...os, ...extra } })
  bench.run((dma) => dma.attach())
  const [far] = bench.run((_dma, asm) => asm.call('page.alloc', [0x20000, pageOwners.indexOf('user')]))
  return { bench, far: bench.runner.get(far) }
}

const linear = (addr: number) => addr - board.dram.base + board.linearBase
const fill = (bench: DmaBench, addr: number, bytes: number, word: number) =>
  bench.run((_dma, asm) => asm.storeRange(linear(addr), bytes, word))
const wordAt = (bench: DmaBench, addr: number) => bench.runner.get(bench.run((_dma, asm) => asm.load(linear(addr))))
const used = (bench: DmaBench) => canonical(bench.runner.context.pools.map((pool) => pool.used))

function map(
  bench: DmaBench,
  page: number,
  bytes: number,
  direction: Direction,
  offset = 0,
  attrs: Mapping['attrs'] = [],
) {
  const mapping = bench.run((dma) => dma.mapPage({ page, offset, bytes, direction, attrs }))
  return { mapping, handle: bench.runner.valueOf(mapping.handle) }
}

test('memory that the device reaches is mapped as without dmabounce', () => {
  const { bench } = attached()
  const before = used(bench)
  expect(map(bench, 0x40101000, 4096, 'to-device').handle).toBe(0x40101000)
  expect(used(bench)).toBe(before)
})

test('a buffer of which the last byte is out of reach is bounced', () => {
  const { bench } = attached()
  expect(map(bench, 0x4010f000, 4097, 'to-device').handle).not.toBe(0x4010f000)
  expect(map(bench, 0x4010f000, 4096, 'to-device').handle).toBe(0x4010f000)
})

describe.each(['to-device', 'from-device', 'bidirectional'] as const)('bounced, %s', (direction) => {
  const copies = direction === 'to-device' ? 'in' : direction === 'from-device' ? 'out' : 'both'

  test('copies in at map and at sync for the device, out at unmap and at sync for the CPU', () => {
    const { bench, far } = attached()
    fill(bench, far, 64, 7)
    const { mapping, handle } = map(bench, far, 64, direction)
    expect(handle).not.toBe(far)
    // A FROM_DEVICE buffer begins as a copy too, so that bytes that the device leaves alone stay.
    expect(bench.runner.memory(handle)).toBe(7)
    fill(bench, far, 64, 8)
    bench.run((dma) => dma.syncForDevice(mapping, { offset: 4, bytes: 8 }))
    const synced = copies === 'out' ? 7 : 8
    expect([0, 4, 8, 12].map((at) => bench.runner.memory(handle + at))).toEqual([7, synced, synced, 7])
    bench.runner.deviceWrite(handle + 8, 9)
    bench.run((dma) => dma.syncForCpu(mapping, { offset: 8, bytes: 4 }))
    expect(wordAt(bench, far + 8)).toBe(copies === 'in' ? 8 : 9)
    bench.runner.deviceWrite(handle + 32, 10)
    const rows = bench.rowsOf((dma) => dma.unmapPage(mapping))
    expect(wordAt(bench, far + 32)).toBe(copies === 'in' ? 8 : 10)
    // Table of the kernel: COPY_OUT, then the original out of the L1; no L2 operation.
    const maintained = rows.filter((row) => /^L[12] /.test(row))
    expect(maintained).toEqual(copies === 'in' ? [] : ['L1 clean-invalidate'])
    expect(bench.misuses).toEqual([])
    expect(used(bench)).toBe(used(attached().bench))
  })

  test('no cache is maintained for the device', () => {
    const { bench, far } = attached()
    const rows = bench.rowsOf((dma) => {
      const mapping = dma.mapPage({ page: far, bytes: 64, direction })
      dma.syncForCpu(mapping)
      dma.syncForDevice(mapping)
    })
    expect(rows.filter((row) => /^L[12] /.test(row))).toEqual([])
  })

  test('skip-cpu-sync: the copies are left to the syncs', () => {
    const { bench, far } = attached()
    fill(bench, far, 64, 7)
    const { mapping, handle } = map(bench, far, 64, direction, 0, ['skip-cpu-sync'])
    expect(bench.runner.memory(handle)).toBe(direction === 'from-device' ? 7 : 0)
    bench.runner.deviceWrite(handle, 9)
    bench.run((dma) => dma.unmapPage(mapping))
    expect(wordAt(bench, far)).toBe(7)
  })

  test('odd beginnings and ends: what is beside the buffer stays', () => {
    const { bench, far } = attached()
    fill(bench, far, 32, 0x11111111)
    const { mapping, handle } = map(bench, far, 9, direction, 2)
    for (let at = handle - (handle % 4); at < handle + 12; at += 4) bench.runner.deviceWrite(at, 0x22222222)
    bench.run((dma) => dma.unmapPage(mapping))
    const words = [0, 4, 8, 12].map((at) => wordAt(bench, far + at))
    const whole = [0x22221111, 0x22222222, 0x11222222, 0x11111111]
    expect(words).toEqual(copies === 'in' ? [0x11111111, 0x11111111, 0x11111111, 0x11111111] : whole)
  })
})

describe('safe buffers', () => {
  test('small ones first, then large ones; then the mapping fails and holds nothing', () => {
    const { bench, far } = attached()
    const handles = Array.from({ length: 5 }, (_, index) => map(bench, far + index * 4096, 512, 'to-device').handle)
    expect(handles.map((handle) => (handle === dmaError ? 'none' : handle < near ? 'small' : 'large'))).toEqual([
      'small',
      'small',
      'large',
      'large',
      'none',
    ])
    expect(bench.runner.context.dmaMappings).toHaveLength(4)
  })

  test('a full list gives the block back', () => {
    const { bench, far } = attached()
    const max = bench.platform.os.dmaMappingsMax
    for (let index = 0; index < max; index++) {
      bench.runner.context.dmaMappings.push({
        device: 0,
        handle: index * 16,
        addr: 0,
        bytes: 16,
        direction: 0,
        kind: 0,
        array: 0,
      })
    }
    const before = used(bench)
    expect(map(bench, far, 64, 'to-device').handle).toBe(dmaError)
    expect(used(bench)).toBe(before)
  })

  test('the limit of the mask: larger mappings fail wherever they are', () => {
    const { bench } = attached()
    expect(map(bench, 0x40100000, 0x10001, 'to-device').handle).toBe(dmaError)
    expect(bench.misuses).toEqual(['maps more than the bounce limit of the device'])
  })

  test('a second unmap is reported and copies nothing', () => {
    const { bench, far } = attached()
    const { mapping } = map(bench, far, 64, 'from-device')
    bench.run((dma) => dma.unmapPage(mapping))
    fill(bench, far, 64, 5)
    bench.run((dma) => dma.unmapPage(mapping))
    expect(bench.misuses).toEqual(['unmaps or syncs memory that is not mapped'])
    expect(wordAt(bench, far)).toBe(5)
  })

  test('wrong size or direction is reported, and the mapping stays', () => {
    const { bench, far } = attached()
    const { mapping } = map(bench, far, 64, 'from-device')
    bench.run((dma) => dma.unmapPage({ ...mapping, bytes: 32 }))
    bench.run((dma) => dma.syncForCpu({ ...mapping, direction: 'to-device' }))
    expect(bench.misuses).toEqual(['the memory was mapped with another size', 'uses an invalid direction'])
    bench.run((dma) => dma.unmapPage(mapping))
    expect(bench.misuses).toHaveLength(2)
  })

  test('detach waits for the last mapping, then gives the pools back', () => {
    const { bench, far } = attached()
    const { mapping } = map(bench, far, 64, 'from-device')
    const detach = () => bench.runner.get(bench.run((dma) => dma.detach()).status)
    expect(detach()).toBe(-16 >>> 0)
    bench.run((dma) => dma.unmapPage(mapping))
    expect(detach()).toBe(0)
    expect(bench.runner.context.pageOwner.filter((owner) => owner === pageOwners.indexOf('dma'))).toEqual([])
    expect(bench.runner.context.kernelAreas).toEqual([])
  })
})

test('a scatter list is bounced entry by entry', () => {
  const { bench, far } = attached()
  fill(bench, far, 8192, 3)
  const pieces = [
    { addr: far, bytes: 64 },
    { addr: 0x40101000, bytes: 64 },
    { addr: far + 4096, bytes: 600 },
  ]
  const mapping = bench.run((dma) => dma.mapSg(dma.sgList(pieces), 3, { direction: 'bidirectional' }))
  expect(bench.runner.get(mapping.mapped)).toBe(3)
  const list = bench.runner.context.sgLists[0] ?? []
  expect(list[1]?.dma).toBe(0x40101000)
  bench.runner.deviceWrite(list[2]?.dma as number, 4)
  bench.run((dma) => dma.syncSgForCpu(mapping))
  expect(wordAt(bench, far + 4096)).toBe(4)
  bench.run((dma) => dma.unmapSg(mapping))
  expect(used(bench)).toBe(used(attached().bench))
  expect(bench.misuses).toEqual([])
})
