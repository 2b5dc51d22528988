/** DMA | what a mask has to cover, by backend: all memory, the first IO page, or the safe buffers. */

import { u32 } from '../../base/bits.ts'
import { ioSpaceOf } from '../sysmmu-space.ts'
import type { DmaEnv } from '../types.ts'

/** The smallest mask of all ones that covers `addr`. */
export function onesAbove(addr: number): number {
  return addr === 0 ? 1 : u32(2 ** (32 - Math.clz32(addr)) - 1)
}

/** The largest handle that a device of this backend may be given. */
export function highestHandle(env: DmaEnv): number {
  const { dram } = env.geometry
  if (!translates(env)) return dram.base + dram.bytes - 1
  const space = env.os.mappings[ioSpaceOf(env).number]
  return space === undefined ? 0xffffffff : space.base + space.bytes - 1
}

/**
 * The address that a mask has to cover, so that the device can work at all: without a SYSMMU all memory (`arm_dma_limit`);
 * with one, a page of its window is enough, for IO addresses are taken within the mask; with safe buffers the first page
 * that the page allocator has, where their pools come from.
 */
export function leastReach(env: DmaEnv): number {
  const { dram, reservedBytes, pageBytes } = env.geometry
  if (env.device.backend === 'dmabounce') return dram.base + reservedBytes + pageBytes - 1
  if (!translates(env)) return highestHandle(env)
  const space = env.os.mappings[ioSpaceOf(env).number]
  return (space?.base ?? 0) + pageBytes - 1
}

function translates(env: DmaEnv): boolean {
  return env.device.mmu !== undefined
}
