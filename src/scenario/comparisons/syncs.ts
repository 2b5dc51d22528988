/** Scenario | comparisons: caches that are maintained for the wrong range, for nothing, or in vain. */

import { litmus } from '../../../machines/geometry.ts'
import { pageOwners } from '../../../machines/os/calls.ts'
import { linearVa } from '../../dma/addresses.ts'
import type { Register } from '../../dma/assembler.ts'
import { add, eq, isZero, ne } from '../../dma/operands.ts'
import type { OracleName } from '../../oracle/index.ts'
import type { ProgramContext } from '../build.ts'
import { streamingBuffer } from '../conversion-code.ts'
import { defineComparison, inOrder } from './define.ts'
import { oops } from './oops.ts'
import { memoryOf, splitMemory } from './split-memory.ts'

const { pageBytes, lineBytes, iova } = litmus

/** A page of the kernel; its linear address. */
function kernelPage({ asm, dma }: ProgramContext) {
  const [page] = asm.call('page.alloc', [pageBytes, pageOwners.indexOf('kernel')])
  return { page, va: linearVa(dma.env.geometry, page), free: () => asm.perform('page.free', [page, pageBytes]) }
}

/** Maps a page, lets `use` work on it, and unmaps it. */
function withMapping(
  context: ProgramContext,
  direction: 'from-device' | 'bidirectional',
  use: (buffer: ReturnType<typeof streamingBuffer>) => void,
): void {
  const { asm, dma } = context
  asm.scope(() => {
    const buffer = streamingBuffer(context, pageBytes, direction)
    use(buffer)
    dma.unmapSingle(buffer.mapping)
    buffer.free()
  })
}

export const syncLinear = defineComparison({
  id: 'sync-linear',
  question: 'This asks whether a driver can sync a streaming mapping of a device without IOMMU.',
  gaps: ['R10'],
  expects: { 'rfc-2011': oops, 'linux-3.6': 'holds' },
  backend: 'linear',
  cores: [
    { main: (context) => withMapping(context, 'bidirectional', ({ mapping }) => context.dma.syncForCpu(mapping)) },
  ],
})

export const mapAndCheck = defineComparison({
  id: 'map-and-check',
  question:
    'This asks whether dma-debug is content with a driver that maps a page, checks the handle, and unmaps the page.',
  gaps: ['R11'],
  expects: { 'rfc-2011': ['api'], 'linux-3.6': 'holds' },
  backend: 'linear',
  cores: [{ main: (context) => withMapping(context, 'bidirectional', () => {}) }],
})

const outside: readonly OracleName[] = ['dma-debug/sync-outside']

export const syncOutside = defineComparison({
  id: 'sync-outside',
  question: 'This asks whether dma-debug hears of a driver that syncs a range which goes on behind its buffer.',
  gaps: ['R12'],
  expects: { dmarace: outside, 'rfc-2011': ['api', ...outside], 'linux-3.6': [...outside, 'no-lost-write'] },
  cores: [
    {
      main: ({ asm, dma }) => {
        dma.attach()
        const buffer = dma.alloc(pageBytes)
        asm.if(ne(buffer.va, 0), () => {
          const mapping = dma.mappingAt(buffer.handle, { bytes: pageBytes, direction: 'bidirectional', pageOffset: 0 })
          dma.syncForCpu(mapping, { offset: lineBytes, bytes: pageBytes })
          dma.free(buffer)
        })
      },
    },
  ],
})

export const syncScattered = defineComparison({
  id: 'sync-scattered',
  question:
    'This asks whether a sync of two pages of an allocation leaves the page alone that lies physically between them.',
  gaps: ['L10'],
  expects: { 'rfc-2011': 'holds', 'linux-3.6': ['no-lost-write', 'assertion'] },
  sizes: memoryOf(6),
  cores: [
    {
      main: (context) => {
        const { asm, dma } = context
        dma.attach()
        const { pages, restore } = splitMemory(context, 3)
        // The first page, and the last one: the table, which stays, gets the one in the middle.
        dma.free(dma.alloc(pageBytes))
        const buffer = dma.alloc(2 * pageBytes)
        const between = linearVa(dma.env.geometry, pages[0] as Register)
        asm.store(between, 0x11)
        const mapping = dma.mappingAt(buffer.handle, {
          bytes: 2 * pageBytes,
          direction: 'bidirectional',
          pageOffset: 0,
        })
        dma.syncForCpu(mapping)
        asm.assert(eq(asm.load(between), 0x11), 'the page belongs to nobody else')
        dma.free(buffer)
        restore()
      },
    },
  ],
})

