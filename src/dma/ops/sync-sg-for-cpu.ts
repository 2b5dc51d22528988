/** DMA | sync_sg_for_cpu: hands the buffers of a scatter list to the CPU; the mappings stay. */

import type { DmaOperation } from '../types.ts'
import { syncSgLowerings } from './sync-sg.ts'

export const syncSgForCpu: DmaOperation<'sync_sg_for_cpu'> = {
  name: 'sync_sg_for_cpu',
  description: 'Hands every entry of a mapped list to the CPU; `entries` as given to map_sg.',
  context: 'any',
  ownership: 'before: the device, which must be done with it; after: the CPU',
  lowerings: syncSgLowerings('sync-for-cpu'),
}
