/** Scenario | a conversion into a scatter list that map_sg merges into one segment, with a sync before each look at it. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { pageOwners } from '../../machines/os/calls.ts'
import { linearVa } from '../dma/addresses.ts'
import type { SgMapping } from '../dma/api.ts'
import { add } from '../dma/operands.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import {
  beginConversions,
  convert,
  setAddresses,
  stopConversion,
  storePicture,
  streamingBuffer,
} from './conversion-code.ts'
import type { Defaults, LitmusDefaults } from './scenario.ts'

const defaults: { readonly litmus: LitmusDefaults; readonly board: Defaults } = {
  // A picture of two lines, so that it can lie in two pages; the target begins in the second line of its first page.
  litmus: {
    ...{ frames: 2, checkFrames: 1, width: 4, height: 1, format: 'raw', source: 'pictures' },
    disturbedLines: [0x68, 0x80],
    // A line that comes by itself is the question; lines that go, and stores and TLB entries on their way, are others'.
    features: { eviction: false, storeBuffer: false, l2StoreBuffer: false, tlbEviction: false },
  },
  board: { frames: 2, width: 64, height: 48, format: 'rgb565', source: 'pictures' },
}

/** A piece of the target: physical address and size. */
interface Piece {
  readonly addr: Operand
  readonly bytes: number
}

/** Two pages that are no neighbours: the second half of the first, and all that is left in the second. */
function twoPages(
  { asm, dma }: ProgramContext,
  bytes: number,
): { readonly pages: readonly Operand[]; readonly pieces: readonly Piece[] } {
  const { pageBytes } = dma.env.geometry
  const pages = [0, 1].map(() => asm.call('page.alloc-single', [pageOwners.indexOf('kernel')])[0])
  const half = pageBytes / 2
  const [first, second] = pages as [Operand, Operand]
  return {
    pages,
    pieces: [
      { addr: add(first, half), bytes: half },
      { addr: second, bytes: bytes - half },
    ],
  }
}

function readPieces({ asm, dma }: ProgramContext, pieces: readonly Piece[], handle: Operand, index: Operand): void {
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0)
  asm.step('read picture', () => {
    asm.mark('frame.read', { handle, bytes, index })
    for (const { addr, bytes: length } of pieces) asm.loadRange(linearVa(dma.env.geometry, addr), length)
    asm.mark('frame.consumed', { handle, bytes, index })
  })
}

/** The program; `counted` says how many entries the syncs are told of. */
function convertToList(counted: (target: SgMapping) => Operand): (context: ProgramContext) => void {
  return (context) => {
    const { asm, dma, parameters } = context
    const bytes = beginConversions(context)
    const source = streamingBuffer(context, bytes.source, 'to-device', (va) => storePicture(asm, parameters, va, 0))
    const { pages, pieces } = twoPages(context, bytes.target)
    const sg = dma.sgList(pieces)
    const target = dma.mapSg(sg, pieces.length, { direction: 'from-device' })
    asm.assert(['eq', target.mapped, 1], 'the two entries are one segment')
    const segment = dma.sgSegment(sg, 0)
    setAddresses(asm, parameters, source.handle, segment.handle)
    asm.times(parameters.frames, (index) => {
      convert(asm, { source, target: { handle: segment.handle, bytes: bytes.target } })
      const synced = { ...target, entries: counted(target) }
      asm.step('take back', () => dma.syncSgForCpu(synced))
      readPieces(context, pieces, segment.handle, index)
      dma.syncSgForDevice(synced)
    })
    dma.unmapSg(target)
    dma.freeSg(sg)
    dma.unmapSingle(source.mapping)
    source.free()
    for (const page of pages) asm.perform('page.free', [page, dma.env.geometry.pageBytes])
    stopConversion(context)
  }
}

export const conversionScatter = defineScenario({
  id: 'conversion-scatter',
  question:
    'This asks whether a picture reaches two pages of a scatter list through one segment of IO addresses, and the CPU between the syncs of the list.',
  cores: [{ main: convertToList((target) => target.entries) }],
  camera: 'none',
  backend: 'iommu',
  defaults,
})

export const scatterNoSync = twinOf(conversionScatter, {
  id: 'conversion-scatter-no-sync',
  question: 'This asks what the CPU reads from a scatter list that it did not take back with dma_sync_sg_for_cpu.',
  violates: ['fresh-load', 'frame-intact', 'ownership'],
  drop: (path) => path.includes('take back'),
})

export const scatterMappedCount = twinOf(conversionScatter, {
  id: 'conversion-scatter-mapped-count',
  question:
    'This asks what happens when the driver syncs as many entries as dma_map_sg returned, where it has to give the number that it mapped: the pages of the others stay as they were.',
  violates: ['fresh-load', 'frame-intact', 'ownership', 'dma-debug/sync-sg-count'],
  cores: [{ main: convertToList((target) => target.mapped) }],
})
