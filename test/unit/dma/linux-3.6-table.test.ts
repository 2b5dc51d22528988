/** Unit | linux-3.6 against the published step lists: what each operation does to caches, tables, TLB and copies, in order. */

import { describe, expect, test } from 'vitest'
import { board, memoryMap } from '../../../machines/geometry.ts'
import { dmaError } from '../../../machines/os/calls.ts'
import { sysmmuRegs } from '../../../machines/sysmmu/regs.ts'
import { level1TableBytes } from '../../../machines/sysmmu/walk.ts'
import { atomicPool } from '../../../src/dma/bounce-pools.ts'
import { editionNamed } from '../../../src/dma/index.ts'
import { dmaPlatform } from '../../../src/dma/platform.ts'
import type { Row } from '../../../src/dma/program-runner.ts'
import type { BackendName, Direction, OpName } from '../../../src/dma/types.ts'
import { type ExpandRequest, expandOperation } from '../../../src/run/expand.ts'
import { DmaBench } from '../../support/dma-bench.ts'

// After torvalds/linux v3.6 arch/arm/mm/dma-mapping.c, cache-v7.S, cache-l2x0.c, arch/arm/common/dmabounce.c and
// drivers/iommu/exynos-iommu.c. `c`, `i`, `f`: clean, invalidate, both, of so many lines of the L1; `C`, `I`, `F`: of the L2;
// `S`: its sync.

const edition = editionNamed('linux-3.6')
const letters = { clean: 'c', invalidate: 'i', 'clean-invalidate': 'f' } as const
const mmuBase = memoryMap.sysmmuFimc0.base
const tableAddr = dmaPlatform(board, { backend: 'iommu' }).os.mappings[0]?.tableAddr ?? 0
const registerNames: Readonly<Record<number, string>> = Object.fromEntries(
  (['ctrl', 'status', 'flushEntry'] as const).map((name) => [
    mmuBase + sysmmuRegs[name],
    { ctrl: 'CTRL', status: 'STATUS', flushEntry: 'FLUSH_ENTRY' }[name],
  ]),
)

/** What the operating system does by itself: locks and lists, where things are, what is counted. */
const bookkeeping =
  /^(lock|mask|table\.(find|free|use|unuse)|flag|sg|array|kernel\.find|va\.translate|page\.alloc|pool\.find|mapping|user)\b|^(dmb|interrupts)/

const calls: Readonly<Record<string, string>> = {
  'iova.alloc': 'IOVA.ALLOC',
  'iova.free': 'IOVA.FREE',
  'table.alloc': 'kzalloc',
  'kernel.map': 'KMAP',
  'kernel.unmap': 'KUNMAP',
  'page.alias': 'linear PTEs',
  'page.free': 'free pages',
  'pool.alloc': 'alloc',
  'pool.free': 'free',
}

/** One row in the notation of the table, or nothing; a row that is neither known nor bookkeeping is an error. */
function noted(row: Row): string | undefined {
  const { op, text, addr, bytes, action, path } = row
  const within = (name: string) => path.some((step) => step.startsWith(name))
  if (within('copy in')) return 'COPY_IN'
  if (within('copy out')) return 'COPY_OUT'
  if (op === 'maintain' || op === 'l2-maintain') {
    const { lineBytes } = board
    const lines = Math.ceil((addr + bytes) / lineBytes) - Math.floor(addr / lineBytes)
    const letter = letters[action as keyof typeof letters]
    return `${lines}${op === 'maintain' ? letter : letter.toUpperCase()}`
  }
  if (op === 'l2-sync') return 'S'
  // The barriers of the unlock of the L2's spin lock, and of the flush of the cores' TLBs that belongs to KUNMAP.
  if (op === 'dsb') return within('unlock') || within('unmap from kernel') ? undefined : 'DSB'
  if (op === 'mmio-write')
    return `${registerNames[addr]}${text.startsWith('mmio-write 2') ? '' : text.replace('mmio-write ', '=')}`
  if (op === 'mmio-read') return registerNames[addr]
  if (op === 'load') return within('look up') ? 'iova_to_phys' : undefined
  if (op === 'store' || op === 'store-range') {
    if (path.at(-1) === 'clear') return 'memset'
    const table = addr - board.linearBase + board.dram.base
    const level = table >= tableAddr && table < tableAddr + level1TableBytes(board) ? 1 : 2
    // The zeroes of a new table are kzalloc's.
    if (op === 'store-range' && within('install')) return undefined
    return `PTE.W(L${level}e${within('clear level') ? '=0' : ''})`
  }
  if (op === 'call' && calls[text]) return calls[text]
  if (bookkeeping.test(text)) return undefined
  throw new Error(`no notation for ${text} in ${path.join(' > ')}`)
}

