/** Scenario | the code that the capture scenarios share: attach, stream, one frame after the other, tidy up. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { pageOwners } from '../../machines/os/calls.ts'
import { osNumber } from '../../machines/os/types.ts'
import { alignUp } from '../base/bits.ts'
import { linearVa } from '../dma/addresses.ts'
import type { Mapping } from '../dma/api.ts'
import type { DmaAttribute } from '../dma/types.ts'
import type { CoreCode, ProgramContext } from './build.ts'
import { assertMapped } from './conversion-code.ts'
import {
  type CaptureLayout,
  captureHandler,
  captureLayout,
  captureShared,
  configureCapture,
  disableInterruptLines,
  enableInterruptLines,
  type FrameCounting,
  firstFrames,
  forEachFrame,
  queueAgain,
  queueBuffer,
  readFrame,
  startCapture,
  stopCapture,
  triggerNext,
  waitForSlot,
} from './fimc-driver.ts'
import type { Defaults, LitmusDefaults, Scenario } from './scenario.ts'

/** What the capture scenarios share with the handler. */
export const captureLists: NonNullable<Scenario['shared']> = {
  lists: [{ name: captureShared.doneList, capacity: 4 }],
  locks: [captureShared.slotLock],
}

export const captureDefaults: { readonly litmus: LitmusDefaults; readonly board: Defaults } = {
  litmus: {
    frames: 3,
    // Each buffer is given away and taken back once; the third frame repeats what the first did.
    checkFrames: 2,
    width: 2,
    height: 1,
    format: 'raw',
    source: 'pictures',
    // Two buffers; the page between them holds a table.
    disturbedLines: [0x40, 0x60],
  },
  board: { frames: 6, width: 640, height: 480, format: 'nv12', source: 'pattern' },
}

/** A capture buffer as a scenario set it up. */
export interface CaptureBuffer {
  readonly handle: Operand
  /** Where the CPU reads frames. */
  readonly va: Operand
  /** Hands the buffer to the device before it is queued, and to the CPU when it is done. */
  readonly give: () => void
  readonly take: () => void
  /** Unmaps and frees. */
  readonly release: () => void
}

/** What a scenario does its own way. */
export interface CaptureOptions {
  /** Begins with capture on, no frame asked for, and interrupts off. */
  readonly stop?: (context: ProgramContext, buffers: readonly CaptureBuffer[]) => void
  /** Begins with capture off, ends with interrupts either way; returns how many frames the sensor was asked for. */
  readonly start?: (context: ProgramContext, layout: CaptureLayout) => number
  readonly counting?: FrameCounting
}

/** The whole capture program; `setUp` makes the buffer of one slot. */
export function captureCode(
  setUp: (context: ProgramContext, layout: CaptureLayout) => CaptureBuffer,
  options: CaptureOptions = {},
): CoreCode {
  const { start = startAhead, stop = stopThenTidyUp, counting = 'frames' } = options
  return {
    main: (context) => {
      const { asm, dma, parameters } = context
      const layout = captureLayout(parameters)
      enableInterruptLines(asm)
      dma.attach()
      configureCapture(asm, parameters)
      const buffers = Array.from({ length: layout.slots }, () => setUp(context, layout))
      buffers.forEach((buffer, slot) => {
        buffer.give()
        queueBuffer(asm, layout, { slot, handle: buffer.handle })
      })
      const framesAhead = start(context, layout)
      asm.enableInterrupts()
      forEachFrame(asm, parameters, layout, (slot, frame) => {
        const buffer = buffers[slot] as CaptureBuffer
        asm.scope(() => asm.assert(['eq', waitForSlot(asm), slot], 'frames are delivered in the order of their slots'))
        triggerNext(asm, parameters, framesAhead, frame)
        buffer.take()
        readFrame(asm, layout, { slot, handle: buffer.handle, va: buffer.va }, frame)
        queueAgain(asm, parameters, layout, frame, () => {
          buffer.give()
          queueBuffer(asm, layout, { slot, handle: buffer.handle })
        })
      })
      asm.disableInterrupts()
      stop(context, buffers)
    },
    interrupt: ({ asm, dma, parameters }) => captureHandler(asm, dma.env, captureLayout(parameters), counting),
  }
}

function startAhead({ asm }: ProgramContext, layout: CaptureLayout): number {
  const frames = firstFrames(layout)
  startCapture(asm, frames)
  return frames
}

function stopThenTidyUp({ asm, dma }: ProgramContext, buffers: readonly CaptureBuffer[]): void {
  disableInterruptLines(asm)
  stopCapture(asm)
  // Memory is freed with interrupts enabled.
  asm.enableInterrupts()
  for (const buffer of buffers) buffer.release()
  if (dma.env.device.mmu) dma.disableMmu()
}

const userPages = pageOwners.indexOf('user')

/**
 * User pages, as an application would hand them in: zeroed, so that they are dirty in the caches. They are mapped once
 * with `skip-cpu-sync` and synced around each frame, as videobuf2 does with USERPTR buffers since v3.8.
 */
export function userPagesBuffer({ asm, dma }: ProgramContext, layout: CaptureLayout): CaptureBuffer {
  const { geometry } = dma.env
  const bytes = alignUp(layout.frameBytes, geometry.pageBytes)
  const attrs: readonly DmaAttribute[] = ['skip-cpu-sync']
  const [page] = asm.call('page.alloc', [bytes, userPages])
  const va = linearVa(geometry, page)
  asm.step('fill user pages', () => asm.storeRange(va, layout.frameBytes, 0))
  const mapping: Mapping = dma.mapSingle({ va, bytes: layout.frameBytes, direction: 'from-device', attrs })
  assertMapped({ asm, dma }, mapping)
  return {
    handle: mapping.handle,
    va,
    give: () => asm.step('give to device', () => dma.syncForDevice(mapping)),
    take: () => asm.step('take from device', () => dma.syncForCpu(mapping)),
    release: () => {
      dma.unmapSingle(mapping)
      asm.perform('page.free', [page, bytes])
    },
  }
}

/** A buffer of `dma_alloc_attrs`, read through a user mapping of `dma_mmap_attrs`: never cached, so nothing to sync. */
export function allocatedBuffer({ dma }: ProgramContext, layout: CaptureLayout): CaptureBuffer {
  const allocation = dma.alloc(layout.frameBytes, ['write-combine'])
  const { va } = dma.mmap(allocation)
  return {
    handle: allocation.handle,
    va,
    give: () => {},
    take: () => {},
    release: () => {
      dma.munmap(va)
      dma.free(allocation)
    },
  }
}

/** The number of a shared flag. */
export function flagNumber({ asm }: ProgramContext, name: string): number {
  return osNumber(asm.os, 'flags', name)
}
