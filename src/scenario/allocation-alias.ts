/** Scenario | the cacheable linear mapping of memory from alloc: gone while it is mapped non-cacheable, and back after free. */

import { pageOwners } from '../../machines/os/calls.ts'
import { linearVa } from '../dma/addresses.ts'
import { defineScenario, twinOf } from './build.ts'
import {
  beginConversions,
  conversionDefaults,
  convert,
  readPicture,
  setAddresses,
  stopConversion,
  storePicture,
} from './conversion-code.ts'

export const allocationAlias = defineScenario({
  id: 'allocation-alias',
  question:
    'This asks whether pages of dma_alloc_attrs are mapped with one memory type only while they are in use, and are ordinary memory again after dma_free_attrs.',
  cores: [
    {
      main: (context) => {
        const { asm, dma, parameters } = context
        const { geometry } = dma.env
        const bytes = beginConversions(context)
        const source = dma.alloc(bytes.source)
        const target = dma.alloc(bytes.target)
        setAddresses(asm, parameters, source.handle, target.handle)
        storePicture(asm, parameters, source.va, 0)
        convert(asm, { source, target })
        readPicture(asm, target, 0)
        dma.free(source)
        dma.free(target)
        // The page allocator gives the lowest page that is free: one of those.
        const [page] = asm.call('page.alloc', [geometry.pageBytes, pageOwners.indexOf('kernel')])
        const va = linearVa(geometry, page)
        asm.step('use again', () => {
          // The simulated core reaches linear addresses without asking the os; a real one would abort here.
          const [mapped] = asm.call('va.translate', [va])
          asm.assert(['eq', mapped, 1], 'a page that was freed has its linear mapping again')
          asm.store(va, 0x77)
          asm.assert(['eq', asm.load(va), 0x77], 'it can be used through that mapping')
        })
        asm.perform('page.free', [page, geometry.pageBytes])
        stopConversion(context)
      },
    },
  ],
  camera: 'none',
  backend: 'iommu',
  defaults: {
    ...conversionDefaults,
    litmus: { ...conversionDefaults.litmus, frames: 1, disturbedLines: [0x40, 0x60] },
  },
})

export const aliasNotRestored = twinOf(allocationAlias, {
  id: 'allocation-alias-not-restored',
  question: 'This asks what the next owner of a page meets when free leaves the linear mapping of it removed.',
  violates: ['assertion'],
  drop: (path) => path.includes('free') && path.includes('restore alias'),
})

export const aliasKept = twinOf(allocationAlias, {
  id: 'allocation-alias-kept',
  question:
    'This asks what goes wrong when the cacheable linear mapping of allocated pages stays, as in the kernel: speculation through it brings lines that go stale.',
  violates: ['alias'],
  drop: (path) => path.includes('remove alias') || path.includes('restore alias'),
})
