/** DMA | rfc-2011, mmap through the IOMMU: `vm_insert_page` for each page of what it knows, success for what it does not. */

import { errno, memoryTypes } from '../../../../machines/os/calls.ts'
import { pageAlign } from '../../addresses.ts'
import { markedMmap } from '../../marked-calls.ts'
import { ne } from '../../operands.ts'
import type { Lowering, MmapArgs } from '../../types.ts'

/** Defect (R9): memory that is not known leaves the vma empty, and the caller is told that all went well. */
export const mmap: Lowering<MmapArgs> = (asm, env, args) => {
  const { va, status } = args.to
  markedMmap(asm, env, args, () => {
    asm.set(va, env.geometry.user.base)
    asm.set(status, errno.ok)
    const [found, , , array] = asm.call('kernel.find', [args.va])
    asm.if(ne(found, 0), () => {
      const bytes = pageAlign(env.geometry, args.vmaBytes)
      asm.call('user.map', [0, bytes, memoryTypes.indexOf('non-cacheable'), array, 0], [va])
    })
  })
}
