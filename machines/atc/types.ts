/** ATC | configuration, context and messages. */

import type { SpontaneousMessage } from '../../src/kernel/actor.ts'
import type { Features } from '../features.ts'
import type { Tlb } from '../iommu/tlb.ts'
import type { HeldRequest, Request } from '../iommu/types.ts'
import type { AtcInvalidate, ReadResp, TranslateResp, WriteResp } from '../protocol.ts'

/** The translation cache of one device. */
export interface AtcConfig {
  /** Instance name; `mmu` of its events. */
  readonly id: string
  /** `from` of the device's requests, which go on under the same name. */
  readonly from: string
  /** Bytes; no burst crosses a page. */
  readonly pageBytes: number
  /** Translations that it keeps. */
  readonly entries: number
  /** The device also asks for translations without an access: there is a port `translate`. */
  readonly translates: boolean
  /** Whether an invalidation waits for accesses that were translated here before. */
  readonly accessesInFlight: 'awaited' | 'ignored'
  readonly features: Pick<Features, 'deviceTlbEviction'>
}

/** An access that was translated here and has no answer yet. */
export interface TranslatedAccess {
  readonly txn: number
  readonly write: boolean
  /** IO address. */
  readonly iova: number
  /** An invalidation waits for it. */
  awaited: boolean
}

export interface AtcContext {
  tlb: Tlb
  /** The request that waits for its translation. */
  held: HeldRequest
  /** Oldest first. */
  outstanding: TranslatedAccess[]
}

/** One entry vanishes; `value` is its place. */
export interface AtcDropChoice extends SpontaneousMessage {
  readonly type: 'tlb.drop'
}

export type AtcMessage = Request | ReadResp | WriteResp | TranslateResp | AtcInvalidate | AtcDropChoice
