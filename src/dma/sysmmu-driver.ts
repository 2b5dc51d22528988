/** DMA | the SYSMMU driver's register sequences: block, invalidate, enable, disable. */

import {
  sysmmuCfg,
  sysmmuCtrl,
  sysmmuFlushNow,
  sysmmuRegs,
  sysmmuStatus,
  versionParts,
} from '../../machines/sysmmu/regs.ts'
import { isAtLeast } from '../../machines/sysmmu/variant.ts'
import { pageCountOf } from './addresses.ts'
import type { Assembler } from './assembler.ts'
import { add, and, mul, ne, or } from './operands.ts'
import { forEachBank, forEachClient, ioSpaceOf, mmuOf } from './sysmmu-space.ts'
import { clocked } from './sysmmu-supply.ts'
import type { DmaEnv, DmaSteps, IoRange, Lowering } from './types.ts'

// Sequences as in Linux v3.6 drivers/iommu/exynos-iommu.c, with its gaps closed; each closure is said where it is. All
// writes to CTRL happen under the lock `sysmmu`: v3.6 takes a shared lock for both invalidation and the fault handler,
// so that one can unblock between the block and the flush of the other.

/** Address of a register of the device's SYSMMU. */
export function sysmmuReg(env: DmaEnv, name: keyof typeof sysmmuRegs): number {
  return mmuOf(env).base + sysmmuRegs[name]
}

/** Name of the os variable that says whether the SYSMMU is enabled. */
export function enabledFlag(mmuName: string): string {
  return `${mmuName}-enabled`
}

/**
 * Blocks new translations and waits until walks in flight are done.
 *
 * Closed: Linux gives up after 120 polls and skips the invalidation silently. An address must not be used again while
 * the TLB may hold it, so there is nothing to go on with: the block is taken back, which lets the device make progress,
 * and asked for again, until it holds.
 */
function block(asm: Assembler, env: DmaEnv): void {
  asm.step('block', () => asm.forever((leave) => tryBlock(asm, env, leave)))
}

/** Asks for a block and polls for it; `then` if it holds, else it is taken back. */
export function tryBlock(asm: Assembler, env: DmaEnv, then: () => void): void {
  asm.mmioWrite(sysmmuReg(env, 'ctrl'), sysmmuCtrl.block)
  asm.block((timedOut) => {
    asm.poll({
      read: () => asm.mmioRead(sysmmuReg(env, 'status')),
      until: (status) => ne(and(status, sysmmuStatus.blocked), 0),
      bound: env.geometry.blockPolls,
      onTimeout: timedOut,
    })
    then()
  })
  asm.mmioWrite(sysmmuReg(env, 'ctrl'), sysmmuCtrl.enable)
}

/**
 * Lets translations go on, and waits until the SYSMMU has it.
 *
 * Closed: the writes before this one are posted; without the read back, the caller could give the address or the page
 * to somebody else before the flush has reached the SYSMMU.
 */
export function unblock(asm: Assembler, env: DmaEnv): void {
  asm.step('unblock', () => {
    asm.mmioWrite(sysmmuReg(env, 'ctrl'), sysmmuCtrl.enable)
    readBack(asm, env)
  })
}

/** `body` while translations wait. */
export function blocked(asm: Assembler, env: DmaEnv, body: () => void): void {
  block(asm, env)
  body()
  unblock(asm, env)
}

/** Waits until the writes before it have reached the SYSMMU. */
export function readBack(asm: Assembler, env: DmaEnv): void {
  asm.scope(() => asm.mmioRead(sysmmuReg(env, 'status')))
  asm.dsb()
}

/**
 * A SYSMMU that is off or suspended uses no translations, and is flushed when it is enabled; its CTRL must not be written,
 * and without clock or power not even read.
 */
export function ifEnabled(asm: Assembler, env: DmaEnv, body: () => void): void {
  asm.lock('sysmmu', () =>
    asm.scope(() => {
      const enabled = asm.flagGet(enabledFlag(mmuOf(env).name))
      asm.if(ne(enabled, 0), () => clocked(asm, env, body))
    }),
  )
}

/**
 * An invalidation: a step for each SYSMMU that walks the tables, and in it every bank in turn. Each bank is blocked by itself, so
 * that one forgets while the other still translates; when the last one is done, all have forgotten.
 */
export function ifEachEnabled(asm: Assembler, env: DmaEnv, step: string, body: (bank: DmaEnv) => void): void {
  forEachClient(env, (client) => asm.step(step, () => ifEnabled(asm, client, () => forEachBank(client, body))))
}

