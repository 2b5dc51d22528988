/** DMA | linux-3.6, coherent memory of iommu_ops: alloc, free and mmap of arch/arm/mm/dma-mapping.c. */

import type { Operand } from '../../../../machines/cpu/micro-op.ts'
import { dmaError, errno, memoryTypes } from '../../../../machines/os/calls.ts'
import { pageAlign, pageCountOf } from '../../addresses.ts'
import type { Assembler, Register } from '../../assembler.ts'
import { markedAlloc, markedFree, markedMmap } from '../../marked-calls.ts'
import { markPages } from '../../marks.ts'
import { eq, isZero, ne } from '../../operands.ts'
import { takeEach } from '../../pages.ts'
import { ioSpaceOf } from '../../sysmmu-space.ts'
import type { AllocArgs, DmaEnv, DmaOps, FreeArgs, Lowering, MmapArgs } from '../../types.ts'
import { iommuMap, iommuUnmap } from './mappings.ts'

export const nonCacheable = memoryTypes.indexOf('non-cacheable')

/** `__iommu_free_buffer`: the pages before `count`, and the array. */
export function freeBuffer(asm: Assembler, env: DmaEnv, array: Operand, count: Operand): void {
  asm.times(count, (index) =>
    asm.scope(() => {
      const [page] = asm.call('array.get', [array, index])
      asm.perform('page.free', [page, env.geometry.pageBytes])
    }),
  )
  asm.perform('array.free', [array])
}

/**
 * `__iommu_alloc_buffer`; memory has been in use for a while, so that blocks of more than a page are not to be had.
 *
 * Gap: the cacheable linear mapping of the pages stays.
 */
function allocBuffer(asm: Assembler, env: DmaEnv, bytes: Operand, array: Register, fail: () => void): void {
  const each = {
    ready: (page: Operand) => env.steps.clearPages(asm, env, { addr: page, bytes: env.geometry.pageBytes }),
    unwind: (taken: Operand) => freeBuffer(asm, env, array, taken),
  }
  takeEach(asm, array, pageCountOf(env.geometry, bytes), each, fail)
}

/** `arm_iommu_alloc_attrs`. */
const alloc: Lowering<AllocArgs> = (asm, env, args) => {
  const bytes = pageAlign(env.geometry, args.bytes)
  const count = pageCountOf(env.geometry, bytes)
  const { va, handle } = args.to
  const space = ioSpaceOf(env).number
  markedAlloc(asm, env, args, () => {
    asm.set(va, 0)
    asm.set(handle, dmaError)
    asm.block((leave) => {
      const array = asm.temp()
      allocBuffer(asm, env, bytes, array, leave)
      const errBuffer = () => {
        asm.set(handle, dmaError)
        freeBuffer(asm, env, array, count)
        leave()
      }
      asm.call('iova.alloc', [space, bytes], [handle])
      asm.if(eq(handle, dmaError), errBuffer)
      const pageAt = (index: Operand): Operand => asm.call('array.get', [array, index])[0]
      const named = () =>
        markPages(asm, env, { handle, pageOffset: 0, bytes }, (position) => pageAt(pageCountOf(env.geometry, position)))
      const status = asm.temp()
      iommuMap(asm, env, { iova: handle, bytes, pageAt, status })
      asm.if(ne(status, 0), () => {
        asm.perform('iova.free', [space, handle, bytes])
        errBuffer()
      })
      if (args.attrs.includes('no-kernel-mapping')) {
        asm.set(va, array)
        named()
        return
      }
      asm.call('kernel.map', [0, bytes, nonCacheable, array], [va])
      asm.if(isZero(va), () => {
        iommuUnmap(asm, env, { iova: handle, bytes })
        asm.perform('iova.free', [space, handle, bytes])
        errBuffer()
      })
      named()
    })
  })
}

/** `__iommu_get_pages`: the page array behind a kernel address, or behind a cookie. 0: none. */
function pagesOf(asm: Assembler, args: { readonly va: Operand; readonly attrs: FreeArgs['attrs'] }): Operand {
  if (args.attrs.includes('no-kernel-mapping')) return args.va
  const [, , , array] = asm.call('kernel.find', [args.va])
  return array
}

/** `arm_iommu_free_attrs`. Gap: what the CPU wrote last may still wait in a store buffer when the pages have another owner. */
const free: Lowering<FreeArgs> = (asm, env, args) => {
  const bytes = pageAlign(env.geometry, args.bytes)
  markedFree(asm, env, args, () => {
    const array = pagesOf(asm, args)
    asm.if(ne(array, 0), () => {
      if (!args.attrs.includes('no-kernel-mapping')) asm.perform('kernel.unmap', [args.va])
      iommuUnmap(asm, env, { iova: args.handle, bytes })
      asm.perform('iova.free', [ioSpaceOf(env).number, args.handle, bytes])
      freeBuffer(asm, env, array, pageCountOf(env.geometry, bytes))
    })
  })
}

/**
 * `arm_iommu_mmap_attrs`: `vm_insert_page` page by page.
 *
 * Gaps: `vm_pgoff` is not looked at, so that the mapping begins with the first page whatever was asked for; and it goes on for
 * as long as the vma, past the end of the array.
 */
const mmap: Lowering<MmapArgs> = (asm, env, args) => {
  const { va, status } = args.to
  const vmaBytes = pageAlign(env.geometry, args.vmaBytes)
  markedMmap(asm, env, args, () => {
    asm.set(va, 0)
    asm.set(status, errno.ENXIO)
    const array = pagesOf(asm, args)
    asm.if(ne(array, 0), () => {
      asm.step('insert pages', () =>
        asm.times(pageCountOf(env.geometry, vmaBytes), (index) =>
          asm.scope(() => {
            const [page] = asm.call('array.get', [array, index])
            // What lies behind the array is taken for a `struct page *`.
            asm.if(isZero(page), () => asm.die())
          }),
        ),
      )
      asm.call('user.map', [0, vmaBytes, nonCacheable, array, 0], [va])
      asm.set(status, errno.ok)
    })
  })
}

export const coherentOps = { alloc, free, mmap } satisfies Partial<DmaOps>
