/** Unit | what `ops` says of a call: its steps in short, methods that are missing, sizes that do not fit. */

import { describe, expect, test } from 'vitest'
import { UsageError } from '../../../src/base/errors.ts'
import { editionNamed } from '../../../src/dma/index.ts'
import type { BackendName, OpName } from '../../../src/dma/types.ts'
import { expandOperation } from '../../../src/run/expand.ts'
import { shortSteps } from '../../../src/run/expand-report.ts'

// Sequences of one aligned page of 128 lines, as torvalds/linux v3.6 arch/arm/mm/dma-mapping.c, cache-v7.S, cache-l2x0.c and
// drivers/iommu/exynos-iommu.c expand to. c, i, f: clean, invalidate, both, of an L1 line; C, I, F: of an L2 line; S: L2 sync.

const clean = ['128*c', 'DSB', '128*C', 'S']
const invalidate = ['128*i', 'DSB', '128*I', 'S']
const back = ['128*I', 'S', '128*i', 'DSB']
const directions = ['to-device', 'from-device', 'bidirectional'] as const

const towardsDevice = { 'to-device': clean, 'from-device': invalidate, bidirectional: clean }
const towardsCpu = { 'to-device': [], 'from-device': back, bidirectional: back }

const published = ['1*f', 'DSB', '1*F', 'S']
const newTable = ['TABLE.ALLOC', 'memset 1024', 'PTE.W(L1)', '32*f', 'DSB', '32*F', 'S', ...published]
const mapped = (tables: readonly string[] = []) => ['IOVA.ALLOC', ...tables, 'PTE.W(L2)', ...published]
const unmapped = ['PTE.W(L2=0)', 'CTRL=7', 'read STATUS', 'FLUSH_ENTRY=20000001', 'CTRL=5', 'IOVA.FREE']

function stepsOf(op: OpName, backend: BackendName, direction: string, more: object = {}): string[] {
  return shortSteps(expandOperation({ op, backend, direction, edition: editionNamed('linux-3.6'), ...more }))
}

test('iommu: map_page, its first one with a new table, and unmap_page, in each direction', () => {
  for (const direction of directions) {
    expect(stepsOf('map_page', 'iommu', direction)).toEqual([...towardsDevice[direction], ...mapped()])
    expect(stepsOf('map_page', 'iommu', direction, { tables: 'cold' })).toEqual([
      ...towardsDevice[direction],
      ...mapped(newTable),
    ])
    expect(stepsOf('unmap_page', 'iommu', direction)).toEqual(['LOOKUP', ...towardsCpu[direction], ...unmapped])
  }
})

// Safe buffers are not cached: no maintenance but of the original, where the CPU copied to it.
test('dmabounce: copies where the device reads or writes', () => {
  const copiesIn = { 'to-device': ['COPY_IN'], 'from-device': [], bidirectional: ['COPY_IN'] }
  const copiesOut = { 'to-device': [], 'from-device': ['COPY_OUT'], bidirectional: ['COPY_OUT'] }
  for (const direction of directions) {
    const copies = (op: OpName) => stepsOf(op, 'dmabounce', direction).filter((step) => step.startsWith('COPY'))
    expect(stepsOf('map_page', 'dmabounce', direction)[0]).toBe('POOL.ALLOC')
    expect(copies('map_page')).toEqual(copiesIn[direction])
    expect(copies('sync_single_for_device')).toEqual(copiesIn[direction])
    expect(copies('sync_single_for_cpu')).toEqual(copiesOut[direction])
    expect(copies('unmap_page')).toEqual(copiesOut[direction])
    expect(stepsOf('unmap_page', 'dmabounce', direction).at(-1)).toBe('POOL.FREE')
  }
})

test('iommu: alloc clears each block, maps it, and maps it for the kernel; free goes the other way', () => {
  expect(stepsOf('alloc', 'iommu', 'bidirectional', { bytes: 8192 })).toEqual([
    ...['PAGE.ALLOC', 'memset 8192', '256*f', 'DSB', '256*F', 'S'],
    'IOVA.ALLOC',
    ...mapped().slice(1),
    ...mapped().slice(1),
    'KMAP',
  ])
  const second = unmapped.map((step) => step.replace('20000001', '20001001'))
  expect(stepsOf('free', 'iommu', 'bidirectional', { bytes: 8192 })).toEqual([
    'KUNMAP',
    ...unmapped.slice(0, -1),
    ...second,
    'PAGE.FREE',
    'PAGE.FREE',
  ])
})

test('a method that is not there is said so', () => {
  const edition = editionNamed('rfc-2011')
  expect(expandOperation({ op: 'map_page', edition }).missing).toBe('called')
  expect(expandOperation({ op: 'unmap_sg', edition }).missing).toBe('skipped')
})

test('names that are not known end in the known ones', () => {
  const edition = editionNamed('dmarace')
  const wrong = [
    { op: 'map' },
    { op: 'alloc', backend: 'mmu' },
    { op: 'alloc', direction: 'up' },
    { op: 'alloc', bytes: 0 },
    { op: 'alloc', bytes: 0x400001 },
  ]
  for (const request of wrong) expect(() => expandOperation({ ...request, edition })).toThrow(UsageError)
})

describe('a buffer for which there is no room is a usage error', () => {
  test.each([
    ['map_page', 'linear', 'there is no memory for the buffer'],
    ['unmap_page', 'iommu', 'there is no memory for the buffer'],
    ['unmap_sg', 'iommu', 'there is no memory for the buffer'],
    ['free', 'iommu', 'there is no room to allocate the memory first'],
    ['unmap_resource', 'iommu', 'there is no room to map the resource first'],
  ] as const)('%s, %s', (op, backend, why) => {
    const run = () =>
      expandOperation({ op, backend, edition: editionNamed('dmarace'), geometry: 'litmus', bytes: 4096 })
    expect(run).toThrow(UsageError)
    expect(run).toThrow(`${op} of 4096 bytes at offset 0: ${why}; ask for less`)
  })

  test('a safe buffer is as large as the buffer', () => {
    const request = { op: 'unmap_page', backend: 'dmabounce', direction: 'from-device', bytes: 20, offset: 4 }
    const { rows } = expandOperation({ ...request, edition: editionNamed('dmarace'), geometry: 'litmus' })
    expect(rows.length).toBeGreaterThan(0)
  })
})
