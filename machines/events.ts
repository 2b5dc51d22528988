/** Machines | every event that a machine emits, with units: what oracles, statistics and pictures are made from. */

import type { Message } from '../src/kernel/actor.ts'
import type { MaintenanceOp, MemoryType } from './accesses.ts'
import type { TlbDrop, TlbFill, TranslationUse, WalkRead } from './translation-events.ts'

export type * from './translation-events.ts'

// Addresses are u32 byte addresses, multiples of 4. Data are int32 words, little-endian in memory.

/** A load executed. `addr` physical. */
export interface CpuLoad extends Message {
  readonly type: 'cpu.load'
  readonly core: number
  readonly addr: number
  readonly data: readonly number[]
  readonly memory: MemoryType
}
/** A store executed: it is in the core's store buffer, visible to this core only. */
export interface CpuStore extends Message {
  readonly type: 'cpu.store'
  readonly core: number
  readonly addr: number
  readonly data: readonly number[]
  readonly memory: MemoryType
}
/** The L1 performed a store: it is in the coherent L1s (cacheable) or on its way to the L2's store buffer (non-cacheable). */
export interface CpuStored extends Message {
  readonly type: 'cpu.stored'
  readonly core: number
  readonly addr: number
  readonly data: readonly number[]
  readonly memory: MemoryType
}
/** A maintenance instruction executed for one line, physical address; `level` says which cache it names. */
export interface CpuMaintain extends Message {
  readonly type: 'cpu.maintain'
  readonly core: number
  readonly level: 'l1' | 'l2'
  readonly op: MaintenanceOp
  readonly addr: number
}
/** A program's own event: DMA-API call boundaries, buffers queued and done, frames read. Values are u32. */
export interface CpuMark extends Message {
  readonly type: 'cpu.mark'
  readonly core: number
  /** Where in the core's programs: which of them, and the index of the instruction. */
  readonly program: 'main' | 'interrupt'
  /** Of a core with threads; absent: main or the handler. */
  readonly thread?: number
  readonly instruction: number
  readonly name: MarkName
  readonly args: Readonly<Record<string, number | string>>
}
/** A program's own assertion does not hold. */
export interface CpuAssertionFailed extends Message {
  readonly type: 'cpu.assertion-failed'
  readonly core: number
  readonly message: string
}
/** An access to no memory, or an error response to a core. */
export interface CpuAbort extends Message {
  readonly type: 'cpu.abort'
  readonly core: number
  readonly addr: number
  readonly why: string
  /** The tables of its memory management unit do not allow the access. */
  readonly translation?: true
  /** It was an exclusive access. */
  readonly exclusive?: true
}
/** A line came into a cache (`l1d0`, `l1d1`, `l2`). */
export interface LineFill extends Message {
  readonly type: 'line.fill'
  readonly cache: string
  readonly addr: number
  readonly data: readonly number[]
  /** `writeback`: from the level above; `through`: a write that goes on to memory as well. */
  readonly cause: 'demand' | 'speculation' | 'writeback' | 'through'
}
/** A line left a cache without being written on: its data are lost here if `dirty`. */
export interface LineDrop extends Message {
  readonly type: 'line.drop'
  readonly cache: string
  readonly addr: number
  readonly dirty: boolean
  readonly data: readonly number[]
  readonly cause: 'maintenance' | 'eviction' | 'snoop'
}
/** A cache sent dirty data to the next level. */
export interface LineWriteback extends Message {
  readonly type: 'line.writeback'
  readonly cache: string
  readonly addr: number
  readonly data: readonly number[]
  readonly cause: 'maintenance' | 'eviction' | 'snoop'
}
/** Memory sampled for a reader (`from`: l2, fimc0, sysmmu0 …). */
export interface MemoryRead extends Message {
  readonly type: 'memory.read'
  readonly from: string
  readonly addr: number
  readonly data: readonly number[]
  /** Through the accelerator coherency port: the newest data above the outer cache, whatever memory itself holds. */
  readonly coherent?: true
}
/** A write landed in memory. */
export interface MemoryWrite extends Message {
  readonly type: 'memory.write'
  readonly from: string
  readonly addr: number
  readonly data: readonly number[]
  /** Through the accelerator coherency port: on its way to the outer cache, as a core's write-back. */
  readonly coherent?: true
}
/** A DRAM row was opened for the access at `addr`; `conflict`: another row of its bank was closed for it. */
export interface MemoryRow extends Message {
  readonly type: 'memory.row'
  readonly addr: number
  readonly conflict: boolean
}
/** The bus answered an access to a hole with an error, or a posted register write failed at its target. */
export interface BusError extends Message {
  readonly type: 'bus.error'
  readonly from: string
  readonly addr: number
}
export interface SysmmuFault extends Message {
  readonly type: 'sysmmu.fault'
  readonly mmu: string
  readonly from: string
  /** `access`: the descriptor does not allow it. */
  readonly kind: 'page' | 'bus' | 'multi-hit' | 'access'
  readonly iova: number
  readonly write: boolean
}
/** A register access found no clock or no power: it had no effect, and its initiator gets an error. */
export interface RegisterLost extends Message {
  readonly type: 'register.lost'
  /** Whose register. */
  readonly target: string
  readonly from: string
  readonly addr: number
  readonly write: boolean
  readonly why: 'clock' | 'power'
}
/** An access of a programmed device was answered with an error, or was none: its register keeps its value. `addr`: as the device gave it. */
export interface DeviceError extends Message {
  readonly type: 'device.error'
  readonly device: string
  readonly addr: number
  readonly write: boolean
  readonly why: string
}
/** An assertion of a device's own program does not hold. */
export interface DeviceAssertionFailed extends Message {
  readonly type: 'device.assertion-failed'
  readonly device: string
  readonly message: string
}
/** The device began to write `frame` into output slot `slot`. */
export interface FrameStart extends Message {
  readonly type: 'frame.start'
  readonly device: string
  readonly frame: number
  readonly slot: number
  /** IO address of each colour plane. */
  readonly planes: readonly number[]
}
/** A burst of the frame was issued; `addr` is an IO address. */
export interface FrameBurst extends Message {
  readonly type: 'frame.burst'
  readonly device: string
  readonly frame: number
  readonly slot: number
  readonly addr: number
  readonly data: readonly number[]
}
/** The last write of the frame was acknowledged, or the frame was given up (`ok` false: overflow, error, stop). */
export interface FrameEnd extends Message {
  readonly type: 'frame.end'
  readonly device: string
  readonly frame: number
  readonly slot: number
  readonly ok: boolean
}
/** The page allocator handed out or took back the page at physical `addr`. `owner` names the new owner. */
export interface PageOwner extends Message {
  readonly type: 'page.owner'
  readonly addr: number
  readonly owner: 'free' | 'kernel' | 'user' | 'dma' | 'page-table' | 'stack' | 'text'
}
/** A block of a pool was handed out: bytes from physical `addr` on, which belonged to somebody else before. */
export interface PoolTaken extends Message {
  readonly type: 'pool.taken'
  readonly addr: number
  readonly bytes: number
}
/** An IO address range was handed out, in `spaces` spaces from number `space` on; one, the first, when absent. */
export interface IovaAlloc extends Message {
  readonly type: 'iova.alloc'
  readonly iova: number
  readonly bytes: number
  readonly space?: number
  readonly spaces?: number
}
export interface IovaFree extends Message {
  readonly type: 'iova.free'
  readonly iova: number
  readonly bytes: number
  readonly space?: number
  readonly spaces?: number
}
/** A wrong use of a service of the operating system or of the DMA API; the call returned an error, as the kernel does. */
export interface OsMisuse extends Message {
  readonly type: 'os.misuse'
  readonly core: number
  /** Call type of machines/os/calls.ts. */
  readonly call: string
  readonly why: string
}
/** A call returned its error because something that is there in a fixed amount is used up: as `pool atomic`, `IO space fimc0`. */
export interface OsExhausted extends Message {
  readonly type: 'os.exhausted'
  readonly core: number
  readonly what: string
}
/** A fault handler reported a translation fault. `status`: INT_STATUS as it read it. */
export interface OsFault extends Message {
  readonly type: 'os.fault'
  readonly device: string
  readonly status: number
  readonly iova: number
}
/** The cacheable linear mapping of the page at physical `addr` was removed or restored. */
export interface PageAlias extends Message {
  readonly type: 'page.alias'
  readonly addr: number
  readonly present: boolean
}
/** A kernel or user area over the page at physical `addr` was made or removed, beside the linear mapping. */
export interface PageMapped extends Message {
  readonly type: 'page.mapped'
  readonly addr: number
  readonly memory: 'cacheable' | 'non-cacheable'
  readonly present: boolean
}
/** A page array or an area of a virtual window was made, or given back. `id`: number of the array, address of the area. */
export interface OsObject extends Message {
  readonly type: 'os.object'
  readonly what: 'page array' | 'kernel area' | 'user area'
  readonly id: number
  readonly taken: boolean
}
/** A program masked or unmasked interrupts on its core (CPSID, CPSIE). */
export interface CpuMask extends Message {
  readonly type: 'cpu.mask'
  readonly core: number
  readonly masked: boolean
}
/** The core goes on with another of its threads; 0 is main. */
export interface CpuSwitch extends Message {
  readonly type: 'cpu.switch'
  readonly core: number
  readonly thread: number
  readonly name: string
}
/** A core took an interrupt (`enter`) or returned from its handler (`leave`). */
export interface CpuInterrupt extends Message {
  readonly type: 'cpu.interrupt'
  readonly core: number
  readonly phase: 'enter' | 'leave'
}
/**
 * A call of the operating system that orders the cores among each other: taking a lock, popping a list or reading a
 * variable is an `acquire`; giving a lock back, pushing or setting is a `release`. `object` names it, as `lock:pagetable`.
 */