/** Rows in the notation, what repeats said once; the polls of STATUS are counted. */
function notation(rows: readonly Row[]): string {
  const steps: string[] = []
  for (const row of rows) {
    const step = noted(row)
    const repeats = step === steps.at(-1) && !/^(STATUS|\d+[a-z]|DSB)/i.test(step ?? '')
    if (step !== undefined && !repeats) steps.push(step)
  }
  return steps.join(' ')
}

function stepsOf(op: OpName, backend: BackendName, direction: Direction, more: Partial<ExpandRequest> = {}): string {
  return notation(expandOperation({ op, backend, direction, edition, ...more }).rows)
}

const clean = '128c DSB 128C S'
const toDevice: Record<Direction, string> = {
  'to-device': clean,
  'from-device': '128i DSB 128I S',
  bidirectional: clean,
}
const towardsCpu = '128I S 128i DSB'
const toCpu: Record<Direction, string> = { 'to-device': '', 'from-device': towardsCpu, bidirectional: towardsCpu }
const words = (...parts: string[]) => parts.filter((part) => part !== '').join(' ')

const entry = 'PTE.W(L2e) 1f DSB 1F S'
const table = 'kzalloc PTE.W(L1e) 32f DSB 32F S 1f DSB 1F S'
const invalidation = 'CTRL=7 STATUS FLUSH_ENTRY CTRL=5'
const cleared = `PTE.W(L2e=0) ${invalidation}`
const y = `${cleared} IOVA.FREE`
const skip = { attrs: ['skip-cpu-sync'] }

