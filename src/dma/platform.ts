/** DMA | the platform that programs are written for: FIMC0 with its backend, the os and the edition. */

import { type Geometry, memoryMap } from '../../machines/geometry.ts'
import { type OsExtras, osConfig } from '../../machines/os/types.ts'
import { dmarace, editionOs } from './index.ts'
import type { BackendName, DmaPlatform, Edition } from './types.ts'

/** FIMC0 behind SYSMMU0 on one geometry. With backend `linear` the SYSMMU stays off and lets addresses through. */
export function dmaPlatform(
  geometry: Geometry,
  options: { readonly backend: BackendName; readonly edition?: Edition; readonly os?: OsExtras },
): DmaPlatform {
  const mmu = { name: 'sysmmu0', base: memoryMap.sysmmuFimc0.base, ioSpace: 'fimc0' }
  const { backend, edition = dmarace, os = {} } = options
  return {
    geometry,
    os: osConfig(geometry, withEdition(os, edition)),
    devices: [backend === 'iommu' ? { name: 'fimc0', backend, mmu } : { name: 'fimc0', backend }],
    edition,
  }
}

/** What a scenario adds to the os, then what the edition adds. */
export function withEdition(os: OsExtras, edition: Edition): OsExtras {
  const { locks = [], flags = [] } = editionOs(edition)
  if (locks.length + flags.length === 0) return os
  return { ...os, locks: [...(os.locks ?? []), ...locks], flags: [...(os.flags ?? []), ...flags] }
}