export interface OsSync extends Message {
  readonly type: 'os.sync'
  readonly core: number
  readonly object: string
  readonly edge: 'acquire' | 'release'
}

/**
 * Marks. `dma.call` before the first and `dma.return` after the last instruction of an operation:
 * { op, device, kind?, handle, offset, bytes, direction, addr?, va?, entries?, attrs?, context }, and on return also
 * { mapped?, result? }; src/dma/marks.ts says what each is. An operation on a scatter list is a bracket (`map-sg`,
 * `unmap-sg`, `sync-sg-for-cpu`, `sync-sg-for-device`) around the marks of one mapping (`map` …, kind `sg`) for each segment.
 * `mapping-error` is an operation like any other; its result is 1 for a handle that means failure.
 * `dma.hook` what an edition that calls dma-debug by itself tells it: as `dma.return`.
 * `dma.missing` the device's table has no such operation: { op, device, effect: 'called'|'skipped' }.
 * `dma.page` once per page of a mapped or allocated buffer: { handle, iova, addr (physical), bytes }.
 * `dma.entry` a program is about to store an entry by hand that leads an IO page somewhere: { iova, addr (physical) }; its `dma.page`
 * comes after the store.
 * `buffer.queued` the device may use the buffer from now on (before the doorbell or slot write): { handle, bytes }.
 * `buffer.done` the software observed the completion: { handle, bytes, slot }.
 * `frame.read` before, `frame.consumed` after the CPU reads a delivered frame: { handle, bytes, index }.
 * `expect-fault` the scenario expects a SYSMMU fault from here on: {}.
 * `stream.on`, `stream.off`: {}.
 * `expect-kept` what the scenario still has at its end on purpose: { what }, see the oracle `leak`.
 * `device.mask` a mask of the device was set: { device, mask, coherent: 0|1 }.
 * `device.released` a driver has let go of the device: { device }.
 */
