/** Machines | every message that crosses a channel, with units; and, passed on, the events that machines emit. */

import type { Message } from '../src/kernel/actor.ts'
import type { LineOp, MaintenanceOp, MemoryType } from './accesses.ts'

export type * from './accesses.ts'
export type * from './events.ts'

// Addresses are u32 byte addresses, multiples of 4. Data are int32 words, little-endian in memory.

// --- cpu <-> l1 -------------------------------------------------------------------------------------------------

/** Load `words` words of one line. */
export interface LoadReq extends Message {
  readonly type: 'load.req'
  readonly addr: number
  readonly words: number
  readonly memory: MemoryType
  /** A load-exclusive. */
  readonly exclusive?: true
}
/** `data` empty: memory reported an error; the load has no result. */
export interface LoadResp extends Message {
  readonly type: 'load.resp'
  readonly addr: number
  readonly data: readonly number[]
}
/** Store `data` within one line: one store-buffer entry draining. */
export interface StoreReq extends Message {
  readonly type: 'store.req'
  readonly addr: number
  readonly data: readonly number[]
  readonly memory: MemoryType
  /** A store-exclusive. */
  readonly exclusive?: true
}
export interface StoreResp extends Message {
  readonly type: 'store.resp'
  readonly addr: number
  /** A store-exclusive that was not performed: somebody else has written since the load. */
  readonly failed?: true
}
/** Maintenance by MVA of the line at `addr` (cpu to l1, and l1 to scu, which broadcasts it). `evict` stays in the L1. */
export interface MaintainReq extends Message {
  readonly type: 'maintain.req'
  readonly core: number
  readonly op: LineOp
  readonly addr: number
}
export interface MaintainResp extends Message {
  readonly type: 'maintain.resp'
  readonly op: LineOp
  readonly addr: number
}
/** A preload: the L1 is to hold the line at `addr`, and nobody waits for it. */
export interface PrefetchReq extends Message {
  readonly type: 'prefetch.req'
  readonly core: number
  readonly addr: number
}

// --- l1 <-> scu: every movement of a line out of an L1 answers a snoop, so that the SCU is the one point of order ---

/** Asks for a line. `unique`: to write it. `speculation`: no instruction waits for it. */
export interface FetchReq extends Message {
  readonly type: 'fetch.req'
  readonly core: number
  readonly addr: number
  readonly mode: 'shared' | 'unique'
  readonly cause: 'demand' | 'speculation'
}
/** The line. `exclusive`: no other L1 holds it. `data` empty: memory reported an error. */
export interface FetchResp extends Message {
  readonly type: 'fetch.resp'
  readonly addr: number
  readonly data: readonly number[]
  readonly exclusive: boolean
}
/** A dirty victim waits in the L1's eviction buffer; the SCU pulls it with a `snoop.req` of op `evict`. */
export interface EvictReq extends Message {
  readonly type: 'evict.req'
  readonly core: number
  readonly addr: number
}
/** The victim has left, or another snoop had taken it already. */
export interface EvictResp extends Message {
  readonly type: 'evict.resp'
  readonly addr: number
}
/**
 * `share`: keep a shared copy; `take`: give it up to another core; `yield`: give it up to the outer cache, for a device's
 * write; `evict`: give up the victim; or maintenance.
 */
export interface SnoopReq extends Message {
  readonly type: 'snoop.req'
  readonly addr: number
  readonly op: 'share' | 'take' | 'yield' | 'evict' | MaintenanceOp
}
/** `data` is empty unless `dirty`, or the op is `share` or `take` and the line is held. */
export interface SnoopResp extends Message {
  readonly type: 'snoop.resp'
  readonly core: number
  readonly addr: number
  readonly held: boolean
  readonly dirty: boolean
  readonly data: readonly number[]
}

// --- AXI-like: l1/scu/pl310/sysmmu/fimc <-> memory-bus <-> dram ------------------------------------------------

/** Read burst. `from` is the initiator that asked first (`l2`, `fimc0`, `sysmmu0`, `cpu0`), `txn` its AXI id, lowest-free. */
export interface ReadReq extends Message {
  readonly type: 'read.req'
  readonly from: string
  readonly txn: number
  readonly addr: number
  readonly words: number
  readonly memory: MemoryType
  /** The address is physical already: an IOMMU lets the access through. */
  readonly translated?: true
  /** A load-exclusive past the caches: number of the core whose monitor in memory it sets. */
  readonly exclusive?: number
}
/** `ok` false: error response, data empty. */
export interface ReadResp extends Message {
  readonly type: 'read.resp'
  readonly from: string
  readonly txn: number
  readonly addr: number
  readonly data: readonly number[]
  readonly ok: boolean
}
/** Write burst: address and data beats together. */
export interface WriteReq extends Message {
  readonly type: 'write.req'
  readonly from: string
  readonly txn: number
  readonly addr: number
  readonly data: readonly number[]
  readonly memory: MemoryType
  /** As in `ReadReq`. */
  readonly translated?: true
  /** A store-exclusive past the caches: number of the core whose monitor in memory decides. */
  readonly exclusive?: number
}
export interface WriteResp extends Message {
  readonly type: 'write.resp'
  readonly from: string
  readonly txn: number
  readonly addr: number
  readonly ok: boolean
  /** As in `StoreResp`. */
  readonly failed?: true
}

