/** Scenario | a stream that goes on with fewer buffers than slots: slots leave the rotation with their buffer, or keep its address. */

import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import { type CaptureBuffer, captureCode, captureDefaults, captureLists, userPagesBuffer } from './capture-code.ts'
import { disableInterruptLines, stopCapture, triggerSensor, waitForSensor } from './fimc-driver.ts'
import { quietCaches } from './scenario.ts'

/** The application takes its buffers away, and the sensor sends one more frame before the stream is stopped. */
function oneFrameMore({ asm, dma }: ProgramContext, buffers: readonly CaptureBuffer[]): void {
  disableInterruptLines(asm)
  asm.enableInterrupts()
  for (const { release } of buffers) release()
  triggerSensor(asm, 1)
  waitForSensor(asm)
  stopCapture(asm)
  dma.disableMmu()
}

export const staleSlot = defineScenario({
  id: 'stale-slot',
  question:
    'This asks whether a frame that comes when no buffer is queued is dropped, when each slot leaves CIFCNTSEQ as its buffer is done.',
  cores: [captureCode(userPagesBuffer, { stop: oneFrameMore })],
  camera: 'sensor',
  backend: 'iommu',
  defaults: {
    ...captureDefaults,
    // What caches do of their own accord: `fimc-capture-userptr`.
    litmus: { ...captureDefaults.litmus, checkFrames: 1, features: quietCaches },
  },
  shared: captureLists,
})

// torvalds/linux v3.6 drivers/media/video/s5p-fimc/fimc-reg.c `fimc_hw_reset` sets CIFCNTSEQ to all slots of the driver, and
// nothing changes it while the stream is on.
export const staleSlotKept = twinOf(staleSlot, {
  id: 'stale-slot-kept',
  question:
    'This asks what happens to a frame when CIFCNTSEQ keeps a slot whose buffer was given back, unmapped and freed, as in v3.6: its address is still there.',
  violates: ['no-fault', 'page-owner', 'live-translation', 'ownership', 'progress'],
  drop: (path) => path.includes('remove slot'),
})
