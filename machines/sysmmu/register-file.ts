/** SYSMMU | what register reads return and what plain register writes store. */

import { alignDown, u32 } from '../../src/base/bits.ts'
import type { Geometry } from '../geometry.ts'
import { sysmmuFaults, sysmmuRegs, sysmmuVersion } from './regs.ts'
import type { SysmmuRegisters } from './types.ts'
import { level1TableBytes } from './walk.ts'

/** Everything zero: reset leaves the SYSMMU off. */
export function resetRegisters(): SysmmuRegisters {
  return {
    ctrl: 0,
    cfg: 0,
    ptBase: 0,
    intStatus: 0,
    pageFaultAddr: 0,
    awFaultAddr: 0,
    arFaultAddr: 0,
    defaultSlaveAddr: 0,
  }
}

/** Value of the register at `offset`; reserved and write-only ones read as zero, as does STATUS unless blocked. */
export function readRegister(regs: SysmmuRegisters, offset: number): number {
  switch (offset) {
    case sysmmuRegs.ctrl:
      return regs.ctrl
    case sysmmuRegs.cfg:
      return regs.cfg
    case sysmmuRegs.ptBase:
      return regs.ptBase
    case sysmmuRegs.intStatus:
      return regs.intStatus
    case sysmmuRegs.pageFaultAddr:
      return regs.pageFaultAddr
    case sysmmuRegs.awFaultAddr:
      return regs.awFaultAddr
    case sysmmuRegs.arFaultAddr:
      return regs.arFaultAddr
    case sysmmuRegs.defaultSlaveAddr:
      return regs.defaultSlaveAddr
    case sysmmuRegs.version:
      return sysmmuVersion
    default:
      return 0
  }
}

/** Stores into CFG, PT_BASE or DEFAULT_SLAVE_ADDR; other offsets are read-only, reserved or have their own effect. */
export function writeRegister(geometry: Geometry, regs: SysmmuRegisters, offset: number, value: number): void {
  switch (offset) {
    case sysmmuRegs.cfg:
      regs.cfg = u32(value)
      return
    case sysmmuRegs.ptBase:
      regs.ptBase = alignDown(value, level1TableBytes(geometry)) // HF-215
      return
    case sysmmuRegs.defaultSlaveAddr:
      regs.defaultSlaveAddr = u32(value)
      return
    default:
  }
}

/** Sets a fault bit and the address register that belongs to it. */
export function recordFault(
  regs: SysmmuRegisters,
  kind: 'page' | 'bus' | 'multi-hit',
  write: boolean,
  addr: number,
): void {
  if (kind === 'page') {
    regs.intStatus |= sysmmuFaults.page
    regs.pageFaultAddr = addr
  } else if (kind === 'bus') {
    regs.intStatus |= sysmmuFaults.bus
    regs.defaultSlaveAddr = addr
  } else if (write) {
    regs.intStatus |= sysmmuFaults.awMultiHit
    regs.awFaultAddr = addr
  } else {
    regs.intStatus |= sysmmuFaults.arMultiHit
    regs.arFaultAddr = addr
  }
}