// --- translation without an access: device or core -> its IOMMU ----------------------------------------------------

/** Asks where `addr` leads. `write`: whether it is to be written there. */
export interface TranslateReq extends Message {
  readonly type: 'translate.req'
  readonly from: string
  readonly txn: number
  readonly addr: number
  readonly write: boolean
}
/** `ok` false: no translation, and the rest is 0. */
export interface TranslateResp extends Message {
  readonly type: 'translate.resp'
  readonly from: string
  readonly txn: number
  /** As asked. */
  readonly addr: number
  readonly ok: boolean
  /** Physical address of `addr`. */
  readonly pa: number
  /** Size of the leaf that says so. */
  readonly bytes: number
  /** Index in `memoryTypes`. */
  readonly memory: number
  readonly readOnly: boolean
}

// --- register accesses (Device memory): cpu <-> memory-bus <-> a target's `regs` port ----------------------------

export interface RegReadReq extends Message {
  readonly type: 'reg.read.req'
  readonly from: string
  readonly txn: number
  readonly addr: number
}
export interface RegReadResp extends Message {
  readonly type: 'reg.read.resp'
  readonly from: string
  readonly txn: number
  readonly addr: number
  readonly value: number
  readonly ok: boolean
}
export interface RegWriteReq extends Message {
  readonly type: 'reg.write.req'
  readonly from: string
  readonly txn: number
  readonly addr: number
  readonly value: number
}
export interface RegWriteResp extends Message {
  readonly type: 'reg.write.resp'
  readonly from: string
  readonly txn: number
  readonly addr: number
  readonly ok: boolean
}

// --- interrupts: device -> gic -> cpu, level sensitive -----------------------------------------------------------

export interface IrqRaise extends Message {
  readonly type: 'irq.raise'
  readonly line: number
}
export interface IrqLower extends Message {
  readonly type: 'irq.lower'
  readonly line: number
}
/** The CPU interface's interrupt signal to one core rises or falls. */
export interface IrqAssert extends Message {
  readonly type: 'irq.assert'
}
export interface IrqDeassert extends Message {
  readonly type: 'irq.deassert'
}

// --- IOMMU -> what keeps its translations: a device's translation cache, a core --------------------------------------

/** Drops translations of IO addresses [iova, iova + bytes), or all if `bytes` is 0. */
export interface AtcInvalidate extends Message {
  readonly type: 'atc.invalidate'
  readonly iova: number
  readonly bytes: number
}
/** They are gone, and every access that used them has been answered. */
export interface AtcDone extends Message {
  readonly type: 'atc.done'
}

// --- power controller -> what it supplies ---------------------------------------------------------------------------

/** The power domain is up: every register has its reset value. */
export interface PowerOn extends Message {
  readonly type: 'power.on'
}
/** The power domain goes down: what it holds is lost. */
export interface PowerOff extends Message {
  readonly type: 'power.off'
}

/** The clock runs. */
export interface ClockOn extends Message {
  readonly type: 'clock.on'
}
/** The clock stands still, and with it what it drives. */
export interface ClockOff extends Message {
  readonly type: 'clock.off'
}

// --- sensor -> fimc ------------------------------------------------------------------------------------------------

/** Vertical sync: a frame of `lines` lines of `words` words begins. `frame` counts modulo the platform's frame ids. */
export interface VideoStart extends Message {
  readonly type: 'video.start'
  readonly frame: number
}
/** One line of ITU-R BT.601 YUYV (two pixels a word), or raw value tokens on `litmus`. */
export interface VideoLine extends Message {
  readonly type: 'video.line'
  readonly frame: number
  readonly line: number
  readonly data: readonly number[]
}
export interface VideoEnd extends Message {
  readonly type: 'video.end'
  readonly frame: number
}

// --- cpu -> os by rendezvous -----------------------------------------------------------------------------------------

/** What a call of the operating system returns; the call itself is a message of the call's own type (machines/os/calls.ts). */
export interface OsReturn extends Message {
  readonly type: 'os.return'
  readonly values: readonly number[]
}

/** Any `timer.*` message: travels on a self-channel whose latency is `afterCycles`. */
export interface TimerMessage extends Message {
  readonly type: `timer.${string}`
  readonly afterCycles: number
}
