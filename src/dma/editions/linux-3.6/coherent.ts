/** DMA | linux-3.6, coherent memory of iommu_ops: alloc, free and mmap of arch/arm/mm/dma-mapping.c. */

import type { Operand } from '../../../../machines/cpu/micro-op.ts'
import { dmaError, errno, memoryTypes, pageOwners } from '../../../../machines/os/calls.ts'
import { largePageBytes } from '../../../../machines/sysmmu/walk.ts'
import { linearVa, pageAlign, pageCountOf } from '../../addresses.ts'
import type { Assembler, Register } from '../../assembler.ts'
import { atomicPool, ifInPool, poolNamed } from '../../bounce-pools.ts'
import { markedAlloc, markedFree, markedMmap } from '../../marked-calls.ts'
import { markPages } from '../../marks.ts'
import { add, eq, isZero, lt, mul, ne, not, shl, shr, sub } from '../../operands.ts'
import { giveAtomic, takeAtomic } from '../../ops/alloc.ts'
import { linearFreeWith } from '../../ops/free.ts'
import { reportMisuse } from '../../reach.ts'
import { mayHold } from '../../sysmmu-entries.ts'
import { ioSpaceOf } from '../../sysmmu-space.ts'
import type { AllocArgs, DmaEnv, DmaOps, FreeArgs, Lowering, MmapArgs } from '../../types.ts'
import { iommuMap, iommuUnmap } from './mappings.ts'

export const nonCacheable = memoryTypes.indexOf('non-cacheable')
const dmaOwner = pageOwners.indexOf('dma')

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
 * `__iommu_alloc_buffer`: the largest blocks of 2^n pages that are to be had, each cleared as soon as it is there. Single pages
 * are those of a memory in use for a while.
 *
 * Gap: the cacheable linear mapping of the pages stays.
 */
function allocBuffer(asm: Assembler, env: DmaEnv, bytes: Operand, array: Register, fail: () => void): void {
  const { pageBytes } = env.geometry
  const pagesIn = (range: Operand) => pageCountOf(env.geometry, range)
  asm.step('allocate pages', () => {
    asm.call('array.alloc', [pagesIn(bytes)], [array])
    asm.if(isZero(array), fail)
    asm.scope(() => {
      const done = asm.set(asm.temp(), 0)
      const block = asm.temp()
      const page = asm.temp()
      asm.while(
        () => lt(done, bytes),
        () => {
          setBlockWithin(asm, env, sub(bytes, done), block)
          takeBlockWithin(asm, env, block, page)
          asm.if(isZero(page), () => {
            freeBuffer(asm, env, array, pagesIn(done))
            fail()
          })
          env.steps.clearPages(asm, env, { addr: page, bytes: block })
          asm.times(pagesIn(block), (index) =>
            asm.perform('array.set', [array, add(pagesIn(done), index), add(page, mul(index, pageBytes))]),
          )
          asm.set(done, add(done, block))
        },
      )
    })
  })
}

/** `order = __fls(count)`, in bytes. */
function setBlockWithin(asm: Assembler, env: DmaEnv, left: Operand, block: Register): void {
  asm.set(block, env.geometry.pageBytes)
  asm.while(
    () => not(lt(shr(left, 1), block)),
    () => asm.set(block, shl(block, 1)),
  )
}

/** A block of `block` bytes, or else of half as many, which `block` says then, and so on; `page` is 0 if there is no page. */
function takeBlockWithin(asm: Assembler, env: DmaEnv, block: Register, page: Register): void {
  const { pageBytes } = env.geometry
  asm.forever((leave) => {
    asm.if(eq(block, pageBytes), () => {
      asm.call('page.alloc-single', [dmaOwner], [page])
      leave()
    })
    asm.call('page.alloc', [block, dmaOwner], [page])
    asm.if(ne(page, 0), leave)
    asm.set(block, shr(block, 1))
  })
}

/**
 * `__iommu_create_mapping`: IO addresses, then a mapping for each run of pages that follow each other in memory. `pageAt` appends
 * what finds the page at a position. `handle` is `dmaError` where that failed, and what was mapped is unmapped.
 */
function createMapping(
  asm: Assembler,
  env: DmaEnv,
  pageAt: (position: Operand) => Operand,
  bytes: Operand,
  handle: Register,
): void {
  const { pageBytes } = env.geometry
  const space = ioSpaceOf(env).number
  asm.block((leave) => {
    asm.call('iova.alloc', [space, bytes], [handle])
    asm.if(eq(handle, dmaError), leave)
    asm.scope(() => {
      const status = asm.temp()
      const done = asm.set(asm.temp(), 0)
      asm.while(
        () => lt(done, bytes),
        () =>
          asm.scope(() => {
            const first = pageAt(done)
            const run = asm.set(asm.temp(), pageBytes)
            const next = add(done, run)
            asm.forever((ended) =>
              asm.scope(() => {
                asm.if(not(lt(next, bytes)), ended)
                const page = pageAt(next)
                asm.if(ne(page, add(first, run)), ended)
                asm.set(run, add(run, pageBytes))
              }),
            )
            const at = asm.set(asm.temp(), add(handle, done))
            const block = mayHold(bytes, largePageBytes(env.geometry)) ? { addr: first } : {}
            const pages = (index: Operand) => add(first, mul(index, pageBytes))
            iommuMap(asm, env, { iova: at, bytes: run, pageAt: pages, status, ...block })
            asm.if(ne(status, errno.ok), () => {
              iommuUnmap(asm, env, { iova: handle, bytes: done })
              asm.perform('iova.free', [space, handle, bytes])
              asm.set(handle, dmaError)
              leave()
            })
            asm.set(done, add(done, run))
          }),
      )
    })
  })
}

