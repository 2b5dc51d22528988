/** Machines | services of the operating system: pools of equal blocks. */

import { dmaError, errno } from './calls.ts'
import { createIoBitmap, findIoRange, type IoWindow, ioRangeUsed, isEmpty, markIoRange } from './io-bitmap.ts'
import { naturalAlignment } from './page-allocator.ts'
import { ok, type Run, refuse, type Service, synchronize } from './service.ts'
import type { OsContext, PoolState } from './types.ts'

// `struct dma_pool` of mm/dmapool.c and the atomic pool of arch/arm/mm/dma-mapping.c, torvalds/linux v3.6: a bitmap of
// blocks under a spin lock, memory that is mapped for CPU and device already. Here a pool does not grow.

function blocksOf(service: Service, pool: number): IoWindow {
  return { firstUnit: 0, units: service.config.pools[pool]?.blocks ?? 0 }
}

export const poolCreate: Run = (context, service, [pool = 0, handle = 0, va = 0, bytes = 0]) => {
  const state = context.pools[pool]
  const config = service.config.pools[pool]
  if (state === undefined || config === undefined) return refuse(service, 'no such pool')
  if (state.bytes !== 0) return refuse(service, 'the pool has its memory', errno.EBUSY)
  if (bytes < config.blockBytes * config.blocks) return refuse(service, 'too little memory for the blocks of the pool')
  Object.assign(state, { handle, va, bytes })
  return ok
}

export const poolDestroy: Run = (context, service, [pool = 0]) => {
  const state = context.pools[pool]
  if (state === undefined || state.bytes === 0) return refuse(service, 'no such pool', errno.EINVAL, dmaError, 0, 0)
  if (!isEmpty(state.used)) return refuse(service, 'a block of the pool is in use', errno.EBUSY, dmaError, 0, 0)
  const { handle, va, bytes } = state
  Object.assign(state, { handle: 0, va: 0, bytes: 0 })
  return [errno.ok, handle, va, bytes]
}

export const poolAlloc: Run = (context, service, [pool = 0, bytes = 0]) => {
  const state = context.pools[pool]
  const config = service.config.pools[pool]
  if (state === undefined || config === undefined || bytes === 0) {
    return refuse(service, 'no size or no such pool', dmaError, 0)
  }
  const window = blocksOf(service, pool)
  const count = Math.ceil(bytes / config.blockBytes)
  const start = state.bytes === 0 ? -1 : findIoRange(state.used, window, count, naturalAlignment(count, window.units))
  if (start < 0) return [dmaError, 0]
  markIoRange(state.used, start, count, true)
  synchronize(service, `pool:${config.name}`, 'acquire')
  const offset = start * config.blockBytes
  return [state.handle + offset, state.va + offset]
}

/** Number of the pool whose memory is at `handle`, or -1. */
function poolAt(context: OsContext, handle: number): number {
  return context.pools.findIndex((pool) => handle >= pool.handle && handle < pool.handle + pool.bytes)
}

export const poolFind: Run = (context, _service, [handle = 0]) => {
  const pool = poolAt(context, handle)
  return pool < 0 ? [0, 0] : [1, pool]
}

export const poolFree: Run = (context, service, [pool = 0, handle = 0, bytes = 0]) => {
  const state: PoolState | undefined = context.pools[pool]
  const config = service.config.pools[pool]
  if (state === undefined || config === undefined) return refuse(service, 'no such pool')
  const start = (handle - state.handle) / config.blockBytes
  const count = Math.ceil(bytes / config.blockBytes)
  if (!Number.isInteger(start) || !ioRangeUsed(state.used, blocksOf(service, pool), start, count)) {
    return refuse(service, 'the block of the pool is not in use')
  }
  markIoRange(state.used, start, count, false)
  synchronize(service, `pool:${config.name}`, 'release')
  return ok
}

/** A pool without memory. */
export function createPool(blocks: number): PoolState {
  return { handle: 0, va: 0, bytes: 0, used: createIoBitmap({ firstUnit: 0, units: blocks }) }
}
