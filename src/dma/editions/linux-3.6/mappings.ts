/** DMA | linux-3.6, the generic IOMMU core over the SYSMMU driver: drivers/iommu/iommu.c, a mapping of some size at a time. */

import type { Operand } from '../../../../machines/cpu/micro-op.ts'
import { errno } from '../../../../machines/os/calls.ts'
import { sectionBytes } from '../../../../machines/os/types.ts'
import { descriptorBytes, largePageBytes } from '../../../../machines/sysmmu/walk.ts'
import { linearVa } from '../../addresses.ts'
import type { Assembler, Register } from '../../assembler.ts'
import { add, and, eq, isZero, lt, mul, ne, not, or, sub } from '../../operands.ts'
import { level1Index, level2Index, mayHold, setLevel1 } from '../../sysmmu-entries.ts'
import { ioSpaceOf } from '../../sysmmu-space.ts'
import type { DmaEnv, IoRange, WriteEntriesArgs } from '../../types.ts'
import { forEachPage } from '../page-tables.ts'

/** Calls `body` with a register that counts the bytes done; `body` adds to it. */
function whileLeft(asm: Assembler, bytes: Operand, body: (done: Register) => void): void {
  asm.scope(() => {
    const done = asm.set(asm.temp(), 0)
    asm.while(
      () => lt(done, bytes),
      () => asm.scope(() => body(done)),
    )
  })
}

/** `iommu_map`: mapping after mapping. `status` is 0, or -ENOMEM and what was done is unmapped. */
export function iommuMap(
  asm: Assembler,
  env: DmaEnv,
  { iova, bytes, pageAt, addr, status }: WriteEntriesArgs & { readonly status: Register },
): void {
  const { pageBytes } = env.geometry
  asm.set(status, errno.ok)
  const failed = (done: Operand, leave: () => void): void =>
    asm.if(ne(status, 0), () => {
      iommuUnmap(asm, env, { iova, bytes: done })
      leave()
    })
  asm.block((leave) => {
    if (addr === undefined || !mayHold(bytes, largePageBytes(env.geometry))) {
      forEachPage(asm, env, { iova, bytes }, (at, page) => {
        env.steps.prepareTables(asm, env, { iova: at, bytes: pageBytes, status })
        failed(mul(page, pageBytes), leave)
        env.steps.writeEntries(asm, env, { iova: at, bytes: pageBytes, pageAt: () => pageAt(page) })
      })
      return
    }
    whileLeft(asm, bytes, (done) => {
      const at = asm.set(asm.temp(), add(iova, done))
      const physical = asm.set(asm.temp(), add(addr, done))
      const map = (size: number): void => {
        if (size < sectionBytes(env.geometry)) {
          env.steps.prepareTables(asm, env, { iova: at, bytes: pageBytes, status })
          failed(done, leave)
        }
        const pages = { iova: at, bytes: size, pageAt: () => physical }
        env.steps.writeEntries(asm, env, size === pageBytes ? pages : { ...pages, addr: physical })
        asm.set(done, add(done, size))
      }
      largestOf(asm, env, { left: sub(bytes, done), addresses: or(at, physical), bytes }, map)
    })
  })
}

/** Of the sizes of a mapping the largest one that divides the addresses and is left. */
function largestOf(
  asm: Assembler,
  env: DmaEnv,
  range: { readonly left: Operand; readonly addresses: Operand; readonly bytes: Operand },
  body: (size: number) => void,
): void {
  const { geometry } = env
  const sizes = [sectionBytes(geometry), largePageBytes(geometry)].filter((size) => mayHold(range.bytes, size))
  asm.block((chosen) => {
    for (const size of sizes) {
      asm.if(not(lt(range.left, size)), () =>
        asm.if(isZero(and(range.addresses, size - 1)), () => {
          body(size)
          chosen()
        }),
      )
    }
    body(geometry.pageBytes)
  })
}

/** `iommu_unmap`: the words of each mapping, whatever its size, and the TLB, in turn. */
export function iommuUnmap(asm: Assembler, env: DmaEnv, { iova, bytes }: IoRange): void {
  const { pageBytes } = env.geometry
  if (!mayHold(bytes, largePageBytes(env.geometry))) {
    forEachPage(asm, env, { iova, bytes }, (at) => {
      env.steps.clearEntries(asm, env, { iova: at, bytes: pageBytes })
      env.steps.invalidate(asm, env, { iova: at, bytes: pageBytes })
    })
    return
  }
  whileLeft(asm, bytes, (done) => {
    const at = asm.set(asm.temp(), add(iova, done))
    const size = asm.set(asm.temp(), pageBytes)
    const clear = (mapped: number): void => {
      env.steps.clearEntries(asm, env, { iova: at, bytes: mapped })
      asm.set(size, mapped)
    }
    withMapping(asm, env, at, {
      section: () => clearSection(asm, env, at, size),
      large: () => clear(largePageBytes(env.geometry)),
      small: () => clear(pageBytes),
    })
    env.steps.invalidate(asm, env, { iova: at, bytes: pageBytes })
    asm.set(done, add(done, size))
  })
}

/** A cleared level-1 word is published. */
function clearSection(asm: Assembler, env: DmaEnv, iova: Operand, size: Register): void {
  asm.step('clear level-1 entry', () =>
    asm.lock('pgtable', () => asm.scope(() => setLevel1(asm, env, asm.set(asm.temp(), level1Index(env, iova)), 0))),
  )
  asm.set(size, sectionBytes(env.geometry))
}

/** The CPU walks the tables and runs what is for the size that it finds, with the word; nothing where nothing is mapped. */
function withMapping(
  asm: Assembler,
  env: DmaEnv,
  iova: Operand,
  cases: Readonly<Record<'section' | 'large' | 'small', (word: Register) => void>>,
): void {
  const { geometry } = env
  const word = (at: Operand) => asm.load(linearVa(geometry, at))
  asm.scope(() => {
    const level1 = word(add(ioSpaceOf(env).tableAddr, mul(level1Index(env, iova), descriptorBytes)))
    asm.if(eq(and(level1, 3), 2), () => cases.section(level1))
    asm.if(eq(and(level1, 3), 1), () => {
      const level2 = word(add(sub(level1, 1), mul(level2Index(env, iova), descriptorBytes)))
      asm.if(eq(and(level2, 3), 1), () => cases.large(level2))
      asm.if(ne(and(level2, 2), 0), () => cases.small(level2))
    })
  })
}

/** `iommu_iova_to_phys` of a page: the CPU walks the tables. 0 where nothing is mapped. */
export function iovaToPhys(asm: Assembler, env: DmaEnv, iova: Operand): Register {
  const { geometry } = env
  const addr = asm.temp()
  const within = (size: number) => (word: Register) =>
    asm.set(addr, add(sub(word, and(word, size - 1)), and(iova, size - 1)))
  asm.step('look up', () => {
    asm.set(addr, 0)
    withMapping(asm, env, iova, {
      section: within(sectionBytes(geometry)),
      large: within(largePageBytes(geometry)),
      small: (word) => asm.set(addr, sub(word, and(word, geometry.pageBytes - 1))),
    })
  })
  return addr
}
