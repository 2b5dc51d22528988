/** DMA | the SYSMMU driver's fault handler: read, report, repair, retry, and an end to retries that do not help. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { osNumber } from '../../machines/os/types.ts'
import { sysmmuFaults, sysmmuFlushNow, type sysmmuRegs } from '../../machines/sysmmu/regs.ts'
import type { Assembler, Register } from './assembler.ts'
import { add, and, eq, isZero, lt, ne } from './operands.ts'
import { readBack, sysmmuReg, unblock } from './sysmmu-driver.ts'
import { forEachBank, mmuOf } from './sysmmu-space.ts'
import { clocked } from './sysmmu-supply.ts'
import type { DmaEnv, DmaSteps } from './types.ts'

/** What a fault handler knows. `status` is INT_STATUS, `iova` the address of the access. */
export interface Fault {
  readonly status: Register
  readonly iova: Register
}

/** What a driver makes of faults. */
export interface FaultPolicy {
  /** Repairs what it can and says with its result (not 0) that the access may be retried. */
  readonly repair: (fault: Fault) => Operand
  /** Retries did not help: the device stands still from now on. */
  readonly givenUp?: (fault: Fault) => void
}

/**
 * The SYSMMU's interrupt handler, a fragment: nothing happens when no fault is pending. `policy` may repair the
 * mapping. Then the fault is cleared and the access retried.
 *
 * Closed: Linux v3.6 unblocks in any case, and an access whose mapping is still missing faults again at once, for ever.
 * A fault that nobody repaired is reported and cleared, and the SYSMMU stays blocked: the device stands still. So it does
 * when the same address faults more than `geometry.faultRetries` times in a row although every time somebody claims to
 * have repaired it.
 */
const handleFault: DmaSteps['handleFault'] = (asm, env, { policy }) => {
  asm.step('fault handler', () => forEachBank(env, (bank) => asm.scope(() => handleFaultOf(asm, bank, policy))))
}

/** What the handler does for one bank: nothing where none is pending. */
function handleFaultOf(asm: Assembler, env: DmaEnv, policy: FaultPolicy | undefined): void {
  const device = osNumber(env.os, 'devices', env.device.name)
  const read = (status: Register, iova: Register): void => readFaultAddr(asm, env, status, iova)
  const settle = (fault: Fault): void => {
    asm.perform('fault.report', [device, fault.status, fault.iova])
    const repaired = policy === undefined ? 0 : withoutStorm(asm, env, fault, policy)
    asm.lock('sysmmu', () => clocked(asm, env, () => endFault(asm, env, fault.status, repaired)))
  }
  if (mmuOf(env).supply.clock) {
    // Whoever holds the lock may be about to switch the clock off.
    const [status, iova] = [asm.temp(), asm.temp()]
    asm.lock('sysmmu', () =>
      clocked(asm, env, () => {
        asm.mmioRead(sysmmuReg(env, 'intStatus'), status)
        asm.if(ne(status, 0), () => read(status, iova))
      }),
    )
    asm.if(ne(status, 0), () => settle({ status, iova }))
    return
  }
  const status = asm.mmioRead(sysmmuReg(env, 'intStatus'))
  asm.if(ne(status, 0), () => {
    const iova = asm.temp()
    read(status, iova)
    settle({ status, iova })
  })
}

/** Clears the fault; the access is retried if `repaired` is not 0. Under the lock `sysmmu`. */
function endFault(asm: Assembler, env: DmaEnv, status: Register, repaired: Operand): void {
  // Two entries for one address, as after a change of page size: which one is stale cannot be known.
  const multiHit = and(status, sysmmuFaults.arMultiHit | sysmmuFaults.awMultiHit)
  asm.if(ne(multiHit, 0), () => asm.mmioWrite(sysmmuReg(env, 'flush'), sysmmuFlushNow))
  asm.mmioWrite(sysmmuReg(env, 'intClear'), status)
  asm.if(
    isZero(repaired),
    () => readBack(asm, env),
    () => unblock(asm, env),
  )
}

/** Repairs as long as that helps: the result is 0 once the same address has faulted too often in a row. */
function withoutStorm(asm: Assembler, env: DmaEnv, fault: Fault, policy: FaultPolicy): Operand {
  const device = osNumber(env.os, 'devices', env.device.name)
  // These keep their values from one interrupt to the next.
  const last = asm.variable('fault-iova')
  const count = asm.variable('fault-count')
  const repaired = asm.temp()
  asm.if(ne(fault.iova, last), () => asm.set(count, 0))
  asm.set(last, fault.iova)
  asm.if(
    lt(count, env.geometry.faultRetries),
    () => {
      asm.set(count, add(count, 1))
      asm.set(repaired, policy.repair(fault))
    },
    () => {
      asm.set(repaired, 0)
      asm.perform('fault.report', [device, 0, fault.iova])
      policy.givenUp?.(fault)
    },
  )
  return repaired
}

/** Each kind of fault has an address register of its own; the lowest bit that is set counts. */
export function readFaultAddr(asm: Assembler, env: DmaEnv, status: Register, to: Register): void {
  const choose = (bit: number, name: keyof typeof sysmmuRegs, otherwise: () => void) =>
    asm.if(eq(and(status, bit), bit), () => asm.mmioRead(sysmmuReg(env, name), to), otherwise)
  choose(sysmmuFaults.page, 'pageFaultAddr', () =>
    choose(sysmmuFaults.arMultiHit, 'arFaultAddr', () =>
      choose(sysmmuFaults.awMultiHit, 'awFaultAddr', () => asm.mmioRead(sysmmuReg(env, 'defaultSlaveAddr'), to)),
    ),
  )
}

export const faultSteps = { handleFault } satisfies Partial<DmaSteps>
