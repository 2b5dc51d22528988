/** DMA | sync_single_for_cpu: hands a part of a mapping to the CPU; the mapping stays. */

import type { DmaOperation } from '../types.ts'
import { syncLowerings } from './sync-single.ts'

export const syncSingleForCpu: DmaOperation<'sync_single_for_cpu'> = {
  name: 'sync_single_for_cpu',
  description: 'Hands the range of `bytes` from `offset` of a mapping to the CPU.',
  context: 'any',
  ownership: 'before: the device, which must be done with it; after: the CPU',
  lowerings: syncLowerings('sync-for-cpu'),
}
