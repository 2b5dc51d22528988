/** DMA | the platform that programs are written for: FIMC0 with its backend, the os and the edition. */

import { type Geometry, memoryMap } from '../../machines/geometry.ts'
import { type OsExtras, osConfig } from '../../machines/os/types.ts'
import { dmarace } from './index.ts'
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
    os: osConfig(geometry, os),
    devices: [backend === 'iommu' ? { name: 'fimc0', backend, mmu } : { name: 'fimc0', backend }],
    edition,
  }
}
