/** Unit | scatter lists: what is merged, what is done in which order, and that failure gives everything back. */

import { describe, expect, test } from 'vitest'
import { board } from '../../../machines/geometry.ts'
import { pageOwners } from '../../../machines/os/calls.ts'
import { canonical } from '../../../src/base/canonical.ts'
import type { DmaApi, SgMapping } from '../../../src/dma/api.ts'
import { type BackendName, backendNames, type Direction, isCoherent, usesIommu } from '../../../src/dma/types.ts'
import { DmaBench } from '../../support/dma-bench.ts'

const page = board.pageBytes

interface Piece {
  readonly addr: number
  readonly bytes: number
}

function attached(backend: BackendName, options: Partial<ConstructorParameters<typeof DmaBench>[0]> = {}): DmaBench {
  const bench = new DmaBench({ backend, ...options })
  bench.run((dma) => dma.attach())
  return bench
}

function userPages(bench: DmaBench, count: number): number {
  const [addr] = bench.run((_dma, asm) => asm.call('page.alloc', [count * page, pageOwners.indexOf('user')]))
  return bench.runner.get(addr)
}

function mapped(bench: DmaBench, pieces: readonly Piece[], direction: Direction = 'from-device') {
  return bench.run((dma) => dma.mapSg(dma.sgList(pieces), pieces.length, { direction }))
}

/** Segments as [IO address, length], and what is in the entries behind them. */
function segmentsOf(bench: DmaBench, mapping: SgMapping): { segments: [number, number][]; rest: number[] } {
  const list = bench.runner.context.sgLists[bench.runner.valueOf(mapping.sg) - 1] ?? []
  const count = bench.runner.get(mapping.mapped)
  const segments = list.slice(0, count).map(({ dma, dmaBytes }): [number, number] => [dma, dmaBytes])
  return { segments, rest: list.slice(count).map(({ dmaBytes }) => dmaBytes) }
}

describe('the IOMMU merges', () => {
  // As `arm_dma_map_sg` of torvalds/linux v3.6: the entry must begin, and the segment before it end, with a page.
  const cases: [string, { offset: number; bytes: number }[], number[]][] = [
    [
      'whole pages',
      [
        { offset: 0, bytes: page },
        { offset: 0, bytes: page },
        { offset: 0, bytes: page },
      ],
      [3 * page],
    ],
    [
      'a first one from the middle of its page on',
      [
        { offset: 96, bytes: page - 96 },
        { offset: 0, bytes: page },
      ],
      [2 * page - 96],
    ],
    [
      'a last one that ends early',
      [
        { offset: 0, bytes: page },
        { offset: 0, bytes: 100 },
      ],
      [page + 100],
    ],
    [
      'nothing to one that ends early',
      [
        { offset: 0, bytes: 100 },
        { offset: 0, bytes: page },
      ],
      [100, page],
    ],
    [
      'nothing that begins late',
      [
        { offset: 0, bytes: page },
        { offset: 32, bytes: 64 },
      ],
      [page, 64],
    ],
    [
      'after a gap again',
      [
        { offset: 0, bytes: 8 },
        { offset: 0, bytes: page },
        { offset: 0, bytes: page },
      ],
      [8, 2 * page],
    ],
  ]
  test.each(cases)('%s', (_name, entries, lengths) => {
    const bench = attached('iommu')
    // Every second page, so that nothing is contiguous but by its IO address.
    const addr = userPages(bench, 8)
    const pieces = entries.map(({ offset, bytes }, index) => ({ addr: addr + 2 * index * page + offset, bytes }))
    const mapping = mapped(bench, pieces)
    const { segments, rest } = segmentsOf(bench, mapping)
    expect(segments.map(([, bytes]) => bytes)).toEqual(lengths)
    expect(rest.every((bytes) => bytes === 0)).toBe(true)
    // Byte after byte of the segments is byte after byte of the pieces.
    const bytesOf = (places: readonly (readonly [number, number])[]) =>
      places.flatMap(([at, bytes]) => Array.from({ length: bytes / 4 }, (_, word) => at + word * 4))
    const seen = bytesOf(segments).map((iova) => bench.walk(iova))
    expect(seen).toEqual(bytesOf(pieces.map(({ addr: at, bytes }) => [at, bytes] as const)))
    bench.run((dma) => dma.unmapSg(mapping))
    expect(bytesOf(segments).every((iova) => bench.walk(iova) === undefined)).toBe(true)
    expect(bench.misuses).toEqual([])
  })

  test('up to the largest segment of the device, and no further than its boundary', () => {
    for (const segments of [{ maxSegmentBytes: 2 * page }, { segmentBoundary: 2 * page - 1 }]) {
      const bench = attached('iommu', { segments })
      const addr = userPages(bench, 8)
      const pieces = [0, 1, 2, 3, 4].map((index) => ({ addr: addr + index * page, bytes: page }))
      const found = segmentsOf(bench, mapped(bench, pieces)).segments
      expect(found.map(([, bytes]) => bytes)).toEqual([2 * page, 2 * page, page])
      for (const [iova, bytes] of found)
        expect(Math.floor(iova / (2 * page))).toBe(Math.floor((iova + bytes - 1) / (2 * page)))
    }
  })

  test('an entry that is larger than the largest segment is one by itself', () => {
    const bench = attached('iommu', { segments: { maxSegmentBytes: page } })
    const addr = userPages(bench, 4)
    expect(segmentsOf(bench, mapped(bench, [{ addr, bytes: 3 * page }])).segments.map(([, bytes]) => bytes)).toEqual([
      3 * page,
    ])
  })
})

