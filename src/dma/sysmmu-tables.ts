/** DMA | the SYSMMU driver's translation tables: words in simulated memory, stored and published by the CPU. */

import { sectionBytes } from '../../machines/os/types.ts'
import { descriptorBytes, level1TableBytes } from '../../machines/sysmmu/walk.ts'
import { linearVa } from './addresses.ts'
import type { Assembler } from './assembler.ts'
import { maintainL1, maintainL2 } from './maintenance.ts'
import { isZero, mul } from './operands.ts'
import {
  entryAddr,
  forEachPart,
  ifSection,
  installSection,
  installTable,
  level1Index,
  mayHold,
  setLevel1,
  storeEntries,
} from './sysmmu-entries.ts'
import { ioSpaceOf } from './sysmmu-space.ts'
import type { DmaEnv, DmaSteps, IoRange, Lowering, PrepareTablesArgs, PublishArgs, WriteEntriesArgs } from './types.ts'

// Steps as in Linux v3.6 drivers/iommu/exynos-iommu.c, with its gaps closed; each closure is said where it is.
// All stores to tables happen under the lock `pgtable`. Level-2 tables stay once they are made, as in Linux: an empty one
// maps nothing, and makes room only for a section.

/**
 * Makes table words that the CPU stored visible to the walker, which reads memory and snoops nothing: out of the L1,
 * out of the L2, and the L2's buffers drained.
 */
const publish: Lowering<PublishArgs> = (asm, env, { addr, bytes, what }) => {
  asm.step(`publish ${what}`, () => {
    maintainL1(asm, env, 'clean-invalidate', { page: addr, offset: 0, bytes })
    maintainL2(asm, env, 'clean-invalidate', { page: addr, offset: 0, bytes })
  })
}

/**
 * Makes sure that every page of the range has a level-2 table. It is a step of its own so that an operation can do
 * everything that may fail before it drops a dirty line or shows a page to the device.
 */
const prepareTables: Lowering<PrepareTablesArgs> = (asm, env, { iova, bytes, status, addr }) => {
  const space = ioSpaceOf(env)
  asm.set(status, 0)
  asm.step('prepare tables', () =>
    asm.lock('pgtable', () =>
      asm.block((leave) =>
        forEachPart(asm, env, { iova, bytes }, (part, pages, first) =>
          ifSection(
            asm,
            env,
            { bytes, addr },
            { iova: part, pages, first },
            () => {},
            () =>
              asm.scope(() => {
                const index = asm.set(asm.temp(), level1Index(env, part))
                const [table] = asm.call('table.find', [space.number, index])
                asm.if(isZero(table), () => installTable(asm, env, { index, iova: part }, status, leave))
              }),
          ),
        ),
      ),
    ),
  )
}

/**
 * Writes the entries of a range, a table at a time, and publishes them together. Of the sizes of a mapping the largest
 * one that divides IO address, physical address and what is left is taken, as Linux `iommu_map` does. Level-2 entries
 * that were invalid need no invalidation: no version keeps those.
 */
const writeEntries: Lowering<WriteEntriesArgs> = (asm, env, args) => {
  const { iova, bytes, addr } = args
  asm.step('write level-2 entries', () =>
    asm.lock('pgtable', () =>
      forEachPart(asm, env, { iova, bytes }, (part, pages, first) =>
        ifSection(
          asm,
          env,
          { bytes, addr },
          { iova: part, pages, first },
          (physical) => installSection(asm, env, part, physical),
          () =>
            asm.scope(() => {
              const { entry, index } = entryAddr(asm, env, part)
              storeEntries(asm, env, args, { iova: part, pages, first, entry })
              env.steps.publish(asm, env, { addr: entry, bytes: mul(pages, descriptorBytes), what: 'level-2 entries' })
              asm.perform('table.use', [ioSpaceOf(env).number, index, pages])
            }),
        ),
      ),
    ),
  )
}

/**
 * Clears the entries of a range and publishes that. All entries of a large page go, for a mapping goes as a whole.
 *
 * Closed: Linux v3.5 and v3.6 leave the cleared words in the caches, so that a walk after the TLB invalidation can
 * read the old entry from memory again.
 */
const clearEntries: Lowering<IoRange> = (asm, env, { iova, bytes }) => {
  const { geometry } = env
  asm.step('clear level-2 entries', () =>
    asm.lock('pgtable', () =>
      forEachPart(asm, env, { iova, bytes }, (part, pages) =>
        asm.scope(() => {
          const { table, entry, index } = entryAddr(asm, env, part)
          const clearWords = () => {
            const words = mul(pages, descriptorBytes)
            asm.storeRange(linearVa(geometry, entry), words, 0)
            env.steps.publish(asm, env, { addr: entry, bytes: words, what: 'cleared level-2 entries' })
            asm.perform('table.unuse', [ioSpaceOf(env).number, index, pages])
          }
          if (!mayHold(bytes, sectionBytes(geometry))) clearWords()
          // No table: the part is a section. Only whole mappings are unmapped, so it ends with the part.
          else asm.if(isZero(table), () => setLevel1(asm, env, index, 0), clearWords)
        }),
      ),
    ),
  )
}

/** Zeroes and publishes the level-1 table: nothing is mapped. Before the SYSMMU is enabled for the first time. */
export function createLevel1Table(asm: Assembler, env: DmaEnv): void {
  const { tableAddr } = ioSpaceOf(env)
  const bytes = level1TableBytes(env.geometry)
  asm.step('create level-1 table', () => {
    asm.storeRange(linearVa(env.geometry, tableAddr), bytes, 0)
    env.steps.publish(asm, env, { addr: tableAddr, bytes, what: 'level-1 table' })
  })
}

export const tableSteps = { publish, prepareTables, writeEntries, clearEntries } satisfies Partial<DmaSteps>
