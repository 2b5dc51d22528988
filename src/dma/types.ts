/** DMA | what an operation is: arguments, contract, lowerings; devices, backends and editions. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import type { Geometry } from '../../machines/geometry.ts'
import type { OsConfig, OsExtras } from '../../machines/os/types.ts'
import type { SysmmuVersion } from '../../machines/sysmmu/regs.ts'
import type { Assembler, Register } from './assembler.ts'
import type { CallingContext, MappingKind } from './marks.ts'
import type { FaultPolicy } from './sysmmu-faults.ts'

/** Who reads and who writes; the kernel's `enum dma_data_direction`. */
export type Direction = 'bidirectional' | 'to-device' | 'from-device'

/** As the kernel numbers them. */
export const directionNumbers = { bidirectional: 0, 'to-device': 1, 'from-device': 2 } as const // HF-302

/** What a caller may pass: a direction, one in a register (by number), or the enum's `DMA_NONE`, which no call accepts. */
export type DirectionArg = Direction | 'none' | { readonly register: Register }

/** The kernel's `DMA_ATTR_*`. Accepted without effect on this architecture: `weak-ordering`, `non-consistent`. */
export const dmaAttributes = [
  'write-combine',
  'weak-ordering',
  'non-consistent',
  'no-kernel-mapping',
  'skip-cpu-sync',
  'force-contiguous',
  'mmio',
] as const
export type DmaAttribute = (typeof dmaAttributes)[number]

/** Each backend is one table of all operations. */
export const backendNames = ['linear', 'linear-coherent', 'iommu', 'iommu-coherent', 'dmabounce'] as const
export type BackendName = (typeof backendNames)[number]

/** Whether a backend translates, which takes a SYSMMU. */
export function usesIommu(backend: BackendName): boolean {
  return backend === 'iommu' || backend === 'iommu-coherent'
}

/** Whether a backend is for devices that snoop the caches. */
export function isCoherent(backend: BackendName): boolean {
  return backend === 'linear-coherent' || backend === 'iommu-coherent'
}

/** A SYSMMU as its driver sees it. */
export interface MmuDevice {
  readonly name: string
  /** First byte of the register window. */
  readonly base: number
  /** Windows of further banks: each has a TLB and a CTRL of its own, and all of them walk the same tables. */
  readonly furtherBanks?: readonly number[]
  /** The IO address space it translates, by name in the os configuration. */
  readonly ioSpace: string
  readonly version: SysmmuVersion
  /** `lazy`: unmap leaves the TLB alone; many ranges are invalidated together, and only then used again. */
  readonly invalidation: 'strict' | 'lazy'
  /** Where its register clock and its power are switched, if they can be. */
  readonly supply: { readonly clock: boolean; readonly power: boolean }
}

/** A device that does DMA; its backend is `dev->archdata.dma_ops`. */
export interface DmaDevice {
  /** Name in the os configuration. */
  readonly name: string
  readonly backend: BackendName
  readonly mmu?: MmuDevice
  /** `dma_parms`: largest segment that map_sg may merge, in bytes. Default 65536. HF-306 */
  readonly maxSegmentBytes?: number
  /** `dma_parms`: a mask; no segment may cross a multiple of it plus one. Default 0xffffffff. */
  readonly segmentBoundary?: number
}

