/** DMA | get_required_mask: the mask with which the device never has to do without something. */

import type { DmaOperation, GetRequiredMaskArgs, Lowering } from '../types.ts'
import { highestHandle, onesAbove } from './dma-masks.ts'

const lowering: Lowering<GetRequiredMaskArgs> = (asm, env, { to }) =>
  asm.step('get_required_mask', () => void asm.set(to, onesAbove(highestHandle(env))))

export const getRequiredMask: DmaOperation<'get_required_mask'> = {
  name: 'get_required_mask',
  description: 'The smallest mask of ones that covers every handle the device may be given.',
  context: 'any',
  ownership: 'unchanged',
  lowerings: {
    linear: lowering,
    'linear-coherent': lowering,
    iommu: lowering,
    'iommu-coherent': lowering,
    dmabounce: lowering,
  },
}
