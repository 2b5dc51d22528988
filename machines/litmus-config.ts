/** Machines | what a litmus platform is made from, as plain data. */

import type { CorePrograms } from './cpu/micro-op.ts'
import type { DmaDeviceConfig } from './dma-device/types.ts'
import type { Features } from './features.ts'
import type { Geometry, MemoryRange } from './geometry.ts'
import type { IommuConfig } from './iommu/types.ts'
import type { OsExtras } from './os/types.ts'
import type { SysmmuVersion } from './sysmmu/regs.ts'

/** Registers and interrupt lines: litmus-windows.ts. */
export interface LitmusPlatformConfig {
  readonly geometry: Geometry
  readonly features: Features
  /** One entry a core: `cpu0`, `cpu1` and so on. */
  readonly cores: readonly CorePrograms[]
  readonly devices: readonly LitmusDevice[]
  readonly units: readonly LitmusUnit[]
  readonly supplies: readonly LitmusSupply[]
  readonly os?: OsExtras
  /** Words of main memory that are not 0 at the start. */
  readonly memory: readonly InitialWord[]
  /** Whole lines that the linear mapping of the kernel does not have: cores get there through their units only. */
  readonly unmapped?: readonly MemoryRange[]
  /** Virtual addresses of the lines that cores with a unit may fetch ahead through it. */
  readonly speculates?: readonly number[]
  /** As in `PlatformConfig`. */
  readonly disturbed?: readonly MemoryRange[] | undefined
  /** Memory that somebody looks at, or changes, past the caches. Elsewhere no dirty line is evicted of a cache's own accord. Default: all. */
  readonly beneath?: readonly MemoryRange[] | undefined
}

export interface InitialWord {
  readonly addr: number
  readonly value: number
}

/** A device with its program; its id is its actor's, and `from` of its accesses. */
export interface LitmusDevice extends Pick<DmaDeviceConfig, 'id' | 'registers' | 'reactions' | 'program'> {
  /** Default 2. */
  readonly outstandingWrites?: number
  /** The SYSMMU or IOMMU that translates its addresses; absent: they are physical. */
  readonly behind?: string
  /** Core that its interrupts go to; absent: to none, should it raise its line. */
  readonly interrupt?: number
  /**
   * `in order`: its accesses reach memory in the order in which it makes them, as those of one AXI id do; else those under way
   * at a time do in any order. Default `in order`.
   */
  readonly accesses?: 'in order' | 'in any order'
  /** Its accesses, once translated, snoop the caches. */
  readonly coherent?: true
  /** It keeps translations of its IOMMU, in the actor `<id>-atc`. */
  readonly atc?: true
  /** How many; default as many as the IOMMU. */
  readonly atcEntries?: number
  /** Whether an invalidation there waits for accesses translated before; default `awaited`. */
  readonly atcAccesses?: 'awaited' | 'ignored'
}

/** What stands between devices, or cores, and memory; its id is its actor's, and `from` of its table walks. */
export type LitmusUnit = SysmmuUnit | IommuUnit | CoreMmuUnit

/** In front of one device. */
export interface SysmmuUnit {
  readonly unit: 'sysmmu'
  readonly id: string
  readonly version: SysmmuVersion
  readonly enabled: boolean
  /** Physical address of its level-1 table, if it is enabled. */
  readonly tableBase: number
  /** Whether the access protection bits of descriptors count. */
  readonly protection: boolean
  /** Core that its fault interrupts go to; absent: to none. */
  readonly interrupt?: number
}

/** What may be different about an IOMMU, with its default: see `IommuConfig`. */
type IommuChoices = Partial<
  Pick<IommuConfig, 'tlbs' | 'walksInFlight' | 'accessesInFlight' | 'multipleHits' | 'prefetchPages'>
>

/** In front of one or more devices, which are its requesters in the order of the configuration. */
export interface IommuUnit extends IommuChoices {
  readonly unit: 'iommu'
  readonly id: string
  readonly enabled: boolean
  /** Physical addresses of the level-1 tables of its domains, by number. */
  readonly roots: readonly number[]
  /** With the option `tags`: physical address of the device table. */
  readonly deviceTable?: number
  readonly options: readonly LitmusIommuOption[]
  /** Commands that a queue holds; default 2. */
  readonly queueEntries?: number
  /** Physical addresses of the words that its sync can write to. */
  readonly slots: readonly number[]
  /** Core that its fault interrupts go to; absent: it has no line. */
  readonly interrupt?: number
  /** Programs read what faults leave in its registers. */
  readonly keepsFaults?: true
}

/**
 * Commands wait in a queue; entries carry the number of a domain; what is kept of walks; a walk reads a line; an invalidation does
 * not wait for walks, or a sync for accesses, that began before; entries of two sizes for one address are a fault.
 */
export type LitmusIommuOption =
  | 'queue'
  | 'tags'
  | 'walk-cache'
  | 'fault-cache'
  | 'line-fetch'
  | 'ignores-walks'
  | 'ignores-accesses'
  | 'multi-hit-fault'

/** The memory management unit of some cores: translates their user window. The cores are its requesters, in this order. */
export interface CoreMmuUnit extends IommuChoices {
  readonly unit: 'mmu'
  readonly id: string
  readonly cores: readonly number[]
  readonly roots: readonly number[]
}

/** Clock or power of a device or unit can be switched. */
export interface LitmusSupply {
  readonly of: string
  readonly kinds: readonly ('clock' | 'power')[]
  /** At the start. */
  readonly on: boolean
}
