/** DMA | map_resource: registers of another device, which have no pages and are in no cache. */

import { dmaError } from '../../../machines/os/calls.ts'
import { add, alignDown, ge, lt, mod, sub } from '../operands.ts'
import { reportMisuse } from '../reach.ts'
import type { DmaOperation, DmaOps, Lowering, MapResourceArgs } from '../types.ts'
import { mapPage } from './map-page.ts'

/**
 * As map_page with `mmio`, of whatever backend, and never through a safe buffer: a copy of a register is no register. Memory
 * is refused, as by the kernel: it has pages, and lines in caches that would be left alone.
 */
function lowering(mapPages: DmaOps['map_page']): Lowering<MapResourceArgs> {
  return (asm, env, { addr, bytes, direction, attrs, to }) => {
    const { pageBytes, dram } = env.geometry
    const place = { page: alignDown(addr, pageBytes), offset: mod(addr, pageBytes) }
    asm.step('map_resource', () =>
      asm.block((leave) => {
        asm.if(ge(addr, dram.base), () =>
          asm.if(lt(sub(addr, dram.base), dram.bytes), () => {
            reportMisuse(asm, env, 'maps memory as if it were a resource', add(addr, 0))
            asm.set(to, dmaError)
            leave()
          }),
        )
        mapPages(asm, env, { ...place, bytes, direction, attrs: [...attrs, 'mmio'], to, kind: 'resource' })
      }),
    )
  }
}

const linear = lowering(mapPage.lowerings.linear)
const iommu = lowering(mapPage.lowerings.iommu)

export const mapResource: DmaOperation<'map_resource'> = {
  name: 'map_resource',
  description: 'Maps registers of another device for the device. No cache is touched.',
  context: 'any',
  ownership: 'none: registers are nobody’s',
  lowerings: { linear, 'linear-coherent': linear, iommu, 'iommu-coherent': iommu, dmabounce: linear },
}
