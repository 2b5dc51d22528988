/** DMA | linux-3.6, the SYSMMU driver: tables and TLB invalidation of exynos-iommu.c, with its gaps. */

import type { Operand } from '../../../../machines/cpu/micro-op.ts'
import { errno } from '../../../../machines/os/calls.ts'
import { sectionBytes } from '../../../../machines/os/types.ts'
import { sysmmuCtrl, sysmmuFlushNow, sysmmuStatus } from '../../../../machines/sysmmu/regs.ts'
import { descriptorBytes, largePageBytes, largePageEntries } from '../../../../machines/sysmmu/walk.ts'
import { linearVa } from '../../addresses.ts'
import type { Assembler, Register } from '../../assembler.ts'
import { and, ne, or } from '../../operands.ts'
import { enabledFlag, sysmmuReg } from '../../sysmmu-driver.ts'
import { entryAddr, level1Index, setLevel1 } from '../../sysmmu-entries.ts'
import { forEachBank, forEachClient, ioSpaceOf, mmuOf } from '../../sysmmu-space.ts'
import type {
  DmaEnv,
  DmaSteps,
  IoRange,
  Lowering,
  PrepareTablesArgs,
  PublishArgs,
  WriteEntriesArgs,
} from '../../types.ts'
import { forEachEntry, prepareEach } from '../page-tables.ts'
import { flushRange } from './caches.ts'

// torvalds/linux v3.6 drivers/iommu/exynos-iommu.c and iommu.c.

/** `pgtable_flush`. */
const publish: Lowering<PublishArgs> = (asm, env, { addr, bytes, what }) => {
  asm.step(`publish ${what}`, () => flushRange(asm, env, { page: addr, offset: 0, bytes }))
}

/**
 * `alloc_lv2entry` of every section of the range.
 *
 * Gap: the level-1 word is stored before the zeroed table has been written back. If the word's line is evicted between the two,
 * a walk finds in the table whatever that memory held before.
 */
const prepareTables: Lowering<PrepareTablesArgs> = (asm, env, args) => {
  asm.set(args.status, errno.ok)
  asm.step('prepare tables', () =>
    asm.lock('pgtable', () =>
      prepareEach(asm, env, args, (table, bytes, entry) => {
        env.steps.publish(asm, env, { addr: table, bytes, what: 'level-2 table' })
        env.steps.publish(asm, env, { addr: entry, bytes: descriptorBytes, what: 'level-1 entry' })
      }),
    ),
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
          const { entry, index } = entryAddr(asm, env, iova)
          const entries = largePageEntries(geometry)
          asm.storeRange(linearVa(geometry, entry), entries * descriptorBytes, or(addr, 1))
          env.steps.publish(asm, env, { addr: entry, bytes: entries * descriptorBytes, what: 'level-2 entries' })
          asm.perform('table.use', [space, index, entries])
        })
        return
      }
      forEachEntry(asm, env, { iova, bytes }, (entry, index, page) => {
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
      forEachEntry(asm, env, range, (entry, index) => {
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
  forEachClient(env, (client) =>
    asm.step('invalidate TLB entries', () =>
      asm.lock('sysmmu', () =>
        asm.scope(() => {
          const active = asm.flagGet(enabledFlag(mmuOf(client).name))
          asm.if(ne(active, 0), () =>
            forEachBank(client, (bank) =>
              ifBlocked(asm, bank, () => {
                asm.mmioWrite(sysmmuReg(bank, 'flushEntry'), or(iova, sysmmuFlushNow))
                asm.mmioWrite(sysmmuReg(bank, 'ctrl'), sysmmuCtrl.enable)
              }),
            ),
          )
        }),
      ),
    ),
  )
}

/** `sysmmu_block`. */
function ifBlocked(asm: Assembler, env: DmaEnv, body: () => void): void {
  const blocked = (status: Register) => ne(and(status, sysmmuStatus.blocked), 0)
  asm.mmioWrite(sysmmuReg(env, 'ctrl'), sysmmuCtrl.block)
  asm.block((givenUp) => {
    asm.poll({
      read: () => asm.mmioRead(sysmmuReg(env, 'status')),
      until: blocked,
      bound: env.geometry.blockPolls,
      onTimeout: () => {
        asm.mmioWrite(sysmmuReg(env, 'ctrl'), sysmmuCtrl.enable)
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
