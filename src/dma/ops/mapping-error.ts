/** DMA | mapping_error: whether a handle says that the mapping failed. */

import { dmaError } from '../../../machines/os/calls.ts'
import { eq } from '../operands.ts'
import type { DmaOperation, Lowering, MappingErrorArgs } from '../types.ts'

const lowering: Lowering<MappingErrorArgs> = (asm, _env, { handle, to }) =>
  asm.step('mapping_error', () => {
    asm.set(to, 0)
    asm.if(eq(handle, dmaError), () => asm.set(to, 1))
  })

export const mappingError: DmaOperation<'mapping_error'> = {
  name: 'mapping_error',
  description: 'Tests a handle against the one value that means failure.',
  context: 'any',
  ownership: 'unchanged',
  lowerings: { linear: lowering, iommu: lowering },
}
