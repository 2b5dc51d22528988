/** Scenario | comparisons: what a SYSMMU keeps and how long it takes, and drivers that do not expect it. */

import { ne } from '../../dma/operands.ts'
import type { ProgramContext } from '../build.ts'
import {
  beginConversions,
  convert,
  markDone,
  ringDoorbell,
  setAddresses,
  stopConversion,
  storePicture,
  streamingBuffer,
  waitForEndOrFault,
} from '../conversion-code.ts'
import { onSysmmuInterrupt } from '../fault-storm.ts'
import { enableInterruptLines } from '../fimc-driver.ts'
import { largeBuffer } from '../large-page-unmap.ts'
import { conversionsTogether } from '../shared-mapping.ts'
import { defineComparison, inOrder, keepAllocations } from './define.ts'
import { oops } from './oops.ts'

// What is asked here is between driver and SYSMMU. Tables and buffers reach memory before the device runs, in every edition:
// store buffers and the outer cache have no part in it.
const direct = { ...inOrder, l2: false } as const

export const linkAfterMiss = defineComparison({
  id: 'link-after-miss',
  question:
    'This asks whether the first allocation is translated on a SYSMMU of version 3.3, which may have seen already that there was no table for it.',
  gaps: ['L3'],
  expects: { 'rfc-2011': ['no-fault', 'frame-intact'], 'linux-3.6': ['no-fault', 'frame-intact'] },
  sysmmuVersion: '3.3',
  features: { ...direct, flpdCache: true, flpdFaultCache: true },
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        const bytes = beginConversions(context)
        const source = dma.alloc(bytes.source)
        const target = dma.alloc(bytes.target)
        setAddresses(asm, parameters, source.handle, target.handle)
        ringDoorbell(asm, { source, target })
        waitForEndOrFault(context)
        for (const { handle, bytes: size } of [source, target]) markDone(asm, handle, size)
        stopConversion(context)
        dma.free(source)
        dma.free(target)
      },
    },
  ],
})

export const remapLargePage = defineComparison({
  id: 'remap-large-page',
  question:
    'This asks whether the IO addresses of a large page can be mapped anew, on a SYSMMU of version 2 with a TLB entry for each page of it.',
  gaps: ['L2'],
  expects: { 'rfc-2011': oops, 'linux-3.6': ['iova-unique'] },
  sysmmuVersion: '2.0',
  features: direct,
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        const bytes = beginConversions(context)
        const source = streamingBuffer(context, bytes.source, 'to-device', (va) => storePicture(asm, parameters, va, 0))
        const target = largeBuffer(context)
        setAddresses(asm, parameters, source.handle, target.handle)
        convert(asm, { source, target })
        dma.unmapSingle(target.mapping)
        target.free()
        const next = largeBuffer(context)
        dma.unmapSingle(next.mapping)
        next.free()
        dma.unmapSingle(source.mapping)
        source.free()
        stopConversion(context)
      },
    },
  ],
})

/** Two conversions, one after the other, whose buffers get the same IO addresses. */
function convertTwice(context: ProgramContext): void {
  const { asm, dma, parameters } = context
  const bytes = beginConversions(context)
  for (let time = 0; time < 2; time++) {
    asm.scope(() => {
      const source = streamingBuffer(context, bytes.source, 'to-device', (va) =>
        storePicture(asm, parameters, va, time),
      )
      const target = streamingBuffer(context, bytes.target, 'from-device')
      setAddresses(asm, parameters, source.handle, target.handle)
      convert(asm, { source, target })
      for (const buffer of [source, target]) dma.unmapSingle(buffer.mapping)
      for (const buffer of [source, target]) buffer.free()
    })
  }
  stopConversion(context)
}

export const remapAfterTimeout = defineComparison({
  id: 'remap-after-timeout',
  question:
    'This asks whether IO addresses can be mapped anew when the SYSMMU took longer to block than the driver polled.',
  gaps: ['L4'],
  expects: {
    'rfc-2011': oops,
    'linux-3.6': ['iova-unique'],
  },
  features: { ...direct, blockTimeout: true },
  cores: [{ main: convertTwice }],
})

export const remapTwoBanks = defineComparison({
  id: 'remap-two-banks',
  question:
    'This asks whether IO addresses can be mapped anew when one of the two banks of a SYSMMU took longer to block than the driver polled.',
  gaps: ['L4'],
  expects: { 'rfc-2011': oops, 'linux-3.6': ['iova-unique'] },
  features: { ...direct, blockTimeout: true },
  secondEngine: 'bank',
  disturbedLines: [0x60, 0x70, 0x80],
  cores: [
    {
      main: (context) => {
        beginConversions(context)
        conversionsTogether(context, 2)
        stopConversion(context)
      },
    },
  ],
})

export const faultForGood = defineComparison({
  id: 'fault-for-good',
  question: 'This asks whether the fault handler comes to an end when the mapping stays missing.',
  gaps: ['L7'],
  expects: { 'rfc-2011': ['progress'], 'linux-3.6': ['progress'] },
  features: direct,
  shared: { flags: ['given-up'] },
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        const bytes = beginConversions(context)
        enableInterruptLines(asm)
        const source = dma.alloc(bytes.source)
        const { iova, pageBytes } = dma.env.geometry
        // The last page of the window: the allocator hands out the first ones.
        const target = { handle: iova.base + iova.bytes - pageBytes, bytes: bytes.target }
        setAddresses(asm, parameters, source.handle, target.handle)
        asm.mark('expect-fault')
        asm.enableInterrupts()
        ringDoorbell(asm, { source, target })
        asm.step('wait for the handler', () =>
          asm.poll({ read: () => asm.flagGet('given-up'), until: (up) => ne(up, 0) }),
        )
        // The device stands still, its access held: the SYSMMU stays on, or it would let it through.
        keepAllocations(asm)
        asm.disableInterrupts()
      },
      interrupt: onSysmmuInterrupt(({ asm, dma }) =>
        dma.handleMmuFault({ repair: () => 1, givenUp: () => asm.flagSet('given-up', 1) }),
      ),
    },
  ],
})
