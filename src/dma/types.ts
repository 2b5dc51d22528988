/** DMA | what an operation is: arguments, contract, lowerings; devices, backends and editions. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import type { Geometry } from '../../machines/geometry.ts'
import type { OsConfig } from '../../machines/os/types.ts'
import type { Assembler, Register } from './assembler.ts'

/** Who reads and who writes; the kernel's `enum dma_data_direction`. */
export type Direction = 'bidirectional' | 'to-device' | 'from-device'

/** As the kernel numbers them. */
export const directionNumbers = { bidirectional: 0, 'to-device': 1, 'from-device': 2 } as const // HF-302

/** The kernel's `DMA_ATTR_*`. Accepted without effect on this architecture: `weak-ordering`. */
export type DmaAttribute =
  | 'write-combine'
  | 'weak-ordering'
  | 'no-kernel-mapping'
  | 'skip-cpu-sync'
  | 'force-contiguous'

export const dmaAttributes: readonly DmaAttribute[] = [
  'write-combine',
  'weak-ordering',
  'no-kernel-mapping',
  'skip-cpu-sync',
  'force-contiguous',
]

/** Each backend is one table of all operations. */
export const backendNames = ['linear', 'iommu'] as const
export type BackendName = (typeof backendNames)[number]

/** A SYSMMU as its driver sees it. */
export interface MmuDevice {
  readonly name: string
  /** First byte of the register window. */
  readonly base: number
  /** The IO address space it translates, by name in the os configuration. */
  readonly ioSpace: string
}

/** A device that does DMA; its backend is `dev->archdata.dma_ops`. */
export interface DmaDevice {
  /** Name in the os configuration. */
  readonly name: string
  readonly backend: BackendName
  readonly mmu?: MmuDevice
  /** `dma_parms`: largest segment that map_sg may merge, in bytes. Default 65536. HF-357 */
  readonly maxSegmentBytes?: number
  /** `dma_parms`: a mask; no segment may cross a multiple of it plus one. Default 0xffffffff. */
  readonly segmentBoundary?: number
}

/** What a lowering may look at: everything here is known before the program runs. */
export interface DmaEnv {
  readonly geometry: Geometry
  readonly os: OsConfig
  readonly device: DmaDevice
  /** The device's own table: an operation reaches another one through it, so that overrides apply there too. */
  readonly ops: DmaOps
  /** The shared steps, overrides applied. */
  readonly steps: DmaSteps
}

/** Appends the instructions of one operation. Arguments may be registers; results go into the registers given. */
export type Lowering<Args> = (asm: Assembler, env: DmaEnv, args: Args) => void

// --- arguments of the operations -----------------------------------------------------------------------------------------

export interface AllocArgs {
  readonly bytes: Operand
  readonly attrs: readonly DmaAttribute[]
  /** `va`: kernel address, a cookie under `no-kernel-mapping`, 0 on failure. `handle`: `dmaError` on failure. */
  readonly to: { readonly va: Register; readonly handle: Register }
}
export interface FreeArgs {
  readonly bytes: Operand
  readonly va: Operand
  readonly handle: Operand
  /** Those of the allocation. */
  readonly attrs: readonly DmaAttribute[]
}
export interface MmapArgs {
  /** Handle and size of the allocation. */
  readonly handle: Operand
  readonly bytes: Operand
  /** First page of the allocation to map (`vm_pgoff`), and how many bytes. */
  readonly pageOffset: Operand
  readonly vmaBytes: Operand
  readonly attrs: readonly DmaAttribute[]
  /** `va`: user address, 0 on failure. `status`: 0 or a negative errno. */
  readonly to: { readonly va: Register; readonly status: Register }
}
export interface MapPageArgs {
  /** Physical address of the first page, page-aligned. */
  readonly page: Operand
  /** Byte offset of the buffer from there; it may be more than a page. */
  readonly offset: Operand
  readonly bytes: Operand
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
  /** For the marks: the address that map_single was given; absent: the caller used map_page. */
  readonly va?: Operand
  /** The handle, or `dmaError`. */
  readonly to: Register
}
export interface UnmapPageArgs {
  /** For the marks: which of the two functions the caller used. */
  readonly kind: 'single' | 'page'
  readonly handle: Operand
  /** Position of the handle in its page. `mod(handle, page)`, unless the caller knows it while writing the program. */
  readonly pageOffset: Operand
  readonly bytes: Operand
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
}
export interface SyncSingleArgs {
  readonly handle: Operand
  /** As in `UnmapPageArgs`. */
  readonly pageOffset: Operand
  /** Where in the mapping the range begins, and its size. */
  readonly offset: Operand
  readonly bytes: Operand
  readonly direction: Direction
}
export interface MappingErrorArgs {
  readonly handle: Operand
  /** 1: the mapping failed. */
  readonly to: Register
}

