/** Scenario | what a scenario is: a question, a platform, programs as data, and the oracle a broken twin violates. */

import type { CorePrograms } from '../../machines/cpu/micro-op.ts'
import type { FeatureName, Features } from '../../machines/features.ts'
import type { FormatName } from '../../machines/fimc/formats.ts'
import type { Geometry } from '../../machines/geometry.ts'
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
  /** Features that the question does not need, so that its small form stays small; a comment says why. */
  readonly features?: Partial<Record<FeatureName, boolean>>
}

/**
 * A scenario. A twin shares everything with its correct form but `id`, `question`, `twinOf`, `violates`, `rareOnBoard`,
 * `checkFeatures` and `programs`.
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
  /**
   * For a broken twin: features that a check leaves off unless told otherwise, because the violation does not need them and
   * the states with them are too many. What happens without a feature can happen with it: the violation is one either way.
   */
  readonly checkFeatures?: Partial<Record<FeatureName, false>>
  readonly cores: 1 | 2
  /** Whether the camera sensor takes part; without it FIMC converts from memory. */
  readonly camera: 'sensor' | 'none'
  /** `iommu`: FIMC sits behind an enabled SYSMMU; `linear`: the SYSMMU is off and passes physical addresses. */
  readonly backend: 'iommu' | 'linear'
  /** Hardware features that differ from the defaults, the same for the twins. */
  readonly features?: Partial<Record<FeatureName, boolean>>
  readonly defaults: { readonly litmus: LitmusDefaults; readonly board: Defaults }
  /** Shared lists, flags and locks that the programs name (see the os machine). */
  readonly shared?: {
    readonly lists?: readonly { readonly name: string; readonly capacity: number }[]
    readonly flags?: readonly string[]
    readonly locks?: readonly string[]
  }
  /** What dma-debug is told at boot, where it is not the default. */
  readonly dmaDebug?: Partial<DmaDebugConfig>
  /** The programs of each core, in core order. Pure: same parameters, same programs. */
  readonly programs: (parameters: Parameters) => readonly CorePrograms[]
}
