/** Unit | operations over their whole life: translations in memory, failures that give everything back, random calls. */

import { describe, expect, test } from 'vitest'
import { board, type Geometry, litmus } from '../../../machines/geometry.ts'
import { dmaError, errno, pageOwners } from '../../../machines/os/calls.ts'
import type { OsContext } from '../../../machines/os/machine.ts'
import { canonical } from '../../../src/base/canonical.ts'
import type { Allocation, Mapping } from '../../../src/dma/api.ts'
import {
  type BackendName,
  backendNames,
  type Direction,
  dmaAttributes,
  isCoherent,
  usesIommu,
} from '../../../src/dma/types.ts'
import { DmaBench } from '../../support/dma-bench.ts'
import { prngFor, seed } from '../../support/seed.ts'

const user = pageOwners.indexOf('user')

function attached(backend: BackendName, geometry: Geometry = board): DmaBench {
  const bench = new DmaBench({ backend, geometry })
  bench.run((dma) => dma.attach())
  return bench
}

function userPages(bench: DmaBench, bytes: number): number {
  const [addr] = bench.run((_dma, asm) => asm.call('page.alloc', [bytes, user]))
  return bench.runner.get(addr)
}

/** Everything that can be taken and given back; level-2 tables stay. */
function holdings(context: OsContext): string {
  const owners = context.pageOwner.map((owner) => (owner === pageOwners.indexOf('page-table') ? 0 : owner))
  const { aliasAbsent, arrays, ioBitmaps, dmaMappings, kernelAreas, userAreas } = context
  const used = context.tables.map((tables) => tables.used)
  return canonical({ owners, aliasAbsent, arrays, ioBitmaps, dmaMappings, kernelAreas, userAreas, used })
}

const misuses = (bench: DmaBench) => bench.runner.events.filter((event) => event.type === 'os.misuse')

describe.each([board, litmus])('translation, $name', (geometry) => {
  const page = geometry.pageBytes

  test('a buffer of several pages and tables is translated page by page, and not any more after unmap', () => {
    const bench = attached('iommu', geometry)
    // More than a section, so that its entries are in two tables.
    const pages = geometry.level2Entries + 2
    const addr = userPages(bench, pages * page)
    const bytes = (pages - 1) * page - 4
    const mapping = bench.run((dma) => dma.mapPage({ page: addr, offset: page / 2, bytes, direction: 'to-device' }))
    const handle = bench.runner.valueOf(mapping.handle)
    expect(handle % page).toBe(page / 2)
    const probe = (look: (at: number) => void) => {
      for (let at = 0; at < bytes; at += page / 4) look(at)
      look(bytes - 1)
    }
    probe((at) => expect(bench.walk(handle + at)).toBe(addr + page / 2 + at))
    expect(bench.walk(handle + bytes + page)).toBeUndefined()
    const marks = bench.runner.marks.filter((mark) => mark.name === 'dma.page')
    expect(marks.map((mark) => mark.args.bytes)).toEqual([page / 2, ...Array(pages - 2).fill(page), page / 2 - 4])
    expect(marks.at(-1)?.args).toMatchObject({ handle, iova: handle + bytes - page / 2 + 4 })
    bench.run((dma) => dma.unmapPage(mapping))
    probe((at) => expect(bench.walk(handle + at)).toBeUndefined())
    expect(misuses(bench)).toEqual([])
  })

  test('allocated pages are scattered, translated, mapped for kernel and user, and zero', () => {
    const bench = attached('iommu', geometry)
    const bytes = 3 * page
    const memory = bench.run((dma) => dma.alloc(bytes))
    const { va, status } = bench.run((dma) => dma.mmap(memory, { pageOffset: 1, vmaBytes: 2 * page }))
    expect(bench.runner.get(status)).toBe(0)
    const handle = bench.runner.get(memory.handle)
    const places = [0, 1, 2].map((index) => bench.walk(handle + index * page) as number)
    expect((places[1] as number) - (places[0] as number)).not.toBe(page)
    bench.run((_dma, asm) => {
      asm.store([...(['add', memory.va, page + 4] as const)], 77)
    })
    expect(bench.runner.memory((places[1] as number) + 4)).toBe(77)
    const seen = bench.run((_dma, asm) => asm.load(['add', va, 4]))
    expect(bench.runner.get(seen)).toBe(77)
    const zero = bench.run((_dma, asm) => asm.load(memory.va))
    expect(bench.runner.get(zero)).toBe(0)
  })

  test('no line of allocated memory is left in a cache', () => {
    const bench = attached('iommu', geometry)
    const memory = bench.run((dma) => dma.alloc(page))
    const addr = bench.walk(bench.runner.get(memory.handle)) as number
    for (let at = addr; at < addr + page; at += geometry.lineBytes) {
      expect(bench.runner.l1.has(at)).toBe(false)
      expect(bench.runner.l2.has(at)).toBe(false)
    }
  })
})

