/** Oracle | assertion: what a program asserts holds, and no core aborts. */

import { hex } from '../base/bits.ts'
import { isInCall } from './history-calls.ts'
import type { Oracle } from './oracle.ts'

export interface AssertionState {
  /** `expected`: from the mark `expect-fault` on. */
  readonly faults: { expected: boolean }
}

export const assertion: Oracle<AssertionState> = {
  name: 'assertion',
  always: 'what a program asserts holds',
  description: "a program's own assertion does not hold, be it a core's or a device's, or a core accesses no memory",
  definition: "a program's assertion does not hold, or a core aborts outside a call of the DMA API",
  notJudged: "translation faults of a core's own MMU after the mark `expect-fault`",
  init: () => ({ faults: { expected: false } }),
  on: {
    'cpu.mark'(state, event) {
      if (event.name === 'expect-fault') state.faults.expected = true
    },
    'cpu.assertion-failed'(_state, event, violate, where) {
      violate({ message: `the assertion "${event.message}" of cpu${event.core} failed at step ${where.step}` })
    },
    'device.assertion-failed'(_state, event, violate, where) {
      violate({ message: `the assertion "${event.message}" of ${event.device} failed at step ${where.step}` })
    },
    // Inside a call of the DMA API it is the layer that went wrong: see `api`.
    'cpu.abort'(state, event, violate, where, view) {
      if (event.translation && state.faults.expected) return
      if (isInCall(view.history, event.core)) return
      const cause = event.exclusive ? 'memory that takes no exclusive accesses, or a wild address' : 'a wild address'
      violate({
        message: `cpu${event.core} aborted at step ${where.step} on its access to ${hex(event.addr)}: ${event.why}; likely ${cause}`,
        addr: event.addr,
      })
    },
  },
}
