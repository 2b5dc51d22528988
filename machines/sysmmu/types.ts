/** SYSMMU | configuration, context and messages. */

import type { Message, SpontaneousMessage } from '../../src/kernel/actor.ts'
import type { Features } from '../features.ts'
import type { Geometry } from '../geometry.ts'
import type {
  MemoryType,
  PowerOff,
  PowerOn,
  ReadReq,
  ReadResp,
  RegReadReq,
  RegWriteReq,
  WriteReq,
  WriteResp,
} from '../protocol.ts'
import type { FlpdCache } from './flpd.ts'
import type { SysmmuVersion } from './regs.ts'
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
  readonly version: SysmmuVersion
  readonly features: Pick<
    Features,
    'tlbPrefetch' | 'tlbEviction' | 'flpdCache' | 'flpdFaultCache' | 'blockTimeout' | 'powerDomain'
  >
  /** How it is found by whoever comes after a driver; absent: as reset leaves it. */
  readonly initial?: InitialState
}

/**
 * `unpowered` needs the feature `powerDomain`; power brings the reset values. `translating`: CTRL says so, with these values in
 * CFG and PT_BASE.
 */
export type InitialState =
  | { readonly state: 'unpowered' }
  | { readonly state: 'translating'; readonly cfg: number; readonly ptBase: number }

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
  /** First and last byte of the two prefetch windows; zero on versions that have none. */
  prefetch: { start0: number; end0: number; start1: number; end1: number }
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
  flpd: FlpdCache
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

/** The walker fetches a first-level descriptor that nobody asked for; `value` is the number of its section in the window. */
export interface FlpdPrefetchChoice extends SpontaneousMessage {
  readonly type: 'flpd.prefetch'
}
/** What the block waited for is over. */
export interface BlockSettledChoice extends SpontaneousMessage {
  readonly type: 'block.settled'
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
  | FlpdPrefetchChoice
  | BlockSettledChoice
  | PowerOn
  | PowerOff
