/** DMA | what the drivers of older editions do alike with page tables: a page at a time, its table first. */

import type { Operand } from '../../../machines/cpu/micro-op.ts'
import { errno } from '../../../machines/os/calls.ts'
import { descriptorBytes, level2TableBytes } from '../../../machines/sysmmu/walk.ts'
import { linearVa, pageCountOf } from '../addresses.ts'
import type { Assembler } from '../assembler.ts'
import { add, isZero, mul, or } from '../operands.ts'
import { entryAddr, level1Index } from '../sysmmu-entries.ts'
import { ioSpaceOf } from '../sysmmu-space.ts'
import type { DmaEnv, IoRange, PrepareTablesArgs } from '../types.ts'

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

/** Each page's word in its level-2 table, which is there: physical address, and index of the level-1 entry. */
export function forEachEntry(
  asm: Assembler,
  env: DmaEnv,
  range: IoRange,
  body: (entry: Operand, index: Operand, page: Operand) => void,
): void {
  forEachPage(asm, env, range, (iova, page) => {
    const { entry, index } = entryAddr(asm, env, iova)
    body(entry, index, page)
  })
}

/** What a driver publishes once a new table is zeroed and its level-1 word is stored: that is where the editions differ. */
export type PublishTable = (table: Operand, tableBytes: number, entry: Operand) => void

/** A level-2 table for each page of the range that has none. The level-1 word is stored before anything is published. */
export function prepareEach(
  asm: Assembler,
  env: DmaEnv,
  { iova, bytes, status }: PrepareTablesArgs,
  publish: PublishTable,
): void {
  const { geometry } = env
  const space = ioSpaceOf(env)
  const tableBytes = level2TableBytes(geometry)
  const install = (index: Operand, leave: () => void): void => {
    asm.step('install level-2 table', () => {
      const [table] = asm.call('table.alloc', [space.number, index])
      asm.if(isZero(table), () => {
        asm.set(status, errno.ENOMEM)
        leave()
      })
      asm.storeRange(linearVa(geometry, table), tableBytes, 0)
      const entry = add(space.tableAddr, mul(index, descriptorBytes))
      asm.store(linearVa(geometry, entry), or(table, 1))
      publish(table, tableBytes, entry)
    })
  }
  asm.block((leave) =>
    forEachPage(asm, env, { iova, bytes }, (at) => {
      const index = asm.set(asm.temp(), level1Index(env, at))
      const [table] = asm.call('table.find', [space.number, index])
      asm.if(isZero(table), () => install(index, leave))
    }),
  )
}
