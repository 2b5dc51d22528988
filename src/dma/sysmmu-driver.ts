/** DMA | the SYSMMU driver's register sequences: invalidate, enable, disable, fault handling. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { osNumber } from '../../machines/os/types.ts'
import {
  sysmmuCfg,
  sysmmuCtrl,
  sysmmuFaults,
  sysmmuFlushNow,
  sysmmuRegs,
  sysmmuStatus,
} from '../../machines/sysmmu/regs.ts'
import { pageCountOf } from './addresses.ts'
import type { Assembler, Register } from './assembler.ts'
import { add, and, eq, isZero, mul, ne, or } from './operands.ts'
import { createLevel1Table, ioSpaceOf, mmuOf } from './sysmmu-tables.ts'
import type { DmaEnv, DmaSteps, IoRange, Lowering } from './types.ts'

// Sequences as in Linux v3.6 drivers/iommu/exynos-iommu.c, with its gaps closed; each closure is said where it is. All
// writes to CTRL happen under the lock `sysmmu`: v3.6 takes a shared lock for both invalidation and the fault handler,
// so that one can unblock between the block and the flush of the other.

const reg = (env: DmaEnv, name: keyof typeof sysmmuRegs): number => mmuOf(env).base + sysmmuRegs[name]

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
  asm.step('block', () =>
    asm.forever((leave) => {
      asm.mmioWrite(reg(env, 'ctrl'), sysmmuCtrl.block)
      asm.block((timedOut) => {
        asm.poll({
          read: () => asm.mmioRead(reg(env, 'status')),
          until: (status) => ne(and(status, sysmmuStatus.blocked), 0),
          bound: env.geometry.blockPolls,
          onTimeout: timedOut,
        })
        leave()
      })
      asm.mmioWrite(reg(env, 'ctrl'), sysmmuCtrl.enable)
    }),
  )
}

/**
 * Lets translations go on, and waits until the SYSMMU has it.
 *
 * Closed: the writes before this one are posted; without the read back, the caller could give the address or the page
 * to somebody else before the flush has reached the SYSMMU.
 */
function unblock(asm: Assembler, env: DmaEnv): void {
  asm.step('unblock', () => {
    asm.mmioWrite(reg(env, 'ctrl'), sysmmuCtrl.enable)
    readBack(asm, env)
  })
}

function readBack(asm: Assembler, env: DmaEnv): void {
  asm.scope(() => asm.mmioRead(reg(env, 'status')))
  asm.dsb()
}

/** A SYSMMU that is off holds no translations, and is flushed when it is enabled; its CTRL must not be written. */
function ifEnabled(asm: Assembler, env: DmaEnv, body: () => void): void {
  asm.lock('sysmmu', () =>
    asm.scope(() => {
      const enabled = asm.flagGet(enabledFlag(mmuOf(env).name))
      asm.if(ne(enabled, 0), body)
    }),
  )
}

/**
 * Takes a range out of the TLB, one page at a time within one block.
 *
 * Closed: Linux v3.6 writes one entry whatever the size of the mapping.
 */
const invalidate: Lowering<IoRange> = (asm, env, { iova, bytes }) => {
  const { geometry } = env
  asm.step('invalidate TLB entries', () =>
    ifEnabled(asm, env, () => {
      block(asm, env)
      asm.times(pageCountOf(geometry, bytes), (page) =>
        asm.mmioWrite(reg(env, 'flushEntry'), or(add(iova, mul(page, geometry.pageBytes)), sysmmuFlushNow)),
      )
      unblock(asm, env)
    }),
  )
}

/** Takes everything out of the TLB. */
export function invalidateAll(asm: Assembler, env: DmaEnv): void {
  asm.step('invalidate TLB', () =>
    ifEnabled(asm, env, () => {
      block(asm, env)
      asm.mmioWrite(reg(env, 'flush'), sysmmuFlushNow)
      unblock(asm, env)
    }),
  )
}

