/** Unit | wrong use: where calls may be made, directions, sizes, masks, resources; each a documented error and a report. */

import { describe, expect, test } from 'vitest'
import { board, memoryMap } from '../../../machines/geometry.ts'
import { dmaError, errno, pageOwners } from '../../../machines/os/calls.ts'
import { canonical } from '../../../src/base/canonical.ts'
import type { DmaApi } from '../../../src/dma/api.ts'
import type { Assembler } from '../../../src/dma/assembler.ts'
import { type BackendName, backendNames, type DirectionArg, usesIommu } from '../../../src/dma/types.ts'
import { DmaBench } from '../../support/dma-bench.ts'

const page = board.pageBytes
const user = pageOwners.indexOf('user')

function attached(backend: BackendName, os: ConstructorParameters<typeof DmaBench>[0]['os'] = {}): DmaBench {
  const bench = new DmaBench({ backend, os })
  bench.run((dma) => dma.attach())
  return bench
}

function userPage(bench: DmaBench): number {
  const [addr] = bench.run((_dma, asm) => asm.call('page.alloc', [page, user]))
  return bench.runner.get(addr)
}

describe('calling context', () => {
  const sleeps = 'calls a function that may sleep in an interrupt handler, with interrupts off or under a lock'
  const masked = 'frees DMA memory with interrupts off'
  type Write = (dma: DmaApi, asm: Assembler) => void
  const whole: Write = (dma) => dma.free(dma.alloc(page))

  test.each([
    ['in a handler', 'interrupt', whole, [sleeps, masked]],
    ['with interrupts off', 'thread', (dma, asm) => asm.interruptsOff(() => whole(dma, asm)), [sleeps, masked]],
    ['under a lock', 'undisturbed', (dma, asm) => asm.lock('pgtable', () => dma.alloc(page)), [sleeps]],
    ['in a thread', 'thread', whole, []],
    [
      'in a handler, streaming',
      'interrupt',
      (dma) => dma.unmapPage(dma.mapPage({ page: board.dram.base, bytes: 64, direction: 'to-device' })),
      [],
    ],
  ] as [string, 'interrupt' | 'thread' | 'undisturbed', Write, string[]][])('%s', (_name, context, write, reports) => {
    const bench = attached('linear')
    bench.run(write, context)
    expect(bench.misuses).toEqual(reports)
  })

  test('GFP_ATOMIC takes from the pool in any context; without one, or beyond it, the call fails', () => {
    for (const backend of ['linear', 'iommu'] as const) {
      const bench = attached(backend, { pools: [{ name: 'atomic', blockBytes: page, blocks: 2 }] })
      bench.run((dma) => dma.createAtomicPool())
      const owners = canonical(bench.runner.context.pageOwner)
      const alloc = (pages: number) => bench.run((dma) => dma.alloc(pages * page, [], { gfp: 'atomic' }), 'interrupt')
      const memory = alloc(2)
      expect(bench.runner.get(memory.va)).not.toBe(0)
      if (backend === 'iommu') {
        const iova = bench.runner.get(memory.handle)
        expect((bench.walk(iova + page) as number) - (bench.walk(iova) as number)).toBe(page)
      }
      expect(bench.runner.get(alloc(1).handle)).toBe(dmaError)
      expect(bench.misuses).toEqual([])
      bench.run((dma) => dma.free(memory))
      expect(bench.runner.get(alloc(1).handle)).not.toBe(dmaError)
      if (backend === 'linear') expect(canonical(bench.runner.context.pageOwner)).toBe(owners)
    }
  })
})

describe.each(backendNames)('direction, %s', (backend) => {
  const wrong = (bench: DmaBench): DirectionArg[] => {
    bench.runner.set('wrong', 3)
    return ['none', { register: 'wrong' }]
  }

  test('none, or a register that holds none: nothing is mapped, synced or unmapped, and all is reported', () => {
    const bench = attached(backend)
    const addr = userPage(bench)
    for (const direction of wrong(bench)) {
      const from = bench.misuses.length
      const mapping = bench.run((dma) => dma.mapPage({ page: addr, bytes: page, direction }))
      expect(bench.runner.valueOf(mapping.handle)).toBe(dmaError)
      const list = bench.run((dma) => dma.mapSg(dma.sgList([{ addr, bytes: page }]), 1, { direction }))
      expect(bench.runner.get(list.mapped)).toBe(0)
      bench.run((dma) => dma.syncForCpu(mapping))
      bench.run((dma) => dma.unmapPage(mapping))
      expect(bench.misuses.slice(from)).toEqual(Array(4).fill('uses an invalid direction'))
    }
    expect(bench.runner.context.dmaMappings).toEqual([])
  })

  test('a register that holds one does what the name does', () => {
    const rows = (direction: DirectionArg) => {
      const bench = attached(backend)
      const addr = userPage(bench)
      bench.runner.set('given', 2)
      return bench.rowsOf((dma) => dma.unmapPage(dma.mapPage({ page: addr, bytes: page, direction })))
    }
    expect(rows({ register: 'given' })).toEqual(rows('from-device'))
  })

  test('a name that is none is an error while the program is written', () => {
    const bench = attached(backend)
    const direction = 'to_device' as 'to-device'
    expect(() => bench.run((dma) => dma.mapPage({ page: 0, bytes: 4, direction }))).toThrow(/Did you mean to-device/)
  })
})

