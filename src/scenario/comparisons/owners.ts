/** Scenario | comparisons: memory that gets something of its last owner: a safe buffer not filled, a store that comes late. */

import { litmus } from '../../../machines/geometry.ts'
import { pageOwners } from '../../../machines/os/calls.ts'
import { linearVa } from '../../dma/addresses.ts'
import type { Assembler } from '../../dma/assembler.ts'
import { add, eq, isZero, ne, or } from '../../dma/operands.ts'
import type { ProgramContext } from '../build.ts'
import { beginConversions, convert, setAddresses, stopConversion } from '../conversion-code.ts'
import { defineComparison, inOrder, keepAllocations } from './define.ts'
import { oops } from './oops.ts'

const { pageBytes, lineBytes } = litmus

/** A page of the kernel, mapped for the device and unmapped again; nothing is transferred. */
function mapAndUnmap({ asm, dma }: ProgramContext, word: number, direction: 'to-device' | 'from-device'): void {
  asm.scope(() => {
    const [page] = asm.call('page.alloc', [pageBytes, pageOwners.indexOf('kernel')])
    const va = linearVa(litmus, page)
    asm.storeRange(va, lineBytes, word)
    const mapping = dma.mapSingle({ va, bytes: lineBytes, direction })
    asm.assert(isZero(dma.mappingError(mapping.handle)), 'there is a safe buffer')
    dma.unmapSingle(mapping)
    asm.assert(eq(asm.load(add(va, lineBytes - 4)), word), 'what the device did not write is as it was')
    asm.perform('page.free', [page, pageBytes])
  })
}

export const bounceUnwritten = defineComparison({
  id: 'bounce-unwritten',
  question:
    'This asks whether a buffer beyond the reach of the device keeps what the device did not write, when a transfer ends early.',
  gaps: ['L16'],
  expects: { 'rfc-2011': ['assertion'], 'linux-3.6': ['assertion'] },
  backend: 'dmabounce',
  // The device reaches the first page that the allocator has, and the pool takes it.
  reach: {
    masks: { streaming: 0x4000004f, coherent: 0x4000004f },
    pools: [{ name: 'fimc0-small', blockBytes: lineBytes, blocks: 2 }],
  },
  cores: [
    {
      main: (context) => {
        const { dma } = context
        dma.attach()
        mapAndUnmap(context, 0x11, 'to-device')
        mapAndUnmap(context, 0x22, 'from-device')
        dma.detach()
      },
    },
  ],
})

/** Pages whose words look like entries of a table, in memory and no more in the caches, as after their last transfer; given back. */
function leaveWords(asm: Assembler, bytes: number): void {
  asm.scope(() => {
    const [page] = asm.call('page.alloc', [bytes, pageOwners.indexOf('kernel')])
    const va = linearVa(litmus, page)
    asm.storeRange(va, bytes, or(add(page, bytes - pageBytes), 2))
    asm.maintain('clean-invalidate', va, bytes)
    asm.dsb()
    asm.perform('page.free', [page, bytes])
  })
}

export const tableEvicted = defineComparison({
  id: 'table-evicted',
  question:
    'This asks whether walks find nothing but zeroes in a new table, when caches evict what they like and the SYSMMU walks ahead.',
  gaps: ['L8'],
  expects: {
    'rfc-2011': ['live-translation', 'iova-unique', 'frame-intact'],
    'linux-3.6': ['live-translation', 'iova-unique', 'frame-intact'],
  },
  // The outer cache would evict the word a second time.
  features: { ...inOrder, l2: false, eviction: true, tlbPrefetch: true },
  // Few addresses, so that walks ahead are few.
  sizes: { iova: { base: litmus.iova.base, bytes: 4 * pageBytes }, tlbEntries: 1 },
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        // An allocation gets the first page, and its level-2 table the second one.
        leaveWords(asm, 2 * pageBytes)
        const bytes = beginConversions(context)
        const source = dma.alloc(bytes.source)
        const target = dma.alloc(bytes.target)
        setAddresses(asm, parameters, source.handle, target.handle)
        convert(asm, { source, target })
        stopConversion(context)
        // What becomes of them is another question.
        keepAllocations(asm)
      },
    },
  ],
})

const sectionPages = litmus.level2Entries

export const sectionOverTable = defineComparison({
  id: 'section-over-table',
  question:
    'This asks whether walks find nothing but the section, when it takes the place of an empty table whose memory another core gets next, and the SYSMMU walks ahead.',
  gaps: ['L22'],
  expects: { 'rfc-2011': oops, 'linux-3.6': ['iova-unique'] },
  features: { ...inOrder, l2: false, tlbPrefetch: true },
  // One section, so that walks ahead are few.
  sizes: { iova: { base: litmus.iova.base, bytes: sectionPages * pageBytes }, tlbEntries: 1 },
  shared: { flags: ['table-left'] },
  cores: [
    {
      main: ({ asm, dma }) => {
        dma.attach()
        asm.scope(() => dma.free(dma.alloc(pageBytes)))
        // What is free below the table is taken, so that its memory is what the other core gets.
        const kernel = pageOwners.indexOf('kernel')
        const [below] = asm.call('page.alloc', [pageBytes, kernel])
        const [page] = asm.call('page.alloc', [sectionPages * pageBytes, kernel])
        asm.flagSet('table-left', 1)
        const mapping = dma.mapPage({ page, bytes: sectionPages * pageBytes, direction: 'bidirectional' })
        asm.assert(isZero(dma.mappingError(mapping.handle)), 'there is room for the section')
        dma.unmapPage(mapping)
        dma.disableMmu()
        asm.perform('page.free', [page, sectionPages * pageBytes])
        asm.perform('page.free', [below, pageBytes])
      },
    },
    {
      main: ({ asm }) => {
        asm.poll({ read: () => asm.flagGet('table-left'), until: (left) => ne(left, 0) })
        leaveWords(asm, pageBytes)
      },
    },
  ],
})
