/** DMA | the platform that programs are written for: FIMC0 with its backend, the os and the edition. */

import { type Geometry, memoryMap } from '../../machines/geometry.ts'
import { type OsExtras, osConfig } from '../../machines/os/types.ts'
import { dmarace } from './index.ts'
import { withFlushQueue } from './sysmmu-flush-queue.ts'
import type { BackendName, DmaPlatform, Edition, MmuDevice } from './types.ts'

/** What a SYSMMU and its driver can differ in. */
export type MmuOptions = Partial<Pick<MmuDevice, 'version' | 'invalidation' | 'supply'>>

/** FIMC0 behind SYSMMU0 on one geometry. With backend `linear` the SYSMMU stays off and lets addresses through. */
export function dmaPlatform(
  geometry: Geometry,
  options: {
    readonly backend: BackendName
    readonly edition?: Edition
    readonly os?: OsExtras
    readonly mmu?: MmuOptions
  },
): DmaPlatform {
  const { backend, edition = dmarace, os = {}, mmu: given = {} } = options
  const mmu: MmuDevice = {
    name: 'sysmmu0',
    base: memoryMap.sysmmuFimc0.base,
    ioSpace: 'fimc0',
    version: given.version ?? '1.0',
    invalidation: given.invalidation ?? 'strict',
    supply: given.supply ?? { clock: false, power: false },
  }
  return {
    geometry,
    os: osConfig(geometry, backend === 'iommu' && mmu.invalidation === 'lazy' ? withFlushQueue(geometry, os) : os),
    devices: [backend === 'iommu' ? { name: 'fimc0', backend, mmu } : { name: 'fimc0', backend }],
    edition,
  }
}
