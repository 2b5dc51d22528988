/** Scenario | a conversion called off: its buffers go back when the engine is at rest, or after a wait that may end too early. */

import { cigctrl, fimcRegister } from '../../machines/fimc/regs.ts'
import { memoryMap } from '../../machines/geometry.ts'
import { defineScenario, type ProgramContext, twinOf } from './build.ts'
import {
  beginConversions,
  conversionDefaults,
  ringDoorbell,
  stopConversion,
  storePicture,
  streamingBuffers,
  waitForConversion,
} from './conversion-code.ts'
import { quietCaches } from './scenario.ts'

// After torvalds/linux v3.6 drivers/media/video/s5p-fimc/fimc-m2m.c `fimc_m2m_shutdown` and `stop_streaming`: wait for the job's
// interrupt for FIMC_SHUTDOWN_TIMEOUT at most; if none came, the job is finished with an error, whatever the engine does.

/** Looks at the engine before the wait is given up. Any bound is too small for a conversion that takes longer. */
const abortPollsMax = 1

interface Abort {
  /** Most looks at the engine; undefined: until it is at rest. */
  readonly pollsMax?: number
  /** Whether FIMC is reset before the buffers go back. */
  readonly reset?: true
}

/** Starts a conversion, calls it off, takes the buffers back unread. */
function abort({ pollsMax, reset }: Abort): (context: ProgramContext) => void {
  return (context) => {
    const { asm, dma, parameters } = context
    beginConversions(context)
    const { source, target } = streamingBuffers(context, (va) => storePicture(asm, parameters, va, 0))
    ringDoorbell(asm, { source, target })
    asm.step('abort', () => {
      waitForConversion(asm, { source, target }, { pollsMax })
      if (reset) asm.writel(memoryMap.fimc0.base + fimcRegister.CIGCTRL, (cigctrl.SWRST | cigctrl.IRQ_LEVEL) >>> 0)
    })
    dma.unmapSingle(source.mapping)
    dma.unmapSingle(target.mapping)
    source.free()
    target.free()
    stopConversion(context)
  }
}

export const m2mAbort = defineScenario({
  id: 'm2m-abort',
  question:
    'This asks whether buffers can go back to the application when a conversion is called off, and the driver waits as long as the conversion takes.',
  cores: [{ main: abort({}) }],
  camera: 'none',
  backend: 'iommu',
  // What caches do of their own accord: `conversion-streaming`.
  defaults: {
    ...conversionDefaults,
    litmus: { ...conversionDefaults.litmus, features: quietCaches },
  },
})

export const m2mAbortHandedBack = twinOf(m2mAbort, {
  id: 'm2m-abort-handed-back',
  question:
    'This asks what the engine reads and writes when the driver stops waiting for it and gives the buffers back with an error, as in v3.6.',
  violates: ['ownership', 'frame-intact', 'no-fault', 'live-translation', 'page-owner'],
  cores: [{ main: abort({ pollsMax: abortPollsMax }) }],
})

// The reset takes the conversion away; it does not call back what is on the bus.
export const m2mAbortReset = twinOf(m2mAbort, {
  id: 'm2m-abort-reset-first',
  question:
    'This asks whether it is enough to reset FIMC before the buffers go back when the wait has ended early: what is on the bus lands all the same.',
  violates: ['ownership', 'frame-intact', 'no-fault', 'live-translation', 'page-owner'],
  cores: [{ main: abort({ pollsMax: abortPollsMax, reset: true }) }],
})
