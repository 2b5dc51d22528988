/** DMA | linux-3.6: the operations as they were merged, with the gaps that were closed later. */

import type { Edition } from '../../types.ts'
import { bounceOps } from './bounce.ts'
import { cacheSteps } from './caches.ts'
import { coherentOps, linearFree } from './coherent.ts'
import { driverSteps } from './driver.ts'
import { faultSteps } from './faults.ts'
import { maskSteps } from './reach.ts'
import { scatterOps } from './scatter.ts'
import { coherentStreamingOps, streamingOps } from './streaming.ts'

export const linux36: Edition = {
  name: 'linux-3.6',
  description: 'arch/arm/mm/dma-mapping.c and drivers/iommu/exynos-iommu.c of Linux v3.6, gaps included',
  absent: { map_resource: 'v4.9', unmap_resource: 'v4.9' },
  steps: { ...cacheSteps, ...driverSteps, ...faultSteps, ...maskSteps },
  ops: {
    linear: { free: linearFree },
    'linear-coherent': { free: linearFree },
    dmabounce: { ...bounceOps, free: linearFree },
    iommu: { ...streamingOps, ...scatterOps, ...coherentOps, set_dma_mask: null },
    // As `iommu_coherent_ops` of v3.7: without caches where a buffer changes hands; the memory that both use is mapped as ever.
    'iommu-coherent': { ...coherentStreamingOps, ...scatterOps, ...coherentOps, set_dma_mask: null },
  },
}
