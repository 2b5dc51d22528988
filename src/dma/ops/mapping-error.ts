/** DMA | mapping_error: whether a handle says that the mapping failed. */

import { dmaError } from '../../../machines/os/calls.ts'
import { marked } from '../marks.ts'
import { eq } from '../operands.ts'
import type { DmaOperation, Lowering, MappingErrorArgs } from '../types.ts'

/** Touches nothing but registers, so that both marks come at the end, in one step. */
const lowering: Lowering<MappingErrorArgs> = (asm, env, { handle, to }) =>
  asm.step('mapping_error', () => {
    asm.set(to, 0)
    asm.if(eq(handle, dmaError), () => asm.set(to, 1))
    const call = { op: 'mapping-error', handle, offset: 0, bytes: 0, direction: 'bidirectional' } as const
    marked(asm, env, call, () => {}, { result: to })
  })

export const mappingError: DmaOperation<'mapping_error'> = {
  name: 'mapping_error',
  description: 'Tests a handle against the one value that means failure.',
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
