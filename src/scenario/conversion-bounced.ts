/** Scenario | a conversion between buffers that the device cannot reach: dmabounce copies, and its copies gone wrong. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { pageOwners } from '../../machines/os/calls.ts'
import { linearVa } from '../dma/addresses.ts'
import type { Mapping } from '../dma/api.ts'
import { add, ne } from '../dma/operands.ts'
import type { Direction } from '../dma/types.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import {
  beginConversions,
  conversionDefaults,
  convert,
  setAddresses,
  stopConversion,
  storePicture,
} from './conversion-code.ts'
import { quietCaches, type Reach } from './scenario.ts'

/** What the target holds before; no picture has it. */
const untouched = 0x0badf00d

/**
 * On `litmus` the device reaches the first two pages that the allocator has, and its pools fill them. On the board it reaches
 * 64 KiB behind the reserved memory, where its pools are.
 */
const reach: Readonly<Record<'litmus' | 'board', Reach>> = {
  litmus: {
    masks: { streaming: 0x4000005f, coherent: 0x4000005f },
    pools: [
      { name: 'fimc0-small', blockBytes: 8, blocks: 2 },
      { name: 'fimc0-large', blockBytes: 16, blocks: 1 },
    ],
  },
  board: {
    masks: { streaming: 0x4010ffff, coherent: 0x4010ffff },
    pools: [
      { name: 'fimc0-small', blockBytes: 512, blocks: 8 },
      { name: 'fimc0-large', blockBytes: 16384, blocks: 2 },
    ],
  },
}

/** Pages that the device does not reach: those after its pools, or a block whose alignment puts it there. */
function farPages({ asm, dma }: ProgramContext, bytes: number): { readonly page: Operand; readonly free: () => void } {
  const { geometry } = dma.env
  const size = geometry.name === 'litmus' ? Math.ceil(bytes / geometry.pageBytes) * geometry.pageBytes : 0x20000
  const [page] = asm.call('page.alloc', [size, pageOwners.indexOf('kernel')])
  return { page, free: () => asm.perform('page.free', [page, size]) }
}

/** A buffer that is mapped through a safe one. */
function bouncedBuffer(
  { asm, dma }: ProgramContext,
  va: Operand,
  bytes: number,
  direction: Direction,
): { readonly mapping: Mapping; readonly handle: Operand; readonly bytes: number } {
  const mapping = dma.mapSingle({ va, bytes, direction })
  const failed = dma.mappingError(mapping.handle)
  asm.assert(['eq', failed, 0], 'there is a safe buffer')
  return { mapping, handle: mapping.handle, bytes }
}

/** Every word of the picture is new, and what follows it in the buffer is as it was. */
function checkTarget({ asm, parameters }: ProgramContext, va: Operand, pictureBytes: number): void {
  asm.step('read picture', () =>
    asm.scope(() => {
      const first = asm.load(va)
      const last = asm.load(add(va, pictureBytes - 4))
      const behind = asm.load(add(va, pictureBytes))
      if (parameters.format === 'raw') {
        asm.assert(['eq', first, 0x11], 'the CPU finds the picture that it gave')
        asm.assert(['eq', last, 0x11], 'the CPU finds the picture that it gave')
      } else {
        asm.assert(ne(first, untouched), 'the CPU finds a picture')
        asm.assert(ne(last, untouched), 'the CPU finds a picture')
      }
      asm.assert(['eq', behind, untouched], 'what the device did not write is as it was')
    }),
  )
}

export const conversionBounced = defineScenario({
  id: 'conversion-bounced',
  question:
    'This asks whether a picture gets to and from buffers beyond the reach of the device, when dmabounce copies them to and from safe buffers.',
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        const bytes = beginConversions(context)
        const { lineBytes, pageBytes } = dma.env.geometry
        // Behind the picture the target has a line that the device does not write.
        const targetBytes = bytes.target + lineBytes
        const sourceBytes = Math.max(bytes.source, pageBytes)
        const { page, free } = farPages(context, sourceBytes + targetBytes)
        const source = linearVa(dma.env.geometry, page)
        const target = add(source, sourceBytes)
        storePicture(asm, parameters, source, 0)
        asm.step('fill target', () => asm.storeRange(target, targetBytes, untouched))
        const from = bouncedBuffer(context, source, bytes.source, 'to-device')
        const to = asm.step('map target', () => bouncedBuffer(context, target, targetBytes, 'from-device'))
        setAddresses(asm, parameters, from.handle, to.handle)
        convert(asm, { source: from, target: { handle: to.handle, bytes: bytes.target } })
        dma.unmapSingle(from.mapping)
        dma.unmapSingle(to.mapping)
        checkTarget(context, target, bytes.target)
        free()
        stopConversion(context)
        dma.detach()
      },
    },
  ],
  camera: 'none',
  backend: 'dmabounce',
  reach,
  defaults: {
    ...conversionDefaults,
    // The safe buffers: what goes past the caches. One conversion: the next would do the same. The device touches no
    // cached memory, so that it makes no difference what the caches do of their own accord.
    litmus: {
      ...conversionDefaults.litmus,
      frames: 1,
      disturbedLines: [0x40, 0x50, 0x58],
      features: quietCaches,
    },
  },
})

export const bouncedNoCopyIn = twinOf(conversionBounced, {
  id: 'conversion-bounced-no-copy-in',
  question: 'This asks what FIMC converts when map does not copy the picture into the safe buffer.',
  violates: ['assertion'],
  drop: (path) => path.includes('copy in') && !path.includes('map target'),
})

export const bouncedNoCopyOut = twinOf(conversionBounced, {
  id: 'conversion-bounced-no-copy-out',
  question: 'This asks what the CPU finds when unmap does not copy the safe buffer back.',
  violates: ['assertion'],
  drop: (path) => path.includes('copy out'),
})

export const bouncedNotInitialised = twinOf(conversionBounced, {
  id: 'conversion-bounced-not-initialised',
  question:
    'This asks what becomes of bytes that the device does not write, when a FROM_DEVICE safe buffer is left as it was, as by the kernel: what an older transfer left there is copied over them.',
  violates: ['assertion'],
  drop: (path) => path.includes('copy in') && path.includes('map target'),
})
