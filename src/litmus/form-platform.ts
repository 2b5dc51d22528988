/** Litmus | the part of the internal form that says what hardware there is. */

import type { Place, Placed } from './form.ts'

export interface PlatformForm {
  /** Switches that differ from their defaults. */
  readonly features: readonly FeatureForm[]
  /** Sizes that differ from the usual ones, by name (`litmusSizes`). */
  readonly sizes: readonly { readonly name: string; readonly value: number; readonly at?: Place }[]
  readonly units: readonly UnitForm[]
}
export interface FeatureForm extends Placed {
  readonly name: string
  readonly on: boolean
}

/** What stands between devices or cores and memory. */
export type UnitForm = Placed &
  (
    | {
        /** Samsung's System MMU in front of one device. */
        readonly unit: 'sysmmu'
        readonly name: string
        readonly device: string
        /** As `SysmmuVersion`. */
        readonly version: string
        /** Whether it translates from the start. */
        readonly enabled: boolean
      }
    | {
        /** An IOMMU of the usual kind, for one or more devices. */
        readonly unit: 'iommu'
        readonly name: string
        readonly devices: readonly string[]
        /** `queue`: commands are executed later, in order; `tags`: entries carry the number of a domain, read from a device table. */
        readonly options: readonly IommuOption[]
        readonly enabled: boolean
      }
    /** A translation cache inside a device, filled from the IOMMU that it sits behind. */
    | { readonly unit: 'atc'; readonly device: string; readonly options?: readonly AtcOption[] }
    /** The memory management units of cores: accesses to `va` pages are translated by tables in memory. */
    | { readonly unit: 'mmu'; readonly cores: readonly string[] }
    /** The device's accesses snoop the caches. */
    | { readonly unit: 'coherent'; readonly device: string }
    /** Clock or power of a device or of an IOMMU can be switched; it is off at first unless `on`. */
    | {
        readonly unit: 'supply'
        readonly of: string
        readonly kinds: readonly ('clock' | 'power')[]
        readonly on: boolean
      }
    /** What `get_dma_ops` gives for the device. */
    | { readonly unit: 'backend'; readonly device: string; readonly backend: string }
  )

/** What may be different about an IOMMU; `machines/litmus-config.ts` says what each means. */
export const iommuOptions = [
  'queue',
  'tags',
  'walk-cache',
  'fault-cache',
  'line-fetch',
  'ignores-walks',
  'ignores-accesses',
  'multi-hit-fault',
] as const
export type IommuOption = (typeof iommuOptions)[number]

/** What may be different about a device's own translation cache: `ignores-accesses`, invalidations do not wait for what it has translated. */
export const atcOptions = ['ignores-accesses'] as const
export type AtcOption = (typeof atcOptions)[number]
