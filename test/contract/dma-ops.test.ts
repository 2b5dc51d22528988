/** Contract | every backend's table has every operation; editions are overrides and reach everything below them. */

import { describe, expect, test } from 'vitest'
import { checkPrograms } from '../../machines/cpu/program-check.ts'
import { board, litmus } from '../../machines/geometry.ts'
import { DmaApi } from '../../src/dma/api.ts'
import { Assembler } from '../../src/dma/assembler.ts'
import { dmarace, dmaSteps, dmaTable, editionNamed, editions, operations } from '../../src/dma/index.ts'
import { dmaPlatform } from '../../src/dma/platform.ts'
import {
  type BackendName,
  backendNames,
  type Edition,
  isCoherent,
  type OpName,
  usesIommu,
} from '../../src/dma/types.ts'

const opNames = Object.keys(operations) as OpName[]

describe.each(opNames)('%s', (name) => {
  const operation = operations[name]

  test('says what it is, where it may be called and who owns the buffer', () => {
    expect(operation.name).toBe(name)
    for (const text of [operation.description, operation.context, operation.ownership]) expect(text).not.toBe('')
  })

  test.each(backendNames)('%s has a lowering', (backend) => {
    expect(operation.lowerings[backend]).toBeTypeOf('function')
    expect(dmaTable(dmarace, backend)[name]).toBe(operation.lowerings[backend])
  })
})

describe.each(backendNames)('%s', (backend) => {
  test.each(Object.values(editions))('edition $name has exactly the operations of the contract', (edition) => {
    expect(Object.keys(dmaTable(edition, backend))).toEqual(opNames)
    expect(Object.values(dmaSteps(edition)).every((step) => typeof step === 'function')).toBe(true)
  })

  test.each([litmus, board])('all operations together are a program that a core accepts, $name', (geometry) => {
    for (const context of ['thread', 'interrupt'] as const) {
      const platform = dmaPlatform(geometry, { backend })
      const asm = new Assembler({ prefix: 'all', os: platform.os, context })
      const dma = new DmaApi(asm, platform, 'fimc0')
      dma.attach()
      const memory = dma.alloc(3 * geometry.pageBytes)
      dma.munmap(dma.mmap(memory).va)
      const page = asm.set(asm.variable('page'), geometry.dram.base)
      const bytes = asm.set(asm.variable('bytes'), geometry.pageBytes)
      for (const direction of ['to-device', 'from-device', 'bidirectional'] as const) {
        const mapping = dma.mapPage({ page, offset: 4, bytes, direction })
        dma.mappingError(mapping.handle)
        dma.syncForCpu(mapping)
        dma.syncForDevice(mapping, { offset: 4, bytes: 4 })
        dma.unmapPage(mapping)
        dma.unmapSingle(dma.mapSingle({ va: page, bytes: 8, direction }))
      }
      dma.free(memory)
      if (usesIommu(backend)) dma.handleMmuFault()
      const { instructions, steps } = asm.build()
      expect(steps).toHaveLength(instructions.length)
      const programs =
        context === 'thread'
          ? { main: instructions, interrupt: [{ op: 'return' } as const] }
          : { main: [], interrupt: [...instructions, { op: 'return' } as const] }
      expect(() => checkPrograms('cpu0', programs)).not.toThrow()
    }
  })
})

describe('editions', () => {
  const swapped: Edition = {
    name: 'swapped',
    description: 'a step replaced',
    steps: { devToCpu: (asm) => asm.isb() },
  }
  const upper: Edition = {
    name: 'upper',
    description: 'an operation replaced on top of it',
    base: swapped,
    ops: { linear: { map_page: (asm) => asm.dmb() } },
  }
  const opsOf = (edition: Edition, backend: BackendName) => {
    const platform = dmaPlatform(litmus, { backend, edition })
    const asm = new Assembler({ prefix: 'p', os: platform.os, context: 'undisturbed' })
    const dma = new DmaApi(asm, platform, 'fimc0')
    const mapping = dma.mapPage({ page: litmus.dram.base, bytes: 16, direction: 'from-device' })
    dma.unmapPage(mapping)
    return asm.build().instructions.map((one) => one.op)
  }

  test('a replaced step is used by every operation of every backend', () => {
    for (const backend of backendNames) {
      const used = opsOf(swapped, backend).filter((op) => op === 'isb')
      expect(used).toHaveLength(isCoherent(backend) ? 0 : 1)
    }
  })

  test('a replaced operation belongs to its backend; what is below shows through', () => {
    expect(opsOf(upper, 'linear')).toEqual(['dmb', 'mark', 'isb', 'mark'])
    expect(dmaTable(upper, 'iommu')).toEqual(dmaTable(dmarace, 'iommu'))
  })

  test('an unknown name lists the known ones', () => {
    expect(editionNamed('dmarace')).toBe(dmarace)
    expect(() => editionNamed('dmaraec')).toThrow(/Did you mean dmarace/)
  })
})
