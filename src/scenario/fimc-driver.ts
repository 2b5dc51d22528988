/** Scenario | a FIMC capture driver as programs: set-up, slots, interrupt handler, streaming; after s5p-fimc and videobuf2. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { planeWords } from '../../machines/fimc/formats.ts'
import {
  cigctrl,
  ciimgcpt,
  cioctrl,
  ciscctrl,
  cisrcfmt,
  cistatus,
  citrgfmt,
  fimcRegister,
  outputAddress,
} from '../../machines/fimc/regs.ts'
import { interruptLines, type MemoryRange, memoryMap } from '../../machines/geometry.ts'
import { gicCpuRegs, gicDistributorRegs, gicField } from '../../machines/gic/regs.ts'
import { osNumber } from '../../machines/os/types.ts'
import { sensorCtrl, sensorRegister, sensorStatus } from '../../machines/sensor/regs.ts'
import type { Assembler, Register } from '../dma/assembler.ts'
import { add, and, eq, lt, mod, mul, ne, or, shr } from '../dma/operands.ts'
import type { DmaEnv } from '../dma/types.ts'
import type { Parameters } from './scenario.ts'

// Sequences follow torvalds/linux v3.6 drivers/media/video/s5p-fimc/fimc-capture.c and fimc-reg.c, with two differences
// that close its hazards. The handler asks the frame counter how many frames have ended, so that a late or merged
// interrupt loses none; and a slot takes part in the rotation (CIFCNTSEQ) only while its buffer is queued, so that a
// buffer handed back is never written again.

const fimc = (register: keyof typeof fimcRegister): number => memoryMap.fimc0.base + fimcRegister[register]
const sensor = (register: keyof typeof sensorRegister): number => memoryMap.sensor.base + sensorRegister[register]
const gicCpu = (register: keyof typeof gicCpuRegs): number => memoryMap.gicCpu.base + gicCpuRegs[register]

/** The list of finished slots that the handler fills and the thread empties, and the lock around the slot registers. */
export const captureShared = { doneList: 'done', slotLock: 'slots' } as const

/** Frames that can be under way without the frame counter, which counts modulo 4, becoming ambiguous. HF-351 */
const framesUnderWayMax = 3

/** One capture buffer. */
export interface SlotBuffer {
  readonly slot: number
  /** DMA address for FIMC. */
  readonly handle: Operand
}

/** Sizes that a driver needs to know. */
export interface CaptureLayout {
  readonly slots: number
  readonly frameBytes: number
  /** Byte offset of each colour plane in the buffer. */
  readonly planeOffsets: readonly number[]
}

export function captureLayout(parameters: Parameters): CaptureLayout {
  const planes = planeWords(parameters.format, parameters).map((words) => words * 4)
  const planeOffsets = planes.map((_, plane) => planes.slice(0, plane).reduce((sum, bytes) => sum + bytes, 0))
  return {
    slots: Math.min(parameters.geometry.outputSlots, parameters.frames),
    frameBytes: planes.reduce((sum, bytes) => sum + bytes, 0),
    planeOffsets,
  }
}

/** Enables the interrupts of FIMC and its SYSMMU for core 0. */
export function enableInterruptLines(asm: Assembler): void {
  asm.step('interrupt controller', () => {
    const distributor = memoryMap.gicDistributor.base
    for (const line of [interruptLines.fimc0, interruptLines.sysmmuFimc0]) {
      const target = gicField(line, 8)
      asm.mmioWrite(distributor + gicDistributorRegs.targets + target.offset, 1 << target.shift)
      const enable = gicField(line, 1)
      asm.mmioWrite(distributor + gicDistributorRegs.enableSet + enable.offset, 1 << enable.shift)
    }
    asm.mmioWrite(distributor + gicDistributorRegs.control, 1)
    asm.mmioWrite(gicCpu('priorityMask'), 0xff)
    asm.mmioWrite(gicCpu('control'), 1)
  })
}

/** `free_irq`: no interrupt reaches the core any more once a later register read has returned. */
export function disableInterruptLines(asm: Assembler): void {
  asm.step('interrupt controller off', () => asm.mmioWrite(gicCpu('control'), 0))
}