/** What a lowering may look at: everything here is known before the program runs. */
export interface DmaEnv {
  readonly geometry: Geometry
  readonly os: OsConfig
  readonly device: DmaDevice
  /** Every SYSMMU that translates the device's IO addresses: its own, and those of other devices on the same mapping. */
  readonly clients: readonly MmuDevice[]
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
  /** `atomic`: from the pool of memory that is mapped already, so that it may be called anywhere. */
  readonly gfp: 'kernel' | 'atomic'
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
  /** Kernel address, handle and size of the allocation. */
  readonly va: Operand
  readonly handle: Operand
  readonly bytes: Operand
  /** First page of the allocation to map (`vm_pgoff`), and how many bytes. */
  readonly pageOffset: Operand
  readonly vmaBytes: Operand
  readonly attrs: readonly DmaAttribute[]
  /** `va`: user address, 0 on failure. `status`: 0 or a negative errno. */
  readonly to: { readonly va: Register; readonly status: Register }
}
export interface GetSgtableArgs {
  /** Kernel address, handle and size of the allocation. */
  readonly va: Operand
  readonly handle: Operand
  readonly bytes: Operand
  readonly attrs: readonly DmaAttribute[]
  /** `sg`: a new list, the caller's to free; `entries`: how many it has; `status`: 0 or a negative errno. */
  readonly to: { readonly sg: Register; readonly entries: Register; readonly status: Register }
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
  /** For the marks and the list of live mappings: whose call it is. Default: by `va`. */
  readonly kind?: MappingKind
  /** The handle, or `dmaError`. */
  readonly to: Register
}
export interface UnmapPageArgs {
  readonly handle: Operand
  /** Position of the handle in its page. `mod(handle, page)`, unless the caller knows it while writing the program. */
  readonly pageOffset: Operand
  readonly bytes: Operand
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
  /** Which function made the mapping. */
  readonly kind: MappingKind
}
export interface SyncSingleArgs {
  readonly handle: Operand
  /** As in `UnmapPageArgs`. */
  readonly pageOffset: Operand
  /** Where in the mapping the range begins, and its size. */
  readonly offset: Operand
  readonly bytes: Operand
  readonly direction: Direction
  /** As in `MapPageArgs`. */
  readonly kind?: MappingKind
}
/** A scatter list is the os' (`sg.*` calls): `sg` is its number, `entries` counts from its first entry. */
export interface MapSgArgs {
  readonly sg: Operand
  readonly entries: Operand
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
  /** Segments: the first so many entries have a DMA address and length then. 0: failed. */
  readonly to: Register
}
export interface UnmapSgArgs {
  readonly sg: Operand
  /** As given to map_sg, not what it returned. */
  readonly entries: Operand
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
}
export interface SyncSgArgs {
  readonly sg: Operand
  /** As in `UnmapSgArgs`. */
  readonly entries: Operand
  readonly direction: Direction
}
/** Registers of another device, say: memory without pages, never cached. */
export interface MapResourceArgs {
  readonly addr: Operand
  readonly bytes: Operand
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
  /** The handle, or `dmaError`. */
  readonly to: Register
}
export interface UnmapResourceArgs {
  readonly handle: Operand
  readonly bytes: Operand
  readonly direction: Direction
  readonly attrs: readonly DmaAttribute[]
}
export interface DmaSupportedArgs {
  readonly mask: Operand
  /** 1: the device can reach all memory that it may be given. */
  readonly to: Register
}
export interface SetDmaMaskArgs {
  readonly mask: Operand
  /** 0 or -EIO. */
  readonly to: Register
}
export interface GetRequiredMaskArgs {
  /** The smallest mask of all ones that covers everything a handle can be. */
  readonly to: Register
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
  readonly get_sgtable: Lowering<GetSgtableArgs>
  readonly map_page: Lowering<MapPageArgs>
  readonly unmap_page: Lowering<UnmapPageArgs>
  readonly map_sg: Lowering<MapSgArgs>
  readonly unmap_sg: Lowering<UnmapSgArgs>
  readonly sync_single_for_cpu: Lowering<SyncSingleArgs>
  readonly sync_single_for_device: Lowering<SyncSingleArgs>
  readonly sync_sg_for_cpu: Lowering<SyncSgArgs>
  readonly sync_sg_for_device: Lowering<SyncSgArgs>
  readonly map_resource: Lowering<MapResourceArgs>
  readonly unmap_resource: Lowering<UnmapResourceArgs>
  readonly mapping_error: Lowering<MappingErrorArgs>
  readonly dma_supported: Lowering<DmaSupportedArgs>
  readonly set_dma_mask: Lowering<SetDmaMaskArgs>
  readonly get_required_mask: Lowering<GetRequiredMaskArgs>
}
export type OpName = keyof DmaOps