describe.each(backendNames)('size, %s', (backend) => {
  test.each([0, 0xffffffff])('%i bytes: dmaError, a report, nothing held', (bytes) => {
    const bench = attached(backend)
    const addr = userPage(bench)
    bench.runner.set('size', bytes)
    const before = canonical(bench.runner.context)
    for (const given of [bytes, 'size'] as const) {
      const from = bench.misuses.length
      const mapping = bench.run((dma) => dma.mapPage({ page: addr, offset: 32, bytes: given, direction: 'to-device' }))
      expect(bench.runner.valueOf(mapping.handle)).toBe(dmaError)
      const memory = bench.run((dma) => dma.alloc(given))
      expect([bench.runner.get(memory.va), bench.runner.get(memory.handle)]).toEqual([0, dmaError])
      expect(bench.misuses.length - from).toBe(2)
    }
    expect(canonical(bench.runner.context)).toBe(before)
  })
})

describe.each(backendNames)('masks, %s', (backend) => {
  const set = (bench: DmaBench, mask: number) => bench.runner.get(bench.run((dma) => dma.setMask(mask)))

  test('a mask is stored if it covers what it must; -EIO if not, or if the device has none', () => {
    const bench = attached(backend)
    expect(set(bench, 0xffffffff)).toBe(errno.ok)
    expect(set(bench, 0x00ffffff)).toBe(errno.EIO)
    expect(bench.runner.context.masks[0]?.streaming).toBe(0xffffffff)
    const least = usesIommu(backend) ? board.iova.base + page - 1 : board.dram.base + board.dram.bytes - 1
    const supported = (mask: number) => bench.runner.get(bench.run((dma) => dma.supported(mask)))
    expect(supported(least)).toBe(1)
    const none = attached(backend, { masks: { streaming: 0, coherent: 0 } })
    expect(set(none, 0xffffffff)).toBe(errno.EIO)
  })

  test('the required mask covers every handle', () => {
    const bench = attached(backend)
    const required = bench.runner.get(bench.run((dma) => dma.requiredMask()))
    expect(required).toBe(usesIommu(backend) ? 0x3fffffff : 0x7fffffff)
  })

  test('what a device cannot reach is not mapped or allocated for it, and nothing is held', () => {
    const narrow = 0x1fffffff
    const bench = attached(backend, { masks: { streaming: narrow, coherent: narrow } })
    const addr = userPage(bench)
    const holdings = () => canonical({ ...bench.runner.context, tables: [], tablePages: [] })
    const before = holdings()
    const mapping = bench.run((dma) => dma.mapPage({ page: addr, bytes: 64, direction: 'to-device' }))
    expect(bench.runner.valueOf(mapping.handle)).toBe(dmaError)
    const memory = bench.run((dma) => dma.alloc(page))
    expect([bench.runner.get(memory.va), bench.runner.get(memory.handle)]).toEqual([0, dmaError])
    expect(holdings()).toBe(before)
    // What is only out of reach is bounced, and here there are no safe buffers.
    if (!usesIommu(backend)) expect(bench.misuses).toHaveLength(backend === 'dmabounce' ? 1 : 2)
  })
})

test('IO addresses are taken within the mask of the device', () => {
  const bench = attached('iommu', { masks: { streaming: 0x20001fff, coherent: 0xffffffff } })
  const addr = userPage(bench)
  const map = () =>
    bench.runner.valueOf(bench.run((dma) => dma.mapPage({ page: addr, bytes: page, direction: 'to-device' })).handle)
  expect([map(), map(), map()]).toEqual([0x20000000, 0x20001000, dmaError])
  expect(bench.runner.get(bench.run((dma) => dma.alloc(page)).handle)).toBe(0x20002000)
})

describe.each(backendNames)('resources, %s', (backend) => {
  const addr = memoryMap.fimc0.base + 0x24

  test('registers are mapped without any cache operation on them', () => {
    const bench = attached(backend)
    const from = bench.runner.rows.length
    const mapping = bench.run((dma) => dma.mapResource({ addr, bytes: 64, direction: 'bidirectional' }))
    const handle = bench.runner.valueOf(mapping.handle)
    if (usesIommu(backend)) expect(bench.walk(handle)).toBe(addr)
    else expect(handle).toBe(addr)
    bench.run((dma) => dma.unmapResource(mapping))
    const touched = bench.runner.rows.slice(from).filter((row) => /maintain/.test(row.op) && row.bytes === 64)
    expect(touched).toEqual([])
    expect(bench.misuses).toEqual([])
    expect(bench.runner.context.dmaMappings).toEqual([])
  })

  test('memory is refused', () => {
    const bench = attached(backend)
    const mapping = bench.run((dma) => dma.mapResource({ addr: board.dram.base, bytes: 64, direction: 'to-device' }))
    expect(bench.runner.valueOf(mapping.handle)).toBe(dmaError)
    expect(bench.misuses).toEqual(['maps memory as if it were a resource'])
  })
})

test('unmap_page of a resource, or unmap_resource of a page, is refused', () => {
  const bench = attached('iommu')
  const addr = userPage(bench)
  const mapping = bench.run((dma) => dma.mapPage({ page: addr, bytes: 64, direction: 'to-device' }))
  bench.run((dma) => dma.unmapResource(mapping))
  expect(bench.misuses).toEqual(['the memory was mapped by another function'])
})

test('detach: -EBUSY while something is mapped; the table after it is the default one', () => {
  const bench = attached('iommu')
  const addr = userPage(bench)
  const mapping = bench.run((dma) => dma.mapPage({ page: addr, bytes: 64, direction: 'to-device' }))
  expect(bench.runner.get(bench.run((dma) => dma.detach()).status)).toBe(errno.EBUSY)
  bench.run((dma) => dma.unmapPage(mapping))
  const { handle } = bench.run((dma) => dma.detach().dma.mapPage({ page: addr, bytes: 64, direction: 'to-device' }))
  expect(bench.runner.valueOf(handle)).toBe(addr)
})