/** CITRGFMT and CIOCTRL fields of each output format. */
const targets = {
  yuyv: citrgfmt.YCBCR422_1P,
  nv12: citrgfmt.YCBCR420,
  rgb565: citrgfmt.RGB,
  raw: citrgfmt.YCBCR422_1P,
} as const
const arrangements = {
  yuyv: cioctrl.ORDER422_YCBYCR,
  nv12: cioctrl.YCBCR_2PLANE,
  rgb565: cioctrl.RGB565,
  raw: cioctrl.ORDER422_YCBYCR,
} as const

/** Size and format of the pictures that an engine writes. */
export function configureOutput(
  asm: Assembler,
  { width, height, format }: Parameters,
  { base }: MemoryRange = memoryMap.fimc0,
): void {
  asm.mmioWrite(base + fimcRegister.CITRGFMT, (targets[format] | (width << 16) | height) >>> 0)
  asm.mmioWrite(base + fimcRegister.CIOCTRL, arrangements[format])
}

/** `fimc_hw_reset` and the format set-up of `fimc_capture_hw_init`; no slot is in use yet. */
export function configureCapture(asm: Assembler, parameters: Parameters): void {
  const { width, height } = parameters
  const pattern = parameters.source === 'pattern' ? cigctrl.TESTPAT_COLOR_BAR : 0
  const control = cigctrl.IRQ_LEVEL | cigctrl.IRQ_ENABLE | cigctrl.SELCAM_ITU_A | pattern
  asm.step('configure FIMC', () => {
    asm.mmioWrite(fimc('CIGCTRL'), (cigctrl.SWRST | cigctrl.IRQ_LEVEL) >>> 0)
    asm.mmioWrite(fimc('CIGCTRL'), control >>> 0)
    asm.mmioWrite(fimc('CISRCFMT'), (cisrcfmt.ITU601_8BIT | (width << 16) | height) >>> 0)
    configureOutput(asm, parameters)
    asm.mmioWrite(fimc('CIFCNTSEQ'), 0)
  })
}

/** Reads, changes and writes CIFCNTSEQ; thread and handler do it under one lock. */
function changeSequence(asm: Assembler, change: (sequence: Register) => Operand): void {
  asm.scope(() => {
    const sequence = asm.mmioRead(fimc('CIFCNTSEQ'))
    asm.mmioWrite(fimc('CIFCNTSEQ'), change(sequence))
  })
}

/** `buffer_queue`: the device may write the buffer from now on. The barrier puts everything before into memory. */
export function queueBuffer(asm: Assembler, layout: CaptureLayout, buffer: SlotBuffer): void {
  asm.step('queue buffer', () => {
    asm.mark('buffer.queued', { handle: buffer.handle, bytes: layout.frameBytes })
    asm.step('barrier', () => asm.wmb())
    asm.lock(captureShared.slotLock, () => {
      layout.planeOffsets.forEach((offset, plane) => {
        const address = memoryMap.fimc0.base + outputAddress(plane as 0 | 1 | 2, buffer.slot)
        asm.mmioWrite(address, add(buffer.handle, offset))
      })
      changeSequence(asm, (sequence) => or(sequence, 1 << buffer.slot))
    })
  })
}

/** `fimc_activate_capture`, then the sensor's stream. `frames` is how many it sends. */
export function startCapture(asm: Assembler, frames: number): void {
  asm.step('stream on', () => {
    asm.mmioWrite(fimc('CISCCTRL'), ciscctrl.SCALERSTART)
    asm.writel(fimc('CIIMGCPT'), (ciimgcpt.IMGCPTEN | ciimgcpt.IMGCPTEN_SC) >>> 0)
    asm.mark('stream.on')
    triggerSensor(asm, frames)
  })
}

/** Asks the sensor for `frames` more. */
export function triggerSensor(asm: Assembler, frames: number): void {
  asm.mmioWrite(sensor('FRAMES'), frames)
  asm.mmioWrite(sensor('CTRL'), sensorCtrl.START)
}

/** Frames that FIMC has finished, modulo 4: a register. `status` is CISTATUS. */
export function frameCount(asm: Assembler, status: Operand): Register {
  return asm.set(asm.temp(), and(shr(status, cistatus.FRAMECNT_SHIFT), 3))
}