test('IO address 0 is an address: it is handed out, translated, synced and unmapped', () => {
  const geometry = { ...board, iova: { base: 0, bytes: 1 << 20 } }
  const bench = attached('iommu', geometry)
  const addr = userPages(bench, 4096)
  const mapping = bench.run((dma) => dma.mapPage({ page: addr, bytes: 4096, direction: 'from-device' }))
  expect(bench.runner.valueOf(mapping.handle)).toBe(0)
  const failed = bench.run((dma) => dma.mappingError(mapping.handle))
  expect(bench.runner.get(failed)).toBe(0)
  expect(bench.walk(0)).toBe(addr)
  bench.run((dma) => dma.syncForCpu(mapping))
  bench.run((dma) => dma.unmapPage(mapping))
  expect(bench.walk(0)).toBeUndefined()
  expect(misuses(bench)).toEqual([])
})

describe('map_single is map_page, but for its name and address in the marks', () => {
  test.each(backendNames)('%s', (backend) => {
    const bench = attached(backend)
    const addr = userPages(bench, 8192)
    const va = addr - board.dram.base + board.linearBase + 100
    const rows = (write: Parameters<DmaBench['rowsOf']>[0]) => {
      const twin = attached(backend)
      userPages(twin, 8192)
      const from = twin.runner.marks.length
      const steps = twin.rowsOf(write)
      const marks = twin.runner.marks
        .slice(from)
        .map(({ name, args: { kind: _kind, va: _va, ...args } }) => ({ name, args }))
      return { steps, marks }
    }
    const single = rows((dma) => void dma.mapSingle({ va, bytes: 5000, direction: 'bidirectional' }))
    const paged = rows((dma) => void dma.mapPage({ page: addr, offset: 100, bytes: 5000, direction: 'bidirectional' }))
    expect(single).toEqual(paged)
  })
})

describe('sync of a part', () => {
  test.each(backendNames.filter((backend) => !isCoherent(backend)))(
    '%s: the range from the offset on, shared lines kept',
    (backend) => {
      const bench = attached(backend)
      const addr = userPages(bench, 8192)
      const mapping = bench.run((dma) => dma.mapPage({ page: addr, offset: 64, bytes: 6000, direction: 'from-device' }))
      const from = bench.runner.rows.length
      bench.run((dma) => dma.syncForCpu(mapping, { offset: 4096, bytes: 100 }))
      const rows = bench.runner.rows.slice(from).filter((row) => row.op === 'l2-maintain')
      expect(rows.map((row) => [row.action, row.addr - addr, row.bytes])).toEqual([
        ['clean-invalidate', 64 + 4096 + 96, 32],
        ['invalidate', 64 + 4096, 96],
      ])
    },
  )

  test('beyond the mapping is reported and does nothing', () => {
    const bench = attached('iommu')
    const addr = userPages(bench, 8192)
    const mapping = bench.run((dma) => dma.mapPage({ page: addr, bytes: 4096, direction: 'from-device' }))
    expect(bench.rowsOf((dma) => dma.syncForCpu(mapping, { offset: 4000, bytes: 100 }))).toEqual(['mapping.find'])
    expect(misuses(bench)).toHaveLength(1)
  })
})

