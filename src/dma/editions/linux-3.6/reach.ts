/** DMA | linux-3.6, what a device can reach: nobody asks. */

import { reachSteps } from '../../reach.ts'
import type { DmaSteps } from '../../types.ts'

/** Of allocations it is asked. Gap: the handle of a streaming mapping is what it is, whether the device can put it out or not. */
const checkMask: DmaSteps['checkMask'] = (asm, env, args) => {
  if (args.coherent) reachSteps.checkMask(asm, env, args)
}

export const maskSteps = { checkMask } satisfies Partial<DmaSteps>