/** `fimc_deactivate_capture`: no frame begins any more; one that has begun goes on. */
export function deactivateCapture(asm: Assembler): void {
  asm.step('deactivate capture', () => {
    asm.mmioWrite(fimc('CIIMGCPT'), 0)
    asm.mmioWrite(fimc('CISCCTRL'), 0)
  })
}

/** Polls until capture, which was deactivated, is at rest: the frame that had begun has ended. @param pollsMax gives up after so many looks. */
export function waitForRest(asm: Assembler, pollsMax?: number): void {
  asm.step('wait for capture to rest', () => {
    asm.poll({
      read: () => captureStatus(asm),
      until: (status) => ne(and(status, cistatus.LASTCAPT_END), 0),
      ...(pollsMax === undefined ? {} : { bound: pollsMax }),
    })
    asm.dmb()
  })
}

/** A frame has begun when the last one's end is no longer in the status; or it has been counted already. */
export function waitForFrameToBegin(asm: Assembler, trigger: () => void): void {
  asm.step('wait for frame to begin', () => {
    const before = asm.temp()
    asm.scope(() => asm.set(before, frameCount(asm, captureStatus(asm))))
    trigger()
    asm.forever((leave) =>
      asm.scope(() => {
        const status = captureStatus(asm)
        asm.if(eq(and(status, cistatus.FRAME_END), 0), leave)
        asm.if(ne(frameCount(asm, status), before), leave)
      }),
    )
  })
}

/** CISTATUS: a register. */
export function captureStatus(asm: Assembler): Register {
  return asm.mmioRead(fimc('CISTATUS'))
}

/** Waits until the sensor has sent what it was asked for. */
export function waitForSensor(asm: Assembler): void {
  asm.step('wait for sensor', () =>
    asm.poll({
      read: () => asm.mmioRead(sensor('STATUS')),
      until: (status) => eq(and(status, sensorStatus.STREAMING), 0),
    }),
  )
}

/** `fimc_deactivate_capture`, once the last frame has ended, and everything quiet. */
export function stopCapture(asm: Assembler): void {
  asm.step('stream off', () => {
    asm.mmioWrite(sensor('CTRL'), 0)
    asm.mmioWrite(fimc('CIIMGCPT'), 0)
    asm.mmioWrite(fimc('CISCCTRL'), 0)
    asm.mmioWrite(fimc('CIGCTRL'), (cigctrl.SWRST | cigctrl.IRQ_LEVEL) >>> 0)
    // The register read comes after the writes have arrived.
    asm.scope(() => captureStatus(asm))
    asm.mark('stream.off')
  })
}

/**
 * Frames to ask the sensor for at first. One more follows for each that is done, so that a queued buffer always waits for
 * the next frame, and one buffer is left for the CPU.
 */
export function firstFrames(layout: CaptureLayout): number {
  return Math.max(1, Math.min(framesUnderWayMax, layout.slots - 1))
}

/** How the handler learns how many frames have ended: from the frame counter; or one for each interrupt. */
export type FrameCounting = 'frames' | 'interrupts'

/**
 * The interrupt handler of the core that serves FIMC and its SYSMMU. Finished slots go to the done list, in order.
 * Uses registers `next` (slot expected to finish) and `seen` (frames counted), which start at 0.
 */
export function captureHandler(asm: Assembler, env: DmaEnv, layout: CaptureLayout, counting: FrameCounting): void {
  const next = asm.variable('next')
  const seen = asm.variable('seen')
  asm.scope(() => {
    const id = asm.mmioRead(gicCpu('acknowledge'))
    asm.if(eq(id, interruptLines.fimc0), () => finishFrames(asm, layout, { next, seen }, counting))
    if (env.device.mmu) asm.if(eq(id, interruptLines.sysmmuFimc0), () => env.steps.handleFault(asm, env, {}))
    asm.mmioWrite(gicCpu('endOfInterrupt'), id)
  })
  asm.return()
}

