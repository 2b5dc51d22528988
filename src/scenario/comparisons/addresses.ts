/** Scenario | comparisons: IO address 0, memory mapped twice, and user mappings of parts of an allocation. */

import { litmus } from '../../../machines/geometry.ts'
import { eq, isZero, ne } from '../../dma/operands.ts'
import {
  beginConversions,
  convert,
  setAddresses,
  stopConversion,
  storePicture,
  streamingBuffer,
} from '../conversion-code.ts'
import { defineComparison, inOrder } from './define.ts'
import { oops } from './oops.ts'

const { pageBytes } = litmus

export const mapAtZero = defineComparison({
  id: 'map-at-zero',
  question: 'This asks whether a mapping at IO address 0 is unmapped like any other.',
  gaps: ['L5'],
  expects: { 'rfc-2011': oops, 'linux-3.6': ['leak', 'assertion', 'api'] },
  sizes: { iova: { base: 0, bytes: 2 * pageBytes } },
  cores: [
    {
      main: (context) => {
        const { asm, dma } = context
        dma.attach()
        for (let time = 0; time < 3; time++) {
          asm.scope(() => {
            const buffer = streamingBuffer(context, pageBytes, 'to-device')
            const failed = dma.mappingError(buffer.handle)
            asm.assert(isZero(failed), 'the IO addresses of the last time are free again')
            asm.if(isZero(failed), () => dma.unmapSingle(buffer.mapping))
            buffer.free()
          })
        }
      },
    },
  ],
})

export const writeBesideAlias = defineComparison({
  id: 'write-beside-alias',
  question: 'This asks whether any cache can get a line of memory that the CPU and the device use past the caches.',
  gaps: ['R13', 'L14'],
  expects: { 'rfc-2011': ['alias'], 'linux-3.6': ['alias'] },
  features: { ...inOrder, speculation: true },
  disturbedLines: [0x40, 0x60],
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        const bytes = beginConversions(context)
        const source = dma.alloc(bytes.source)
        const target = dma.alloc(bytes.target)
        setAddresses(asm, parameters, source.handle, target.handle)
        storePicture(asm, parameters, source.va, 0)
        convert(asm, { source, target })
        dma.free(source)
        dma.free(target)
        stopConversion(context)
      },
    },
  ],
})

export const mmapSecondPage = defineComparison({
  id: 'mmap-second-page',
  question: 'This asks whether a user who maps the second page of an allocation gets the second page.',
  gaps: ['L15'],
  expects: { 'rfc-2011': ['assertion'], 'linux-3.6': ['assertion'] },
  cores: [
    {
      main: ({ asm, dma }) => {
        dma.attach()
        const buffer = dma.alloc(2 * pageBytes)
        asm.store(buffer.va, 0x11)
        asm.dsb()
        const user = dma.mmap(buffer, { pageOffset: 1, vmaBytes: pageBytes })
        asm.assert(eq(user.status, 0), 'the allocation has a second page')
        asm.assert(ne(asm.load(user.va), 0x11), 'what was stored to the first page is not on the second one')
        dma.munmap(user.va)
        dma.free(buffer)
      },
    },
  ],
})

export const mmapTooMuch = defineComparison({
  id: 'mmap-too-much',
  question: 'This asks whether a user can map more than there was allocated.',
  gaps: ['L15'],
  expects: { 'rfc-2011': ['api', 'assertion'], 'linux-3.6': ['api', 'leak'] },
  cores: [
    {
      main: ({ asm, dma }) => {
        dma.attach()
        const buffer = dma.alloc(pageBytes)
        const user = dma.mmap(buffer, { vmaBytes: 2 * pageBytes })
        asm.assert(ne(user.status, 0), 'there is one page only')
        asm.if(eq(user.status, 0), () => dma.munmap(user.va))
        dma.free(buffer)
      },
    },
  ],
})
