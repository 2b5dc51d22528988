/** DMA | the SYSMMU driver's table entries: where they stand, sections, level-2 tables, and pages of the size that fits. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { errno } from '../../machines/os/calls.ts'
import { sectionBytes } from '../../machines/os/types.ts'
import { descriptorBytes, largePageBytes, largePageEntries, level2TableBytes } from '../../machines/sysmmu/walk.ts'
import { linearVa, pageCountOf } from './addresses.ts'
import type { Assembler, Register } from './assembler.ts'
import { add, alignDown, and, eq, isZero, lt, mul, not, or, shr, sub } from './operands.ts'
import { flushEntries } from './sysmmu-driver.ts'
import { ioSpaceOf } from './sysmmu-space.ts'
import type { DmaEnv, IoRange, WriteEntriesArgs } from './types.ts'

/** What the low bits of a descriptor say. */
const kinds = { table: 1, section: 2, largePage: 1, smallPage: 2 } as const // HF-303

export const level1Index = (env: DmaEnv, iova: Operand): Operand =>
  and(shr(iova, Math.log2(sectionBytes(env.geometry))), env.geometry.level1Entries - 1)

export const level2Index = (env: DmaEnv, iova: Operand): Operand =>
  and(shr(iova, Math.log2(env.geometry.pageBytes)), env.geometry.level2Entries - 1)

/**
 * Calls `body` for each part of a range that one level-2 table maps: first IO address, number of pages, and index of
 * its first page in the range. One page is one part, without a loop.
 */
export function forEachPart(
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

/** Physical address of level-1 entry `index`. */
function level1EntryAddr(env: DmaEnv, index: Operand): Operand {
  return add(ioSpaceOf(env).tableAddr, mul(index, descriptorBytes))
}

/** Stores level-1 entry `index` and publishes it. */
export function setLevel1(asm: Assembler, env: DmaEnv, index: Operand, word: Operand): void {
  const entry = level1EntryAddr(env, index)
  asm.store(linearVa(env.geometry, entry), word)
  const what = word === 0 ? 'cleared level-1 entry' : 'level-1 entry'
  env.steps.publish(asm, env, { addr: entry, bytes: descriptorBytes, what })
}

/** Installs an empty level-2 table behind level-1 entry `index`, that of `iova`, or sets `status`. */
export function installTable(
  asm: Assembler,
  env: DmaEnv,
  { index, iova }: { readonly index: Operand; readonly iova: Operand },
  status: Register,
  leave: () => void,
): void {
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
    setLevel1(asm, env, index, or(table, kinds.table))
    env.steps.invalidateLink(asm, env, { iova, bytes: geometry.pageBytes })
  })
}

/** Whether `bytes` may be so many that a mapping of `least` fits in. */
export function mayHold(bytes: Operand, least: number): boolean {
  return typeof bytes !== 'number' || bytes >= least
}

/** Runs `then` if the part is a whole section, at its beginning in memory too; `otherwise` if not. */
export function ifSection(
  asm: Assembler,
  env: DmaEnv,
  range: { readonly bytes: Operand; readonly addr?: Operand | undefined },
  part: { readonly iova: Operand; readonly pages: Operand; readonly first: Operand },
  then: (addr: Operand) => void,
  otherwise: () => void,
): void {
  const { geometry } = env
  if (range.addr === undefined || !mayHold(range.bytes, sectionBytes(geometry))) {
    otherwise()
    return
  }
  const { level2Entries, pageBytes } = geometry
  const addr = add(range.addr, mul(part.first, pageBytes))
  asm.if(
    eq(part.pages, level2Entries),
    // A part of so many pages begins at a section.
    () => asm.if(isZero(and(addr, sectionBytes(geometry) - 1)), () => then(addr), otherwise),
    otherwise,
  )
}

/**
 * Maps a section. A table that is there is empty, for the range is the caller's alone.
 *
 * Closed: Linux v3.6 frees the empty table before the level-1 word is even stored, so that a walk can follow the old word
 * into memory that is somebody else's. Here the word is published first, and the block of the invalidation outlasts every
 * walk that has read the old one.
 */
export function installSection(asm: Assembler, env: DmaEnv, iova: Operand, addr: Operand): void {
  const space = ioSpaceOf(env).number
  const range = { iova, bytes: env.geometry.pageBytes }
  asm.step('install section', () =>
    asm.scope(() => {
      const index = asm.set(asm.temp(), level1Index(env, iova))
      setLevel1(asm, env, index, or(addr, kinds.section))
      const [table] = asm.call('table.find', [space, index])
      asm.if(
        isZero(table),
        () => env.steps.invalidateLink(asm, env, range),
        () => {
          // Not a matter of policy: a lazy backend cannot put this off.
          flushEntries(asm, env, range)
          asm.perform('table.free', [space, index])
        },
      )
    }),
  )
}

/**
 * Physical address of the entry for `iova` in its table, which is there unless a section is. Leaves the level-1 index, the
 * table and the entry in registers.
 */
export function entryAddr(
  asm: Assembler,
  env: DmaEnv,
  iova: Operand,
): { readonly entry: Operand; readonly index: Operand; readonly table: Operand } {
  const index = asm.set(asm.temp(), level1Index(env, iova))
  const [table] = asm.call('table.find', [ioSpaceOf(env).number, index])
  return { entry: asm.set(asm.temp(), add(table, mul(level2Index(env, iova), descriptorBytes))), index, table }
}

/** Stores the entries of `pages` pages of one table, the first one at `entry`: large pages where they fit, else small ones. */
export function storeEntries(
  asm: Assembler,
  env: DmaEnv,
  args: WriteEntriesArgs,
  part: { readonly iova: Operand; readonly pages: Operand; readonly first: Operand; readonly entry: Operand },
): void {
  const { geometry } = env
  const { pages, first, entry } = part
  const { addr, bytes } = args
  const at = (page: Operand): Operand => linearVa(geometry, add(entry, mul(page, descriptorBytes)))
  const small = (page: Operand): void => asm.store(at(page), or(args.pageAt(add(first, page)), kinds.smallPage))
  if (addr === undefined || !mayHold(bytes, largePageBytes(geometry))) {
    asm.times(pages, (page) => asm.scope(() => small(page)))
    return
  }
  const entries = largePageEntries(geometry)
  const mask = largePageBytes(geometry) - 1
  asm.scope(() => {
    const page = asm.set(asm.temp(), 0)
    const physical = asm.temp()
    asm.while(
      () => lt(page, pages),
      () => {
        asm.set(physical, add(addr, mul(add(first, page), geometry.pageBytes)))
        const iova = add(part.iova, mul(page, geometry.pageBytes))
        const step = asm.temp()
        asm.set(step, 1)
        asm.if(isZero(and(or(iova, physical), mask)), () =>
          asm.if(not(lt(sub(pages, page), entries)), () => asm.set(step, entries)),
        )
        asm.if(
          eq(step, entries),
          () => asm.storeRange(at(page), entries * descriptorBytes, or(physical, kinds.largePage)),
          () => asm.store(at(page), or(physical, kinds.smallPage)),
        )
        asm.set(page, add(page, step))
      },
    )
  })
}