function finishFrames(
  asm: Assembler,
  layout: CaptureLayout,
  { next, seen }: { readonly next: Register; readonly seen: Register },
  counting: FrameCounting,
): void {
  asm.step('frame interrupt', () =>
    asm.scope(() => {
      // Cleared first: a frame that ends after the counter is read raises the interrupt again.
      const control = asm.mmioRead(fimc('CIGCTRL'))
      asm.mmioWrite(fimc('CIGCTRL'), or(control, cigctrl.IRQ_CLR))
      if (counting === 'interrupts') {
        finishFrame(asm, layout, next)
        return
      }
      const status = captureStatus(asm)
      const count = frameCount(asm, status)
      asm.while(
        () => ne(seen, count),
        () => {
          finishFrame(asm, layout, next)
          asm.set(seen, and(add(seen, 1), 3))
        },
      )
    }),
  )
}

/** The frame in slot `next` has ended. */
function finishFrame(asm: Assembler, layout: CaptureLayout, next: Register): void {
  asm.step('remove slot', () =>
    asm.lock(captureShared.slotLock, () => changeSequence(asm, (sequence) => clearBit(sequence, next, layout.slots))),
  )
  asm.scope(() => {
    const handle = asm.mmioRead(add(memoryMap.fimc0.base + outputAddress(0, 0), mul(next, 4)))
    asm.mark('buffer.done', { handle, bytes: layout.frameBytes, slot: next })
    asm.call('list.push', [osNumber(asm.os, 'lists', captureShared.doneList), next])
  })
  asm.set(next, mod(add(next, 1), layout.slots))
}

/** `value` without bit number `bit`, which is below `slots`. */
function clearBit(value: Operand, bit: Operand, slots: number): Operand {
  return and(value, ['sub', (1 << slots) - 1, ['shl', 1, bit]])
}

/** Waits until the handler has pushed a slot; returns the register that holds it. Interrupts are on before and after. */
export function waitForSlot(asm: Assembler): Register {
  const slot = asm.temp()
  asm.step('wait for frame', () =>
    asm.forever((leave) => {
      // Masked between the look and the wait, or an interrupt between the two would be slept through.
      asm.disableInterrupts()
      asm.scope(() => {
        const { found, value } = asm.listPop(captureShared.doneList)
        asm.if(ne(found, 0), () => {
          asm.set(slot, value)
          asm.enableInterrupts()
          leave()
        })
      })
      asm.waitForInterrupt()
      asm.enableInterrupts()
    }),
  )
  return slot
}

/** Runs `body(slot, frame)` for each frame, in the order of the slots; `frame` is a register. */
export function forEachFrame(
  asm: Assembler,
  parameters: Parameters,
  layout: CaptureLayout,
  body: (slot: number, frame: Register) => void,
): void {
  const frame = asm.set(asm.variable('frame'), 0)
  asm.block((leave) =>
    asm.forever(() => {
      for (let slot = 0; slot < layout.slots; slot++) {
        asm.if(eq(frame, parameters.frames), leave)
        body(slot, frame)
        asm.set(frame, add(frame, 1))
      }
    }),
  )
}

/** The CPU looks at a delivered frame, every word of it. */
export function readFrame(
  asm: Assembler,
  layout: CaptureLayout,
  buffer: SlotBuffer & { readonly va: Operand },
  frame: Operand,
): void {
  asm.step('read frame', () => {
    const args = { handle: buffer.handle, bytes: layout.frameBytes, index: frame }
    asm.mark('frame.read', args)
    asm.loadRange(buffer.va, layout.frameBytes)
    asm.mark('frame.consumed', args)
  })
}

/** When frame number `frame` is done: asks the sensor for another, if there is to be one. @param framesAhead asked for at first. */
export function triggerNext(asm: Assembler, parameters: Parameters, framesAhead: number, frame: Operand): void {
  asm.if(lt(add(frame, framesAhead), parameters.frames), () => triggerSensor(asm, 1))
}

/** When frame number `frame` has been read: `requeue` queues its buffer again, if it will be needed. */
export function queueAgain(
  asm: Assembler,
  parameters: Parameters,
  layout: CaptureLayout,
  frame: Operand,
  requeue: () => void,
): void {
  asm.if(lt(add(frame, layout.slots), parameters.frames), requeue)
}