describe.each(backendNames.filter((backend) => !usesIommu(backend)))('%s', (backend) => {
  test('each entry is a segment, and its address is physical', () => {
    const bench = attached(backend)
    const addr = userPages(bench, 4)
    const pieces = [
      { addr, bytes: page },
      { addr: addr + page, bytes: 100 },
    ]
    const mapping = mapped(bench, pieces)
    expect(segmentsOf(bench, mapping).segments).toEqual(pieces.map(({ addr: at, bytes }) => [at, bytes]))
    bench.run((dma) => dma.unmapSg(mapping))
    expect(bench.misuses).toEqual([])
  })
})

describe.each(backendNames)('order, %s', (backend) => {
  const isL1 = (row: string) => row.startsWith('L1 ')
  const isCache = (row: string) => /^L[12] /.test(row)

  test('map: what can fail, then caches and entries; unmap: entries and TLB, then caches', () => {
    const bench = attached(backend)
    const addr = userPages(bench, 4)
    const pieces = [
      { addr, bytes: page },
      { addr: addr + 2 * page, bytes: page },
    ]
    const rows: string[] = []
    let mapping = {} as SgMapping
    const map = (dma: DmaApi) => {
      mapping = dma.mapSg(dma.sgList(pieces), 2, { direction: 'from-device' })
    }
    rows.push(...bench.rowsOf(map))
    const own = rows.filter((row) =>
      ['L1 invalidate', 'L2 invalidate', 'iova.alloc-within', 'mapping.add', 'table.use'].includes(row),
    )
    const caches = isCoherent(backend) ? [] : ['L1 invalidate', 'L2 invalidate']
    const entries = [...caches, 'table.use']
    if (usesIommu(backend)) expect(own).toEqual(['iova.alloc-within', 'mapping.add', ...entries, ...entries])
    else expect(own).toEqual([...caches, ...caches])
    const syncs = bench.rowsOf((dma) => dma.syncSgForCpu(mapping)).filter(isCache)
    expect(syncs).toEqual(
      isCoherent(backend) ? [] : ['L2 invalidate', 'L1 invalidate', 'L2 invalidate', 'L1 invalidate'],
    )
    const back = bench
      .rowsOf((dma) => dma.unmapSg(mapping))
      .filter((row) => row === 'iova.free' || row === 'mmio-write 7' || (isCache(row) && row.endsWith(' invalidate')))
    const taken = usesIommu(backend) ? ['mmio-write 7', 'iova.free'] : []
    const towardsCpu = isCoherent(backend) ? [] : ['L2 invalidate', 'L1 invalidate', 'L2 invalidate', 'L1 invalidate']
    expect(back).toEqual([...taken, ...towardsCpu])
    expect(bench.misuses).toEqual([])
  })

  test('skip-cpu-sync: no cache of the buffer is touched', () => {
    const bench = attached(backend)
    const addr = userPages(bench, 2)
    const before = bench.runner.rows.length
    bench.run((dma) => {
      const sg = dma.sgList([{ addr, bytes: page }])
      dma.unmapSg(dma.mapSg(sg, 1, { direction: 'bidirectional', attrs: ['skip-cpu-sync'] }))
    })
    const touched = bench.runner.rows.slice(before).filter((row) => isL1(row.text) && row.bytes === page)
    expect(touched).toEqual([])
  })
})