describe.each(['to-device', 'from-device', 'bidirectional'] as const)('%s', (direction) => {
  const steps = (op: OpName, backend: BackendName, more?: Partial<ExpandRequest>) =>
    stepsOf(op, backend, direction, more)

  test.each(['map_page', 'map_sg', 'sync_single_for_device', 'sync_sg_for_device'] as const)('linear %s', (op) => {
    expect(steps(op, 'linear')).toBe(toDevice[direction])
  })

  test.each(['unmap_page', 'unmap_sg', 'sync_single_for_cpu', 'sync_sg_for_cpu'] as const)('linear %s', (op) => {
    expect(steps(op, 'linear')).toBe(toCpu[direction])
  })

  test.each(['map_page', 'map_sg', 'unmap_page', 'unmap_sg'] as const)('linear %s, skip-cpu-sync', (op) => {
    expect(steps(op, 'linear', skip)).toBe('')
  })

  test('a device that snoops: no cache is touched', () => {
    for (const op of ['map_page', 'map_sg', 'unmap_page', 'unmap_sg'] as const)
      expect([op, steps(op, 'linear-coherent')]).toEqual([op, ''])
    for (const op of ['map_page', 'map_sg'] as const)
      expect([op, steps(op, 'iommu-coherent')]).toEqual([op, `IOVA.ALLOC ${entry}`])
    expect(steps('unmap_page', 'iommu-coherent')).toBe(`iova_to_phys ${y}`)
    expect(steps('unmap_sg', 'iommu-coherent')).toBe(y)
    for (const backend of ['linear-coherent', 'iommu-coherent'] as const)
      for (const op of [
        'sync_single_for_cpu',
        'sync_single_for_device',
        'sync_sg_for_cpu',
        'sync_sg_for_device',
      ] as const)
        expect([backend, op, steps(op, backend)]).toEqual([backend, op, ''])
  })

  test('iommu map_page: caches, IO addresses, table, entry', () => {
    expect(steps('map_page', 'iommu')).toBe(words(toDevice[direction], 'IOVA.ALLOC', entry))
    expect(steps('map_page', 'iommu', { tables: 'cold' })).toBe(words(toDevice[direction], 'IOVA.ALLOC', table, entry))
    expect(steps('map_page', 'iommu', skip)).toBe(`IOVA.ALLOC ${entry}`)
  })

  test('iommu unmap_page: page, caches, entry, TLB, IO addresses', () => {
    expect(steps('unmap_page', 'iommu')).toBe(words('iova_to_phys', toCpu[direction], y))
    expect(steps('unmap_page', 'iommu', skip)).toBe(`iova_to_phys ${y}`)
  })

  test('iommu map_sg: IO addresses, then the caches and the entries of each entry of the list', () => {
    expect(steps('map_sg', 'iommu')).toBe(words('IOVA.ALLOC', toDevice[direction], entry))
    expect(steps('map_sg', 'iommu', skip)).toBe(`IOVA.ALLOC ${entry}`)
  })

  test('iommu unmap_sg, one entry: the other way round', () => {
    expect(steps('unmap_sg', 'iommu')).toBe(words(y, toCpu[direction]))
    expect(steps('unmap_sg', 'iommu', skip)).toBe(y)
  })

  test('iommu sync: as linear, by page', () => {
    expect(steps('sync_single_for_cpu', 'iommu')).toBe(words('iova_to_phys', toCpu[direction]))
    expect(steps('sync_single_for_device', 'iommu')).toBe(words('iova_to_phys', toDevice[direction]))
    expect(steps('sync_sg_for_cpu', 'iommu')).toBe(toCpu[direction])
    expect(steps('sync_sg_for_device', 'iommu')).toBe(toDevice[direction])
  })

  const copyIn = direction === 'from-device' ? '' : 'COPY_IN'
  const copyOut = direction === 'to-device' ? '' : 'COPY_OUT'
  const back = direction === 'to-device' ? '' : 'COPY_OUT 128f DSB'

  test.each(['page', 'sg'] as const)('bounced, %s', (form) => {
    const sync = form === 'page' ? 'sync_single' : 'sync_sg'
    expect(steps(`map_${form}`, 'dmabounce')).toBe(words('alloc', copyIn))
    expect(steps(`unmap_${form}`, 'dmabounce')).toBe(words(back, 'free'))
    expect(steps(`${sync}_for_device`, 'dmabounce')).toBe(copyIn)
    expect(steps(`${sync}_for_cpu`, 'dmabounce')).toBe(copyOut)
    // Attributes are not looked at.
    expect(steps(`map_${form}`, 'dmabounce', skip)).toBe(words('alloc', copyIn))
    expect(steps(`unmap_${form}`, 'dmabounce', skip)).toBe(words(back, 'free'))
  })
})

describe('ranges that share lines with others', () => {
  const edges = { offset: 4, bytes: 4096 - 8 }

  test('invalidation: edges are written back first; the L1 goes over the first one again, the L2 over none', () => {
    expect(stepsOf('map_page', 'linear', 'from-device', edges)).toBe('1f 1f 127i DSB 1F 1F 126I S')
    expect(stepsOf('unmap_page', 'linear', 'from-device', edges)).toBe('1F 1F 126I S 1f 1f 127i DSB')
  })

  test('a clean covers them', () => {
    expect(stepsOf('map_page', 'linear', 'to-device', edges)).toBe(clean)
  })
})

describe('free without IOMMU drains nothing', () => {
  test.each([
    ['linear', 'KUNMAP linear PTEs free pages'],
    ['linear-coherent', 'free pages'],
    ['dmabounce', 'KUNMAP linear PTEs free pages'],
  ] as const)('%s', (backend, freed) => {
    expect(stepsOf('free', backend, 'bidirectional')).toBe(freed)
  })
})

