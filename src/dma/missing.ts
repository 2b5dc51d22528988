/** DMA | a method that a table does not have: the wrappers of unmap and sync look first, all others jump to address 0. */

import { UsageError } from '../base/errors.ts'
import type { Assembler, Register } from './assembler.ts'
import { type MarkedOp, markMissing } from './marks.ts'
import type { DmaEnv, DmaOps, OpName } from './types.ts'

// As the wrappers in torvalds/linux v3.6 include/asm-generic/dma-mapping-common.h and arch/arm/include/asm/dma-mapping.h.

/** How marks name the operations, and whether their wrapper does nothing when the method is not there. */
const wrappers: Readonly<Record<OpName, readonly [MarkedOp, 'called' | 'skipped']>> = {
  alloc: ['alloc', 'called'],
  free: ['free', 'called'],
  mmap: ['mmap', 'called'],
  get_sgtable: ['get-sgtable', 'called'],
  map_page: ['map', 'called'],
  unmap_page: ['unmap', 'skipped'],
  map_sg: ['map-sg', 'called'],
  unmap_sg: ['unmap-sg', 'skipped'],
  map_resource: ['map', 'called'],
  unmap_resource: ['unmap', 'skipped'],
  sync_single_for_cpu: ['sync-for-cpu', 'skipped'],
  sync_single_for_device: ['sync-for-device', 'skipped'],
  sync_sg_for_cpu: ['sync-sg-for-cpu', 'skipped'],
  sync_sg_for_device: ['sync-sg-for-device', 'skipped'],
  mapping_error: ['mapping-error', 'called'],
  dma_supported: ['dma-supported', 'called'],
  set_dma_mask: ['set-dma-mask', 'called'],
  get_required_mask: ['dma-supported', 'called'],
}

/** Stands where there was no such function at all. */
export function absentFunction<Name extends OpName>(op: Name, edition: string, since: string): DmaOps[Name] {
  return () => {
    throw new UsageError(`edition ${edition} has no ${op}, which came with Linux ${since}: choose another edition`)
  }
}

/** Stands where the table has no `op`. */
export function missingMethod<Name extends OpName>(op: Name): DmaOps[Name] {
  const [marked, effect] = wrappers[op]
  const lowering = (asm: Assembler, env: DmaEnv, args: { readonly to?: Register | Record<string, Register> }) => {
    asm.step(op, () => {
      markMissing(asm, env, marked, effect)
      if (effect === 'skipped') return
      // Nobody gets to read them; that they are written somewhere is what programs are held to.
      const results = typeof args.to === 'string' ? [args.to] : Object.values(args.to ?? {})
      for (const register of results) asm.set(register, 0)
      asm.die()
    })
  }
  return lowering as unknown as DmaOps[Name]
}
