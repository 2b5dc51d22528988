/** DMA | linux-3.6, the SYSMMU driver: tables and TLB invalidation of exynos-iommu.c, with its gaps. */

import type { Operand } from '../../../../machines/cpu/micro-op.ts'
import { errno } from '../../../../machines/os/calls.ts'
import { sectionBytes } from '../../../../machines/os/types.ts'
import { sysmmuCtrl, sysmmuFlushNow, sysmmuRegs, sysmmuStatus } from '../../../../machines/sysmmu/regs.ts'
import {
  descriptorBytes,
  largePageBytes,
  largePageEntries,
  level2TableBytes,
} from '../../../../machines/sysmmu/walk.ts'
import { linearVa, pageCountOf } from '../../addresses.ts'
import type { Assembler, Register } from '../../assembler.ts'
import { add, and, isZero, mul, ne, or } from '../../operands.ts'
import { enabledFlag } from '../../sysmmu-driver.ts'
import { level1Index, level2Index, setLevel1 } from '../../sysmmu-entries.ts'
import { ioSpaceOf, mmuOf } from '../../sysmmu-space.ts'
import type {
  DmaEnv,
  DmaSteps,
  IoRange,
  Lowering,
  PrepareTablesArgs,
  PublishArgs,
  WriteEntriesArgs,
} from '../../types.ts'
import { flushRange } from './caches.ts'

// torvalds/linux v3.6 drivers/iommu/exynos-iommu.c and iommu.c.

const reg = (env: DmaEnv, name: keyof typeof sysmmuRegs): number => mmuOf(env).base + sysmmuRegs[name]

/** `pgtable_flush`. */
const publish: Lowering<PublishArgs> = (asm, env, { addr, bytes, what }) => {
  asm.step(`publish ${what}`, () => flushRange(asm, env, { page: addr, offset: 0, bytes }))
}

/** `alloc_lv2entry` of every section of the range. */
const prepareTables: Lowering<PrepareTablesArgs> = (asm, env, { iova, bytes, status }) => {
  asm.set(status, errno.ok)
  asm.step('prepare tables', () =>
    asm.lock('pgtable', () =>
      asm.block((leave) =>
        asm.times(pageCountOf(env.geometry, bytes), (page) =>
          asm.scope(() => {
            const index = asm.set(asm.temp(), level1Index(env, add(iova, mul(page, env.geometry.pageBytes))))
            const [table] = asm.call('table.find', [ioSpaceOf(env).number, index])
            asm.if(isZero(table), () => installTable(asm, env, index, status, leave))
          }),
        ),
      ),
    ),
  )
}

/**
 * Gap: the level-1 word is stored before the zeroed table has been written back. If the word's line is evicted between the two,
 * a walk finds in the table whatever that memory held before.
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
    env.steps.publish(asm, env, { addr: table, bytes, what: 'level-2 table' })
    env.steps.publish(asm, env, { addr: entry, bytes: descriptorBytes, what: 'level-1 entry' })
  })
}

/** Physical address of the level-2 word for `iova`, whose table is there, and the index of its level-1 entry. */
function entryOf(asm: Assembler, env: DmaEnv, iova: Operand): { readonly entry: Register; readonly index: Register } {
  const index = asm.set(asm.temp(), level1Index(env, iova))
  const [table] = asm.call('table.find', [ioSpaceOf(env).number, index])
  return { entry: asm.set(asm.temp(), add(table, mul(level2Index(env, iova), descriptorBytes))), index }
}

export function forEachPage(
  asm: Assembler,
  env: DmaEnv,
  range: IoRange,
  body: (iova: Operand, page: Operand) => void,
): void {
  const { pageBytes } = env.geometry
  asm.times(pageCountOf(env.geometry, range.bytes), (page) =>
    asm.scope(() => body(add(range.iova, mul(page, pageBytes)), page)),
  )
}

/**
 * `lv2set_page`, each word published by itself, and the words of a large page together; `lv1set_section`. With `addr`, the range
 * is one mapping of one of these sizes. Gap: nothing is told to the SYSMMU, which may have seen that there was no entry.
 */
