/** Scenario | comparisons: allocations that fail half-way, for want of pages, IO addresses, table memory or kernel addresses. */

import { litmus } from '../../../machines/geometry.ts'
import { pageOwners } from '../../../machines/os/calls.ts'
import { eq, isZero, ne } from '../../dma/operands.ts'
import type { ProgramContext } from '../build.ts'
import {
  configureConversion,
  ringDoorbell,
  setAddresses,
  stopConversion,
  waitForConversion,
} from '../conversion-code.ts'
import { defineComparison } from './define.ts'
import { memoryOf, splitMemory } from './split-memory.ts'

const { pageBytes, iova, vmalloc } = litmus

/** Asks for more than there is; gives back what it should not have got. */
function allocateTooMuch({ dma, asm }: ProgramContext, pages: number): void {
  asm.scope(() => {
    const buffer = dma.alloc(pages * pageBytes)
    asm.if(ne(buffer.va, 0), () => dma.free(buffer))
  })
}

export const allocAfterFailure = defineComparison({
  id: 'alloc-after-failure',
  question: 'This asks whether an allocation goes through after another one has failed for want of pages.',
  gaps: ['R1'],
  expects: { 'rfc-2011': ['progress', 'leak', 'api'], 'linux-3.6': 'holds' },
  sizes: memoryOf(2),
  cores: [
    {
      main: (context) => {
        const { asm, dma } = context
        dma.attach()
        allocateTooMuch(context, 3)
        // One page and the memory of its table.
        const buffer = dma.alloc(pageBytes)
        asm.assert(ne(buffer.va, 0), 'there are pages enough')
        dma.free(buffer)
      },
    },
  ],
})

export const allocOutOfPages = defineComparison({
  id: 'alloc-out-of-pages',
  question: 'This asks whether an allocation that runs out of pages gives back those that it has.',
  gaps: ['R1', 'R5'],
  expects: { 'rfc-2011': ['leak', 'api'], 'linux-3.6': 'holds' },
  sizes: memoryOf(2),
  cores: [
    {
      main: (context) => {
        context.dma.attach()
        allocateTooMuch(context, 3)
      },
    },
  ],
})

export const allocNoPage = defineComparison({
  id: 'alloc-no-page',
  question: 'This asks whether an allocation fails as it should when there is not a single page.',
  gaps: ['R5'],
  expects: { 'rfc-2011': ['api', 'leak'], 'linux-3.6': 'holds' },
  sizes: memoryOf(1),
  cores: [
    {
      main: (context) => {
        const { asm, dma } = context
        dma.attach()
        const [page] = asm.call('page.alloc', [pageBytes, pageOwners.indexOf('kernel')])
        allocateTooMuch(context, 1)
        asm.perform('page.free', [page, pageBytes])
      },
    },
  ],
})

export const allocNoIova = defineComparison({
  id: 'alloc-no-iova',
  question:
    'This asks whether a driver that checks its handle with mapping_error can tell that there were no IO addresses.',
  gaps: ['R2'],
  expects: { 'rfc-2011': ['no-fault', 'leak', 'api', 'progress'], 'linux-3.6': 'holds' },
  sizes: { iova: { base: iova.base, bytes: pageBytes } },
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        dma.attach()
        configureConversion(asm, parameters)
        const buffer = dma.alloc(2 * pageBytes)
        const failed = dma.mappingError(buffer.handle)
        asm.if(isZero(failed), () => {
          setAddresses(asm, parameters, buffer.handle, buffer.handle)
          ringDoorbell(asm, { source: buffer, target: buffer })
          waitForConversion(asm, { source: buffer, target: buffer })
        })
        stopConversion(context)
      },
    },
  ],
})

export const allocNoKernelRoom = defineComparison({
  id: 'alloc-no-kernel-room',
  question:
    'This asks whether an allocation that cannot be mapped for the kernel gives back pages, IO addresses and entries.',
  gaps: ['R3'],
  expects: { 'rfc-2011': ['leak', 'api'], 'linux-3.6': 'holds' },
  sizes: { vmalloc: { base: vmalloc.base, bytes: pageBytes } },
  cores: [
    {
      main: (context) => {
        context.dma.attach()
        allocateTooMuch(context, 2)
      },
    },
  ],
})

export const allocNoTable = defineComparison({
  id: 'alloc-no-table',
  question:
    'This asks whether an allocation that gets its first table, but no second one, gives back what it has mapped so far.',
  gaps: ['R4'],
  expects: { 'rfc-2011': ['leak', 'api'], 'linux-3.6': 'holds' },
  // Five single pages take two tables, and there is memory for one.
  sizes: memoryOf(12),
  cores: [
    {
      main: (context) => {
        const { asm, dma } = context
        dma.attach()
        const { restore } = splitMemory(context, 6)
        asm.scope(() => {
          const buffer = dma.alloc(5 * pageBytes)
          asm.assert(eq(buffer.va, 0), 'there is no memory for a second table')
        })
        restore()
      },
    },
  ],
})