describe.each(backendNames)('failure, %s', (backend) => {
  const holdings = ({ runner }: DmaBench) => {
    const { ioBitmaps, dmaMappings, pageOwner } = runner.context
    return canonical({
      ioBitmaps,
      dmaMappings,
      owners: pageOwner.filter((owner) => owner !== pageOwners.indexOf('page-table')).length > 0,
    })
  }

  test.each([
    ['no entries', () => [], 0],
    [
      'an empty entry',
      (addr: number) => [
        { addr, bytes: page },
        { addr: addr + page, bytes: 0 },
      ],
      2,
    ],
    [
      'an entry that was never set',
      (addr: number) => [
        { addr, bytes: page },
        { addr: 0, bytes: 0 },
      ],
      2,
    ],
  ] as const)('%s: 0, a report, nothing held, nothing dropped after it', (_name, pieces, entries) => {
    const bench = attached(backend)
    const addr = userPages(bench, 2)
    const before = holdings(bench)
    const mapping = bench.run((dma) => {
      const list = pieces(addr)
      const sg = dma.sgList(list.length > 0 ? list : [{ addr, bytes: page }])
      return dma.mapSg(sg, entries, { direction: 'to-device' })
    })
    expect(bench.runner.get(mapping.mapped)).toBe(0)
    expect(bench.misuses).toEqual(['maps a scatter list without entries, or with an empty one'])
    expect(holdings(bench)).toBe(before)
    // What was not mapped has nothing to unmap.
    bench.run((dma) => dma.unmapSg(mapping))
    expect(bench.misuses).toHaveLength(1)
  })

  test('more entries than the list has', () => {
    const bench = attached(backend)
    const addr = userPages(bench, 2)
    const before = holdings(bench)
    const mapping = bench.run((dma) => dma.mapSg(dma.sgList([{ addr, bytes: page }]), 2, { direction: 'to-device' }))
    expect(bench.runner.get(mapping.mapped)).toBe(0)
    expect(bench.misuses).toContain('no such scatter list or entry')
    expect(holdings(bench)).toBe(before)
  })
})

test('IO addresses run out in the middle of a list: all of it is given back, and no line was dropped', () => {
  const geometry = { ...board, iova: { base: 0x20000000, bytes: 4 * page } }
  const bench = attached('iommu', { geometry })
  const addr = userPages(bench, 8)
  const fresh = canonical(bench.runner.context.ioBitmaps)
  const pieces = [2, 2, 2].map((pages, index) => ({ addr: addr + 2 * index * page + 32, bytes: (pages - 1) * page }))
  const from = bench.runner.rows.length
  const mapping = mapped(bench, pieces)
  expect(bench.runner.get(mapping.mapped)).toBe(0)
  expect(canonical(bench.runner.context.ioBitmaps)).toBe(fresh)
  expect(bench.runner.context.dmaMappings).toEqual([])
  const maintained = bench.runner.rows.slice(from).filter((row) => row.op === 'maintain' && row.bytes > 1024)
  expect(maintained).toEqual([])
})

test('a list is unmapped once: the second call is reported and touches nothing', () => {
  const bench = attached('iommu')
  const addr = userPages(bench, 2)
  const mapping = mapped(bench, [{ addr, bytes: page }])
  bench.run((dma) => dma.unmapSg(mapping))
  const rows = bench.rowsOf((dma) => dma.unmapSg(mapping))
  expect(rows.filter((row) => !row.startsWith('sg.') && row !== 'mapping.take')).toEqual([])
  expect(bench.misuses).toHaveLength(1)
})

describe('get_sgtable', () => {
  test.each(backendNames)('%s: the pages of an allocation, runs as one entry', (backend) => {
    const bench = attached(backend)
    const memory = bench.run((dma) => dma.alloc(3 * page))
    const table = bench.run((dma) => dma.getSgtable(memory))
    expect(bench.runner.get(table.status)).toBe(0)
    const list = bench.runner.context.sgLists[bench.runner.get(table.sg) - 1] ?? []
    const entries = list.slice(0, bench.runner.get(table.entries))
    expect(entries).toHaveLength(usesIommu(backend) ? 3 : 1)
    expect(entries.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(3 * page)
    // Another mapping of the list is one segment again behind a SYSMMU.
    const mapping = bench.run((dma) =>
      dma.mapSg(table.sg, table.entries, { direction: 'to-device', attrs: ['skip-cpu-sync'] }),
    )
    expect(bench.runner.get(mapping.mapped)).toBe(1)
    bench.run((dma) => dma.unmapSg(mapping))
    bench.run((dma) => dma.freeSg(table.sg))
    bench.run((dma) => dma.free(memory))
    expect(bench.misuses).toEqual([])
  })

  test('of no allocation is -ENXIO', () => {
    const bench = attached('iommu')
    const table = bench.run((dma) => dma.getSgtable({ va: 'never', handle: 'never', bytes: page, attrs: [] }))
    expect(bench.runner.get(table.status)).toBe(-6 >>> 0)
  })
})
