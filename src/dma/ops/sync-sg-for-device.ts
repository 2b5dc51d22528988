/** DMA | sync_sg_for_device: hands the buffers of a scatter list to the device again. */

import type { DmaOperation } from '../types.ts'
import { syncSgLowerings } from './sync-sg.ts'

export const syncSgForDevice: DmaOperation<'sync_sg_for_device'> = {
  name: 'sync_sg_for_device',
  description: 'Hands every entry of a mapped list to the device; `entries` as given to map_sg.',
  context: 'any',
  ownership: 'before: the CPU; after: the device',
  lowerings: syncSgLowerings('sync-for-device'),
}