export type MarkName =
  | 'dma.call'
  | 'dma.return'
  | 'dma.hook'
  | 'dma.missing'
  | 'dma.page'
  | 'dma.entry'
  | 'buffer.queued'
  | 'buffer.done'
  | 'frame.read'
  | 'frame.consumed'
  | 'expect-fault'
  | 'stream.on'
  | 'stream.off'
  | 'expect-kept'
  | 'device.mask'
  | 'device.released'

export type Emitted =
  | CpuLoad
  | CpuStore
  | CpuStored
  | CpuMaintain
  | CpuMark
  | CpuAssertionFailed
  | CpuAbort
  | LineFill
  | LineDrop
  | LineWriteback
  | MemoryRead
  | MemoryWrite
  | MemoryRow
  | BusError
  | TranslationUse
  | WalkRead
  | TlbFill
  | TlbDrop
  | SysmmuFault
  | RegisterLost
  | DeviceError
  | DeviceAssertionFailed
  | FrameStart
  | FrameBurst
  | FrameEnd
  | PageOwner
  | PoolTaken
  | IovaAlloc
  | IovaFree
  | OsMisuse
  | OsExhausted
  | OsFault
  | PageAlias
  | PageMapped
  | OsObject
  | CpuMask
  | CpuInterrupt
  | CpuSwitch
  | OsSync
