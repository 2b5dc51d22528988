/** DMA | a method that a table does not have: the wrappers of unmap and sync look first, all others jump to address 0. */

import type { Assembler, Register } from './assembler.ts'
import type { DmaEnv, DmaOps, OpName } from './types.ts'

// As the wrappers in torvalds/linux v3.6 include/asm-generic/dma-mapping-common.h and arch/arm/include/asm/dma-mapping.h.

/** Operations whose wrapper does nothing when the method is not there. */
const looksFirst: readonly OpName[] = [
  'unmap_page',
  'unmap_sg',
  'unmap_resource',
  'sync_single_for_cpu',
  'sync_single_for_device',
  'sync_sg_for_cpu',
  'sync_sg_for_device',
]

/** Stands where the table has no `op`. */
export function missingMethod<Name extends OpName>(op: Name): DmaOps[Name] {
  const lowering = (asm: Assembler, _env: DmaEnv, args: { readonly to?: Register | Record<string, Register> }) => {
    asm.step(op, () => {
      if (looksFirst.includes(op)) return
      // Nobody gets to read them; that they are written somewhere is what programs are held to.
      const results = typeof args.to === 'string' ? [args.to] : Object.values(args.to ?? {})
      for (const register of results) asm.set(register, 0)
      asm.die()
    })
  }
  return lowering as unknown as DmaOps[Name]
}
