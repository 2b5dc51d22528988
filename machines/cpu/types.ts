/** CPU | configuration, context and messages of one core. */

import type { Message, SpontaneousMessage } from '../../src/kernel/actor.ts'
import type { Features } from '../features.ts'
import type { Geometry } from '../geometry.ts'
import type {
  AtcInvalidate,
  IrqAssert,
  IrqDeassert,
  LoadResp,
  MaintainResp,
  OsReturn,
  RegReadResp,
  RegWriteResp,
  StoreResp,
  TranslateResp,
} from '../protocol.ts'
import type { CorePrograms } from './micro-op.ts'

/** Plain data. The programs are checked when the machine is defined. */
export interface CpuConfig {
  /** Actor id, also `from` of register accesses: `cpu0`, `cpu1`. */
  readonly id: string
  readonly core: number
  readonly geometry: Geometry
  readonly features: Features
  readonly programs: CorePrograms
  /**
   * The core has a memory management unit of its own on port `mmu`, which translates addresses of the user window instead
   * of `os`, anew for every instruction.
   */
  readonly mmu?: boolean
  /** Virtual addresses of the lines that the core may fetch ahead through that unit. Default none. */
  readonly speculates?: readonly number[]
}

/** What the present instruction still has to access; all zero while it has no operands. */
export interface Access {
  /** First byte: virtual for loads, stores and `maintain`, else physical. */
  start: number
  /** Length of the whole instruction. */
  bytes: number
  /** Bytes already accessed; more than 0 only in the middle of a range. */
  done: number
  /** What a store or register write stores, u32. */
  value: number
}

/** Where the interrupted program goes on. */
export interface Suspended extends Access {
  /** Its instruction, or -1 while no handler runs. */
  pc: number
}

/** Micro-TLB: the page that the present instruction had translated. */
export interface TranslatedPage {
  /** Virtual page address, or -1 for none. */
  va: number
  addr: number
  /** Index in `memoryTypes`. */
  memory: number
}

/** Parallel lists, oldest entry first; slots from `count` on are zero. An entry repeats one word over part of a line. */
export interface StoreBuffer {
  count: number
  /** See `entryKinds`. */
  kind: number[]
  /** Physical. */
  addr: number[]
  words: number[]
  value: number[]
  /** -1: waits to drain; else sent, with this transaction id (0 for Normal memory). */
  txn: number[]
}

/** A load performed before its turn. */
export interface EarlyLoad {
  /** Its instruction, or -1 for none. */
  at: number
  /** Physical. */
  addr: number
  /** int32; 0 until it is there. */
  value: number
}

/** A load that what follows it overtakes. */
export interface LateLoad {
  /** Its instruction, or -1 for none. */
  at: number
  /** Physical. */
  addr: number
}

/** Lines with maintenance that was posted and not yet answered, oldest first. */
export interface PostedMaintenance {
  count: number
  line: number[]
}

/** 0: no; 1: under way, with an address that the core's own unit translated; 2: an invalidation waits for it as well. */
export interface TranslatedAccesses {
  /** The load of the present instruction. */
  load: number
  /** By entry of the store buffer. */
  stores: number[]
}

/** Whose turn it is on a core with threads. */
export interface Threads {
  /** 0: main. */
  current: number
  /** Where each goes on; nothing of the present one. */
  parked: Suspended[]
}

export interface CpuContext {
  /** Index into the code of all programs. */
  pc: number
  /** u32 values by slot. */
  registers: number[]
  access: Access
  suspended: Suspended
  page: TranslatedPage
  buffer: StoreBuffer
  posted: PostedMaintenance
  /** Only with feature `loadReordering`. */
  early?: EarlyLoad
  /** Only with feature `lateLoads`. */
  late?: LateLoad
  /** Only with a memory management unit of its own. */
  translated?: TranslatedAccesses
  /** Only with threads. */
  threads?: Threads
  /** Only with exclusive accesses: line of the last load-exclusive, until a store-exclusive or CLREX; -1: none. */
  monitored?: number
}

/** Events that only this machine raises for itself. */
export interface CpuRaised extends Message {
  readonly type: 'interrupts.on' | 'interrupts.off' | 'handler.left' | 'sleep.begin' | 'sleep.end'
}

export interface CpuChoice extends SpontaneousMessage {
  readonly type:
    | 'issue'
    | 'store.drain'
    | 'load.early'
    | 'load.defer'
    | 'load.perform'
    | 'page.speculate'
    | 'interrupt.take'
    | 'thread.switch'
    | 'maintenance.miss'
    | 'exclusive.fail'
}

export type CpuMessage =
  | LoadResp
  | StoreResp
  | MaintainResp
  | RegReadResp
  | RegWriteResp
  | IrqAssert
  | IrqDeassert
  | OsReturn
  | TranslateResp
  | AtcInvalidate
  | CpuRaised
  | CpuChoice