/** One operation: what it promises, and how each backend does it in edition `dmarace`. A missing backend does not compile. */
export interface DmaOperation<Name extends OpName> {
  readonly name: Name
  readonly description: string
  readonly context: CallingContext
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
  readonly what:
    | 'level-1 table'
    | 'level-1 entry'
    | 'cleared level-1 entry'
    | 'level-2 table'
    | 'level-2 entries'
    | 'cleared level-2 entries'
}
/** Whole pages of an IO address space. */
export interface IoRange {
  readonly iova: Operand
  readonly bytes: Operand
}
export interface PrepareTablesArgs extends IoRange {
  /** 0, or -ENOMEM. */
  readonly status: Register
  /** As in `WriteEntriesArgs`. */
  readonly addr?: Operand
}
export interface WriteEntriesArgs extends IoRange {
  /** Appends what finds the physical address of page `index` of the range. */
  readonly pageAt: (index: Operand) => Operand
  /** Physical address of the first page, if all follow it in memory: then large pages and sections are used where they fit. */
  readonly addr?: Operand
}

/** `coherent`: the mask of allocations counts, not the one of streaming mappings. */
export interface TakeIovaArgs {
  readonly bytes: Operand
  readonly coherent: boolean
  /** `dmaError` when there is no room. */
  readonly to: Register
}
export interface CheckMaskArgs {
  readonly handle: Operand
  readonly bytes: Operand
  readonly coherent: boolean
  /** Appends what is done when the device cannot reach the range. */
  readonly fail: () => void
}

/** Steps with one implementation for all operations and backends; an edition may override each. */
export interface DmaSteps {
  /** Hands a range to the device. */
  readonly cpuToDev: Lowering<MaintenanceArgs>
  /** Hands a range to the CPU. */
  readonly devToCpu: Lowering<MaintenanceArgs>
  /** Zeroes new memory and takes it out of all caches. */
  readonly clearPages: Lowering<{ readonly addr: Operand; readonly bytes: Operand }>
  /** Fails where the device cannot put out a bus address. */
  readonly checkMask: Lowering<CheckMaskArgs>
  /** Takes IO addresses that the device can put out. */
  readonly takeIova: Lowering<TakeIovaArgs>
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
  /** `arm_iommu_attach_device`: gives the device behind its SYSMMU an IO address space. It must not run. */
  readonly attach: Lowering<Readonly<Record<string, never>>>
  /** What a SYSMMU that keeps invalid first-level descriptors needs once one of a range has become valid. */
  readonly invalidateLink: Lowering<IoRange>
  /** The SYSMMU's interrupt handler, a fragment. */
  readonly handleFault: Lowering<{ readonly policy?: FaultPolicy }>
  /** Gives a range of IO addresses back, whose entries are cleared; nobody gets it while the TLB may hold it. */
  readonly freeIova: Lowering<IoRange>
}
export type StepName = keyof DmaSteps

/** Overrides of one backend's table. `null`: the table has no such method, and calling it does what that did in Linux. */
export type EditionOps = { readonly [Name in OpName]?: DmaOps[Name] | null }

/** Overrides of the operations and steps of `base`, or of edition `dmarace`. */
export interface Edition {
  readonly name: string
  readonly description: string
  readonly base?: Edition
  /** State at the os that its lowerings name, besides what every platform has. */
  readonly os?: EditionOs
  readonly ops?: { readonly [Backend in BackendName]?: EditionOps }
  /** Functions that the API did not have yet, and the kernel that brought them: a program that calls one cannot be written. */
  readonly absent?: { readonly [Name in OpName]?: string }
  readonly steps?: Partial<DmaSteps>
}

/** What an edition may add to the os. */
export interface EditionOs extends Pick<OsExtras, 'locks' | 'flags'> {
  /** IO addresses come from a pool of granules instead of bitmaps. */
  readonly ioAddresses?: 'pool'
}

/** What programs run on: sizes, the os, the devices and the edition of the operations. */
export interface DmaPlatform {
  readonly geometry: Geometry
  readonly os: OsConfig
  readonly devices: readonly DmaDevice[]
  readonly edition: Edition
}
