/** IOMMU | configuration, context and messages. */

import type { SpontaneousMessage } from '../../src/kernel/actor.ts'
import type { Features } from '../features.ts'
import type { Geometry } from '../geometry.ts'
import type {
  AtcDone,
  MemoryType,
  PowerOff,
  PowerOn,
  ReadReq,
  ReadResp,
  RegReadReq,
  RegWriteReq,
  TranslateReq,
  WriteReq,
  WriteResp,
} from '../protocol.ts'
import type { FlpdCache } from '../sysmmu/flpd.ts'
import type { InterruptUpdate } from '../sysmmu/types.ts'
import type { QueuedCommand } from './regs.ts'
import type { Tlb } from './tlb.ts'

/** A device or a core. Its place in the configuration is its number, by which the device table has its entry. */
export interface RequesterConfig {
  /** `from` of its requests; no two share one. */
  readonly from: string
  /** Port of its reads and writes. Absent: it makes none. */
  readonly accessPort?: string
  /** Port of its requests for translations, which may be the same one. Absent: it makes none. */
  readonly translatePort?: string
  /**
   * What it keeps of the answers. `atc`: a translation cache, reached by port `atc-<from>` and the command for it. `core`: as
   * long as an access needs it; on the same port it is told of every invalidation, which is not complete before its answer.
   */
  readonly keeps?: 'atc' | 'core'
}

/** Sizes in bytes. Addresses are physical unless they say otherwise. */
export interface IommuConfig {
  /** Instance name; also `from` of its own table walks. */
  readonly id: string
  readonly geometry: Geometry
  /** First byte of the register window, of `iommuWindowBytes`. */
  readonly base: number
  readonly requesters: readonly RequesterConfig[]
  /** One TLB for all requesters, or one each; invalidations go to all of them. */
  readonly tlbs: 'shared' | 'each'
  /** Entries of one TLB; 0: nothing is kept, and every request walks. */
  readonly tlbEntries: number
  /** Level-1 tables of the domains, by number. Without a device table ROOT chooses one of them, at first number 0. */
  readonly roots: readonly number[]
  /** Whether it translates from the start. */
  readonly enabled: boolean
  /**
   * Where memory says which tables and which domain are a requester's; TLB entries then carry the number of the domain.
   * `kept`: its entries are kept once read, until everything is invalidated; else they are read for each request.
   */
  readonly deviceTable?: { readonly base: number; readonly kept: boolean }
  /** First-level descriptors that are kept; 0: none. */
  readonly walkCacheEntries: number
  /** Invalid descriptors are kept too, as TLB entries without a translation. */
  readonly faultCache: boolean
  /** A walk reads the whole line of second-level descriptors and enters all of them. */
  readonly lineFetch: boolean
  /** Commands that wait to be executed; 0: none waits, and the write of a command is answered when it is complete. */
  readonly queueEntries: number
  /** Words that status writes may go to, by number. */
  readonly slots: readonly number[]
  /** Whether an invalidation waits for walks that began before it. */
  readonly walksInFlight: 'awaited' | 'ignored'
  /** Whether a sync, or a command without a queue, waits for accesses that were translated before. */
  readonly accessesInFlight: 'awaited' | 'ignored'
  /** What happens when entries of different sizes match: any of them is used, or it is a fault. */
  readonly multipleHits: 'any' | 'fault'
  /** First IO addresses of the pages that the walker may look ahead for. */
  readonly prefetchPages: readonly number[]
  /** Line at the interrupt controller; absent: faults raise no interrupt. */
  readonly interruptLine?: number
  /** Faults leave something in registers, whether or not there is a line; absent: only with a line. */
  readonly keepsFaults?: true
  /** Its power can go: there is a port `power`. `off`: it is off at first. */
  readonly power: boolean | 'off'
  readonly features: Pick<Features, 'tlbEviction' | 'tlbPrefetch' | 'tlbiBroadcast'>
}

/** Number of a requester, as parameter of guards and actions. The walker for pages that nobody asked for is the last. */
export interface Which {
  readonly requester: number
}

/** A request that waits for its translation; `kind` is empty and all is zero when there is none. */
export interface HeldRequest {
  kind: '' | 'read' | 'write' | 'translate' | 'prefetch'
  txn: number
  /** IO address. */
  addr: number
  /** Words to read; 0 for anything else. */
  words: number
  /** Words to write; empty for anything else. */
  data: readonly number[]
  memory: MemoryType
  /** A write, or a question for a translation that is to be written to. */
  write: boolean
}

/** The same with its walk. */
export interface Walk extends HeldRequest {
  /** Requester whose tables and TLB these are. */
  requester: number
  /** Level-1 table and domain. */
  root: number
  tag: number
  /** A command waits for its end. */
  awaited: boolean
}

/** An entry of the device table that is kept; all zero if none is. */
export interface DeviceEntry {
  known: boolean
  root: number
  tag: number
}

/** A translated access without an answer yet. */
export interface Outstanding {
  readonly from: string
  readonly txn: number
  readonly write: boolean
  /** A command waits for it. */
  awaited: boolean
}

export interface IommuContext {
  /** Number of the domain in ROOT. */
  root: number
  /** Kept entries of the device table, by requester. */
  devices: DeviceEntry[]
  /** One for all, or by requester. */
  tlbs: Tlb[]
  /** Keyed by domain and level-1 entry. */
  walkCache: FlpdCache
  /** By requester, and one more for those that nobody asked for. */
  walks: Walk[]
  /** In order of `from`, `txn` and `write`. */
  outstanding: Outstanding[]
  /** Commands that wait, oldest first. */
  queue: QueuedCommand[]
  /** The command that is executed; its `op` is empty when there is none. */
  current: QueuedCommand
  /** Cores that have not answered an invalidation yet. */
  unanswered: number
  /** Register writes that are not answered yet: of a command without a queue, and of one to CTRL. */
  writes: { command: RegisterWrite; control: RegisterWrite }
  fault: { status: number; addr: number }
}

/** What the answer to a register write repeats; all zero and empty when there is none. */
export interface RegisterWrite {
  from: string
  txn: number
  addr: number
}

/** What a requester asks. */
export type Request = ReadReq | WriteReq | TranslateReq

/** An entry vanishes; `value` counts the entries of all TLBs. */
export interface TlbDropChoice extends SpontaneousMessage {
  readonly type: 'tlb.drop'
}
/** A kept first-level descriptor vanishes, or an entry of the device table. */
export interface KeptDropChoice extends SpontaneousMessage {
  readonly type: 'kept.drop'
}
/** The walker looks ahead; `value` counts the pages for each requester that has a TLB of its own, or a domain. */
export interface TlbPrefetchChoice extends SpontaneousMessage {
  readonly type: 'tlb.prefetch'
}
/** One of several entries is used; `value` counts the entries of one TLB for each requester. */
export interface MatchUseChoice extends SpontaneousMessage {
  readonly type: 'match.use'
}
/** The oldest command is executed. */
export interface CommandExecuteChoice extends SpontaneousMessage {
  readonly type: 'command.execute'
}

export type IommuMessage =
  | Request
  | ReadResp
  | WriteResp
  | RegReadReq
  | RegWriteReq
  | AtcDone
  | PowerOn
  | PowerOff
  | InterruptUpdate
  | TlbDropChoice
  | KeptDropChoice
  | TlbPrefetchChoice
  | MatchUseChoice
  | CommandExecuteChoice
