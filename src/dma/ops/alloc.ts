/** DMA | alloc: memory that CPU and device use at the same time. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { dmaError } from '../../../machines/os/calls.ts'
import { mappingKinds } from '../../../machines/os/types.ts'
import { linearVa, pageAlign, pageCountOf } from '../addresses.ts'
import type { Assembler } from '../assembler.ts'
import { atomicPool, poolNamed } from '../bounce-pools.ts'
import { markedAlloc } from '../marked-calls.ts'
import { markPages } from '../marks.ts'
import { add, eq, isZero, lt, mul, ne, shr } from '../operands.ts'
import { memoryOf, releaseArray, releasePages, takeBlock, takeScattered } from '../pages.ts'
import { deviceNumber } from '../reach.ts'
import { ioSpaceOf } from '../sysmmu-space.ts'
import {
  type AllocArgs,
  type DmaEnv,
  type DmaOperation,
  directionNumbers,
  isCoherent,
  type Lowering,
} from '../types.ts'
import { reportSize } from './streaming.ts'

// For a device that does not snoop, every allocation is one of non-cacheable memory: with ARM_DMA_MEM_BUFFERABLE, which
// ARMv7 has, write-combining and coherent mappings are the same memory type. Weak ordering and non-consistent are
// accepted and change nothing.

/** Pages of an allocation: one block from `addr`, or those of a page array. */
interface Pages {
  readonly addr: Operand
  readonly array: Operand
}

/** The kernel's mapping, or a cookie that is no address; `fail` runs when there is no room. */
function mapForKernel(
  asm: Assembler,
  env: DmaEnv,
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
  asm.call('kernel.map', [pages.addr, bytes, memoryOf(env), pages.array], [args.to.va])
  asm.if(isZero(args.to.va), fail)
}

