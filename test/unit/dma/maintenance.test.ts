/** Unit | cache maintenance of any range: each line once, shared lines kept, against a model that works byte by byte. */

import { describe, expect, test } from 'vitest'
import { board, litmus } from '../../../machines/geometry.ts'
import { dmaEnv } from '../../../src/dma/index.ts'
import type { Direction } from '../../../src/dma/types.ts'
import { DmaBench } from '../../support/dma-bench.ts'
import { prngFor, seed } from '../../support/seed.ts'

type Hand = 'cpuToDev' | 'devToCpu'

interface Range {
  readonly offset: number
  readonly bytes: number
}

/** What must happen to each line, decided byte by byte: whose bytes does it hold? */
function expected(lineBytes: number, page: number, range: Range, direction: Direction, hand: Hand): string[] {
  const lines = new Map<number, { own: number }>()
  for (let at = page + range.offset; at < page + range.offset + range.bytes; at++) {
    const line = at - (at % lineBytes)
    const entry = lines.get(line) ?? { own: 0 }
    entry.own++
    lines.set(line, entry)
  }
  const drop = hand === 'devToCpu' || direction === 'from-device'
  if (hand === 'devToCpu' && direction === 'to-device') return []
  return [...lines]
    .map(([line, { own }]) => `${line} ${!drop ? 'clean' : own === lineBytes ? 'invalidate' : 'clean-invalidate'}`)
    .sort()
}

/** What did happen at one level, line by line. */
function happened(bench: DmaBench, level: 'maintain' | 'l2-maintain', from: number): string[] {
  const { lineBytes, linearBase, dram } = bench.geometry
  const lines: string[] = []
  for (const row of bench.runner.rows.slice(from)) {
    if (row.op !== level || row.bytes === 0) continue
    const start = level === 'maintain' ? row.addr - linearBase + dram.base : row.addr
    for (let at = start - (start % lineBytes); at < start + row.bytes; at += lineBytes)
      lines.push(`${at} ${row.action}`)
  }
  return lines.sort()
}

const directions: Direction[] = ['to-device', 'from-device', 'bidirectional']

describe.each([board, litmus])('$name', (geometry) => {
  test.each([
    ['known', false],
    ['in registers', true],
  ])(`random ranges with sizes %s, seed ${seed}`, (_, inRegisters) => {
    const prng = prngFor(`maintenance ${geometry.name}`)
    const bench = new DmaBench({ backend: 'linear', geometry })
    const env = dmaEnv(bench.platform, { name: 'fimc0', backend: 'linear' })
    const page = geometry.dram.base + geometry.reservedBytes
    for (let round = 0; round < 300; round++) {
      const limit = prng.pick([geometry.lineBytes, 3 * geometry.lineBytes, 2 * geometry.pageBytes])
      const range = { offset: prng.below(limit), bytes: prng.below(limit) }
      const direction = prng.pick(directions)
      const hand = prng.pick(['cpuToDev', 'devToCpu'] as const)
      const from = bench.runner.rows.length
      bench.runner.set('offset', range.offset)
      bench.runner.set('bytes', range.bytes)
      bench.run((_dma, asm) => {
        const operands = inRegisters ? { offset: 'offset', bytes: 'bytes' } : range
        env.steps[hand](asm, env, { page, direction, ...operands })
      })
      const want = expected(geometry.lineBytes, page, range, direction, hand)
      expect(happened(bench, 'maintain', from), JSON.stringify({ range, direction, hand })).toEqual(want)
      expect(happened(bench, 'l2-maintain', from)).toEqual(want)
    }
  })
})

describe('what it is for', () => {
  const geometry = board
  const page = geometry.dram.base + geometry.reservedBytes
  const va = geometry.linearBase + geometry.reservedBytes
  const hand = (bench: DmaBench, step: Hand, range: Range, direction: Direction) => {
    const env = dmaEnv(bench.platform, { name: 'fimc0', backend: 'linear' })
    bench.run((_dma, asm) => env.steps[step](asm, env, { page, ...range, direction }))
  }

  test('the neighbours of an unaligned buffer reach memory, its own stale bytes do not come back', () => {
    const bench = new DmaBench({ backend: 'linear' })
    const range = { offset: 20, bytes: 100 }
    bench.run((_dma, asm) => asm.storeRange(va, 160, 7))
    hand(bench, 'cpuToDev', range, 'from-device')
    expect(bench.runner.memory(page + 16)).toBe(7)
    expect(bench.runner.memory(page + 124)).toBe(7)
    for (let at = 20; at < 120; at += 4) bench.runner.deviceWrite(page + at, 9)
    hand(bench, 'devToCpu', range, 'from-device')
    const seen = bench.run((_dma, asm) => [
      asm.load(va + 16),
      asm.load(va + 20),
      asm.load(va + 116),
      asm.load(va + 120),
    ])
    expect(seen.map((register) => bench.runner.get(register))).toEqual([7, 9, 9, 7])
  })

  test('a line fetched meanwhile is stale and goes', () => {
    const bench = new DmaBench({ backend: 'linear' })
    hand(bench, 'cpuToDev', { offset: 0, bytes: 64 }, 'from-device')
    bench.run((_dma, asm) => asm.loadRange(va, 64))
    bench.runner.deviceWrite(page, 5)
    hand(bench, 'devToCpu', { offset: 0, bytes: 64 }, 'from-device')
    const register = bench.run((_dma, asm) => asm.load(va))
    expect(bench.runner.get(register)).toBe(5)
  })

  test('an empty range is left alone, barriers included', () => {
    const bench = new DmaBench({ backend: 'linear' })
    hand(bench, 'cpuToDev', { offset: 32, bytes: 0 }, 'from-device')
    hand(bench, 'devToCpu', { offset: 4, bytes: 0 }, 'bidirectional')
    expect(bench.runner.rows).toEqual([])
  })
})
