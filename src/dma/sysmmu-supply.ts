/** DMA | the clock and the power of a SYSMMU, as its driver switches them. */

import { clockGateSysmmu, localPower, powerRegs } from '../../machines/power/regs.ts'
import type { Assembler } from './assembler.ts'
import { and, eq } from './operands.ts'
import { mmuOf } from './sysmmu-space.ts'
import type { DmaEnv } from './types.ts'

/**
 * `body` with the register clock on: nothing where it cannot be off. The caller holds the lock `sysmmu`, so that nobody
 * switches the clock off under somebody else; Linux counts its users instead.
 *
 * Closed: Linux before runtime PM leaves the clock on from the first attach to the last detach. With postable writes, what
 * is switched on must be read back before a register is used, for the two are written to different targets.
 */
export function clocked(asm: Assembler, env: DmaEnv, body: () => void): void {
  if (!mmuOf(env).supply.clock) {
    body()
    return
  }
  asm.step('clock on', () => {
    asm.mmioWrite(powerRegs.clockGate, clockGateSysmmu)
    asm.scope(() => asm.mmioRead(powerRegs.clockGate))
    asm.dsb()
  })
  body()
  // The last access of `body` is a read of the SYSMMU: what it wrote has arrived.
  asm.step('clock off', () => asm.mmioWrite(powerRegs.clockGate, 0))
}

/** Switches the power domain and waits until it has changed; nothing where it is always on. */
export function switchPower(asm: Assembler, env: DmaEnv, to: 'on' | 'off'): void {
  if (!mmuOf(env).supply.power) return
  const value = to === 'on' ? localPower : 0
  asm.step(`power ${to}`, () => {
    asm.mmioWrite(powerRegs.camConfiguration, value)
    asm.poll({
      read: () => asm.mmioRead(powerRegs.camStatus),
      until: (status) => eq(and(status, localPower), value),
    })
  })
}