/** One table of operations: `struct dma_map_ops`. Keys are the kernel's names. */
export interface DmaOps {
  readonly alloc: Lowering<AllocArgs>
  readonly free: Lowering<FreeArgs>
  readonly mmap: Lowering<MmapArgs>
  readonly map_page: Lowering<MapPageArgs>
  readonly unmap_page: Lowering<UnmapPageArgs>
  readonly sync_single_for_cpu: Lowering<SyncSingleArgs>
  readonly sync_single_for_device: Lowering<SyncSingleArgs>
  readonly mapping_error: Lowering<MappingErrorArgs>
}
export type OpName = keyof DmaOps

/** One operation: what it promises, and how each backend does it in edition `dmarace`. A missing backend does not compile. */
export interface DmaOperation<Name extends OpName> {
  readonly name: Name
  readonly description: string
  readonly context: 'may sleep' | 'any'
  /** Who may touch the buffer before and after the call. */
  readonly ownership: string
  readonly lowerings: Readonly<Record<BackendName, DmaOps[Name]>>
}

// --- steps that operations share ---------------------------------------------------------------------------------------

/** Part of a buffer. `page` is page-aligned, so `offset` alone decides which cache lines are shared with other data. */
export interface BufferRange {
  readonly page: Operand
  readonly offset: Operand
  readonly bytes: Operand
}
export interface MaintenanceArgs extends BufferRange {
  readonly direction: Direction
}
/** Words of a translation table; `what` they are, for overrides and people. */
export interface PublishArgs {
  readonly addr: Operand
  readonly bytes: Operand
  readonly what: 'level-1 table' | 'level-1 entry' | 'level-2 table' | 'level-2 entries' | 'cleared level-2 entries'
}
/** Whole pages of an IO address space. */
export interface IoRange {
  readonly iova: Operand
  readonly bytes: Operand
}
export interface PrepareTablesArgs extends IoRange {
  /** 0, or -ENOMEM. */
  readonly status: Register
}
export interface WriteEntriesArgs extends IoRange {
  /** Appends what finds the physical address of page `index` of the range. */
  readonly pageAt: (index: Operand) => Operand
}

/** Steps with one implementation for all operations and backends; an edition may override each. */
export interface DmaSteps {
  /** Hands a range to the device. */
  readonly cpuToDev: Lowering<MaintenanceArgs>
  /** Hands a range to the CPU. */
  readonly devToCpu: Lowering<MaintenanceArgs>
  /** Zeroes new memory and takes it out of all caches. */
  readonly clearPages: Lowering<{ readonly addr: Operand; readonly bytes: Operand }>
  /** Makes table words that the CPU stored visible to the table walker. */
  readonly publish: Lowering<PublishArgs>
  /** Makes sure that a range has level-2 tables; the only part of mapping that can fail. */
  readonly prepareTables: Lowering<PrepareTablesArgs>
  /** Writes and publishes the entries of a range that has tables. */
  readonly writeEntries: Lowering<WriteEntriesArgs>
  /** Clears and publishes the entries of a range. */
  readonly clearEntries: Lowering<IoRange>
  /** Takes a range out of the TLB; afterwards no device access uses its old translation. */
  readonly invalidate: Lowering<IoRange>
}
export type StepName = keyof DmaSteps

/** Overrides of the operations and steps of `base`, or of edition `dmarace`. */
export interface Edition {
  readonly name: string
  readonly description: string
  readonly base?: Edition
  readonly ops?: { readonly [Backend in BackendName]?: Partial<DmaOps> }
  readonly steps?: Partial<DmaSteps>
}

/** What programs run on: sizes, the os, the devices and the edition of the operations. */
export interface DmaPlatform {
  readonly geometry: Geometry
  readonly os: OsConfig
  readonly devices: readonly DmaDevice[]
  readonly edition: Edition
}
