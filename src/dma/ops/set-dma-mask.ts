/** DMA | set_dma_mask: says which addresses the device can put out. */

import { errno } from '../../../machines/os/calls.ts'
import { maskKinds } from '../../../machines/os/types.ts'
import type { Assembler } from '../assembler.ts'
import { marked } from '../marks.ts'
import { eq, isZero } from '../operands.ts'
import { deviceNumber } from '../reach.ts'
import type { DmaEnv, DmaOperation, Lowering, SetDmaMaskArgs } from '../types.ts'

/** `dma.call` to `dma.return` around it. */
export function markedSetMask(asm: Assembler, env: DmaEnv, { to }: SetDmaMaskArgs, body: () => void): void {
  const call = { op: 'set-dma-mask', handle: 0, offset: 0, bytes: 0, direction: 'bidirectional' } as const
  asm.step('set_dma_mask', () => marked(asm, env, call, body, { result: to }))
}

/**
 * All backends. A mask of 0 stands for a device without one (`dev->dma_mask` is NULL), which cannot be given any.
 *
 * Closed: dmabounce of Linux says 0 and stores nothing, and goes on to bounce by the old mask; and the IOMMU's table of
 * v3.6 has no such method, which the caller does not look for: it jumps to address 0.
 */
const lowering: Lowering<SetDmaMaskArgs> = (asm, env, args) =>
  markedSetMask(asm, env, args, () =>
    asm.block((leave) => {
      const { mask, to } = args
      asm.set(to, errno.EIO)
      const [present] = asm.call('mask.get', [deviceNumber(env), maskKinds.streaming])
      asm.if(isZero(present), leave)
      const supported = asm.temp()
      asm.asPart(() => env.ops.dma_supported(asm, env, { mask, to: supported }))
      asm.if(eq(supported, 1), () => {
        asm.perform('mask.set', [deviceNumber(env), maskKinds.streaming, mask])
        asm.set(to, errno.ok)
      })
    }),
  )

export const setDmaMask: DmaOperation<'set_dma_mask'> = {
  name: 'set_dma_mask',
  description: 'Stores the mask of the device for streaming mappings; -EIO if it has none or it is not supported.',
  context: 'may-sleep',
  ownership: 'unchanged; mappings that stand are not looked at',
  lowerings: {
    linear: lowering,
    'linear-coherent': lowering,
    iommu: lowering,
    'iommu-coherent': lowering,
    dmabounce: lowering,
  },
}
