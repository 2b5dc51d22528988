/** DMA | sync_single_for_device: hands a part of a mapping to the device again. */

import type { DmaOperation } from '../types.ts'
import { syncLowerings } from './sync-single.ts'

export const syncSingleForDevice: DmaOperation<'sync_single_for_device'> = {
  name: 'sync_single_for_device',
  description: 'Hands the range of `bytes` from `offset` of a mapping to the device.',
  context: 'any',
  ownership: 'before: the CPU; after: the device',
  lowerings: syncLowerings('sync-for-device'),
}