/**
 * `__iommu_alloc_atomic`: from the pool that is mapped already.
 *
 * Gap: for its array of pages it gives the address of one pointer on the stack. What lies behind it is taken for further ones.
 */
function allocAtomic(asm: Assembler, env: DmaEnv, args: AllocArgs, bytes: Operand, leave: () => void): void {
  const { va, handle } = args.to
  const page = asm.temp()
  takeAtomic(asm, env, bytes, { addr: page, va }, () => {
    asm.set(va, 0)
    leave()
  })
  const pageAt = (position: Operand): Operand => {
    // Whatever the stack holds there, `page_to_pfn` reads through it; here nothing is at that address.
    asm.if(ne(position, 0), () => {
      asm.load(0)
      asm.die()
    })
    return page
  }
  createMapping(asm, env, pageAt, bytes, handle)
  asm.if(eq(handle, dmaError), () => {
    giveAtomic(asm, env, page, bytes)
    asm.set(va, 0)
    leave()
  })
  markPages(asm, env, { handle, pageOffset: 0, bytes }, (position) => add(page, position))
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
      if (args.gfp === 'atomic') {
        allocAtomic(asm, env, args, bytes, leave)
        return
      }
      const array = asm.temp()
      allocBuffer(asm, env, bytes, array, leave)
      const errBuffer = () => {
        asm.set(handle, dmaError)
        freeBuffer(asm, env, array, count)
        leave()
      }
      const pageAt = (position: Operand): Operand =>
        asm.call('array.get', [array, pageCountOf(env.geometry, position)])[0]
      createMapping(asm, env, pageAt, bytes, handle)
      asm.if(eq(handle, dmaError), errBuffer)
      const named = () => markPages(asm, env, { handle, pageOffset: 0, bytes }, pageAt)
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
export function pagesOf(asm: Assembler, args: { readonly va: Operand; readonly attrs: FreeArgs['attrs'] }): Operand {
  if (args.attrs.includes('no-kernel-mapping')) return args.va
  const [, , , array] = asm.call('kernel.find', [args.va])
  return array
}

/** `unmap_kernel_range`, `vunmap`, or what CMA does to the linear mapping: what the cores' TLBs hold goes, after a barrier. */
export function unmapKernel(asm: Assembler, va: Operand): void {
  asm.step('unmap from kernel', () => {
    asm.dsb()
    asm.perform('kernel.unmap', [va])
  })
}

/**
 * `arm_iommu_free_attrs`. Gap: what the CPU wrote last may still wait in the L2's store buffer when the pages have another
 * owner.
 */
const free: Lowering<FreeArgs> = (asm, env, args) => {
  const bytes = pageAlign(env.geometry, args.bytes)
  const removeMapping = () => {
    iommuUnmap(asm, env, { iova: args.handle, bytes })
    asm.perform('iova.free', [ioSpaceOf(env).number, args.handle, bytes])
  }
  markedFree(asm, env, args, () =>
    asm.block((leave) => {
      freeAtomic(asm, env, args, bytes, removeMapping, leave)
      const array = pagesOf(asm, args)
      asm.if(isZero(array), () => {
        reportMisuse(asm, env, 'frees memory that was not allocated', args.handle)
        leave()
      })
      if (!args.attrs.includes('no-kernel-mapping')) unmapKernel(asm, args.va)
      removeMapping()
      freeBuffer(asm, env, array, pageCountOf(env.geometry, bytes))
    }),
  )
}

/** `__iommu_free_atomic` of memory in the pool; then `leave`. Nothing where there is no pool. */
function freeAtomic(
  asm: Assembler,
  env: DmaEnv,
  { va }: FreeArgs,
  bytes: Operand,
  removeMapping: () => void,
  leave: () => void,
): void {
  const pool = poolNamed(env, atomicPool)
  if (pool === undefined) return
  asm.scope(() => {
    const [, page] = asm.call('va.translate', [va])
    ifInPool(asm, pool, page, () => {
      removeMapping()
      freeFromPool(asm, env, { start: linearVa(env.geometry, page), page, bytes })
      leave()
    })
  })
}

/**
 * `__free_from_pool`, which knows its memory by the address that it is mapped at.
 *
 * Gap: `__iommu_free_atomic` calls it with the page's address in the linear mapping instead. Where the pool is remapped, that
 * is none of its addresses, and the block stays taken.
 */
function freeFromPool(
  asm: Assembler,
  env: DmaEnv,
  { start, page, bytes }: Readonly<Record<'start' | 'page' | 'bytes', Operand>>,
): void {
  const { vmalloc } = env.geometry
  asm.if(lt(sub(start, vmalloc.base), vmalloc.bytes), () => giveAtomic(asm, env, page, bytes))
}

/** `arm_dma_free` of linear memory: nothing is drained. */
export const linearFree = linearFreeWith({ drain: () => {}, unmapKernel })

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
