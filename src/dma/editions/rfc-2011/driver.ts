/** DMA | rfc-2011, the SYSMMU driver of that time: plat-s5p/sysmmu.c, what it publishes and what it does not. */

import type { Operand } from '../../../../machines/cpu/micro-op.ts'
import { errno } from '../../../../machines/os/calls.ts'
import { sysmmuCtrl, sysmmuFlushNow, sysmmuRegs } from '../../../../machines/sysmmu/regs.ts'
import { descriptorBytes, level2TableBytes } from '../../../../machines/sysmmu/walk.ts'
import { linearVa, pageCountOf } from '../../addresses.ts'
import type { Assembler, Register } from '../../assembler.ts'
import { add, isZero, mul, ne, or } from '../../operands.ts'
import { enabledFlag } from '../../sysmmu-driver.ts'
import { level1Index, level2Index } from '../../sysmmu-entries.ts'
import { ioSpaceOf, mmuOf } from '../../sysmmu-space.ts'
import type { DmaEnv, DmaSteps, IoRange, Lowering, PrepareTablesArgs, WriteEntriesArgs } from '../../types.ts'
import { driverSteps as linux36Steps } from '../linux-3.6/driver.ts'

// After arch/arm/plat-s5p/sysmmu.c as in torvalds/linux v3.0, which the RFC adapted: `iommu_map` and `iommu_unmap` of one page.

const prepareTables: Lowering<PrepareTablesArgs> = (asm, env, { iova, bytes, status }) => {
  asm.set(status, errno.ok)
  asm.step('prepare tables', () =>
    asm.block((leave) =>
      asm.times(pageCountOf(env.geometry, bytes), (page) =>
        asm.scope(() => {
          const index = asm.set(asm.temp(), level1Index(env, add(iova, mul(page, env.geometry.pageBytes))))
          const [table] = asm.call('table.find', [ioSpaceOf(env).number, index])
          asm.if(isZero(table), () => installTable(asm, env, index, status, leave))
        }),
      ),
    ),
  )
}

/**
 * Defect: what is flushed is as many bytes as the new table has, but from the level-1 word on. The zeroes of the table stay
 * in the caches, and a walk finds in it what that memory held before.
 */
function installTable(asm: Assembler, env: DmaEnv, index: Operand, status: Register, leave: () => void): void {
  const { geometry } = env
  const space = ioSpaceOf(env)
  const bytes = level2TableBytes(geometry)
  asm.step('install level-2 table', () => {
    const [table] = asm.call('table.alloc', [space.number, index])
    asm.if(isZero(table), () => {
      asm.set(status, errno.ENOMEM)
      leave()
    })
    asm.storeRange(linearVa(geometry, table), bytes, 0)
    const entry = add(space.tableAddr, mul(index, descriptorBytes))
    asm.store(linearVa(geometry, entry), or(table, 1))
    env.steps.publish(asm, env, { addr: entry, bytes, what: 'level-1 entry' })
  })
}

function forEachEntry(
  asm: Assembler,
  env: DmaEnv,
  { iova, bytes }: IoRange,
  body: (entry: Operand, index: Operand, page: Operand) => void,
): void {
  const { geometry } = env
  asm.times(pageCountOf(geometry, bytes), (page) =>
    asm.scope(() => {
      const at = add(iova, mul(page, geometry.pageBytes))
      const index = asm.set(asm.temp(), level1Index(env, at))
      const [table] = asm.call('table.find', [ioSpaceOf(env).number, index])
      body(asm.set(asm.temp(), add(table, mul(level2Index(env, at), descriptorBytes))), index, page)
    }),
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
  const reg = (name: keyof typeof sysmmuRegs): number => mmuOf(env).base + sysmmuRegs[name]
  asm.step('invalidate TLB', () =>
    asm.scope(() => {
      const enabled = asm.flagGet(enabledFlag(mmuOf(env).name))
      asm.if(ne(enabled, 0), () => {
        asm.mmioWrite(reg('ctrl'), sysmmuCtrl.block)
        asm.mmioWrite(reg('flush'), sysmmuFlushNow)
        asm.mmioWrite(reg('ctrl'), sysmmuCtrl.enable)
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