/**
 * Takes a range out of the TLB, one page at a time within one block.
 *
 * Closed: Linux v3.6 writes one entry whatever the size of the mapping, and version 2 has an entry for each page of a large
 * page or section. Later ones write so many on version 2 only; here the range may hold mappings of several sizes.
 */
export function flushEntries(asm: Assembler, env: DmaEnv, { iova, bytes }: IoRange): void {
  const { geometry } = env
  ifEachEnabled(asm, env, 'invalidate TLB entries', (bank) => {
    blocked(asm, bank, () =>
      asm.times(pageCountOf(geometry, bytes), (page) =>
        asm.mmioWrite(sysmmuReg(bank, 'flushEntry'), or(add(iova, mul(page, geometry.pageBytes)), sysmmuFlushNow)),
      ),
    )
  })
}

/** Strict: at once. Lazy: not yet; `freeIova` sees to it. */
const invalidate: Lowering<IoRange> = (asm, env, range) => {
  if (mmuOf(env).invalidation === 'strict') flushEntries(asm, env, range)
}

/**
 * Version 3 keeps first-level descriptors, 3.3 invalid ones among them.
 *
 * Closed: Linux v3.6 invalidates nothing on map. Linux v3.16 and later do, on 3.3, but without blocking until v4.12: a walk
 * that has read the old descriptor keeps it then after all.
 */
const invalidateLink: Lowering<IoRange> = (asm, env, range) => {
  if (versionParts(mmuOf(env).version).major !== 3) return
  asm.step('forget old descriptor', () => flushEntries(asm, env, range))
}

/** Takes everything out of the TLB. */
export function invalidateAll(asm: Assembler, env: DmaEnv): void {
  ifEachEnabled(asm, env, 'invalidate TLB', (bank) => {
    blocked(asm, bank, () => asm.mmioWrite(sysmmuReg(bank, 'flush'), sysmmuFlushNow))
  })
}

/** What CFG gets: least recently used replacement; on version 3 prefetch; from 3.2 on the first-level descriptor cache. */
function configuration(env: DmaEnv): number {
  const { version } = mmuOf(env)
  const prefetch = versionParts(version).major === 3 ? sysmmuCfg.prefetch : 0
  const flpd = isAtLeast(version, '3.2') ? sysmmuCfg.flpdCache : 0
  return (sysmmuCfg.lru | prefetch | flpd) >>> 0
}

function enableBank(asm: Assembler, bank: DmaEnv): void {
  const write = (name: keyof typeof sysmmuRegs, value: number): void => asm.mmioWrite(sysmmuReg(bank, name), value)
  asm.step('program registers', () => {
    write('cfg', configuration(bank))
    write('ptBase', ioSpaceOf(bank).tableAddr)
    if (versionParts(mmuOf(bank).version).major === 3) {
      // Both windows hold every address, as Linux v3.6 sets them.
      write('prefetchStart0', 0)
      write('prefetchEnd0', 0xffffffff)
      write('prefetchStart1', 0)
      write('prefetchEnd1', 0xffffffff)
    }
  })
  asm.step('flush', () => write('flush', sysmmuFlushNow))
  asm.step('translate', () => write('ctrl', sysmmuCtrl.enable))
  readBack(asm, bank)
}

/** Turns translation on with the tables as they are, and an empty TLB: every register anew, for power may have been lost. */
export function enableSysmmu(asm: Assembler, env: DmaEnv): void {
  asm.step('enable', () =>
    asm.lock('sysmmu', () =>
      clocked(asm, env, () => {
        forEachBank(env, (bank) => enableBank(asm, bank))
        asm.flagSet(enabledFlag(mmuOf(env).name), 1)
      }),
    ),
  )
}

/** Turns translation off: from here on the device's addresses are physical. The device must not run. */
export function disableSysmmu(asm: Assembler, env: DmaEnv): void {
  asm.step('disable', () =>
    asm.lock('sysmmu', () => {
      asm.flagSet(enabledFlag(mmuOf(env).name), 0)
      clocked(asm, env, () =>
        forEachBank(env, (bank) => {
          asm.mmioWrite(sysmmuReg(bank, 'ctrl'), sysmmuCtrl.disable)
          readBack(asm, bank)
        }),
      )
    }),
  )
}

export const driverSteps = { invalidate, invalidateLink } satisfies Partial<DmaSteps>
