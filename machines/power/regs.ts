/** Power | the registers that switch the clock and the power of FIMC0's SYSMMU, and their bits. */

import { memoryMap } from '../geometry.ts'
import type { PowerRegisters } from './types.ts'

/** Physical addresses. */
export const powerRegs = {
  /** CLK_GATE_IP_CAM of the clock controller. */
  clockGate: memoryMap.clocks.base + 0x920, // HF-424
  /** CAM_CONFIGURATION of the power management unit. */
  camConfiguration: memoryMap.powerUnit.base + 0xc00, // HF-425
  /** CAM_STATUS: what the domain is now. */
  camStatus: memoryMap.powerUnit.base + 0xc04, // HF-425
} as const

/** SYSMMU_FIMC0 in CLK_GATE_IP_CAM; 1: the clock runs. */
export const clockGateSysmmu = 1 << 7 // HF-424

/** The three bits of CAM_CONFIGURATION and CAM_STATUS: all set for on. */
export const localPower = 7 // HF-425

/** Those of FIMC0's SYSMMU. */
export const sysmmuFimc0Supply: PowerRegisters = {
  clocks: memoryMap.clocks,
  powerUnit: memoryMap.powerUnit,
  clockGate: powerRegs.clockGate,
  clockBits: clockGateSysmmu,
  configuration: powerRegs.camConfiguration,
  status: powerRegs.camStatus,
  powerBits: localPower,
}
