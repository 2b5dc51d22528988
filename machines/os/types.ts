/** Machines | the operating system's shared state: what it is configured with and what it holds. */

import { isPowerOfTwo } from '../../src/base/bits.ts'
import type { Bytes } from '../../src/base/bytes.ts'
import { UsageError, unknownName } from '../../src/base/errors.ts'
import { type Geometry, litmus, type MemoryRange } from '../geometry.ts'

/** One IO address space: a window of IO addresses and the table that translates them. */
export interface IoSpaceConfig {
  readonly name: string
  readonly base: number
  readonly bytes: number
  /** Physical address of its level-1 table, in the reserved memory. */
  readonly tableAddr: number
  /** Default: one bitmap for the whole window. */
  readonly allocator?: IoAllocatorConfig
}

/** How IO addresses are handed out. */
export type IoAllocatorConfig =
  | {
      /** A bit per page, first fit, natural alignment; a further bitmap is added when all are full, up to the window. */
      readonly kind: 'bitmap'
      /** Pages of one bitmap; no range spans two. */
      readonly pages: number
    }
  | {
      /** `gen_pool`: a bit per granule, first fit, no alignment beyond the granule. */
      readonly kind: 'pool'
      readonly granuleBytes: number
    }

/** What a device can put out on the bus, as u32 masks. */
export interface DeviceMasks {
  readonly streaming: number
  readonly coherent: number
}

/** A pool of equal blocks. */
export interface PoolConfig {
  readonly name: string
  readonly blockBytes: number
  readonly blocks: number
}

export interface OsConfig {
  readonly geometry: Geometry
  /** Memory that the kernel has in use from the start; the allocator hands it out only once it is given back. */
  readonly inUse?: readonly MemoryRange[]
  readonly cores: number
  /** Names of the devices; a device's number is its index. */
  readonly devices: readonly string[]
  /** By device; absent: the default of 32 bits. */
  readonly masks: readonly DeviceMasks[]
  readonly mappings: readonly IoSpaceConfig[]
  readonly locks: readonly string[]
  readonly lists: readonly {
    readonly name: string
    readonly capacity: number
  }[]
  readonly flags: readonly string[]
  readonly pools: readonly PoolConfig[]
  /** Single pages come physically scattered, as on a machine that has been up for a while. */
  readonly scatter: boolean
  /** Bounds of the bookkeeping; a call that would exceed one fails with -ENOMEM. */
  readonly dmaMappingsMax: number
  readonly arraysMax: number
  readonly sgListsMax: number
  readonly areasMax: number
}

/** A live DMA mapping. `array` 0: physically contiguous from `addr`. */
export interface DmaMapping {
  device: number
  handle: number
  addr: number
  bytes: number
  direction: number
  kind: number
  array: number
}

/** An entry of a scatter list: where it is in memory, and what map_sg said about it. */
export interface SgEntry {
  addr: number
  bytes: number
  dma: number
  dmaBytes: number
}

/** A pool with its memory; `bytes` 0: none yet. One bit per block in use. */
export interface PoolState {
  handle: number
  va: number
  bytes: number
  used: Bytes
}

/** A piece of a virtual window. It keeps its own list of pages, as page tables do; an empty list means contiguous. */
export interface VirtualArea {
  va: number
  bytes: number
  addr: number
  memory: number
  array: number
  pages: number[]
}

export interface OsContext {
  /** Owner of each page the allocator manages, as an index in `pageOwners`. */
  pageOwner: number[]
  /** 1 for each page whose cacheable linear mapping is removed. */
  aliasAbsent: number[]
  /** Page arrays; array number n is at n - 1, null when free. */
  arrays: (number[] | null)[]
  /** By IO address space: its bitmaps, in order of address; further ones only while they are needed. */
  ioBitmaps: Bytes[][]
  /** By device. */
  masks: { streaming: number; coherent: number }[]
  /** Scatter lists; list number n is at n - 1, null when free. */
  sgLists: (SgEntry[] | null)[]
  pools: PoolState[]
  /** Per IO address space: level-2 table address and used entries for each level-1 entry. */
  tables: { addr: number[]; used: number[] }[]
  /** Pages cut into level-2 tables, by address; `used` has a bit for each piece in use. */
  tablePages: { addr: number; used: number }[]
  /** Sorted by device, then handle. */
  dmaMappings: DmaMapping[]
  /** Sorted by address. */
  kernelAreas: VirtualArea[]
  userAreas: VirtualArea[]
  lists: number[][]
  flags: number[]
}

/** Streaming mappings come from map_page, coherent ones from alloc, bounced ones from map_page of dmabounce. */
export const mappingKinds = { streaming: 0, coherent: 1, sg: 2, resource: 3, bounced: 4 } as const

/** Which of a device's masks a call is about. */
export const maskKinds = { streaming: 0, coherent: 1 } as const

/** Level-1 tables lie at the start of the reserved memory, one behind the other: 16 KiB each on a board, and so aligned. */
export function ioSpaceTableAddr(geometry: Geometry, index: number): number {
  return geometry.dram.base + index * geometry.level1Entries * 4
}

