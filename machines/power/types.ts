/** Power | configuration, context and messages. */

import type { MemoryRange } from '../geometry.ts'
import type { RegReadReq, RegReadResp, RegWriteReq, RegWriteResp } from '../protocol.ts'

/** What a supplied machine has. */
export interface SupplyState {
  readonly clock: 'on' | 'off'
  readonly power: 'on' | 'off'
}

/** Where the controllers are, and the bits that belong to the supplied machine. */
export interface PowerRegisters {
  /** Windows of the clock controller and of the power management unit. */
  readonly clocks: MemoryRange
  readonly powerUnit: MemoryRange
  /** Gate of the register clock: 1 in `clockBits`: the clock runs. */
  readonly clockGate: number
  readonly clockBits: number
  /** What the domain is to be, and what it is: all of `powerBits` set for on. */
  readonly configuration: number
  readonly status: number
  readonly powerBits: number
}

/** What can be switched; what cannot is always on. */
export interface PowerConfig {
  readonly id: string
  /** Whose registers and power these are. */
  readonly supplied: string
  readonly clockGating: boolean
  readonly powerDomain: boolean
  readonly registers: PowerRegisters
  /** At reset. */
  readonly initial: SupplyState
  /** `registers`: the clock drives the register window alone. `all`: the supplied machine stands still without it, and is told. */
  readonly clockDrives: 'registers' | 'all'
}

/** Clock and power are states: there is nothing else to remember. */
export type PowerContext = Record<string, never>

export type PowerMessage = RegReadReq | RegWriteReq | RegReadResp | RegWriteResp
