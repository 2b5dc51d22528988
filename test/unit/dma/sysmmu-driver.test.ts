/** Unit | the SYSMMU driver's register sequences: blocking until it holds, read back, enabling, faults. */

import { describe, expect, test } from 'vitest'
import { board, memoryMap } from '../../../machines/geometry.ts'
import { sysmmuCtrl, sysmmuFaults, sysmmuRegs } from '../../../machines/sysmmu/regs.ts'
import { DmaBench } from '../../support/dma-bench.ts'

const { base } = memoryMap.sysmmuFimc0
const at = (name: keyof typeof sysmmuRegs) => base + sysmmuRegs[name]
const name = (addr: number) => Object.entries(sysmmuRegs).find(([, offset]) => base + offset === addr)?.[0] ?? '?'

function bench(): DmaBench {
  const one = new DmaBench({ backend: 'iommu' })
  one.run((dma) => dma.attach())
  return one
}

/** Register accesses of what `write` appends: `ctrl=7`, `status?`. */
function accesses(one: DmaBench, write: Parameters<DmaBench['rowsOf']>[0]): string[] {
  const from = one.runner.rows.length
  one.run(write)
  return one.runner.rows.slice(from).flatMap((row) => {
    if (row.op === 'mmio-read') return [`${name(row.addr)}?`]
    return row.op === 'mmio-write' ? [`${name(row.addr)}=${row.text.split(' ')[1]}`] : []
  })
}

describe('enable', () => {
  test('table base, flush, enable, read back; the level-1 table is empty in memory before', () => {
    const one = new DmaBench({ backend: 'iommu' })
    const table = one.platform.os.mappings[0]?.tableAddr as number
    one.runner.deviceWrite(table + 8, 1)
    const rows = accesses(one, (dma) => dma.attach())
    expect(rows).toEqual(['cfg=1', `ptBase=${table.toString(16)}`, 'flush=1', 'ctrl=5', 'status?'])
    expect(one.runner.memory(table + 8)).toBe(0)
  })

  test('disable writes CTRL, and later invalidations leave the registers alone', () => {
    const one = bench()
    expect(accesses(one, (dma) => dma.disableMmu())).toEqual(['ctrl=0', 'status?'])
    expect(accesses(one, (dma) => dma.invalidateMmu())).toEqual([])
    accesses(one, (dma) => dma.enableMmu())
    expect(accesses(one, (dma) => dma.invalidateMmu())).toEqual(['ctrl=7', 'status?', 'flush=1', 'ctrl=5', 'status?'])
  })
})

describe('prefetch windows', () => {
  const made = (version: '1.0' | '3.2') => {
    const one = new DmaBench({ backend: 'iommu', mmu: { version } })
    one.run((dma) => dma.attach())
    return one
  }
  const windows = (...numbers: number[]) => {
    const fields = ['prefetchStart0', 'prefetchEnd0', 'prefetchStart1', 'prefetchEnd1']
    return [
      'ctrl=7',
      'status?',
      ...numbers.map((value, at) => `${fields[at]}=${value.toString(16)}`),
      'ctrl=5',
      'status?',
    ]
  }
  const start = 0x20000000

  // HF-543
  test.each([
    ['a small one, for both', 0x20000, [start, start + 0x1ffff, start, start + 0x1ffff]],
    ['a larger one, split at whole large pages', 0x31000, [start, start + 0x1ffff, start + 0x20000, start + 0x30fff]],
  ] as const)('%s', (_what, bytes, expected) => {
    expect(accesses(made('3.2'), (dma) => dma.setMmuPrefetch({ base: start, bytes }))).toEqual(windows(...expected))
  })

  test('two, each its own', () => {
    const rows = accesses(made('3.2'), (dma) =>
      dma.setMmuPrefetch({ base: start, bytes: 0x1000 }, { base: start + 0x40000, bytes: 0x2000 }),
    )
    expect(rows).toEqual(windows(start, start + 0xfff, start + 0x40000, start + 0x41fff))
  })

  test('nothing for older versions, and while it is off; no window is empty', () => {
    const window = { base: start, bytes: 4096 }
    expect(accesses(made('1.0'), (dma) => dma.setMmuPrefetch(window))).toEqual([])
    const off = made('3.2')
    off.run((dma) => dma.disableMmu())
    expect(accesses(off, (dma) => dma.setMmuPrefetch(window))).toEqual([])
    expect(() => off.run((dma) => dma.setMmuPrefetch({ base: start, bytes: 0 }))).toThrow('at least 1')
  })
})

