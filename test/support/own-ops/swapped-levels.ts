/** Tests | the example of docs/own-ops.md: an edition of one's own with two steps swapped. */

import { type Edition, maintainL1, maintainL2 } from '../../../src/index.ts'

/** The L1 first: a miss between the two refills it from a stale line of the L2. */
const swapped: Edition = {
  name: 'swapped-levels',
  description: 'hands a range to the CPU with the L1 before the L2',
  steps: {
    devToCpu: (asm, env, range) => {
      if (range.direction === 'to-device') return
      maintainL1(asm, env, 'invalidate', range)
      maintainL2(asm, env, 'invalidate', range)
    },
  },
}

export default swapped
