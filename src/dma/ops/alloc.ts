/** DMA | alloc: memory that CPU and device use at the same time, mapped non-cacheable. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { dmaError, memoryTypes, pageOwners } from '../../../machines/os/calls.ts'
import { mappingKinds, osNumber } from '../../../machines/os/types.ts'
import { pageAlign, pageCountOf } from '../addresses.ts'
import type { Assembler, Register } from '../assembler.ts'
import { marked, markPages } from '../marks.ts'
import { add, eq, isZero, mul, ne, shr } from '../operands.ts'
import { ioSpaceOf } from '../sysmmu-tables.ts'
import { type AllocArgs, type DmaEnv, type DmaOperation, directionNumbers, type Lowering } from '../types.ts'

// Every allocation is one of non-cacheable memory: with ARM_DMA_MEM_BUFFERABLE, which ARMv7 has, write-combining and
// coherent mappings are the same memory type. Weak ordering is accepted and changes nothing.

export const dmaOwner = pageOwners.indexOf('dma')
export const nonCacheable = memoryTypes.indexOf('non-cacheable')

/** Pages of an allocation: one block from `addr`, or those of a page array. */
interface Pages {
  readonly addr: Operand
  readonly array: Operand
}

/**
 * Makes new pages ready for the device: zeroed, no line of them dirty in a cache, no cacheable mapping left.
 *
 * Closed: Linux leaves the cacheable linear mapping of pages that it maps non-cacheable elsewhere, so that
 * speculation brings lines back that a reader through that mapping finds stale. It is removed here, and restored
 * when the pages are freed; after the write-back, because maintenance needs the mapping.
 */
function makeReady(asm: Assembler, env: DmaEnv, addr: Operand, bytes: Operand): void {
  env.steps.clearPages(asm, env, { addr, bytes })
  asm.perform('page.alias', [addr, bytes, 0])
}

/** Undoes `makeReady` and gives the pages back. */
export function releasePages(asm: Assembler, addr: Operand, bytes: Operand): void {
  asm.scope(() => {
    asm.perform('page.alias', [addr, bytes, 1])
    asm.perform('page.free', [addr, bytes])
  })
}

/** Gives `count` pages of an array back, and the array. */
export function releaseArray(asm: Assembler, env: DmaEnv, array: Operand, count: Operand): void {
  const { pageBytes } = env.geometry
  asm.times(count, (index) =>
    asm.scope(() => {
      const [page] = asm.call('array.get', [array, index])
      releasePages(asm, page, pageBytes)
    }),
  )
  asm.perform('array.free', [array])
}

/** One contiguous block, ready; its address in `addr`. */
function takeBlock(asm: Assembler, env: DmaEnv, bytes: Operand, addr: Register, fail: () => void): void {
  asm.step('allocate pages', () => {
    asm.call('page.alloc', [bytes, dmaOwner], [addr])
    asm.if(isZero(addr), fail)
    makeReady(asm, env, addr, bytes)
  })
}

/** Single pages in an array, each ready before the next is taken. */
function takeScattered(asm: Assembler, env: DmaEnv, bytes: Operand, array: Register, fail: () => void): void {
  const { pageBytes } = env.geometry
  const count = pageCountOf(env.geometry, bytes)
  asm.step('allocate pages', () => {
    asm.call('array.alloc', [count], [array])
    asm.if(isZero(array), fail)
    asm.times(count, (index) =>
      asm.scope(() => {
        const [page] = asm.call('page.alloc-single', [dmaOwner])
        asm.if(isZero(page), () => {
          releaseArray(asm, env, array, index)
          fail()
        })
        makeReady(asm, env, page, pageBytes)
        asm.perform('array.set', [array, index, page])
      }),
    )
  })
}

/** The kernel's non-cacheable mapping, or a cookie that is no address; `fail` runs when there is no room. */
function mapForKernel(
  asm: Assembler,
  args: AllocArgs,
  bytes: Operand,
  pages: Pages,
  cookie: Operand,
  fail: () => void,
): void {
  if (args.attrs.includes('no-kernel-mapping')) {
    asm.set(args.to.va, cookie)
    return
  }
  asm.call('kernel.map', [pages.addr, bytes, nonCacheable, pages.array], [args.to.va])
  asm.if(isZero(args.to.va), fail)
}