export const mapWithoutRoom = defineComparison({
  id: 'map-without-room',
  question:
    'This asks whether a buffer still holds what the CPU stored when it could not be mapped, for want of IO addresses.',
  gaps: ['L11'],
  expects: { 'rfc-2011': oops, 'linux-3.6': ['no-lost-write', 'assertion'] },
  sizes: { iova: { base: iova.base, bytes: pageBytes } },
  cores: [
    {
      main: (context) => {
        const { asm, dma } = context
        dma.attach()
        withMapping(context, 'bidirectional', () => {
          const page = kernelPage(context)
          asm.store(page.va, 0x11)
          const second = dma.mapSingle({ va: page.va, bytes: pageBytes, direction: 'from-device' })
          asm.assert(ne(dma.mappingError(second.handle), 0), 'there is no second page of IO addresses')
          asm.assert(eq(asm.load(page.va), 0x11), 'nobody but the CPU had the buffer')
          page.free()
        })
      },
    },
  ],
})

export const listWithoutRoom = defineComparison({
  id: 'list-without-room',
  question:
    'This asks whether the first buffer of a list still holds what the CPU stored when there were no IO addresses for the second one.',
  gaps: ['L11'],
  expects: { 'rfc-2011': oops, 'linux-3.6': ['no-lost-write', 'assertion'] },
  sizes: { iova: { base: iova.base, bytes: pageBytes } },
  cores: [
    {
      main: (context) => {
        const { asm, dma } = context
        dma.attach()
        const [first, second] = [kernelPage(context), kernelPage(context)]
        asm.store(first.va, 0x11)
        // One that begins inside its page is a segment of its own.
        const sg = dma.sgList([
          { addr: first.page, bytes: pageBytes },
          { addr: add(second.page, lineBytes), bytes: lineBytes },
        ])
        const { mapped } = dma.mapSg(sg, 2, { direction: 'from-device' })
        asm.assert(isZero(mapped), 'there is no second page of IO addresses')
        asm.assert(eq(asm.load(first.va), 0x11), 'nobody but the CPU had the buffer')
        dma.freeSg(sg)
        first.free()
        second.free()
      },
    },
  ],
})

export const mapBesideNeighbour = defineComparison({
  id: 'map-beside-neighbour',
  question:
    'This asks whether another core may store to a word whose line a buffer shares, while the buffer is mapped.',
  gaps: ['L12'],
  expects: { 'rfc-2011': ['no-lost-write', 'api', 'assertion'], 'linux-3.6': ['no-lost-write', 'assertion'] },
  backend: 'linear',
  features: inOrder,
  shared: { flags: ['page', 'stored'] },
  cores: [
    {
      main: (context) => {
        const { asm, dma } = context
        const buffer = kernelPage(context)
        asm.flagSet('page', buffer.va)
        // The buffer begins with the second word of the first line.
        const mapping = dma.mapSingle({ va: add(buffer.va, 4), bytes: pageBytes - 4, direction: 'from-device' })
        asm.assert(isZero(dma.mappingError(mapping.handle)), 'a page can be mapped')
        asm.poll({ read: () => asm.flagGet('stored'), until: (done) => ne(done, 0) })
        dma.unmapSingle(mapping)
        asm.assert(eq(asm.load(buffer.va), 0x11), 'the word is not part of the buffer')
        buffer.free()
      },
    },
    {
      main: ({ asm }) => {
        asm.poll({ read: () => asm.flagGet('page'), until: (page) => ne(page, 0) })
        asm.store(asm.flagGet('page'), 0x11)
        asm.dmb()
        asm.flagSet('stored', 1)
      },
    },
  ],
})

export const syncNothing = defineComparison({
  id: 'sync-nothing',
  question: 'This asks whether a sync of no bytes leaves what the CPU has stored.',
  gaps: ['L13'],
  expects: { 'rfc-2011': oops, 'linux-3.6': ['no-lost-write', 'assertion', 'fresh-load'] },
  backend: 'linear',
  cores: [
    {
      main: (context) => {
        const { asm, dma } = context
        withMapping(context, 'bidirectional', ({ va, mapping }) => {
          dma.syncForCpu(mapping)
          asm.store(va, 0x11)
          dma.syncForCpu(mapping, { offset: 0, bytes: 0 })
          asm.assert(eq(asm.load(va), 0x11), 'the CPU has the buffer')
          dma.syncForDevice(mapping)
        })
      },
    },
  ],
})
