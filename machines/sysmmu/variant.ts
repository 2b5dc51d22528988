/** SYSMMU | what the versions of the hardware differ in, for charts and drivers. */

import type { Geometry } from '../geometry.ts'
import { type SysmmuVersion, versionParts } from './regs.ts'
import type { SysmmuConfig } from './types.ts'

/** Whether version `version` is `least` or later. */
export function isAtLeast(version: SysmmuVersion, least: SysmmuVersion): boolean {
  const [one, other] = [versionParts(version), versionParts(least)]
  return one.major > other.major || (one.major === other.major && one.minor >= other.minor)
}

/** Whether first-level descriptors are kept: versions 3.2 and later, where CFG allows it. */
export function hasFlpdCache({ version, features }: Pick<SysmmuConfig, 'version' | 'features'>): boolean {
  return features.flpdCache && isAtLeast(version, '3.2') // HF-417
}

/** Whether descriptors that are no valid ones are kept too. */
export function keepsFaults(config: Pick<SysmmuConfig, 'version' | 'features'>): boolean {
  return hasFlpdCache(config) && config.features.flpdFaultCache && isAtLeast(config.version, '3.3') // HF-420
}

/** Whether the walker looks ahead only inside the two windows that the driver sets. */
export function hasPrefetchWindows(version: SysmmuVersion): boolean {
  return versionParts(version).major === 3 // HF-414
}

/**
 * Bytes of the TLB entry for a mapping of `mappingBytes`. Version 2 finds its entries by the number of a 4 KiB page, and
 * so has one for each page of a large page or section that was accessed; FLUSH_ENTRY drops one of them.
 */
export function tlbEntryBytes(geometry: Geometry, version: SysmmuVersion, mappingBytes: number): number {
  return versionParts(version).major === 2 ? geometry.pageBytes : mappingBytes // HF-421
}
