/** SYSMMU | what register reads return and what plain register writes store. */

import { alignDown, u32 } from '../../src/base/bits.ts'
import type { Geometry } from '../geometry.ts'
import { type SysmmuVersion, sysmmuCfg, sysmmuCtrl, sysmmuFaults, sysmmuRegs, versionWord } from './regs.ts'
import type { SysmmuConfig, SysmmuRegisters } from './types.ts'
import { hasPrefetchWindows } from './variant.ts'
import { level1TableBytes } from './walk.ts'

/** Why the SYSMMU stopped an access. `access`: the descriptor does not allow it. */
export type FaultKind = 'page' | 'bus' | 'multi-hit' | 'access'

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
    prefetch: { start0: 0, end0: 0, start1: 0, end1: 0 },
  }
}

/** Last byte of a prefetch window without an end. */
export const prefetchEndMax = 0xffffffff // HF-414

/** Registers at the start of a run. */
export function initialRegisters({ geometry, version, initial }: SysmmuConfig): SysmmuRegisters {
  const regs = resetRegisters()
  if (initial?.state !== 'translating') return regs
  writeRegister({ geometry, version }, regs, sysmmuRegs.cfg, initial.cfg)
  writeRegister({ geometry, version }, regs, sysmmuRegs.ptBase, initial.ptBase)
  regs.ctrl = sysmmuCtrl.enable
  // A driver that switches prefetch on opens a window to all addresses.
  if ((regs.cfg & sysmmuCfg.prefetch) >>> 0 === sysmmuCfg.prefetch) regs.prefetch.end0 = prefetchEndMax
  return regs
}

/** Value of the register at `offset`; reserved and write-only ones read as zero, as does STATUS unless blocked. */
export function readRegister(version: SysmmuVersion, regs: SysmmuRegisters, offset: number): number {
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
      return versionWord(version)
    case sysmmuRegs.prefetchStart0:
      return regs.prefetch.start0
    case sysmmuRegs.prefetchEnd0:
      return regs.prefetch.end0
    case sysmmuRegs.prefetchStart1:
      return regs.prefetch.start1
    case sysmmuRegs.prefetchEnd1:
      return regs.prefetch.end1
    default:
      return 0
  }
}

/**
 * Stores into CFG, PT_BASE, DEFAULT_SLAVE_ADDR or, on version 3, a prefetch window; other offsets are read-only, reserved or
 * have their own effect.
 */
export function writeRegister(
  { geometry, version }: { readonly geometry: Geometry; readonly version: SysmmuVersion },
  regs: SysmmuRegisters,
  offset: number,
  value: number,
): void {
  if (hasPrefetchWindows(version)) writePrefetchWindow(regs, offset, value)
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

function writePrefetchWindow({ prefetch }: SysmmuRegisters, offset: number, value: number): void {
  switch (offset) {
    case sysmmuRegs.prefetchStart0:
      prefetch.start0 = u32(value)
      return
    case sysmmuRegs.prefetchEnd0:
      prefetch.end0 = u32(value)
      return
    case sysmmuRegs.prefetchStart1:
      prefetch.start1 = u32(value)
      return
    case sysmmuRegs.prefetchEnd1:
      prefetch.end1 = u32(value)
      return
    default:
  }
}

/** Sets a fault bit and the address register that belongs to it. */
export function recordFault(regs: SysmmuRegisters, kind: FaultKind, write: boolean, addr: number): void {
  if (kind === 'page') {
    regs.intStatus |= sysmmuFaults.page
    regs.pageFaultAddr = addr
  } else if (kind === 'bus') {
    regs.intStatus |= sysmmuFaults.bus
    regs.defaultSlaveAddr = addr
  } else if (write) {
    regs.intStatus |= kind === 'access' ? sysmmuFaults.awAccess : sysmmuFaults.awMultiHit
    regs.awFaultAddr = addr
  } else {
    regs.intStatus |= kind === 'access' ? sysmmuFaults.arAccess : sysmmuFaults.arMultiHit
    regs.arFaultAddr = addr
  }
}
