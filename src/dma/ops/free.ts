/** DMA | free: gives memory from alloc back. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { mappingKinds } from '../../../machines/os/types.ts'
import { pageAlign, pageCountOf } from '../addresses.ts'
import type { Assembler, Register } from '../assembler.ts'
import { atomicPool, ifInPool, poolNamed } from '../bounce-pools.ts'
import { markedFree } from '../marked-calls.ts'
import { isZero, ne } from '../operands.ts'
import { releaseArray, releasePages } from '../pages.ts'
import { deviceNumber } from '../reach.ts'
import {
  type DmaEnv,
  type DmaOperation,
  directionNumbers,
  type FreeArgs,
  isCoherent,
  type Lowering,
  usesIommu,
} from '../types.ts'

/** What the list of live mappings knew of the allocation. */
interface Found {
  readonly addr: Register
  readonly array: Register
  /** From the atomic pool: the memory itself is given back already. */
  readonly pooled: boolean
}

/** Whether alloc made a mapping for the kernel. A page of cacheable memory has its address anyway, but an array has not. */
function isRemapped(env: DmaEnv, args: FreeArgs): boolean {
  const { backend } = env.device
  if (isCoherent(backend) && !usesIommu(backend)) return false
  return !args.attrs.includes('no-kernel-mapping')
}

/** Memory of the atomic pool goes back there after `first`; then `leave`. Nothing where there is no such pool. */
function giveToPool(
  asm: Assembler,
  env: DmaEnv,
  addr: Register,
  bytes: Operand,
  first: () => void,
  leave: () => void,
): void {
  const pool = poolNamed(env, atomicPool)
  if (pool === undefined) return
  ifInPool(asm, pool, addr, () => {
    first()
    asm.perform('pool.free', [pool.number, addr, bytes])
    leave()
  })
}

/** What editions do differently. */
export interface FreeRules {
  /** Before anything is taken down. */
  readonly drain: (asm: Assembler) => void
  /** Takes the kernel's mapping at an address down. */
  readonly unmapKernel: (asm: Assembler, va: Operand) => void
}

/**
 * Closed: writes through the non-cacheable mapping may still wait in the core's or in the L2's store buffer, and would
 * land in the page's next life. Linux leaves them there; they are drained before anything is taken down.
 */
const rules: FreeRules = {
  drain: (asm) => asm.step('drain', () => asm.wmb()),
  unmapKernel: (asm, va) => asm.perform('kernel.unmap', [va]),
}

/** `dma.call` to `dma.return`; `body` runs if the allocation exists, for one caller only. An unknown handle is reported. */
function release(asm: Assembler, env: DmaEnv, args: FreeArgs, given: FreeRules, body: (found: Found) => void): void {
  const bytes = pageAlign(env.geometry, args.bytes)
  markedFree(asm, env, args, () => {
    const { bidirectional } = directionNumbers
    const claim = [deviceNumber(env), args.handle, bytes, bidirectional, mappingKinds.coherent] as const
    const [found, addr, , array] = asm.call('mapping.take', claim)
    asm.if(ne(found, 0), () => {
      given.drain(asm)
      asm.block((leave) => {
        giveToPool(asm, env, addr, bytes, () => body({ addr, array, pooled: true }), leave)
        if (isRemapped(env, args)) given.unmapKernel(asm, args.va)
        body({ addr, array, pooled: false })
      })
    })
  })
}

/** free of the backends without SYSMMU with these rules. */
export const linearFreeWith =
  (given: FreeRules): Lowering<FreeArgs> =>
  (asm, env, args) =>
    release(asm, env, args, given, ({ addr, pooled }) => {
      if (!pooled) releasePages(asm, env, addr, pageAlign(env.geometry, args.bytes))
    })

const linear = linearFreeWith(rules)

/**
 * IOMMU. The order is what makes it safe: the entries go, then the TLB's copies, only then the IO addresses and last
 * the pages.
 *
 * Closed: the first IOMMU mapper gave the IO addresses back before the entries were cleared.
 */
const iommu: Lowering<FreeArgs> = (asm, env, args) =>
  release(asm, env, args, rules, ({ addr, array, pooled }) => {
    const bytes = pageAlign(env.geometry, args.bytes)
    const range = { iova: args.handle, bytes }
    env.steps.clearEntries(asm, env, range)
    env.steps.invalidate(asm, env, range)
    env.steps.freeIova(asm, env, range)
    if (pooled) return
    asm.if(
      isZero(array),
      () => releasePages(asm, env, addr, bytes),
      () => releaseArray(asm, env, array, pageCountOf(env.geometry, bytes)),
    )
  })

export const free: DmaOperation<'free'> = {
  name: 'free',
  description: 'Unmaps memory from alloc for CPU and device and gives it back. User mappings must be gone.',
  context: 'irqs-enabled',
  ownership: 'before: both, the device idle; after: nobody',
  lowerings: { linear, 'linear-coherent': linear, iommu, 'iommu-coherent': iommu, dmabounce: linear },
}
