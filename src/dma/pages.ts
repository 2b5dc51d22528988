/** DMA | pages of allocations: taken, made ready for the device, given back. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { memoryTypes, pageOwners } from '../../machines/os/calls.ts'
import { linearVa, pageCountOf } from './addresses.ts'
import type { Assembler, Register } from './assembler.ts'
import { isZero } from './operands.ts'
import { type DmaEnv, isCoherent } from './types.ts'

const dmaOwner = pageOwners.indexOf('dma')
export const nonCacheable = memoryTypes.indexOf('non-cacheable')
export const cacheable = memoryTypes.indexOf('cacheable')

/** How the CPU's mappings of an allocation are typed: as the device sees memory, so that no two differ. */
export function memoryOf(env: DmaEnv): number {
  return isCoherent(env.device.backend) ? cacheable : nonCacheable
}

/**
 * Makes new pages ready for the device: zeroed, no line of them dirty in a cache, no cacheable mapping left. For memory
 * that stays cacheable, zeroed is enough.
 *
 * Closed: Linux leaves the cacheable linear mapping of pages that it maps non-cacheable elsewhere, so that
 * speculation brings lines back that a reader through that mapping finds stale. It is removed here, and restored
 * when the pages are freed; after the write-back, because maintenance needs the mapping.
 */
function makeReady(asm: Assembler, env: DmaEnv, addr: Operand, bytes: Operand, memory: number): void {
  if (memory === cacheable) {
    asm.step('clear', () => asm.storeRange(linearVa(env.geometry, addr), bytes, 0))
    return
  }
  env.steps.clearPages(asm, env, { addr, bytes })
  asm.step('remove alias', () => asm.perform('page.alias', [addr, bytes, 0]))
}

/** Undoes `makeReady` and gives the pages back. `memory`: as they were taken. */
export function releasePages(asm: Assembler, env: DmaEnv, addr: Operand, bytes: Operand, memory = memoryOf(env)): void {
  asm.scope(() => {
    if (memory === nonCacheable) {
      asm.step('restore alias', () => asm.perform('page.alias', [addr, bytes, 1]))
    }
    asm.perform('page.free', [addr, bytes])
  })
}

/** Gives `count` pages of an array back, and the array. */
export function releaseArray(asm: Assembler, env: DmaEnv, array: Operand, count: Operand): void {
  const { pageBytes } = env.geometry
  asm.times(count, (index) =>
    asm.scope(() => {
      const [page] = asm.call('array.get', [array, index])
      releasePages(asm, env, page, pageBytes)
    }),
  )
  asm.perform('array.free', [array])
}

/** One contiguous block, ready; its address in `addr`. `memory`: how the CPU will have it mapped. */
export function takeBlock(
  asm: Assembler,
  env: DmaEnv,
  bytes: Operand,
  addr: Register,
  fail: () => void,
  memory = memoryOf(env),
): void {
  asm.step('allocate pages', () => {
    asm.call('page.alloc', [bytes, dmaOwner], [addr])
    asm.if(isZero(addr), fail)
    makeReady(asm, env, addr, bytes, memory)
  })
}

/**
 * `count` single pages in an array, each `ready` before the next is taken. When there are no more, `unwind` gives back those
 * taken so far, and `fail` runs.
 */
export function takeEach(
  asm: Assembler,
  array: Register,
  count: Operand,
  each: { readonly ready: (page: Operand) => void; readonly unwind: (taken: Operand) => void },
  fail: () => void,
): void {
  asm.step('allocate pages', () => {
    asm.call('array.alloc', [count], [array])
    asm.if(isZero(array), fail)
    asm.times(count, (index) =>
      asm.scope(() => {
        const [page] = asm.call('page.alloc-single', [dmaOwner])
        asm.if(isZero(page), () => {
          each.unwind(index)
          fail()
        })
        each.ready(page)
        asm.perform('array.set', [array, index, page])
      }),
    )
  })
}

/** Single pages in an array, ready for the device. */
export function takeScattered(asm: Assembler, env: DmaEnv, bytes: Operand, array: Register, fail: () => void): void {
  const { pageBytes } = env.geometry
  const each = {
    ready: (page: Operand) => makeReady(asm, env, page, pageBytes, memoryOf(env)),
    unwind: (taken: Operand) => releaseArray(asm, env, array, taken),
  }
  takeEach(asm, array, pageCountOf(env.geometry, bytes), each, fail)
}
