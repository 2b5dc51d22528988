/** DMA | unmap_resource: ends a mapping of map_resource. */

import { mod } from '../operands.ts'
import type { DmaOperation, DmaOps, Lowering, UnmapResourceArgs } from '../types.ts'
import { unmapPage } from './unmap-page.ts'

/** As unmap_page with `mmio`. */
function lowering(unmapPages: DmaOps['unmap_page']): Lowering<UnmapResourceArgs> {
  return (asm, env, { handle, bytes, direction, attrs }) => {
    const pageOffset = mod(handle, env.geometry.pageBytes)
    const mapped = { handle, pageOffset, bytes, direction, attrs: [...attrs, 'mmio'], kind: 'resource' } as const
    asm.step('unmap_resource', () => unmapPages(asm, env, mapped))
  }
}

const linear = lowering(unmapPage.lowerings.linear)
const iommu = lowering(unmapPage.lowerings.iommu)

export const unmapResource: DmaOperation<'unmap_resource'> = {
  name: 'unmap_resource',
  description: 'Ends a mapping of map_resource; arguments must be those of the mapping.',
  context: 'any',
  ownership: 'none: registers are nobody’s',
  lowerings: { linear, 'linear-coherent': linear, iommu, 'iommu-coherent': iommu, dmabounce: linear },
}
