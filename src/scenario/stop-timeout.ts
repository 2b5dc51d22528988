/** Scenario | STREAMOFF with a frame under way: buffers go back when capture is at rest, or after a wait that may end too early. */

import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import { type CaptureBuffer, captureCode, captureDefaults, captureLists, userPagesBuffer } from './capture-code.ts'
import {
  captureLayout,
  deactivateCapture,
  disableInterruptLines,
  queueBuffer,
  stopCapture,
  triggerSensor,
  waitForFrameToBegin,
  waitForRest,
} from './fimc-driver.ts'
import { quietCaches } from './scenario.ts'

// After torvalds/linux v3.6 drivers/media/video/s5p-fimc/fimc-capture.c `fimc_stop_capture`: deactivate, wait for the interrupt
// for 200 ms (FIMC_SHUTDOWN_TIMEOUT) at most, go on whatever came of it.

/** Looks at the status before the wait is given up. Any bound is too small for a frame that takes longer. */
const stopPollsMax = 1

interface StreamOff {
  readonly pollsMax?: number
  readonly handBack: 'after reset' | 'before reset'
}

/** Queues a buffer again, waits until a frame has begun in it, and stops the stream. */
function streamOff({ pollsMax, handBack }: StreamOff) {
  return (context: ProgramContext, buffers: readonly CaptureBuffer[]): void => {
    const { asm, parameters } = context
    const [buffer] = buffers as [CaptureBuffer]
    disableInterruptLines(asm)
    buffer.give()
    queueBuffer(asm, captureLayout(parameters), { slot: 0, handle: buffer.handle })
    waitForFrameToBegin(asm, () => triggerSensor(asm, 1))
    deactivateCapture(asm)
    waitForRest(asm, pollsMax)
    if (handBack === 'after reset') stopCapture(asm)
    // Not before: memory is freed with interrupts enabled.
    asm.enableInterrupts()
    buffer.take()
    for (const { release } of buffers) release()
    if (handBack === 'before reset') stopCapture(asm)
  }
}

export const stopTimeout = defineScenario({
  id: 'stop-timeout',
  question:
    'This asks whether buffers can go back to the application when STREAMOFF waits as long as the last frame takes.',
  cores: [captureCode(userPagesBuffer, { stop: streamOff({ handBack: 'after reset' }) })],
  camera: 'sensor',
  backend: 'linear',
  defaults: {
    ...captureDefaults,
    // Without page tables the second buffer is the page after the first. What caches do of their own accord:
    // `fimc-capture-userptr`.
    litmus: {
      ...captureDefaults.litmus,
      checkFrames: 1,
      disturbedLines: [0x40, 0x50],
      features: quietCaches,
    },
  },
  shared: captureLists,
})

export const stopTimeoutHandedBack = twinOf(stopTimeout, {
  id: 'stop-timeout-handed-back',
  question:
    'This asks what FIMC writes to when STREAMOFF stops waiting, gives the buffers back and resets FIMC only then, as in v3.6.',
  violates: ['ownership', 'page-owner', 'no-lost-write', 'frame-intact'],
  cores: [captureCode(userPagesBuffer, { stop: streamOff({ pollsMax: stopPollsMax, handBack: 'before reset' }) })],
})

// The reset takes the frame away; it does not call back what is on the bus.
export const stopTimeoutReset = twinOf(stopTimeout, {
  id: 'stop-timeout-reset-first',
  question:
    'This asks whether it is enough to reset FIMC before the buffers go back when the wait has ended early: a write that is on the bus lands all the same.',
  violates: ['ownership', 'page-owner', 'no-lost-write', 'frame-intact'],
  cores: [captureCode(userPagesBuffer, { stop: streamOff({ pollsMax: stopPollsMax, handBack: 'after reset' }) })],
})