/** Enters the allocation into the list of live mappings; `fail` runs when the list is full. */
function record(asm: Assembler, env: DmaEnv, handle: Operand, bytes: Operand, pages: Pages, fail: () => void): void {
  const device = osNumber(env.os, 'devices', env.device.name)
  asm.scope(() => {
    const { bidirectional } = directionNumbers
    const args = [device, handle, pages.addr, bytes, bidirectional, mappingKinds.coherent, pages.array] as const
    const [status] = asm.call('mapping.add', args)
    asm.if(ne(status, 0), fail)
  })
}

/** Forgets the kernel's mapping when a later stage fails. */
function unmapForKernel(asm: Assembler, args: AllocArgs): void {
  if (!args.attrs.includes('no-kernel-mapping')) asm.perform('kernel.unmap', [args.to.va])
}

/** `dma.call` to `dma.return` around an allocation. `body` calls `fail` after it gave back what it had. */
function allocation(
  asm: Assembler,
  env: DmaEnv,
  args: AllocArgs,
  body: (bytes: Operand, fail: () => void) => void,
): void {
  const { va, handle } = args.to
  const bytes = pageAlign(env.geometry, args.bytes)
  const { attrs } = args
  const call = {
    op: 'alloc',
    kind: 'coherent',
    handle: dmaError,
    offset: 0,
    bytes,
    direction: 'bidirectional',
  } as const
  const run = () => {
    asm.block((done) => {
      asm.block((failed) => {
        asm.if(isZero(bytes), failed)
        body(bytes, failed)
        done()
      })
      asm.set(va, 0)
      asm.set(handle, dmaError)
    })
  }
  asm.step('alloc', () => marked(asm, env, { ...call, attrs }, run, { handle, va }))
}

/** Linear: one block; the handle is its physical address. */
const linear: Lowering<AllocArgs> = (asm, env, args) =>
  allocation(asm, env, args, (bytes, fail) => {
    const addr = asm.temp()
    const pages = { addr, array: 0 }
    takeBlock(asm, env, bytes, addr, fail)
    const undo = () => {
      releasePages(asm, addr, bytes)
      fail()
    }
    // A page number is no address that anything is mapped at.
    mapForKernel(asm, args, bytes, pages, shr(addr, Math.log2(env.geometry.pageBytes)), undo)
    record(asm, env, addr, bytes, pages, () => {
      unmapForKernel(asm, args)
      undo()
    })
    asm.set(args.to.handle, addr)
    markPages(asm, env, { handle: args.to.handle, pageOffset: 0, bytes }, (position) => add(addr, position))
  })

/**
 * IOMMU: single pages, or one block under `force-contiguous`, at one range of IO addresses.
 *
 * Closed: whatever fails, everything taken before is given back, the first page included; and nothing that can fail
 * comes after the first page-table entry, so that no entry has to be taken back.
 */
const iommu: Lowering<AllocArgs> = (asm, env, args) =>
  allocation(asm, env, args, (bytes, fail) => {
    const { pageBytes } = env.geometry
    const contiguous = args.attrs.includes('force-contiguous')
    const held = asm.temp()
    const pages: Pages = contiguous ? { addr: held, array: 0 } : { addr: 0, array: held }
    const iova = args.to.handle
    if (contiguous) takeBlock(asm, env, bytes, held, fail)
    else takeScattered(asm, env, bytes, held, fail)
    const undoPages = () => {
      if (contiguous) releasePages(asm, held, bytes)
      else releaseArray(asm, env, held, pageCountOf(env.geometry, bytes))
      fail()
    }
    const space = ioSpaceOf(env).number
    asm.call('iova.alloc', [space, bytes], [iova])
    asm.if(eq(iova, dmaError), undoPages)
    const undoIova = () => {
      asm.perform('iova.free', [space, iova, bytes])
      undoPages()
    }
    const status = asm.temp()
    env.steps.prepareTables(asm, env, { iova, bytes, status })
    asm.if(ne(status, 0), undoIova)
    mapForKernel(asm, args, bytes, pages, held, undoIova)
    record(asm, env, iova, bytes, pages, () => {
      unmapForKernel(asm, args)
      undoIova()
    })
    const pageAt = (index: Operand): Operand =>
      contiguous ? add(held, mul(index, pageBytes)) : asm.call('array.get', [held, index])[0]
    markPages(asm, env, { handle: iova, pageOffset: 0, bytes }, (position) =>
      pageAt(pageCountOf(env.geometry, position)),
    )
    env.steps.writeEntries(asm, env, { iova, bytes, pageAt })
  })

export const alloc: DmaOperation<'alloc'> = {
  name: 'alloc',
  description: 'Allocates memory for CPU and device together and maps it for both.',
  context: 'may sleep',
  ownership: 'after: both, at any time; ordering is up to barriers',
  lowerings: { linear, iommu },
}
