/** Scenario | interrupts that come late: two frames have ended when the handler runs, and it counts frames, or interrupts. */

import type { Assembler } from '../dma/assembler.ts'
import { eq } from '../dma/operands.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import { captureCode, captureDefaults, captureLists, userPagesBuffer } from './capture-code.ts'
import {
  captureStatus,
  type FrameCounting,
  frameCount,
  startCapture,
  triggerSensor,
  waitForSensor,
} from './fimc-driver.ts'
import { quietCaches } from './scenario.ts'

/** Looks for the end of the second frame, once the sensor has sent it. It may come later still. */
const looksMax = 8

/** Starts with two frames, and whatever keeps interrupts off does so until the second has ended, or nearly. */
function startLate({ asm }: ProgramContext): number {
  asm.disableInterrupts()
  startCapture(asm, 1)
  // FIMC drops a frame that begins while it still writes the one before.
  waitForFrames(asm, 1)
  triggerSensor(asm, 1)
  waitForSensor(asm)
  waitForFrames(asm, 2, looksMax)
  return 2
}

function waitForFrames(asm: Assembler, frames: number, bound?: number): void {
  asm.step('wait for frames to end', () =>
    asm.poll({
      read: () => frameCount(asm, captureStatus(asm)),
      until: (count) => eq(count, frames),
      ...(bound === undefined ? {} : { bound }),
    }),
  )
}

const capture = (counting: FrameCounting) => captureCode(userPagesBuffer, { start: startLate, counting })

export const mergedInterrupts = defineScenario({
  id: 'merged-interrupts',
  question:
    'This asks whether every frame is delivered when two have ended before the handler runs, and the handler asks the frame counter how many there are.',
  cores: [capture('frames')],
  camera: 'sensor',
  backend: 'linear',
  defaults: {
    ...captureDefaults,
    // Both slots once. What caches do of their own accord: `fimc-capture-userptr`.
    litmus: {
      ...captureDefaults.litmus,
      frames: 2,
      disturbedLines: [0x40, 0x50],
      features: quietCaches,
    },
  },
  shared: captureLists,
})

// torvalds/linux v3.6 drivers/media/video/s5p-fimc/fimc-capture.c `fimc_capture_irq_handler`: one buffer is taken off the active
// queue for each interrupt; the frame index of the hardware is only logged.
export const mergedInterruptsOneEach = twinOf(mergedInterrupts, {
  id: 'merged-interrupts-one-each',
  question:
    'This asks what becomes of the second frame when the handler delivers one frame for each interrupt, as in v3.6, and two frames share one.',
  violates: ['progress', 'frame-intact', 'ownership', 'fresh-load', 'page-owner'],
  cores: [capture('interrupts')],
})
