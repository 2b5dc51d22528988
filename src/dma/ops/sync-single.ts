/** DMA | sync_single: what both directions have in common: finding the physical range behind a part of a mapping. */

import { mappingKinds } from '../../../machines/os/types.ts'
import type { Assembler } from '../assembler.ts'
import { marked } from '../marks.ts'
import { add, eq, ne, sub } from '../operands.ts'
import { deviceNumber } from '../reach.ts'
import type { BackendName, BufferRange, DmaEnv, Lowering, SyncSingleArgs } from '../types.ts'
import { bounceSync } from './bounce.ts'
import { copyIn, copyOut } from './bounce-copy.ts'

export type SyncOp = 'sync-for-cpu' | 'sync-for-device'

/** Hands a range over. The one pair of functions that all backends and both forms of sync share. */
export function handOver(
  asm: Assembler,
  env: DmaEnv,
  op: SyncOp,
  args: BufferRange & Pick<SyncSingleArgs, 'direction'>,
) {
  const step = op === 'sync-for-cpu' ? env.steps.devToCpu : env.steps.cpuToDev
  step(asm, env, args)
}

function syncing(asm: Assembler, env: DmaEnv, op: SyncOp, args: SyncSingleArgs, body: () => void): void {
  const { handle, offset, bytes, direction, kind = 'single' } = args
  asm.step(`sync_single ${op}`, () => marked(asm, env, { op, kind, handle, offset, bytes, direction }, body))
}

/** The handle is the physical address. */
function syncDirectly(asm: Assembler, env: DmaEnv, op: SyncOp, args: SyncSingleArgs): void {
  const { handle, pageOffset, offset, bytes, direction } = args
  handOver(asm, env, op, { page: sub(handle, pageOffset), offset: add(pageOffset, offset), bytes, direction })
}

/**
 * IOMMU: the mapping that contains the whole range says where it is. Nothing happens to IO addresses, entries or TLB.
 *
 * Closed: Linux translates the first IO page only and takes the rest to follow it physically; here a range is accepted
 * only inside one mapping of map_page, where that is so. Coherent memory needs no maintenance, and gets none.
 */
function syncTranslated(asm: Assembler, env: DmaEnv, op: SyncOp, args: SyncSingleArgs): void {
  const { handle, pageOffset, offset, bytes, direction } = args
  const [found, start, addr, , , kind] = asm.call('mapping.find', [deviceNumber(env), add(handle, offset), bytes])
  asm.if(ne(found, 0), () =>
    asm.if(eq(kind, mappingKinds.streaming), () => {
      // The physical page that the handle's IO page stands for.
      const page = asm.set(asm.temp(), sub(add(addr, sub(handle, start)), pageOffset))
      handOver(asm, env, op, { page, offset: add(pageOffset, offset), bytes, direction })
    }),
  )
}

/** dmabounce: a copy of the part, in one direction only, and no cache operation; else as linear. */
function syncBounced(asm: Assembler, env: DmaEnv, op: SyncOp, args: SyncSingleArgs): void {
  bounceSync(
    asm,
    env,
    args,
    (range) => {
      if (op === 'sync-for-cpu' && args.direction !== 'to-device') copyOut(asm, env, range, 'left in the cache')
      if (op === 'sync-for-device' && args.direction !== 'from-device') copyIn(asm, env, range)
    },
    () => syncDirectly(asm, env, op, args),
  )
}

/** The lowerings of one direction. A device that snoops needs nothing. */
export function syncLowerings(op: SyncOp): Readonly<Record<BackendName, Lowering<SyncSingleArgs>>> {
  const through =
    (body: (asm: Assembler, env: DmaEnv, op: SyncOp, args: SyncSingleArgs) => void): Lowering<SyncSingleArgs> =>
    (asm, env, args) =>
      syncing(asm, env, op, args, () => body(asm, env, op, args))
  const nothing = through(() => {})
  return {
    linear: through(syncDirectly),
    'linear-coherent': nothing,
    iommu: through(syncTranslated),
    'iommu-coherent': nothing,
    dmabounce: through(syncBounced),
  }
}
