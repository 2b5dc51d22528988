/** Unit | a SYSMMU of several banks, and several devices on one mapping: every TLB that may hold a translation is told. */

import { describe, expect, test } from 'vitest'
import { pageOwners } from '../../../machines/os/calls.ts'
import { sysmmuRegs } from '../../../machines/sysmmu/regs.ts'
import { editionNamed } from '../../../src/dma/index.ts'
import { DmaBench } from '../../support/dma-bench.ts'

// As the two register windows of MFC, left and right: torvalds/linux v3.6 drivers/iommu/exynos-iommu.c `nsfrs`.
const furtherBanks = [0x13630000]
const sharing = [{ name: 'fimc1', mmu: { name: 'sysmmu1', base: 0x11a30000 } }]
const bytes = 4096

const names = Object.fromEntries(
  (['ctrl', 'status', 'flush', 'flushEntry', 'ptBase', 'intStatus', 'intClear'] as const).map((name) => [
    sysmmuRegs[name],
    name,
  ]),
)

function made(options: Omit<ConstructorParameters<typeof DmaBench>[0], 'backend'>) {
  const bench = new DmaBench({ backend: 'iommu', ...options })
  bench.run((dma) => dma.attach())
  const [page] = bench.run((_dma, asm) => asm.call('page.alloc', [bytes, pageOwners.indexOf('user')]))
  const map = () => bench.run((dma) => dma.mapPage({ page: bench.runner.get(page), bytes, direction: 'from-device' }))
  /** Register accesses by window, and what is not one of `skip`, in order. */
  const accesses = (write: Parameters<DmaBench['run']>[0], device = 'fimc0'): string[] => {
    const from = bench.runner.rows.length
    bench.run(write, 'undisturbed', device)
    return bench.runner.rows.slice(from).flatMap(({ op, addr, text }) => {
      if (text === 'iova.free') return [text]
      if (op !== 'mmio-write' && op !== 'mmio-read') return []
      const name = names[addr & 0xfff]
      return name ? [`${(addr & ~0xfff).toString(16)} ${name}`] : []
    })
  }
  return { bench, map, accesses }
}

const invalidation = (window: string) =>
  ['ctrl', 'status', 'flushEntry', 'ctrl', 'status'].map((name) => `${window} ${name}`)

describe('two banks', () => {
  test('unmap invalidates one after the other, and only then gives the IO addresses back', () => {
    const { map, accesses } = made({ mmu: { furtherBanks } })
    const mapping = map()
    expect(accesses((dma) => dma.unmapPage(mapping))).toEqual([
      ...invalidation('11a20000'),
      ...invalidation('13630000'),
      'iova.free',
    ])
  })

  test('both are programmed, and both are turned off', () => {
    const { accesses } = made({ mmu: { furtherBanks } })
    const on = (window: string) => [`${window} ptBase`, `${window} flush`, `${window} ctrl`, `${window} status`]
    expect(accesses((dma) => dma.enableMmu())).toEqual([...on('11a20000'), ...on('13630000')])
    const off = (window: string) => [`${window} ctrl`, `${window} status`]
    expect(accesses((dma) => dma.disableMmu())).toEqual([...off('11a20000'), ...off('13630000')])
  })

  test('the fault handler finds the bank', () => {
    const { bench, accesses } = made({ mmu: { furtherBanks } })
    bench.runner.registers.set((furtherBanks[0] as number) + sysmmuRegs.intStatus, 1)
    const rows = accesses((dma) => dma.handleMmuFault())
    expect(rows.slice(0, 2)).toEqual(['11a20000 intStatus', '13630000 intStatus'])
    expect(rows).toContain('13630000 intClear')
    expect(rows).not.toContain('11a20000 intClear')
  })

  test('linux-3.6: the same, and a bank that is not blocked in time is left out by itself', () => {
    const { bench, map, accesses } = made({ mmu: { furtherBanks }, edition: editionNamed('linux-3.6') })
    const mapping = map()
    bench.runner.onRead = (addr) => (addr === (furtherBanks[0] as number) + sysmmuRegs.status ? 1 : 0)
    const rows = accesses((dma) => dma.unmapPage(mapping)).filter((row) => !row.endsWith('status'))
    const second = ['13630000 ctrl', '13630000 flushEntry', '13630000 ctrl']
    expect(rows).toEqual(['11a20000 ctrl', '11a20000 ctrl', ...second, 'iova.free'])
  })
})

describe('two devices on one mapping', () => {
  test.each(['dmarace', 'linux-3.6'])('%s: unmap by one makes the TLB of the other forget, too', (edition) => {
    const { bench, map, accesses } = made({ sharing, edition: editionNamed(edition) })
    const alone = map()
    const before = accesses((dma) => dma.unmapPage(alone))
    expect(before.some((row) => row.startsWith('11a30000'))).toBe(false)
    bench.run((dma) => dma.attach('shared'), 'undisturbed', 'fimc1')
    const mapping = map()
    const after = accesses((dma) => dma.unmapPage(mapping))
    expect(after.filter((row) => row.endsWith('flushEntry'))).toEqual(['11a20000 flushEntry', '11a30000 flushEntry'])
    expect(after.at(-1)).toBe('iova.free')
  })

  test('both walk the same tables, and take their IO addresses from the same window', () => {
    const { bench, map } = made({ sharing })
    bench.run((dma) => dma.attach('shared'), 'undisturbed', 'fimc1')
    const tables = [0x11a20000, 0x11a30000].map((base) => bench.runner.registers.get(base + sysmmuRegs.ptBase))
    expect(new Set(tables).size).toBe(1)
    const first = bench.runner.valueOf(map().handle)
    const second = bench.run(
      (dma) => dma.mapPage({ page: 0x40300000, bytes, direction: 'to-device' }),
      'undisturbed',
      'fimc1',
    )
    expect(bench.runner.valueOf(second.handle)).not.toBe(first)
    expect(bench.walk(bench.runner.valueOf(second.handle))).toBe(0x40300000)
    bench.run((dma) => dma.unmapPage(second), 'undisturbed', 'fimc1')
    expect(bench.misuses).toEqual([])
  })
})
