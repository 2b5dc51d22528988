/** Scenario | comparisons: methods that a table lacks, pools and lookups that do not fit, first use by two cores at once. */

import { litmus } from '../../../machines/geometry.ts'
import { eq, ne } from '../../dma/operands.ts'
import { beginConversions, convert, setAddresses, stopConversion } from '../conversion-code.ts'
import { convertOnce } from '../conversion-streaming.ts'
import { defineComparison, inOrder } from './define.ts'
import { oops } from './oops.ts'

const { pageBytes, iova, vmalloc } = litmus

export const streamThroughIommu = defineComparison({
  id: 'stream-through-iommu',
  question: 'This asks whether a driver can map its buffers for a conversion, and unmap them, behind the IOMMU.',
  gaps: ['R8'],
  expects: { 'rfc-2011': oops, 'linux-3.6': 'holds' },
  cores: [
    {
      main: (context) => {
        beginConversions(context)
        convertOnce(context, 0)
        stopConversion(context)
      },
    },
  ],
})

export const setMaskOfIommu = defineComparison({
  id: 'set-mask-of-iommu',
  question: 'This asks whether a driver may set the DMA mask of a device behind the IOMMU.',
  gaps: ['L6'],
  expects: { 'rfc-2011': 'holds', 'linux-3.6': oops },
  cores: [
    {
      main: ({ asm, dma }) => {
        dma.attach()
        const status = dma.setMask(0xffffffff)
        asm.assert(eq(status, 0), 'the whole address space is a mask that is supported')
      },
    },
  ],
})

export const mmapWithoutMemory = defineComparison({
  id: 'mmap-without-memory',
  question: 'This asks whether a driver hears of it when it maps memory to user space that it could not allocate.',
  gaps: ['R9'],
  expects: { 'rfc-2011': ['assertion', 'api'], 'linux-3.6': 'holds' },
  cores: [
    {
      main: ({ asm, dma }) => {
        dma.attach()
        const none = { va: asm.set(asm.temp(), vmalloc.base), handle: asm.set(asm.temp(), iova.base) }
        const user = dma.mmap({ ...none, bytes: pageBytes, attrs: [] })
        asm.if(eq(user.status, 0), () => {
          asm.load(user.va)
          dma.munmap(user.va)
        })
      },
    },
  ],
})

export const smallWindow = defineComparison({
  id: 'small-window',
  question: 'This asks whether a page can be allocated from a window of IO addresses that has just one.',
  gaps: ['R14'],
  expects: { 'rfc-2011': ['assertion', 'api', 'leak'], 'linux-3.6': 'holds' },
  sizes: { iova: { base: iova.base, bytes: pageBytes } },
  cores: [
    {
      main: ({ asm, dma }) => {
        dma.attach()
        const buffer = dma.alloc(pageBytes)
        asm.assert(ne(buffer.va, 0), 'there is a page of IO addresses')
        asm.if(ne(buffer.va, 0), () => dma.free(buffer))
      },
    },
  ],
})

export const firstAllocations = defineComparison({
  id: 'first-allocations',
  question: 'This asks whether two cores may make the first allocations of a mapping at the same time.',
  gaps: ['R7'],
  expects: { 'rfc-2011': ['no-fault', 'fresh-dma-read', 'progress', 'api'], 'linux-3.6': 'holds' },
  features: { ...inOrder, l2: false },
  shared: { flags: ['attached', 'allocated', 'converted'] },
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        const bytes = beginConversions(context)
        asm.flagSet('attached', 1)
        const source = dma.alloc(bytes.source)
        asm.poll({ read: () => asm.flagGet('allocated'), until: (done) => ne(done, 0) })
        const target = dma.alloc(bytes.target)
        setAddresses(asm, parameters, source.handle, target.handle)
        convert(asm, { source, target })
        dma.free(source)
        dma.free(target)
        stopConversion(context)
        asm.flagSet('converted', 1)
      },
    },
    {
      main: ({ asm, dma }) => {
        asm.poll({ read: () => asm.flagGet('attached'), until: (done) => ne(done, 0) })
        const buffer = dma.alloc(pageBytes)
        asm.flagSet('allocated', 1)
        asm.poll({ read: () => asm.flagGet('converted'), until: (done) => ne(done, 0) })
        dma.free(buffer)
      },
    },
  ],
})