describe('atomic memory behind the IOMMU', () => {
  const pageBytes = board.pageBytes
  const made = () => {
    const os = { pools: [{ name: atomicPool, blockBytes: pageBytes, blocks: 4 }] }
    const bench = new DmaBench({ backend: 'iommu', edition, os })
    bench.run((dma) => dma.createAtomicPool())
    bench.run((dma) => {
      dma.attach()
      dma.free(dma.alloc(pageBytes))
    })
    return { bench, from: bench.runner.rows.length }
  }

  test('one page: from the pool, mapped, and not given back to it', () => {
    const { bench, from } = made()
    bench.run((dma) => dma.free(dma.alloc(pageBytes, [], { gfp: 'atomic' })))
    expect(notation(bench.runner.rows.slice(from))).toBe(words('alloc IOVA.ALLOC', entry, cleared, 'IOVA.FREE'))
  })

  test('two pages: what lies behind the only pointer is read', () => {
    const { bench } = made()
    expect(() => bench.run((dma) => dma.alloc(2 * pageBytes, [], { gfp: 'atomic' }))).toThrow('abort at 0')
  })

  test('none left: no memory, the error value, and nothing taken', () => {
    const { bench } = made()
    const buffer = bench.run((dma) => dma.alloc(8 * pageBytes, [], { gfp: 'atomic' }))
    expect([bench.runner.get(buffer.va), bench.runner.get(buffer.handle)]).toEqual([0, dmaError])
  })
})

describe('memory for both, behind the IOMMU', () => {
  const ready = (lines: number) => `memset ${lines}f DSB ${lines}F S`
  const large = 'PTE.W(L2e) 2f DSB 2F S'
  const section = 'PTE.W(L1e) 1f DSB 1F S'
  const unmapped = { small: cleared, large: cleared, section: `PTE.W(L1e=0) 1f DSB 1F S ${invalidation}` }
  // Blocks of 2^n pages, the largest first; each is a run of pages in memory, and a mapping of its own size.
  const cases: [number, string[], string[], string[]][] = [
    [1, [ready(128)], [entry], [unmapped.small]],
    [16, [ready(16 * 128)], [large], [unmapped.large]],
    [256, [ready(256 * 128)], [section], [unmapped.section]],
    [17, [ready(16 * 128), ready(128)], [large, entry], [unmapped.large, unmapped.small]],
    [2, [ready(2 * 128)], [entry, entry], [unmapped.small, unmapped.small]],
  ]

  test.each(cases)('%i pages', (pages, blocks, mappings, gone) => {
    const sized = { bytes: pages * 4096 }
    const map = words(...blocks, 'IOVA.ALLOC', ...mappings)
    expect(stepsOf('alloc', 'iommu', 'bidirectional', sized)).toBe(`${map} KMAP`)
    expect(stepsOf('free', 'iommu', 'bidirectional', sized)).toBe(words('KUNMAP', ...gone, 'IOVA.FREE free pages'))
  })

  test('for a snooping device the same; without a mapping of the kernel, all but that', () => {
    const map = words(ready(128), 'IOVA.ALLOC', entry)
    expect(stepsOf('alloc', 'iommu-coherent', 'bidirectional')).toBe(`${map} KMAP`)
    const hidden = { attrs: ['no-kernel-mapping'] }
    expect(stepsOf('alloc', 'iommu', 'bidirectional', hidden)).toBe(map)
    expect(stepsOf('free', 'iommu', 'bidirectional', hidden)).toBe(`${unmapped.small} IOVA.FREE free pages`)
  })
})

test('a SYSMMU that is not blocked after 120 polls: nothing is invalidated, and the IO addresses go back', () => {
  const bench = new DmaBench({ backend: 'iommu', edition })
  bench.run((dma) => dma.attach())
  const mapping = bench.run((dma) => dma.mapPage({ page: 0x40200000, bytes: 4096, direction: 'to-device' }))
  bench.runner.onRead = () => 0
  const from = bench.runner.rows.length
  bench.run((dma) => dma.unmapPage(mapping))
  const polls = Array.from({ length: 120 }, () => 'STATUS').join(' ')
  const rows = bench.runner.rows.slice(from).filter(({ op }) => op === 'mmio-write' || op === 'mmio-read')
  expect(notation(rows)).toBe(`CTRL=7 ${polls} CTRL=5`)
  expect(bench.runner.rows.at(-1)?.text).toBe('iova.free')
})
