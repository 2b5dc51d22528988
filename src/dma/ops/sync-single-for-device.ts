/** DMA | sync_single_for_device: hands a part of a mapping to the device again. */

import type { DmaOperation } from '../types.ts'
import { syncIommu, syncLinear } from './sync-single.ts'

export const syncSingleForDevice: DmaOperation<'sync_single_for_device'> = {
  name: 'sync_single_for_device',
  description: 'Hands the range of `bytes` from `offset` of a mapping to the device.',
  context: 'any',
  ownership: 'before: the CPU; after: the device',
  lowerings: {
    linear: (asm, env, args) =>
      syncLinear(asm, env, 'sync-for-device', args, (range) =>
        env.steps.cpuToDev(asm, env, { ...range, direction: args.direction }),
      ),
    iommu: (asm, env, args) =>
      syncIommu(asm, env, 'sync-for-device', args, (range) =>
        env.steps.cpuToDev(asm, env, { ...range, direction: args.direction }),
      ),
  },
}