describe('wrong use', () => {
  test('a second unmap is reported and touches neither tables, nor TLB, nor page 0', () => {
    const bench = attached('iommu')
    const addr = userPages(bench, 4096)
    const mapping = bench.run((dma) => dma.mapPage({ page: addr, bytes: 4096, direction: 'from-device' }))
    bench.run((dma) => dma.unmapPage(mapping))
    expect(bench.rowsOf((dma) => dma.unmapPage(mapping))).toEqual(['mapping.take'])
    expect(misuses(bench)).toHaveLength(1)
  })

  test('freeing what was not allocated, or twice', () => {
    for (const backend of backendNames) {
      const bench = attached(backend)
      const memory = bench.run((dma) => dma.alloc(4096))
      bench.run((dma) => dma.free(memory))
      expect(bench.rowsOf((dma) => dma.free(memory))).toEqual(['mapping.take'])
      expect(misuses(bench)).toHaveLength(1)
    }
  })

  test.each(backendNames)('%s: mmap beyond the allocation, or of no allocation, is -ENXIO', (backend) => {
    const bench = attached(backend)
    const memory = bench.run((dma) => dma.alloc(2 * 4096))
    const status = (part: Parameters<Parameters<Parameters<DmaBench['run']>[0]>[0]['mmap']>[1]) =>
      bench.runner.get(bench.run((dma) => dma.mmap(memory, part)).status)
    expect(status({ pageOffset: 2, vmaBytes: 4096 })).toBe(errno.ENXIO)
    expect(status({ pageOffset: 1, vmaBytes: 2 * 4096 })).toBe(errno.ENXIO)
    expect(status({ pageOffset: 1, vmaBytes: 4096 })).toBe(0)
    const foreign: Allocation = { ...memory, handle: 'never-set' }
    expect(bench.runner.get(bench.run((dma) => dma.mmap(foreign)).status)).toBe(errno.ENXIO)
  })

  test.each(backendNames)('%s: an empty buffer cannot be mapped or allocated', (backend) => {
    const bench = attached(backend)
    bench.runner.set('nothing', 0)
    for (const bytes of [0, 'nothing']) {
      const mapping = bench.run((dma) => dma.mapPage({ page: board.dram.base, bytes, direction: 'to-device' }))
      expect(bench.runner.valueOf(mapping.handle)).toBe(dmaError)
      const memory = bench.run((dma) => dma.alloc(bytes))
      expect([bench.runner.get(memory.va), bench.runner.get(memory.handle)]).toEqual([0, dmaError])
    }
  })
})

