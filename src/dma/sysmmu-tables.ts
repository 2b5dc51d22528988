/** DMA | the SYSMMU driver's translation tables: words in simulated memory, stored and published by the CPU. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { errno } from '../../machines/os/calls.ts'
import { osNumber, sectionBytes } from '../../machines/os/types.ts'
import { descriptorBytes, level1TableBytes, level2TableBytes } from '../../machines/sysmmu/walk.ts'
import { present } from '../base/assert.ts'
import { linearVa, pageCountOf } from './addresses.ts'
import type { Assembler, Register } from './assembler.ts'
import { maintainL1, maintainL2 } from './maintenance.ts'
import { add, alignDown, and, isZero, lt, mul, or, shr, sub } from './operands.ts'
import type {
  DmaEnv,
  DmaSteps,
  IoRange,
  Lowering,
  MmuDevice,
  PrepareTablesArgs,
  PublishArgs,
  WriteEntriesArgs,
} from './types.ts'

// Steps as in Linux v3.6 drivers/iommu/exynos-iommu.c, with its gaps closed; each closure is said where it is.
// All stores to tables happen under the lock `pgtable`. Every entry is a small page. Level-2 tables stay once they are
// made, as in Linux: an empty one maps nothing.

/** What the low bits of a descriptor say. */
const kinds = { table: 1, smallPage: 2 } as const // HF-303

export function mmuOf(env: DmaEnv): MmuDevice {
  return present(env.device.mmu, `the SYSMMU of ${env.device.name}`)
}

/** The number of the device's IO address space at the os, and the physical address of its level-1 table. */
export function ioSpaceOf(env: DmaEnv): { readonly number: number; readonly tableAddr: number } {
  const number = osNumber(env.os, 'mappings', mmuOf(env).ioSpace)
  return { number, tableAddr: present(env.os.mappings[number], 'the IO address space').tableAddr }
}

export const level1Index = (env: DmaEnv, iova: Operand): Operand =>
  and(shr(iova, Math.log2(sectionBytes(env.geometry))), env.geometry.level1Entries - 1)

export const level2Index = (env: DmaEnv, iova: Operand): Operand =>
  and(shr(iova, Math.log2(env.geometry.pageBytes)), env.geometry.level2Entries - 1)

/**
 * Calls `body` for each part of a range that one level-2 table maps: first IO address, number of pages, and index of
 * its first page in the range. One page is one part, without a loop.
 */
function forEachPart(
  asm: Assembler,
  env: DmaEnv,
  range: IoRange,
  body: (iova: Operand, pages: Operand, first: Operand) => void,
): void {
  const { geometry } = env
  if (range.bytes === geometry.pageBytes) {
    body(range.iova, 1, 0)
    return
  }
  asm.scope(() => {
    const done = asm.set(asm.temp(), 0)
    const part = asm.temp()
    asm.while(
      () => lt(done, range.bytes),
      () => {
        const iova = add(range.iova, done)
        // To the end of the section, or of the range.
        asm.set(part, sub(add(alignDown(iova, sectionBytes(geometry)), sectionBytes(geometry)), iova))
        asm.if(lt(sub(range.bytes, done), part), () => asm.set(part, sub(range.bytes, done)))
        asm.scope(() => body(iova, pageCountOf(geometry, part), pageCountOf(geometry, done)))
        asm.set(done, add(done, part))
      },
    )
  })
}

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

/** Installs an empty level-2 table behind level-1 entry `index`, or sets `status`. */
function installTable(asm: Assembler, env: DmaEnv, index: Operand, status: Register, leave: () => void): void {
  const { geometry } = env
  const space = ioSpaceOf(env)
  const tableBytes = level2TableBytes(geometry)
  asm.step('install level-2 table', () => {
    const [table] = asm.call('table.alloc', [space.number, index])
    asm.if(isZero(table), () => {
      asm.set(status, errno.ENOMEM)
      leave()
    })
    // Closed: Linux v3.6 stores the level-1 word first and writes the zeroed table back after it; if the word's line
    // is evicted between the two, the walker follows it into whatever that memory held. The table is published first.
    asm.storeRange(linearVa(geometry, table), tableBytes, 0)
    env.steps.publish(asm, env, { addr: table, bytes: tableBytes, what: 'level-2 table' })
    const entry = add(space.tableAddr, mul(index, descriptorBytes))
    asm.store(linearVa(geometry, entry), or(table, kinds.table))
    env.steps.publish(asm, env, { addr: entry, bytes: descriptorBytes, what: 'level-1 entry' })
  })
}

/**
 * Makes sure that every page of the range has a level-2 table. It is a step of its own so that an operation can do
 * everything that may fail before it drops a dirty line or shows a page to the device.
 */
const prepareTables: Lowering<PrepareTablesArgs> = (asm, env, { iova, bytes, status }) => {
  const space = ioSpaceOf(env)
  asm.set(status, 0)
  asm.step('prepare tables', () =>
    asm.lock('pgtable', () =>
      asm.block((leave) =>
        forEachPart(asm, env, { iova, bytes }, (part) =>
          asm.scope(() => {
            const index = asm.set(asm.temp(), level1Index(env, part))
            const [table] = asm.call('table.find', [space.number, index])
            asm.if(isZero(table), () => installTable(asm, env, index, status, leave))
          }),
        ),
      ),
    ),
  )
}

/** Physical address of the entry for `iova`, whose table is there. Leaves the level-1 index and the table in registers. */
function entryAddr(asm: Assembler, env: DmaEnv, iova: Operand): { readonly entry: Operand; readonly index: Operand } {
  const index = asm.set(asm.temp(), level1Index(env, iova))
  const [table] = asm.call('table.find', [ioSpaceOf(env).number, index])
  return { entry: asm.set(asm.temp(), add(table, mul(level2Index(env, iova), descriptorBytes))), index }
}

/**
 * Writes the entries of a range, a table at a time, and publishes them together. Entries that were invalid need no
 * invalidation: this SYSMMU (version 1) keeps no invalid descriptors.
 */
const writeEntries: Lowering<WriteEntriesArgs> = (asm, env, { iova, bytes, pageAt }) => {
  const { geometry } = env
  asm.step('write level-2 entries', () =>
    asm.lock('pgtable', () =>
      forEachPart(asm, env, { iova, bytes }, (part, pages, first) =>
        asm.scope(() => {
          const { entry, index } = entryAddr(asm, env, part)
          asm.times(pages, (page) =>
            asm.scope(() => {
              const addr = pageAt(add(first, page))
              asm.store(linearVa(geometry, add(entry, mul(page, descriptorBytes))), or(addr, kinds.smallPage))
            }),
          )
          env.steps.publish(asm, env, { addr: entry, bytes: mul(pages, descriptorBytes), what: 'level-2 entries' })
          asm.perform('table.use', [ioSpaceOf(env).number, index, pages])
        }),
      ),
    ),
  )
}

/**
 * Clears the entries of a range and publishes that.
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
          const { entry, index } = entryAddr(asm, env, part)
          const words = mul(pages, descriptorBytes)
          asm.storeRange(linearVa(geometry, entry), words, 0)
          env.steps.publish(asm, env, { addr: entry, bytes: words, what: 'cleared level-2 entries' })
          asm.perform('table.unuse', [ioSpaceOf(env).number, index, pages])
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
