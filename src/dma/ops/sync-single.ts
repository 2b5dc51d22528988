/** DMA | sync_single: what both directions have in common: finding the physical range behind a part of a mapping. */

import { mappingKinds, osNumber } from '../../../machines/os/types.ts'
import type { Assembler } from '../assembler.ts'
import { marked } from '../marks.ts'
import { add, eq, ne, sub } from '../operands.ts'
import type { BufferRange, DmaEnv, SyncSingleArgs } from '../types.ts'

type SyncOp = 'sync-for-cpu' | 'sync-for-device'
type Hand = (range: BufferRange) => void

/** Linear: the handle is the physical address. */
export function syncLinear(asm: Assembler, env: DmaEnv, op: SyncOp, args: SyncSingleArgs, hand: Hand): void {
  const { handle, pageOffset, offset, bytes, direction } = args
  asm.step(`sync_single ${op}`, () =>
    marked(asm, env, { op, kind: 'single', handle, offset, bytes, direction }, () =>
      hand({ page: sub(handle, pageOffset), offset: add(pageOffset, offset), bytes }),
    ),
  )
}

/**
 * IOMMU: the mapping that contains the whole range says where it is. Nothing happens to IO addresses, entries or TLB.
 *
 * Closed: Linux translates the first IO page only and takes the rest to follow it physically; here a range is accepted
 * only inside one mapping of map_page, where that is so. Coherent memory needs no maintenance, and gets none.
 */
export function syncIommu(asm: Assembler, env: DmaEnv, op: SyncOp, args: SyncSingleArgs, hand: Hand): void {
  const { handle, pageOffset, offset, bytes, direction } = args
  const device = osNumber(env.os, 'devices', env.device.name)
  asm.step(`sync_single ${op}`, () =>
    marked(asm, env, { op, kind: 'single', handle, offset, bytes, direction }, () => {
      const [found, start, addr, , , kind] = asm.call('mapping.find', [device, add(handle, offset), bytes])
      asm.if(ne(found, 0), () =>
        asm.if(eq(kind, mappingKinds.streaming), () => {
          // The physical page that the handle's IO page stands for.
          const page = asm.set(asm.temp(), sub(add(addr, sub(handle, start)), pageOffset))
          hand({ page, offset: add(pageOffset, offset), bytes })
        }),
      )
    }),
  )
}