describe('failure gives everything back', () => {
  const page = litmus.pageBytes

  function exhausted(prepare: (bench: DmaBench) => void): DmaBench {
    const bench = attached('iommu', litmus)
    prepare(bench)
    const before = holdings(bench.runner.context)
    const memory = bench.run((dma) => dma.alloc(3 * page))
    expect([bench.runner.get(memory.va), bench.runner.get(memory.handle)]).toEqual([0, dmaError])
    expect(holdings(bench.runner.context)).toBe(before)
    expect(bench.runner.lockStates).toMatchObject({ 'lock-pgtable': 'free', 'lock-sysmmu': 'free' })
    expect(misuses(bench)).toEqual([])
    return bench
  }
  const repeat = (count: number, body: () => void) => Array.from({ length: count }).forEach(body)

  test.each([0, 1, 2])('only %i pages left', (left) => {
    exhausted((bench) => {
      const total = bench.runner.context.pageOwner.length
      repeat(total - left, () => bench.run((_dma, asm) => asm.perform('page.alloc-single', [user])))
    })
  })

  test('no IO addresses', () => {
    const bench = exhausted((one) => one.run((_dma, asm) => asm.perform('iova.alloc', [0, 6 * page])))
    const addr = userPages(bench, 4 * page)
    bench.run((_dma, asm) => asm.storeRange(litmus.linearBase + addr - litmus.dram.base, 4 * page, 3))
    const from = bench.runner.rows.length
    const mapping = bench.run((dma) => dma.mapPage({ page: addr, bytes: 4 * page, direction: 'from-device' }))
    expect(bench.runner.valueOf(mapping.handle)).toBe(dmaError)
    // The buffer is still the CPU's: none of its lines were dropped.
    expect(bench.runner.rows.slice(from).map((row) => row.text)).toEqual(['iova.alloc-within'])
  })

  test('no memory for a level-2 table', () => {
    exhausted((bench) => {
      const total = bench.runner.context.pageOwner.length
      repeat(total - 3, () => bench.run((_dma, asm) => asm.perform('page.alloc-single', [user])))
    })
  })

  test('no kernel window', () => {
    exhausted((bench) => bench.run((_dma, asm) => asm.perform('kernel.map', [litmus.dram.base, 12 * page, 0, 0])))
  })

  test('a full mapping list', () => {
    exhausted((bench) => {
      const max = bench.platform.os.dmaMappingsMax
      repeat(max, () => {
        const used = bench.runner.context.dmaMappings.length
        bench.run((_dma, asm) => asm.perform('mapping.add', [0, used * page, litmus.dram.base, page, 0, 0, 0]))
      })
    })
  })

  test('no page array', () => {
    exhausted((bench) =>
      repeat(bench.platform.os.arraysMax, () => bench.run((_dma, asm) => asm.perform('array.alloc', [1]))),
    )
  })
})

describe.each(backendNames)('random calls, %s', (backend) => {
  test.each([litmus, board])(`end where they began, $name, seed ${seed}`, (geometry) => {
    const prng = prngFor(`life cycle ${backend} ${geometry.name}`)
    const bench = attached(backend, geometry)
    const page = geometry.pageBytes
    const addr = userPages(bench, 8 * page)
    const before = holdings(bench.runner.context)
    const mappings: Mapping[] = []
    const memories: Allocation[] = []
    const release = () => {
      const mapping = mappings.pop()
      if (mapping) bench.run((dma) => dma.unmapPage(mapping))
      const memory = memories.pop()
      if (memory) bench.run((dma) => dma.free(memory))
    }
    for (let round = 0; round < 250; round++) {
      const kind = prng.below(5)
      const direction = prng.pick<Direction>(['to-device', 'from-device', 'bidirectional'])
      if (kind === 0) release()
      else if (kind < 3) {
        const offset = prng.below(2 * page)
        const bytes = 1 + prng.below(4 * page)
        const attrs = prng.chance(1, 3) ? (['skip-cpu-sync'] as const) : []
        const mapping = bench.run((dma) => dma.mapPage({ page: addr, offset, bytes, direction, attrs }))
        const handle = bench.runner.valueOf(mapping.handle)
        if (handle === dmaError) continue
        if (usesIommu(backend)) expect(bench.walk(handle + bytes - 1)).toBe(addr + offset + bytes - 1)
        mappings.push(mapping)
      } else if (kind === 3) {
        const attrs = dmaAttributes.filter((attr) => attr !== 'skip-cpu-sync' && prng.chance(1, 3))
        const memory = bench.run((dma) => dma.alloc(1 + prng.below(3 * page), attrs))
        if (bench.runner.get(memory.va) !== 0) memories.push(memory)
      } else if (mappings.length > 0) {
        const mapping = prng.pick(mappings)
        const offset = prng.below(mapping.bytes as number)
        const range = { offset, bytes: prng.below((mapping.bytes as number) - offset + 1) }
        bench.run((dma) => (prng.chance(1, 2) ? dma.syncForCpu(mapping, range) : dma.syncForDevice(mapping, range)))
      }
    }
    while (mappings.length + memories.length > 0) release()
    expect(holdings(bench.runner.context)).toBe(before)
    expect(misuses(bench)).toEqual([])
  })
})
