/** DMA | IO addresses taken and given back: at once, or through a queue of ranges that one flush of the TLB sets free. */

import type { Geometry } from '../../machines/geometry.ts'
import { dmaError } from '../../machines/os/calls.ts'
import type { OsExtras } from '../../machines/os/types.ts'
import type { Assembler, Register } from './assembler.ts'
import { eq, ne } from './operands.ts'
import { invalidateAll } from './sysmmu-driver.ts'
import { ioSpaceOf, mmuOf } from './sysmmu-space.ts'
import type { DmaEnv, DmaSteps, IoRange, Lowering } from './types.ts'

// As in Linux drivers/iommu/iova.c `queue_iova` (one queue, not one for each core): an unmap clears its entries and leaves
// the TLB alone; the range waits in a queue. A flush of the whole TLB frees all that waited when it began: when the queue is
// full, when no address is left, when the timer (10 ms) fires, and before the SYSMMU is given up. Linux lets a flush run
// while others queue, and compares counters of begun and finished flushes to know what it covers; here the lock of the queue
// is held across the flush, so that everything in the queue was there when it began.
//
// What this gives up: until the flush, the device still reaches the pages that were unmapped, and these go back to their
// owner at once. Linux does the same.

/** What a lazy backend adds to the os: the queue, as two lists of the same length, and its lock. */
const names = { iovas: 'flush-queue-iova', bytes: 'flush-queue-bytes', lock: 'flush-queue' } as const

/** Adds the flush queue to a scenario's own lists and locks. */
export function withFlushQueue(geometry: Geometry, os: OsExtras = {}): OsExtras {
  // One entry stays empty in a ring, so that full and empty differ.
  const capacity = geometry.flushQueueEntries - 1
  return {
    ...os,
    lists: [...(os.lists ?? []), { name: names.iovas, capacity }, { name: names.bytes, capacity }],
    locks: [...(os.locks ?? []), names.lock],
  }
}

/** Flushes the TLB, then gives every range that waits back. The caller holds the lock of the queue. */
function flushHeld(asm: Assembler, env: DmaEnv): void {
  asm.step('flush queue', () => {
    invalidateAll(asm, env)
    asm.forever((leave) =>
      asm.scope(() => {
        const { found, value: iova } = asm.listPop(names.iovas)
        asm.if(eq(found, 0), leave)
        const { value: bytes } = asm.listPop(names.bytes)
        asm.perform('iova.free', [ioSpaceOf(env).number, iova, bytes])
      }),
    )
  })
}

/** What the timer does, and whoever needs the addresses now. Nothing for a strict backend. */
export function flushQueue(asm: Assembler, env: DmaEnv): void {
  if (mmuOf(env).invalidation === 'strict') return
  asm.lock(names.lock, () =>
    asm.scope(() => {
      const count = asm.listCount(names.iovas)
      asm.if(ne(count, 0), () => flushHeld(asm, env))
    }),
  )
}

/** `alloc`, and once more after a flush if a lazy backend had nothing left. */
export function flushIfExhausted(asm: Assembler, env: DmaEnv, to: Register, alloc: () => void): void {
  alloc()
  if (mmuOf(env).invalidation === 'strict') return
  asm.if(eq(to, dmaError), () => {
    flushQueue(asm, env)
    alloc()
  })
}

/** Queues the range; a full queue is flushed first. */
export const queueIova: Lowering<IoRange> = (asm, env, { iova, bytes }) => {
  asm.step('queue IO addresses', () =>
    asm.lock(names.lock, () =>
      asm.scope(() => {
        const count = asm.listCount(names.iovas)
        asm.if(eq(count, env.geometry.flushQueueEntries - 1), () => flushHeld(asm, env))
        asm.listPush(names.iovas, iova)
        asm.listPush(names.bytes, bytes)
      }),
    ),
  )
}

const freeIova: Lowering<IoRange> = (asm, env, range) => {
  if (mmuOf(env).invalidation === 'lazy') queueIova(asm, env, range)
  else asm.perform('iova.free', [ioSpaceOf(env).number, range.iova, range.bytes])
}

export const addressSteps = { freeIova } satisfies Partial<DmaSteps>
