/** DMA | rfc-2011, the SYSMMU driver of that time: plat-s5p/sysmmu.c, what it publishes and what it does not. */

import { errno } from '../../../../machines/os/calls.ts'
import { sysmmuCtrl, sysmmuFlushNow } from '../../../../machines/sysmmu/regs.ts'
import { descriptorBytes } from '../../../../machines/sysmmu/walk.ts'
import { linearVa } from '../../addresses.ts'
import { ne, or } from '../../operands.ts'
import { enabledFlag, sysmmuReg } from '../../sysmmu-driver.ts'
import { ioSpaceOf, mmuOf } from '../../sysmmu-space.ts'
import type { DmaSteps, IoRange, Lowering, PrepareTablesArgs, WriteEntriesArgs } from '../../types.ts'
import { driverSteps as linux36Steps } from '../linux-3.6/driver.ts'
import { forEachEntry, prepareEach } from '../page-tables.ts'

// After arch/arm/plat-s5p/sysmmu.c as in torvalds/linux v3.0, which the RFC adapted: `iommu_map` and `iommu_unmap` of one page.

/**
 * Defect: what is flushed is as many bytes as the new table has, but from the level-1 word on. The zeroes of the table stay
 * in the caches, and a walk finds in it what that memory held before.
 */
const prepareTables: Lowering<PrepareTablesArgs> = (asm, env, args) => {
  asm.set(args.status, errno.ok)
  asm.step('prepare tables', () =>
    prepareEach(asm, env, args, (_table, bytes, entry) =>
      env.steps.publish(asm, env, { addr: entry, bytes, what: 'level-1 entry' }),
    ),
  )
}

const writeEntries: Lowering<WriteEntriesArgs> = (asm, env, { pageAt, ...range }) => {
  asm.step('write level-2 entries', () =>
    forEachEntry(asm, env, range, (entry, index, page) => {
      asm.scope(() => asm.store(linearVa(env.geometry, entry), or(pageAt(page), 2)))
      env.steps.publish(asm, env, { addr: entry, bytes: descriptorBytes, what: 'level-2 entries' })
      asm.perform('table.use', [ioSpaceOf(env).number, index, 1])
    }),
  )
}

/** Defect (R15): the cleared words stay in the caches, and walks go on finding the old ones in memory. */
const clearEntries: Lowering<IoRange> = (asm, env, range) => {
  asm.step('clear level-2 entries', () =>
    forEachEntry(asm, env, range, (entry, index) => {
      asm.store(linearVa(env.geometry, entry), 0)
      asm.perform('table.unuse', [ioSpaceOf(env).number, index, 1])
    }),
  )
}

/** Everything goes, whatever the range. Defect: nobody waits for the block, nor for the flush. */
const invalidate: Lowering<IoRange> = (asm, env) => {
  asm.step('invalidate TLB', () =>
    asm.scope(() => {
      const enabled = asm.flagGet(enabledFlag(mmuOf(env).name))
      asm.if(ne(enabled, 0), () => {
        asm.mmioWrite(sysmmuReg(env, 'ctrl'), sysmmuCtrl.block)
        asm.mmioWrite(sysmmuReg(env, 'flush'), sysmmuFlushNow)
        asm.mmioWrite(sysmmuReg(env, 'ctrl'), sysmmuCtrl.enable)
      })
    }),
  )
}

export const driverSteps = {
  publish: linux36Steps.publish,
  prepareTables,
  writeEntries,
  clearEntries,
  invalidate,
} satisfies Partial<DmaSteps>