const writeEntries: Lowering<WriteEntriesArgs> = (asm, env, { iova, bytes, pageAt, addr }) => {
  const { geometry } = env
  const space = ioSpaceOf(env).number
  if (addr !== undefined && bytes === sectionBytes(geometry)) {
    asm.step('write level-1 entry', () => asm.lock('pgtable', () => setSection(asm, env, iova, addr)))
    return
  }
  asm.step('write level-2 entries', () =>
    asm.lock('pgtable', () => {
      if (addr !== undefined && bytes === largePageBytes(geometry)) {
        asm.scope(() => {
          const { entry, index } = entryOf(asm, env, iova)
          const entries = largePageEntries(geometry)
          asm.storeRange(linearVa(geometry, entry), entries * descriptorBytes, or(addr, 1))
          env.steps.publish(asm, env, { addr: entry, bytes: entries * descriptorBytes, what: 'level-2 entries' })
          asm.perform('table.use', [space, index, entries])
        })
        return
      }
      forEachPage(asm, env, { iova, bytes }, (at, page) => {
        const { entry, index } = entryOf(asm, env, at)
        asm.scope(() => asm.store(linearVa(geometry, entry), or(pageAt(page), 2)))
        env.steps.publish(asm, env, { addr: entry, bytes: descriptorBytes, what: 'level-2 entries' })
        asm.perform('table.use', [space, index, 1])
      })
    }),
  )
}

/** Gap: an empty table that was there is freed before the level-1 word is stored. Until then a walk can still follow that word. */
function setSection(asm: Assembler, env: DmaEnv, iova: Operand, addr: Operand): void {
  const space = ioSpaceOf(env).number
  asm.scope(() => {
    const index = asm.set(asm.temp(), level1Index(env, iova))
    const [table] = asm.call('table.find', [space, index])
    asm.if(ne(table, 0), () => asm.perform('table.free', [space, index]))
    setLevel1(asm, env, index, or(addr, 2))
  })
}

/**
 * The words of one mapping, or of so many small pages.
 *
 * Gap: a cleared level-2 word stays in the caches. Until its line is evicted, a walk reads the old entry from memory, also after
 * the TLB was told to forget it.
 */
const clearEntries: Lowering<IoRange> = (asm, env, range) => {
  asm.step('clear level-2 entries', () =>
    asm.lock('pgtable', () =>
      forEachPage(asm, env, range, (at) => {
        const { entry, index } = entryOf(asm, env, at)
        asm.store(linearVa(env.geometry, entry), 0)
        asm.perform('table.unuse', [ioSpaceOf(env).number, index, 1])
      }),
    ),
  )
}

/**
 * `sysmmu_tlb_invalidate_entry`.
 *
 * Gaps: one entry is written whatever the size of the mapping; if the SYSMMU is not blocked after 120 polls, none is, and
 * nobody hears of it; and the writes are posted, so that they may reach the SYSMMU after the caller went on.
 */
const invalidate: Lowering<IoRange> = (asm, env, { iova }) => {
  asm.step('invalidate TLB entries', () =>
    asm.lock('sysmmu', () =>
      asm.scope(() => {
        const active = asm.flagGet(enabledFlag(mmuOf(env).name))
        asm.if(ne(active, 0), () =>
          ifBlocked(asm, env, () => {
            asm.mmioWrite(reg(env, 'flushEntry'), or(iova, sysmmuFlushNow))
            asm.mmioWrite(reg(env, 'ctrl'), sysmmuCtrl.enable)
          }),
        )
      }),
    ),
  )
}

/** `sysmmu_block`. */
function ifBlocked(asm: Assembler, env: DmaEnv, body: () => void): void {
  const blocked = (status: Register) => ne(and(status, sysmmuStatus.blocked), 0)
  asm.mmioWrite(reg(env, 'ctrl'), sysmmuCtrl.block)
  asm.block((givenUp) => {
    asm.poll({
      read: () => asm.mmioRead(reg(env, 'status')),
      until: blocked,
      bound: env.geometry.blockPolls,
      onTimeout: () => {
        asm.mmioWrite(reg(env, 'ctrl'), sysmmuCtrl.enable)
        givenUp()
      },
    })
    body()
  })
}

export const driverSteps = {
  publish,
  prepareTables,
  writeEntries,
  clearEntries,
  invalidate,
} satisfies Partial<DmaSteps>
