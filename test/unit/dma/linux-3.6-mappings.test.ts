/** Unit | linux-3.6: sizes of mappings, what unmap clears and publishes of them, and the one TLB entry that it invalidates. */

import { describe, expect, test } from 'vitest'
import { board, litmus } from '../../../machines/geometry.ts'
import { pageOwners } from '../../../machines/os/calls.ts'
import { sysmmuRegs } from '../../../machines/sysmmu/regs.ts'
import { largePageBytes, sectionBytes } from '../../../machines/sysmmu/walk.ts'
import { editionNamed } from '../../../src/dma/index.ts'
import { DmaBench } from '../../support/dma-bench.ts'

describe.each([board, litmus])('sizes, $name', (geometry) => {
  const page = geometry.pageBytes
  const bench = new DmaBench({ backend: 'iommu', geometry, edition: editionNamed('linux-3.6') })
  bench.run((dma) => dma.attach())

  test.each([
    ['a small page', page, 1],
    ['a large page', largePageBytes(geometry), 1],
    ['a large page and a small one', largePageBytes(geometry) + page, 2],
    ['a section', sectionBytes(geometry), 1],
  ])('%s: all is translated, and one entry is invalidated for each mapping', (_what, bytes, mappings) => {
    const block = bench.run((_dma, asm) => asm.call('page.alloc', [bytes, pageOwners.indexOf('kernel')])[0])
    const addr = bench.runner.get(block)
    const mapping = bench.run((dma) => dma.mapPage({ page: addr, bytes, direction: 'from-device' }))
    const iova = bench.runner.valueOf(mapping.handle)
    const ends = [0, page - 4, bytes - page, bytes - 4]
    expect(ends.map((offset) => bench.walk(iova + offset))).toEqual(ends.map((offset) => addr + offset))
    const from = bench.runner.rows.length
    bench.run((dma) => dma.unmapPage(mapping))
    const flushes = bench.runner.rows
      .slice(from)
      .filter((row) => row.op === 'mmio-write' && row.addr === bench.mmuBase + sysmmuRegs.flushEntry)
    expect(flushes).toHaveLength(mappings)
    // What memory holds, which is what a walk sees: only the cleared word of a section is published (L1).
    const left = ends.map((offset) => (bytes === sectionBytes(geometry) ? undefined : addr + offset))
    expect(ends.map((offset) => bench.walk(iova + offset))).toEqual(left)
    expect(bench.runner.events.filter(({ type }) => type === 'os.misuse')).toEqual([])
    bench.run((_dma, asm) => asm.perform('page.free', [addr, bytes]))
  })
})
