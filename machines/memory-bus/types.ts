/** Memory bus | configuration, context and messages. */

import type { Features } from '../features.ts'
import type {
  MemoryType,
  ReadReq,
  ReadResp,
  RegReadReq,
  RegReadResp,
  RegWriteReq,
  RegWriteResp,
  WriteReq,
  WriteResp,
} from '../protocol.ts'

/** What an initiator may ask for. */
export type InitiatorAccess = 'read-write' | 'read' | 'registers'

/** One initiator: its requests come in and its responses go out on the port of its name. */
export interface InitiatorConfig {
  readonly port: string
  /** Values of `from` that belong to it; no two initiators share one. */
  readonly from: readonly string[]
  readonly access: InitiatorAccess
  /** Most transactions it may have under way; at least 1. */
  readonly outstanding: number
}

/** One target: a window of addresses. `memory` takes bursts, `registers` single words of Device memory. */
export interface TargetConfig {
  readonly port: string
  readonly base: number
  readonly bytes: number
  readonly kind: 'memory' | 'registers'
  /** Most transactions it takes before the first is answered; at least 1. */
  readonly outstanding: number
}

/** Windows must not overlap. Targets and initiators are arbitrated in the order given. */
export interface MemoryBusConfig {
  readonly id: string
  readonly initiators: readonly InitiatorConfig[]
  readonly targets: readonly TargetConfig[]
  readonly features: Pick<Features, 'postedDeviceWrites'>
}

export type Request = ReadReq | WriteReq | RegReadReq | RegWriteReq
export type Response = ReadResp | WriteResp | RegReadResp | RegWriteResp
export type MemoryBusMessage = Request | Response

/** A request that waits at a full target. `type` is empty when nothing waits; the fields it does not have are zero. */
export interface WaitingRequest {
  type: '' | Request['type']
  from: string
  txn: number
  addr: number
  words: number
  data: readonly number[]
  value: number
  memory: MemoryType
}

/** Arrays are per target, per initiator, or per pair: `target * initiators + initiator`. */
export interface MemoryBusContext {
  /** Transactions under way at each target. */
  targetLoad: number[]
  /** Transactions that each initiator has under way or waiting. */
  initiatorLoad: number[]
  /** Transactions under way of each initiator at each target. */
  pairLoad: number[]
  waiting: WaitingRequest[]
  /** Initiator granted last at each full target; 0 otherwise. */
  turn: number[]
}