/** What a scenario adds to `osConfig`; names are appended, the rest replaces. */
export type OsExtras = Partial<
  Pick<OsConfig, 'inUse' | 'cores' | 'scatter' | 'locks' | 'lists' | 'flags' | 'pools'>
> & {
  /** Names of the devices, FIMC0 if absent; the first one has the IO address space. */
  readonly devices?: readonly string[]
  /** Of the first device; or of each. */
  readonly masks?: DeviceMasks | readonly DeviceMasks[]
  /** Of its IO address space. */
  readonly allocator?: IoAllocatorConfig
}

/** What a device that nobody configured can reach. HF-305 */
export const defaultMasks: DeviceMasks = { streaming: 0xffffffff, coherent: 0xffffffff }

/** What a system with FIMC0 and its SYSMMU needs, and a scenario's own lists, flags and locks. */
export function osConfig(geometry: Geometry, extras: OsExtras = {}): OsConfig {
  const board = geometry.name === 'board'
  const devices = extras.devices ?? ['fimc0']
  return {
    geometry,
    ...(extras.inUse ? { inUse: extras.inUse } : {}),
    cores: extras.cores ?? 2,
    devices,
    masks: [extras.masks ?? defaultMasks].flat(),
    mappings: [
      {
        name: devices[0] ?? 'fimc0',
        ...geometry.iova,
        tableAddr: ioSpaceTableAddr(geometry, 0),
        ...(extras.allocator ? { allocator: extras.allocator } : {}),
      },
    ],
    locks: ['pgtable', 'sysmmu', ...(extras.locks ?? [])],
    lists: extras.lists ?? [],
    flags: ['sysmmu0-enabled', ...(extras.flags ?? [])],
    pools: extras.pools ?? [],
    scatter: extras.scatter ?? true,
    dmaMappingsMax: board ? 4096 : 8, // HF-304
    arraysMax: board ? 64 : 4, // HF-304
    sgListsMax: board ? 64 : 2, // HF-304
    areasMax: board ? 64 : 8, // HF-304
  }
}

export const defaultOsConfig: OsConfig = osConfig(litmus)

/** Bytes covered by one level-1 entry. */
export function sectionBytes(geometry: Geometry): number {
  return geometry.level2Entries * geometry.pageBytes
}

/** The number a call takes for the lock, list, flag, device or IO address space of that name. */
export function osNumber(
  config: OsConfig,
  kind: 'locks' | 'lists' | 'flags' | 'devices' | 'mappings' | 'pools',
  name: string,
): number {
  const names = config[kind].map((entry) => (typeof entry === 'string' ? entry : entry.name))
  const index = names.indexOf(name)
  if (index < 0) throw unknownName(kind.slice(0, -1), name, names)
  return index
}

/** Rejects a configuration that the hardware or the bookkeeping could not follow. */
export function checkOsConfig(config: OsConfig): void {
  const { geometry } = config
  for (const kind of ['devices', 'locks', 'lists', 'flags', 'pools'] as const) {
    const names = config[kind].map((one) => (typeof one === 'string' ? one : one.name))
    const twice = names.find((name, at) => names.indexOf(name) !== at)
    if (twice !== undefined) throw new UsageError(`two ${kind} of the os are called "${twice}": rename one`)
  }
  const reach = geometry.level1Entries * sectionBytes(geometry)
  for (const space of config.mappings) {
    if (space.bytes > reach) {
      throw new UsageError(
        `IO address space ${space.name} has ${space.bytes} bytes, its level-1 table translates ${reach}`,
      )
    }
    if (space.base % geometry.pageBytes !== 0 || space.bytes % geometry.pageBytes !== 0) {
      throw new UsageError(`IO address space ${space.name} must begin and end on a page boundary`)
    }
    checkAllocator(space, geometry)
    const tableBytes = geometry.level1Entries * 4
    const tableOffset = space.tableAddr - geometry.dram.base
    if (tableOffset < 0 || tableOffset + tableBytes > geometry.reservedBytes || tableOffset % tableBytes !== 0) {
      throw new UsageError(`the level-1 table of ${space.name} must lie in the reserved memory, aligned to its size`)
    }
  }
}

/** The pieces of an IO address window must be whole pages, and the pool's as aligned as its granule says. */
function checkAllocator({ name, base, allocator }: IoSpaceConfig, { pageBytes }: Geometry): void {
  if (allocator === undefined) return
  if (allocator.kind === 'bitmap') {
    if (Number.isInteger(allocator.pages) && allocator.pages > 0) return
    throw new UsageError(`a bitmap of IO address space ${name} has ${allocator.pages} pages: say how many, at least 1`)
  }
  const { granuleBytes } = allocator
  if (!isPowerOfTwo(granuleBytes) || granuleBytes < pageBytes || base % granuleBytes !== 0) {
    throw new UsageError(
      `the pool of IO address space ${name} has granules of ${granuleBytes} bytes: a power of two of at least a page (${pageBytes}) that divides the base`,
    )
  }
}
