/** DMA | dma_supported: whether a device with this mask can do DMA on this machine. */

import type { Assembler } from '../assembler.ts'
import { marked } from '../marks.ts'
import { ge } from '../operands.ts'
import type { DmaEnv, DmaOperation, DmaSupportedArgs, Lowering } from '../types.ts'
import { leastReach } from './dma-masks.ts'

const lowering: Lowering<DmaSupportedArgs> = (asm: Assembler, env: DmaEnv, { mask, to }) =>
  asm.step('dma_supported', () => {
    asm.set(to, 0)
    asm.if(ge(mask, leastReach(env)), () => asm.set(to, 1))
    const call = { op: 'dma-supported', handle: 0, offset: 0, bytes: 0, direction: 'bidirectional' } as const
    marked(asm, env, call, () => {}, { result: to })
  })

export const dmaSupported: DmaOperation<'dma_supported'> = {
  name: 'dma_supported',
  description: 'Tests whether a mask covers what the device may be given.',
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
