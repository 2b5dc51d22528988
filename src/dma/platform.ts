/** DMA | the platform that programs are written for: FIMC0 with its backend, the os and the edition. */

import { type Geometry, memoryMap } from '../../machines/geometry.ts'
import { type OsExtras, osConfig } from '../../machines/os/types.ts'
import { dmarace, editionOs } from './index.ts'
import { type BackendName, type DmaDevice, type DmaPlatform, type Edition, usesIommu } from './types.ts'

/** FIMC0 behind SYSMMU0 on one geometry. With the backends that do not translate the SYSMMU stays off and lets addresses through. */
export function dmaPlatform(
  geometry: Geometry,
  options: {
    readonly backend: BackendName
    readonly edition?: Edition
    readonly os?: OsExtras
    /** What FIMC0 says about scatter lists. */
    readonly segments?: Pick<DmaDevice, 'maxSegmentBytes' | 'segmentBoundary'>
  },
): DmaPlatform {
  const mmu = { name: 'sysmmu0', base: memoryMap.sysmmuFimc0.base, ioSpace: 'fimc0' }
  const { backend, edition = dmarace, os = {}, segments = {} } = options
  const device = { name: 'fimc0', backend, ...segments }
  return {
    geometry,
    os: osConfig(geometry, withEdition(geometry, os, edition)),
    devices: [usesIommu(backend) ? { ...device, mmu } : device],
    edition,
  }
}

/** What a scenario adds to the os, then what the edition adds. */
export function withEdition(geometry: Geometry, os: OsExtras, edition: Edition): OsExtras {
  const { locks = [], flags = [], ioAddresses } = editionOs(edition)
  return {
    ...os,
    ...(locks.length > 0 ? { locks: [...(os.locks ?? []), ...locks] } : {}),
    ...(flags.length > 0 ? { flags: [...(os.flags ?? []), ...flags] } : {}),
    ...(ioAddresses === 'pool' ? { allocator: { kind: 'pool', granuleBytes: geometry.poolGranuleBytes } } : {}),
  }
}
