/** DMA | free: gives memory from alloc back. */

import { mappingKinds, osNumber } from '../../../machines/os/types.ts'
import { pageAlign, pageCountOf } from '../addresses.ts'
import type { Assembler, Register } from '../assembler.ts'
import { marked } from '../marks.ts'
import { eq, ne } from '../operands.ts'
import { ioSpaceOf } from '../sysmmu-tables.ts'
import { type DmaEnv, type DmaOperation, directionNumbers, type FreeArgs, type Lowering } from '../types.ts'
import { releaseArray, releasePages } from './alloc.ts'

/** What the list of live mappings knew of the allocation. */
interface Found {
  readonly addr: Register
  readonly array: Register
}

/**
 * `dma.call` to `dma.return`; `body` runs if the allocation exists, for one caller only. An unknown handle is reported.
 *
 * Closed: writes through the non-cacheable mapping may still wait in the core's or in the L2's store buffer, and would
 * land in the page's next life. Linux leaves them there; they are drained before anything is taken down.
 */
function release(asm: Assembler, env: DmaEnv, args: FreeArgs, body: (found: Found) => void): void {
  const bytes = pageAlign(env.geometry, args.bytes)
  const { handle, va, attrs } = args
  const call = {
    op: 'free',
    kind: 'coherent',
    handle,
    va,
    offset: 0,
    bytes,
    direction: 'bidirectional',
    attrs,
  } as const
  const device = osNumber(env.os, 'devices', env.device.name)
  asm.step('free', () =>
    marked(asm, env, call, () => {
      const { bidirectional } = directionNumbers
      const claim = [device, args.handle, bytes, bidirectional, mappingKinds.coherent] as const
      const [found, addr, , array] = asm.call('mapping.take', claim)
      asm.if(ne(found, 0), () => {
        asm.step('drain', () => asm.wmb())
        if (!args.attrs.includes('no-kernel-mapping')) asm.perform('kernel.unmap', [args.va])
        body({ addr, array })
      })
    }),
  )
}

const linear: Lowering<FreeArgs> = (asm, env, args) =>
  release(asm, env, args, ({ addr }) => releasePages(asm, addr, pageAlign(env.geometry, args.bytes)))

/**
 * IOMMU. The order is what makes it safe: the entries go, then the TLB's copies, only then the IO addresses and last
 * the pages.
 *
 * Closed: the first IOMMU mapper gave the IO addresses back before the entries were cleared.
 */
const iommu: Lowering<FreeArgs> = (asm, env, args) =>
  release(asm, env, args, ({ addr, array }) => {
    const bytes = pageAlign(env.geometry, args.bytes)
    const range = { iova: args.handle, bytes }
    env.steps.clearEntries(asm, env, range)
    env.steps.invalidate(asm, env, range)
    asm.perform('iova.free', [ioSpaceOf(env).number, args.handle, bytes])
    asm.if(
      eq(array, 0),
      () => releasePages(asm, addr, bytes),
      () => releaseArray(asm, env, array, pageCountOf(env.geometry, bytes)),
    )
  })

export const free: DmaOperation<'free'> = {
  name: 'free',
  description: 'Unmaps memory from alloc for CPU and device and gives it back. User mappings must be gone.',
  context: 'may sleep',
  ownership: 'before: both, the device idle; after: nobody',
  lowerings: { linear, iommu },
}