/** Enters the allocation into the list of live mappings; `fail` runs when the list is full. */
function record(asm: Assembler, env: DmaEnv, handle: Operand, bytes: Operand, pages: Pages, fail: () => void): void {
  asm.scope(() => {
    const { bidirectional } = directionNumbers
    const args = [
      deviceNumber(env),
      handle,
      pages.addr,
      bytes,
      bidirectional,
      mappingKinds.coherent,
      pages.array,
    ] as const
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
  markedAlloc(asm, env, args, () => {
    asm.block((done) => {
      asm.block((failed) => {
        const size = () => {
          reportSize(asm, env)
          failed()
        }
        asm.if(isZero(bytes), size)
        asm.if(lt(bytes, args.bytes), size)
        body(bytes, failed)
        done()
      })
      asm.set(va, 0)
      asm.set(handle, dmaError)
    })
  })
}

/** A page number is no address that anything is mapped at. */
const cookieOf = (env: DmaEnv, addr: Operand): Operand => shr(addr, Math.log2(env.geometry.pageBytes))

/**
 * From the pool that is mapped already: nothing sleeps. The memory is not cleared again, as in Linux. `to` receives where it
 * is, physically and for the kernel; `fail` runs when there is none left.
 */
export function takeAtomic(
  asm: Assembler,
  env: DmaEnv,
  bytes: Operand,
  to: { readonly addr: string; readonly va: string },
  fail: () => void,
): void {
  const pool = poolNamed(env, atomicPool)
  asm.step('take from atomic pool', () => {
    if (pool === undefined) asm.set(to.addr, dmaError)
    else asm.call('pool.alloc', [pool.number, bytes], [to.addr, to.va])
    asm.if(eq(to.addr, dmaError), fail)
  })
}

/** Undoes `takeAtomic`. */
export function giveAtomic(asm: Assembler, env: DmaEnv, addr: Operand, bytes: Operand): void {
  const pool = poolNamed(env, atomicPool)
  if (pool !== undefined) asm.perform('pool.free', [pool.number, addr, bytes])
}

/** Linear: one block; the handle is its physical address. */
const linear: Lowering<AllocArgs> = (asm, env, args) =>
  allocation(asm, env, args, (bytes, fail) => {
    const addr = asm.temp()
    const pages = { addr, array: 0 }
    const atomic = args.gfp === 'atomic' && !isCoherent(env.device.backend)
    if (atomic) takeAtomic(asm, env, bytes, { addr, va: args.to.va }, fail)
    else takeBlock(asm, env, bytes, addr, fail)
    const undo = () => {
      if (atomic) giveAtomic(asm, env, addr, bytes)
      else releasePages(asm, env, addr, bytes)
      fail()
    }
    env.steps.checkMask(asm, env, { handle: addr, bytes, coherent: true, fail: undo })
    // Cacheable memory has its address in the linear mapping already.
    const remaps = !atomic && !isCoherent(env.device.backend)
    if (remaps) mapForKernel(asm, env, args, bytes, pages, cookieOf(env, addr), undo)
    else if (!atomic) asm.set(args.to.va, linearVa(env.geometry, addr))
    record(asm, env, addr, bytes, pages, () => {
      if (remaps) unmapForKernel(asm, args)
      undo()
    })
    asm.set(args.to.handle, addr)
    markPages(asm, env, { handle: args.to.handle, pageOffset: 0, bytes }, (position) => add(addr, position))
  })

/**
 * IOMMU: single pages, or one block under `force-contiguous`, at one range of IO addresses.
 *
 * Closed: whatever fails, everything taken before is given back, the first page included; and nothing that can fail
 * comes after the first page-table entry, so that no entry has to be taken back. Atomic allocations of several pages
 * are one block of the pool, where Linux v3.6 to v4.6 walks beyond an array of one.
 */
const iommu: Lowering<AllocArgs> = (asm, env, args) =>
  allocation(asm, env, args, (bytes, fail) => {
    const { pageBytes } = env.geometry
    const atomic = args.gfp === 'atomic' && !isCoherent(env.device.backend)
    const contiguous = atomic || args.attrs.includes('force-contiguous')
    const held = asm.temp()
    const pages: Pages = contiguous ? { addr: held, array: 0 } : { addr: 0, array: held }
    const iova = args.to.handle
    if (atomic) takeAtomic(asm, env, bytes, { addr: held, va: args.to.va }, fail)
    else if (contiguous) takeBlock(asm, env, bytes, held, fail)
    else takeScattered(asm, env, bytes, held, fail)
    const undoPages = () => {
      if (atomic) giveAtomic(asm, env, held, bytes)
      else if (contiguous) releasePages(asm, env, held, bytes)
      else releaseArray(asm, env, held, pageCountOf(env.geometry, bytes))
      fail()
    }
    env.steps.takeIova(asm, env, { bytes, coherent: true, to: iova })
    asm.if(eq(iova, dmaError), undoPages)
    const undoIova = () => {
      asm.perform('iova.free', [ioSpaceOf(env).number, iova, bytes])
      undoPages()
    }
    const status = asm.temp()
    const block = contiguous ? { addr: held } : {}
    env.steps.prepareTables(asm, env, { iova, bytes, status, ...block })
    asm.if(ne(status, 0), undoIova)
    if (!atomic) mapForKernel(asm, env, args, bytes, pages, held, undoIova)
    record(asm, env, iova, bytes, pages, () => {
      if (!atomic) unmapForKernel(asm, args)
      undoIova()
    })
    const pageAt = (index: Operand): Operand =>
      contiguous ? add(held, mul(index, pageBytes)) : asm.call('array.get', [held, index])[0]
    markPages(asm, env, { handle: iova, pageOffset: 0, bytes }, (position) =>
      pageAt(pageCountOf(env.geometry, position)),
    )
    env.steps.writeEntries(asm, env, { iova, bytes, pageAt, ...block })
  })

export const alloc: DmaOperation<'alloc'> = {
  name: 'alloc',
  description: 'Allocates memory for CPU and device together and maps it for both.',
  context: 'may-sleep',
  ownership: 'after: both, at any time; ordering is up to barriers',
  lowerings: { linear, 'linear-coherent': linear, iommu, 'iommu-coherent': iommu, dmabounce: linear },
}
