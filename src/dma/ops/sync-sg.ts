/** DMA | sync_sg: what both directions have in common: entry by entry, whatever segments they were merged into. */

import type { Assembler } from '../assembler.ts'
import { mod } from '../operands.ts'
import type { BackendName, DmaEnv, Lowering, SyncSgArgs } from '../types.ts'
import { forEachEntry, forEachSegment, markedList } from './sg.ts'
import { handOver, type SyncOp } from './sync-single.ts'

function syncing(asm: Assembler, env: DmaEnv, op: SyncOp, args: SyncSgArgs, body: () => void): void {
  const marks = op === 'sync-for-cpu' ? 'sync-sg-for-cpu' : 'sync-sg-for-device'
  asm.step(`sync_sg ${op}`, () => markedList(asm, env, marks, args, body))
}

/** The lowerings of one direction. The list knows the pages, so that no IO address has to be looked up. */
export function syncSgLowerings(op: SyncOp): Readonly<Record<BackendName, Lowering<SyncSgArgs>>> {
  const byPage: Lowering<SyncSgArgs> = (asm, env, args) =>
    syncing(asm, env, op, args, () =>
      forEachEntry(asm, args.sg, args.entries, ({ page, offset, bytes }) =>
        handOver(asm, env, op, { page, offset, bytes, direction: args.direction }),
      ),
    )
  /** Through the device's own sync_single: only that knows which entries have a safe buffer. */
  const byHandle: Lowering<SyncSgArgs> = (asm, env, args) =>
    syncing(asm, env, op, args, () =>
      forEachSegment(asm, args.sg, args.entries, ({ dma, dmaBytes }) => {
        const sync = op === 'sync-for-cpu' ? env.ops.sync_single_for_cpu : env.ops.sync_single_for_device
        const pageOffset = mod(dma, env.geometry.pageBytes)
        const { direction } = args
        const part = { handle: dma, pageOffset, offset: 0, bytes: dmaBytes, direction, kind: 'sg' } as const
        asm.asPart(() => sync(asm, env, part))
      }),
    )
  const nothing: Lowering<SyncSgArgs> = (asm, env, args) => syncing(asm, env, op, args, () => {})
  return {
    linear: byPage,
    'linear-coherent': nothing,
    iommu: byPage,
    'iommu-coherent': nothing,
    dmabounce: byHandle,
  }
}
