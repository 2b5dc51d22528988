/** Memory bus | configuration, context and messages. */

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
export type InitiatorAccess = 'read-write' | 'read' | 'write' | 'registers'

/** One initiator: its requests come in and its responses go out on the port of its name. */
export interface InitiatorConfig {
  readonly port: string
  /** Values of `from` that belong to it; no two initiators share one. */
  readonly from: readonly string[]
  readonly access: InitiatorAccess
  /** Most transactions it may have under way; at least 1. */
  readonly outstanding: number
}

/** One target: a window of addresses. */
export interface TargetConfig {
  readonly port: string
  readonly base: number
  readonly bytes: number
}

/**
 * Targets that share a way: the memory's own, the one to the L2's registers, or the one through the bridge to all
 * others. `memory` takes bursts,
 * `registers` single words of Device memory. The targets asked most often come first.
 */
export interface LaneConfig {
  readonly name: string
  readonly kind: 'memory' | 'registers'
  /** Most transactions under way before the first is answered; at least 1. */
  readonly outstanding: number
  readonly targets: readonly TargetConfig[]
  /** Register writes are answered before the target has them. Only where an interconnect lies between the two. */
  readonly postsWrites: boolean
}

/** Windows must not overlap. Initiators are arbitrated in the order given. */
export interface MemoryBusConfig {
  readonly id: string
  readonly initiators: readonly InitiatorConfig[]
  readonly lanes: readonly LaneConfig[]
}

export type Request = ReadReq | WriteReq | RegReadReq | RegWriteReq
export type Response = ReadResp | WriteResp | RegReadResp | RegWriteResp
export type MemoryBusMessage = Request | Response

/** A request that waits at a full lane. `type` is empty when nothing waits; the fields it does not have are zero. */
export interface WaitingRequest {
  type: '' | Request['type']
  from: string
  txn: number
  addr: number
  words: number
  data: readonly number[]
  value: number
  memory: MemoryType
  /** Of an exclusive access the number of its core; -1 of others. */
  exclusive: number
}

/** Arrays are per lane, per initiator, or per pair: `lane * initiators + initiator`. */
export interface MemoryBusContext {
  /** Transactions under way in each lane. */
  laneLoad: number[]
  /** Transactions that each initiator has under way or waiting. */
  initiatorLoad: number[]
  /** Transactions under way of each initiator in each lane. */
  pairLoad: number[]
  waiting: WaitingRequest[]
  /** Initiator granted last in each full lane; 0 otherwise. */
  turn: number[]
}
