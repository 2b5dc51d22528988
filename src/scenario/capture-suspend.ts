/** Scenario | a stream suspended with a frame under way, and resumed: what must rest before the SYSMMU goes, and what is set up again. */

import { ne } from '../dma/operands.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import { type CaptureBuffer, captureCode, captureDefaults, captureLists, userPagesBuffer } from './capture-code.ts'
import {
  captureLayout,
  captureStatus,
  configureCapture,
  deactivateCapture,
  disableInterruptLines,
  frameCount,
  queueBuffer,
  readFrame,
  startCapture,
  stopCapture,
  triggerSensor,
  waitForFrameToBegin,
  waitForRest,
} from './fimc-driver.ts'
import { quietCaches } from './scenario.ts'

// After torvalds/linux v3.6 drivers/media/video/s5p-fimc/fimc-capture.c `fimc_capture_suspend` (`fimc_stop_capture` with `suspend`:
// active buffers go back to the pending ones) and `fimc_capture_resume` (registers set up again, buffers queued again).

/** Suspends while a frame is under way; after that, the next frame fills the same buffer. */
function suspend(context: ProgramContext, buffers: readonly CaptureBuffer[]): void {
  const { asm, dma, parameters } = context
  const layout = captureLayout(parameters)
  const [buffer] = buffers as [CaptureBuffer]
  const slot = { slot: 0, handle: buffer.handle }
  disableInterruptLines(asm)
  buffer.give()
  queueBuffer(asm, layout, slot)
  waitForFrameToBegin(asm, () => triggerSensor(asm, 1))
  asm.step('suspend capture', () => {
    deactivateCapture(asm)
    waitForRest(asm)
  })
  dma.suspendMmu()
  dma.resumeMmu()
  asm.step('resume capture', () => {
    configureCapture(asm, parameters)
    queueBuffer(asm, layout, slot)
    const before = asm.temp()
    asm.scope(() => asm.set(before, frameCount(asm, captureStatus(asm))))
    startCapture(asm, 1)
    asm.step('wait for frame', () => {
      asm.poll({ read: () => frameCount(asm, captureStatus(asm)), until: (count) => ne(count, before) })
      asm.dmb()
    })
  })
  asm.mark('buffer.done', { handle: buffer.handle, bytes: layout.frameBytes, slot: 0 })
  stopCapture(asm)
  asm.enableInterrupts()
  buffer.take()
  // The frame that was under way was given up with its place in the buffer.
  readFrame(asm, layout, { ...slot, va: buffer.va }, parameters.frames)
  for (const { release } of buffers) release()
  dma.disableMmu()
}

export const captureSuspend = defineScenario({
  id: 'capture-suspend',
  question:
    'This asks whether a stream goes on after a suspend that begins in the middle of a frame, when capture rests before the SYSMMU loses its power, and everything is set up again.',
  cores: [captureCode(userPagesBuffer, { stop: suspend })],
  camera: 'sensor',
  backend: 'iommu',
  features: { clockGating: true, powerDomain: true },
  defaults: {
    ...captureDefaults,
    // What caches do of their own accord: `fimc-capture-userptr`.
    litmus: { ...captureDefaults.litmus, checkFrames: 1, features: quietCaches },
  },
  shared: captureLists,
})

export const captureSuspendNotWaited = twinOf(captureSuspend, {
  id: 'capture-suspend-not-waited',
  question: 'This asks what becomes of the rest of a frame when the SYSMMU is suspended while FIMC still writes it.',
  violates: ['no-fault', 'frame-intact', 'ownership', 'progress'],
  // There, a suspend is over long before the frame's first line has come.
  rareOnBoard: true,
  drop: (path) => path.includes('suspend capture') && path.includes('wait for capture to rest'),
})

export const captureSuspendNotQueued = twinOf(captureSuspend, {
  id: 'capture-suspend-not-queued',
  question:
    'This asks what becomes of the stream when resume starts capture without queueing again the buffers that were active: no slot is left.',
  violates: ['progress'],
  drop: (path) => path.includes('resume capture') && path.includes('queue buffer'),
})
