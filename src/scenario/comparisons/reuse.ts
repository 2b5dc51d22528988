/** Scenario | comparisons: IO addresses and pages in their next life, while the SYSMMU may still know of the last one. */

import { litmus } from '../../../machines/geometry.ts'
import type { ProgramContext } from '../build.ts'
import {
  beginConversions,
  conversionBytes,
  convert,
  ringDoorbell,
  setAddresses,
  stopConversion,
  streamingBuffer,
  waitForConversion,
} from '../conversion-code.ts'
import { defineComparison } from './define.ts'
import { oops } from './oops.ts'

const { pageBytes } = litmus

/** Maps a page that no device uses, and unmaps it. */
function remap(context: ProgramContext): void {
  const { asm, dma } = context
  asm.scope(() => {
    const buffer = streamingBuffer(context, pageBytes, 'to-device')
    dma.unmapSingle(buffer.mapping)
    buffer.free()
  })
}

/** A conversion from one page of coherent memory to another one; right after the source is freed, memory is allocated again. */
function convertCoherent(context: ProgramContext): void {
  const { asm, dma, parameters } = context
  const bytes = conversionBytes(parameters)
  asm.scope(() => {
    const source = dma.alloc(bytes.source)
    const target = dma.alloc(bytes.target)
    setAddresses(asm, parameters, source.handle, target.handle)
    convert(asm, { source, target })
    dma.free(source)
    dma.free(dma.alloc(pageBytes))
    dma.free(target)
  })
}

export const remapPrefetched = defineComparison({
  id: 'remap-prefetched',
  question:
    'This asks whether an IO address can be mapped anew when the SYSMMU walks ahead right after it was unmapped.',
  gaps: ['L1'],
  expects: { 'rfc-2011': oops, 'linux-3.6': ['iova-unique'] },
  features: { tlbPrefetch: true, tlbEviction: false },
  cores: [
    {
      main: (context) => {
        context.dma.attach()
        remap(context)
        remap(context)
        context.dma.disableMmu()
      },
    },
  ],
})

export const reallocPrefetched = defineComparison({
  id: 'realloc-prefetched',
  question: 'This asks whether memory can be allocated anew when the SYSMMU walks ahead right after it was freed.',
  gaps: ['R15', 'L1'],
  expects: { 'rfc-2011': ['iova-unique'], 'linux-3.6': ['iova-unique'] },
  features: { tlbPrefetch: true, tlbEviction: false },
  cores: [
    {
      main: ({ asm, dma }) => {
        dma.attach()
        for (let time = 0; time < 2; time++) {
          asm.scope(() => dma.free(dma.alloc(pageBytes)))
        }
        dma.disableMmu()
      },
    },
  ],
})

export const reallocPosted = defineComparison({
  id: 'realloc-posted',
  question:
    'This asks whether memory can be allocated anew when the register writes that make the TLB forget are posted.',
  gaps: ['R6', 'L9'],
  expects: { 'rfc-2011': ['iova-unique'], 'linux-3.6': ['iova-unique'] },
  features: { postedDeviceWrites: true, tlbEviction: false },
  cores: [
    {
      main: (context) => {
        beginConversions(context)
        convertCoherent(context)
        stopConversion(context)
      },
    },
  ],
})

export const unmapWhileWalking = defineComparison({
  id: 'unmap-while-walking',
  question:
    'This asks whether a buffer can be unmapped while walks for other buffers keep the SYSMMU from being blocked at once.',
  gaps: ['L4'],
  expects: { 'rfc-2011': oops, 'linux-3.6': ['iova-unique', 'live-translation'] },
  features: { tlbEviction: false },
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        const bytes = beginConversions(context)
        const old = streamingBuffer(context, bytes.source, 'to-device')
        const source = streamingBuffer(context, bytes.source, 'to-device')
        const target = streamingBuffer(context, bytes.target, 'from-device')
        setAddresses(asm, parameters, old.handle, target.handle)
        convert(asm, { source: old, target })
        setAddresses(asm, parameters, source.handle, target.handle)
        ringDoorbell(asm, { source, target })
        dma.unmapSingle(old.mapping)
        const next = streamingBuffer(context, bytes.source, 'to-device')
        waitForConversion(asm, { source, target })
        for (const buffer of [source, target, next]) dma.unmapSingle(buffer.mapping)
        for (const buffer of [old, source, target, next]) buffer.free()
        stopConversion(context)
      },
    },
  ],
})
