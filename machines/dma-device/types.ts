/** DMA device | configuration, context and messages. */

import type { Message, SpontaneousMessage } from '../../src/kernel/actor.ts'
import type { SupplyState } from '../power/types.ts'
import type {
  ClockOff,
  ClockOn,
  PowerOff,
  PowerOn,
  ReadResp,
  RegReadReq,
  RegWriteReq,
  TranslateResp,
  WriteResp,
} from '../protocol.ts'
import type { DeviceInstruction, DeviceReaction } from './instruction.ts'

/** A register that cores can reach. */
export interface DeviceRegister {
  readonly name: string
  /** At reset. */
  readonly value: number
}

/** One device. Plain data; the program is checked when the machine is defined. */
export interface DmaDeviceConfig {
  /** Actor id, also `from` of its accesses. */
  readonly id: string
  /** Physical address of the register window: word 0 is BELL, the others follow. */
  readonly base: number
  /** Registers that cores can reach, in order, BELL apart. */
  readonly registers: readonly DeviceRegister[]
  /** What happens in the very step in which a core writes a register; at most one entry a register. */
  readonly reactions: readonly { readonly register: string; readonly body: readonly DeviceReaction[] }[]
  readonly program: readonly DeviceInstruction[]
  /** Posted writes that may wait for their acknowledgement; at least 1. */
  readonly outstandingWrites: number
  /** Line at the interrupt controller; absent: it has none. */
  readonly interruptLine?: number
  /** Clock and power at reset, where they can be switched; absent: always on. */
  readonly supply?: SupplyState
  /** Cycles that a step of the program takes. */
  readonly stepCycles: number
}

export interface DmaDeviceContext {
  /** Index of the present instruction. */
  pc: number
  /** u32 values by slot: those that cores can reach first. */
  registers: number[]
  /** By transaction id: 1 while the write with this id is not acknowledged. */
  writes: number[]
}

/** Events that only this machine raises for itself. */
export interface DmaDeviceRaised extends Message {
  readonly type: 'registers.changed' | 'line.raise' | 'line.lower'
}
/** The program goes on by one instruction. */
export interface DmaDeviceStep extends SpontaneousMessage {
  readonly type: 'step'
}

export type DmaDeviceMessage =
  | ReadResp
  | WriteResp
  | TranslateResp
  | RegReadReq
  | RegWriteReq
  | PowerOn
  | PowerOff
  | ClockOn
  | ClockOff
  | DmaDeviceRaised
  | DmaDeviceStep
