/** DMA | rfc-2011: the operations as they were posted in May 2011, with the defects R1 to R15. */

import type { Edition } from '../../types.ts'
import { bounceOps } from '../linux-3.6/bounce.ts'
import { cacheSteps } from '../linux-3.6/caches.ts'
import { linearFree } from '../linux-3.6/coherent.ts'
import { faultSteps } from '../linux-3.6/faults.ts'
import { alloc, attach, free, initialised, mappingMutex } from './coherent.ts'
import { linearOps, missingSyncs } from './debug-hooks.ts'
import { driverSteps } from './driver.ts'
import { mmap } from './mmap.ts'

export const rfc2011: Edition = {
  name: 'rfc-2011',
  description: 'the first IOMMU-aware dma-mapping, as posted for discussion on 25 May 2011: alloc, free and mmap only',
  os: { locks: [mappingMutex], flags: [initialised], ioAddresses: 'pool' },
  absent: { get_sgtable: 'v3.6', map_resource: 'v4.9', unmap_resource: 'v4.9' },
  // The range loops were the same in Linux 2.6.39; and `s5p_sysmmu_irq` of plat-s5p/sysmmu.c lets every access go, too.
  steps: { ...cacheSteps, ...driverSteps, ...faultSteps, attach },
  ops: {
    linear: { ...linearOps, free: linearFree },
    'linear-coherent': { free: linearFree },
    // `map_single` of dmabounce.c did the same in Linux 2.6.39.
    dmabounce: { ...bounceOps, free: linearFree },
    iommu: {
      alloc,
      free,
      mmap,
      // Defect (R8): the rest of the table is empty.
      map_page: null,
      unmap_page: null,
      map_sg: null,
      unmap_sg: null,
      ...missingSyncs,
      sync_sg_for_cpu: null,
      sync_sg_for_device: null,
    },
  },
}
