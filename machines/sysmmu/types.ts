/** SYSMMU | configuration, context and messages. */

import type { Message, SpontaneousMessage } from '../../src/kernel/actor.ts'
import type { Features } from '../features.ts'
import type { Geometry } from '../geometry.ts'
import type { MemoryType, ReadReq, ReadResp, RegReadReq, RegWriteReq, WriteReq, WriteResp } from '../protocol.ts'
import type { Tlb } from './tlb.ts'

/** One SYSMMU in front of one device. */
export interface SysmmuConfig {
  /** Instance name; also `from` of its own table walks. */
  readonly id: string
  readonly geometry: Geometry
  /** First byte of the register window. */
  readonly base: number
  /** Line at the interrupt controller. */
  readonly interruptLine: number
  readonly features: Pick<Features, 'tlbPrefetch' | 'tlbEviction'>
}

/** Registers that hold what was written or what a fault left behind. */
export interface SysmmuRegisters {
  ctrl: number
  cfg: number
  ptBase: number
  intStatus: number
  pageFaultAddr: number
  awFaultAddr: number
  arFaultAddr: number
  defaultSlaveAddr: number
}

/** The device access that waits for a walk or was stopped by a fault; all zero and empty when there is none. */
export interface HeldAccess {
  write: boolean
  from: string
  txn: number
  /** IO address. */
  addr: number
  /** Words to read; 0 for a write. */
  words: number
  /** Words to write; empty for a read. */
  data: readonly number[]
  memory: MemoryType
}

export interface SysmmuContext {
  regs: SysmmuRegisters
  tlb: Tlb
  held: HeldAccess
  /** IO address under the walk in flight; 0 when there is none. */
  walkIova: number
}

/** A device access, as it arrives and as it leaves. */
export type Access = ReadReq | WriteReq

/** The CTRL, INT_STATUS or fault state changed: the interrupt line is set accordingly. */
export interface InterruptUpdate extends Message {
  readonly type: 'interrupt.update'
}
/** One TLB entry vanishes; `value` is its place. */
export interface TlbDropChoice extends SpontaneousMessage {
  readonly type: 'tlb.drop'
}
/** The walker looks ahead; `value` is a page of the prefetch window. */
export interface TlbPrefetchChoice extends SpontaneousMessage {
  readonly type: 'tlb.prefetch'
}

export type SysmmuMessage =
  | ReadReq
  | WriteReq
  | ReadResp
  | WriteResp
  | RegReadReq
  | RegWriteReq
  | InterruptUpdate
  | TlbDropChoice
  | TlbPrefetchChoice
