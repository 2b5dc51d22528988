/** Scenario | what a scenario is: a question, a platform, programs as data, and the oracle a broken twin violates. */

import type { CorePrograms } from '../../machines/cpu/micro-op.ts'
import type { FeatureName, Features } from '../../machines/features.ts'
import type { FormatName } from '../../machines/fimc/formats.ts'
import type { Geometry } from '../../machines/geometry.ts'
import type { OsExtras } from '../../machines/os/types.ts'
import type { SysmmuVersion } from '../../machines/sysmmu/regs.ts'
import type { GapId } from '../dma/editions/gaps.ts'
import type { SecondEngine } from '../dma/platform.ts'
import type { BackendName, Edition } from '../dma/types.ts'
import type { OracleName } from '../oracle/index.ts'
import type { DmaDebugConfig } from '../oracle/oracle.ts'

/** Everything about a run that a scenario's programs may depend on. Plain data. */
export interface Parameters {
  readonly geometry: Geometry
  readonly features: Features
  /** Frames the sensor delivers, or conversions to make. */
  readonly frames: number
  /** Picture size in pixels; on `litmus` one line of `width` words. */
  readonly width: number
  readonly height: number
  readonly format: FormatName
  /** Where the pixels come from: FIMC's own test pattern, or the sensor's pictures (or value tokens on `litmus`). */
  readonly source: 'pattern' | 'pictures'
}

/** What a picture-taking scenario is run with unless the caller says otherwise. */
export interface Defaults {
  readonly frames: number
  readonly width: number
  readonly height: number
  readonly format: FormatName
  readonly source: 'pattern' | 'pictures'
}

/** The small form of a scenario. */
export interface LitmusDefaults extends Defaults {
  /**
   * Lines that devices write, or that are accessed past the caches, as offsets in DRAM (`PlatformConfig.disturbed`). A test
   * watches that nothing else is. Absent: any line may be.
   */
  readonly disturbedLines?: readonly number[]
  /** Frames or conversions of a check, where fewer than in a run show all that can happen. */
  readonly checkFrames?: number
  /** Sizes that are not those of the geometry, so that something runs out soon. */
  readonly sizes?: LitmusSizes
  /** Features that the question does not need, so that its small form stays small; a comment says why. */
  readonly features?: Partial<Record<FeatureName, boolean>>
}

/** What a small form may make smaller, or move. */
export type LitmusSizes = Partial<Pick<Geometry, 'dram' | 'iova' | 'vmalloc' | 'level1Entries' | 'tlbEntries'>>

/** What a check is expected to say of one edition: that all holds, or which oracles are violated: the first, and perhaps more. */
export type Expectation = 'holds' | readonly OracleName[]

/** What a scenario shows of older editions. Edition `dmarace` always holds. */
export interface Comparison {
  /** Defects of rfc-2011 and gaps of linux-3.6 that it is about. */
  readonly gaps: readonly GapId[]
  /** By name of the edition. */
  readonly expects: Readonly<Record<string, Expectation>>
}

/** See `Scenario.reach`. */
export type Reach = Pick<OsExtras, 'pools' | 'masks' | 'allocator'>

/** What a scenario adds to the os of its platform. */
export function osExtrasOf({ shared, reach }: Pick<Scenario, 'shared' | 'reach'>, geometry: Geometry): OsExtras {
  return { ...shared, ...reach?.[geometry.name] }
}

/**
 * A scenario. A twin shares everything with its correct form but `id`, `question`, `twinOf`, `violates`, `rareOnBoard`,
 * `endless`, `checkFeatures` and `programs`.
 */
export interface Scenario {
  /** Kebab-case; also the name of its file's export in the registry. */
  readonly id: string
  /** "This asks whether …". */
  readonly question: string
  /** For a broken twin: the id of the correct form; the oracle it violates, first, and those that may be violated by it too. */
  readonly twinOf?: string
  readonly violates?: readonly OracleName[]
  /** The race is so close that few runs on the board meet it, one in ten at most; many litmus runs do. */
  readonly rareOnBoard?: true
  /** No run of it ends by itself, and each goes on to its bound: fewer seeds say as much. */
  readonly endless?: true
  /**
   * For a broken twin: features that a check leaves off unless told otherwise, because the violation does not need them and
   * the states with them are too many. What happens without a feature can happen with it: the violation is one either way.
   */
  readonly checkFeatures?: Partial<Record<FeatureName, false>>
  readonly cores: 1 | 2
  /** Whether the camera sensor takes part; without it FIMC converts from memory. */
  readonly camera: 'sensor' | 'none'
  /** FIMC0's table of DMA operations. With `iommu` and `iommu-coherent` it sits behind an enabled SYSMMU; else that is off. */
  readonly backend: BackendName
  /** Set where editions are compared. Such a scenario has a small form only: what runs out on litmus does not on a board. */
  readonly compares?: Comparison
  /** Version of FIMC's SYSMMU; 1.0, that of Exynos4210, unless given. */
  readonly sysmmuVersion?: SysmmuVersion
  /** There is a FIMC1 behind a SYSMMU of its own, and this is what it is to the driver. Behind the SYSMMU only. */
  readonly secondEngine?: SecondEngine
  /** Whether unmap invalidates at once, where the question is about one of the two; else the feature `lazyInvalidation` says. */
  readonly invalidation?: 'strict' | 'lazy'
  /** Hardware features that differ from the defaults, the same for the twins. */
  readonly features?: Partial<Record<FeatureName, boolean>>
  readonly defaults: { readonly litmus: LitmusDefaults; readonly board: Defaults }
  /** Shared lists, flags and locks that the programs name (see the os machine). */
  readonly shared?: {
    readonly lists?: readonly { readonly name: string; readonly capacity: number }[]
    readonly flags?: readonly string[]
    readonly locks?: readonly string[]
  }
  /** What FIMC0 can reach, its safe buffers, how IO addresses are handed out; by geometry. Absent: 32 bits, none, one bitmap. */
  readonly reach?: Readonly<Record<Geometry['name'], Reach>>
  /** What dma-debug is told at boot, where it is not the default. */
  readonly dmaDebug?: Partial<DmaDebugConfig>
  /**
   * The programs of each core, in core order, with the operations of an edition; `dmarace` if absent. Pure: same
   * parameters, same programs.
   */
  readonly programs: (parameters: Parameters, edition?: Edition) => readonly CorePrograms[]
}

/** Features of a search in which caches do nothing of their own accord. */
export const quietCaches = { speculation: false, eviction: false } as const
