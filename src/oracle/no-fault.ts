/** Oracle | no-fault: no translation fault, and no bus error of a device, that the scenario does not expect. */

import { hex } from '../base/bits.ts'
import type { Oracle } from './oracle.ts'

export interface NoFaultState {
  /** `expected`: from the mark `expect-fault` on. */
  readonly faults: { expected: boolean }
}

export const noFault: Oracle<NoFaultState> = {
  name: 'no-fault',
  always: 'the SYSMMU and the bus report no unexpected fault',
  description: 'a SYSMMU fault, or a bus error of a device or walker, that the scenario does not expect',
  definition: 'a SYSMMU fault, or a bus error of a device or walker, before the mark `expect-fault`',
  notJudged: 'CPU aborts (see `assertion`)',
  init: () => ({ faults: { expected: false } }),
  on: {
    'cpu.mark'(state, event) {
      if (event.name === 'expect-fault') state.faults.expected = true
    },
    'sysmmu.fault'(state, event, violate, where) {
      if (state.faults.expected) return
      const access = event.write ? 'write to' : 'read of'
      violate({
        message: `${event.mmu} raised a ${event.kind} fault at step ${where.step} for the ${access} IO address ${hex(event.iova)} by ${event.from}, expected a translation; likely the mapping is missing, gone, or its table entry was not in memory yet`,
        iova: event.iova,
      })
    },
    'bus.error'(state, event, violate, where, { device, mmu }) {
      if (state.faults.expected || (device < 0 && mmu < 0)) return
      violate({
        message: `${event.from} got a bus error at step ${where.step} for ${hex(event.addr)}, expected memory there; likely an IO address went out untranslated or a descriptor was garbage`,
        addr: event.addr,
      })
    },
  },
}