/** `arm_iommu_attach_device`: an empty table, then translation on. The device must not run. */
const attach: DmaSteps['attach'] = (asm, env) => {
  asm.step('attach', () => startSysmmu(asm, env))
}

/** An empty table, and translation on. */
export function startSysmmu(asm: Assembler, env: DmaEnv): void {
  createLevel1Table(asm, env)
  enableSysmmu(asm, env)
}

/** Turns translation on with the tables as they are, and an empty TLB. */
export function enableSysmmu(asm: Assembler, env: DmaEnv): void {
  asm.step('enable', () =>
    asm.lock('sysmmu', () => {
      asm.mmioWrite(reg(env, 'cfg'), sysmmuCfg.lru)
      asm.mmioWrite(reg(env, 'ptBase'), ioSpaceOf(env).tableAddr)
      asm.mmioWrite(reg(env, 'flush'), sysmmuFlushNow)
      asm.mmioWrite(reg(env, 'ctrl'), sysmmuCtrl.enable)
      readBack(asm, env)
      asm.flagSet(enabledFlag(mmuOf(env).name), 1)
    }),
  )
}

/** Turns translation off: from here on the device's addresses are physical. The device must not run. */
export function disableSysmmu(asm: Assembler, env: DmaEnv): void {
  asm.step('disable', () =>
    asm.lock('sysmmu', () => {
      asm.flagSet(enabledFlag(mmuOf(env).name), 0)
      asm.mmioWrite(reg(env, 'ctrl'), sysmmuCtrl.disable)
      readBack(asm, env)
    }),
  )
}

/** What a fault handler knows. `status` is INT_STATUS, `iova` the address of the access. */
export interface Fault {
  readonly status: Register
  readonly iova: Register
}

/**
 * The SYSMMU's interrupt handler, a fragment: nothing happens when no fault is pending. `onFault` may repair the
 * mapping and says with its result (not 0) that it did. Then the fault is cleared and the access retried.
 *
 * Closed: Linux v3.6 unblocks in any case, and an access whose mapping is still missing faults again at once, for ever.
 * A fault that nobody repaired is reported and cleared, and the SYSMMU stays blocked: the device stands still.
 */
export function handleFault(asm: Assembler, env: DmaEnv, onFault: (fault: Fault) => Operand = () => 0): void {
  const device = osNumber(env.os, 'devices', env.device.name)
  asm.step('fault handler', () =>
    asm.scope(() => {
      const status = asm.mmioRead(reg(env, 'intStatus'))
      asm.if(ne(status, 0), () => {
        const iova = asm.temp()
        readFaultAddr(asm, env, status, iova)
        asm.perform('fault.report', [device, status, iova])
        const repaired = onFault({ status, iova })
        asm.lock('sysmmu', () => {
          // Two entries for one address, as after a change of page size: which one is stale cannot be known.
          const multiHit = and(status, sysmmuFaults.arMultiHit | sysmmuFaults.awMultiHit)
          asm.if(ne(multiHit, 0), () => asm.mmioWrite(reg(env, 'flush'), sysmmuFlushNow))
          asm.mmioWrite(reg(env, 'intClear'), status)
          asm.if(
            isZero(repaired),
            () => readBack(asm, env),
            () => unblock(asm, env),
          )
        })
      })
    }),
  )
}

/** Each kind of fault has an address register of its own; the lowest bit that is set counts. */
function readFaultAddr(asm: Assembler, env: DmaEnv, status: Register, to: Register): void {
  const choose = (bit: number, name: keyof typeof sysmmuRegs, otherwise: () => void) =>
    asm.if(eq(and(status, bit), bit), () => asm.mmioRead(reg(env, name), to), otherwise)
  choose(sysmmuFaults.page, 'pageFaultAddr', () =>
    choose(sysmmuFaults.arMultiHit, 'arFaultAddr', () =>
      choose(sysmmuFaults.awMultiHit, 'awFaultAddr', () => asm.mmioRead(reg(env, 'defaultSlaveAddr'), to)),
    ),
  )
}

export const driverSteps = { invalidate, attach } satisfies Partial<DmaSteps>
