/** DMA | mmap: maps memory from alloc into user space. */

import { errno } from '../../../machines/os/calls.ts'
import { osNumber } from '../../../machines/os/types.ts'
import { pageAlign, pageCountOf } from '../addresses.ts'
import { marked } from '../marks.ts'
import { ge, isZero, lt, ne, sub } from '../operands.ts'
import { memoryOf } from '../pages.ts'
import type { DmaEnv, DmaOperation, Lowering, MmapArgs } from '../types.ts'

/**
 * All backends: the memory type is that of the kernel's mapping, so that the two are compatible aliases.
 *
 * Closed: the IOMMU's mmap of Linux v3.6 to v3.16 checks no bounds, and the first mapper says success for memory it
 * does not know. Here both are errors: -ENXIO beyond the allocation, and for a handle that is none.
 */
const lowering: Lowering<MmapArgs> = (asm, env, args) => {
  const { geometry } = env
  const { va, status } = args.to
  const device = osNumber(env.os, 'devices', env.device.name)
  const vmaBytes = pageAlign(geometry, args.vmaBytes)
  const { handle, attrs } = args
  const call = { op: 'mmap', kind: 'coherent', handle, offset: 0, bytes: vmaBytes, direction: 'bidirectional' } as const
  const run = () => {
    asm.set(va, 0)
    asm.set(status, errno.ENXIO)
    asm.block((leave) => {
      if (hasKernelAddress(env, args)) {
        const [known] = asm.call('kernel.find', [args.va])
        asm.if(isZero(known), leave)
      }
      const find = [device, args.handle, pageAlign(geometry, args.bytes)] as const
      const [found, , addr, bytes, , , array] = asm.call('mapping.find', find)
      asm.if(isZero(found), leave)
      const pages = pageCountOf(geometry, bytes)
      asm.if(ge(args.pageOffset, pages), leave)
      asm.if(lt(sub(pages, args.pageOffset), pageCountOf(geometry, vmaBytes)), leave)
      asm.call('user.map', [addr, vmaBytes, memoryOf(env), array, args.pageOffset], [va])
      asm.set(status, errno.ENOMEM)
      asm.if(ne(va, 0), () => asm.set(status, errno.ok))
    })
  }
  asm.step('mmap', () => marked(asm, env, { ...call, attrs }, run, { va, result: status }))
}

/** Whether the allocation has a mapping in the kernel window, by which it is known. */
function hasKernelAddress({ device }: DmaEnv, { attrs }: MmapArgs): boolean {
  return device.backend !== 'linear-coherent' && !attrs.includes('no-kernel-mapping')
}

export const mmap: DmaOperation<'mmap'> = {
  name: 'mmap',
  description: 'Maps pages of an allocation into user space with the same memory type.',
  context: 'may-sleep',
  ownership: 'after: the user process too, at any time',
  lowerings: {
    linear: lowering,
    'linear-coherent': lowering,
    iommu: lowering,
    'iommu-coherent': lowering,
    dmabounce: lowering,
  },
}