describe('block', () => {
  test('a block that takes long is waited for; nothing is flushed before it holds', () => {
    const one = bench()
    let polls = 0
    const needed = 2 * board.blockPolls + 3
    one.runner.onRead = () => {
      const blocking = one.runner.registers.get(at('ctrl')) === sysmmuCtrl.block
      return blocking && ++polls > needed ? 1 : 0
    }
    const rows = accesses(one, (dma) => dma.invalidateMmu())
    const round = ['ctrl=7', ...Array(board.blockPolls).fill('status?'), 'ctrl=5']
    const last = ['ctrl=7', ...Array(4).fill('status?'), 'flush=1', 'ctrl=5', 'status?']
    expect(rows).toEqual([...round, ...round, ...last])
  })

  test('several pages go within one block', () => {
    const one = bench()
    const memory = one.run((dma) => dma.alloc(3 * board.pageBytes))
    const rows = accesses(one, (dma) => dma.free(memory))
    const entries = [0, 1, 2].map((page) => `flushEntry=${(board.iova.base + page * board.pageBytes + 1).toString(16)}`)
    expect(rows).toEqual(['ctrl=7', 'status?', ...entries, 'ctrl=5', 'status?'])
  })
})

describe('fault', () => {
  const pending = (one: DmaBench, status: number) => {
    one.runner.registers.set(at('intStatus'), status)
    one.runner.registers.set(at('pageFaultAddr'), 0x20001000)
    one.runner.registers.set(at('arFaultAddr'), 0x20002000)
    one.runner.registers.set(at('awFaultAddr'), 0x20003000)
    one.runner.registers.set(at('defaultSlaveAddr'), 0x20004000)
  }

  test('none pending: nothing happens', () => {
    expect(accesses(bench(), (dma) => dma.handleMmuFault())).toEqual(['intStatus?'])
  })

  test('unrepaired: reported and cleared, and the SYSMMU stays blocked', () => {
    const one = bench()
    pending(one, sysmmuFaults.page)
    const rows = accesses(one, (dma) => dma.handleMmuFault())
    expect(rows).toEqual(['intStatus?', 'pageFaultAddr?', 'intClear=1', 'status?'])
    const report = one.runner.events.find((event) => event.type === 'os.fault')
    expect(report).toEqual({ type: 'os.fault', device: 'fimc0', status: sysmmuFaults.page, iova: 0x20001000 })
  })

  test('repaired: cleared, then the access is retried', () => {
    const one = bench()
    pending(one, sysmmuFaults.page)
    const rows = accesses(one, (dma, asm) => dma.handleMmuFault({ repair: () => asm.set(asm.temp(), 1) }))
    expect(rows).toEqual(['intStatus?', 'pageFaultAddr?', 'intClear=1', 'ctrl=5', 'status?'])
  })

  test.each([
    ['arMultiHit', 'arFaultAddr', true],
    ['awMultiHit', 'awFaultAddr', true],
    ['bus', 'defaultSlaveAddr', false],
  ] as const)('%s reads its own address register', (kind, register, flushes) => {
    const one = bench()
    pending(one, sysmmuFaults[kind])
    const rows = accesses(one, (dma) => dma.handleMmuFault({ repair: () => 1 }))
    const flush = flushes ? ['flush=1'] : []
    const clear = `intClear=${sysmmuFaults[kind].toString(16)}`
    expect(rows).toEqual(['intStatus?', `${register}?`, ...flush, clear, 'ctrl=5', 'status?'])
  })
})
