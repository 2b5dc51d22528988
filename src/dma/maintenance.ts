/** DMA | cache maintenance shared by all backends: handing a range to the device, to the CPU, and clearing new memory. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import type { MaintenanceOp } from '../../machines/protocol.ts'
import { linearVa } from './addresses.ts'
import type { Assembler } from './assembler.ts'
import { add, alignDown, alignUp, lt, mod, ne, sub } from './operands.ts'
import type { BufferRange, DmaEnv, DmaSteps, Lowering, MaintenanceArgs } from './types.ts'

// The two levels are two devices: the core's by-MVA operations end at the L1, the PL310 is told by physical address.
// The order between them is what makes them correct. Towards the device, L1 first: what it writes back must not reach
// the L2 after the L2 was cleaned. Towards the CPU, L2 first: a miss of the L1 between the two must not refill it
// from a stale L2 line.

/**
 * Ends a group of L2 operations. The line operations and the sync are register writes. Linux v3.6 leaves it at the sync
 * and relies on the barrier in the unlock of its L2 lock; here the DSB is part of the step, so that L1 operations after
 * it, and the caller, find the L2 done.
 */
function l2Complete(asm: Assembler): void {
  asm.l2Sync()
  asm.dsb()
}

/**
 * Splits a range into lines that it shares with other data and lines of its own. A shared line is cleaned and
 * invalidated, which keeps the neighbour's bytes; only the others may be invalidated.
 *
 * Closed here: the v7 loop of Linux starts again at the first line, so that the line just cleaned is invalidated
 * after all, and a neighbour's store between the two is lost; and its do-while invalidates a line of an empty range.
 */
function invalidateRange(
  asm: Assembler,
  lineBytes: number,
  range: { readonly offset: Operand; readonly bytes: Operand },
  act: (action: 'clean-invalidate' | 'invalidate', offset: Operand, bytes: Operand) => void,
): void {
  const end = add(range.offset, range.bytes)
  const first = alignUp(range.offset, lineBytes)
  const last = alignDown(end, lineBytes)
  const shared = (offset: Operand) => act('clean-invalidate', offset, lineBytes)
  asm.if(
    lt(last, first),
    // The range begins and ends within one line.
    () => shared(alignDown(range.offset, lineBytes)),
    () => {
      asm.if(ne(mod(range.offset, lineBytes), 0), () => shared(alignDown(range.offset, lineBytes)))
      asm.if(ne(mod(end, lineBytes), 0), () => shared(last))
      act('invalidate', first, sub(last, first))
    },
  )
}

/** One group of L1 operations on a range, complete at its end. */
export function maintainL1(asm: Assembler, env: DmaEnv, action: MaintenanceOp, range: BufferRange): void {
  const at = (offset: Operand) => linearVa(env.geometry, add(range.page, offset))
  asm.step(`L1 ${action}`, () => {
    if (action !== 'invalidate') asm.maintain(action, at(range.offset), range.bytes)
    else invalidateRange(asm, env.geometry.lineBytes, range, (op, offset, bytes) => asm.maintain(op, at(offset), bytes))
    asm.dsb()
  })
}

/** One group of L2 operations on a range, complete at its end. */
export function maintainL2(asm: Assembler, env: DmaEnv, action: MaintenanceOp, range: BufferRange): void {
  const at = (offset: Operand) => add(range.page, offset)
  asm.step(`L2 ${action}`, () => {
    if (action !== 'invalidate') asm.l2Maintain(action, at(range.offset), range.bytes)
    else
      invalidateRange(asm, env.geometry.lineBytes, range, (op, offset, bytes) => asm.l2Maintain(op, at(offset), bytes))
    l2Complete(asm)
  })
}

/**
 * Hands a range to the device. The device reads: what the CPU wrote goes to memory. The device only writes: the lines
 * go, for a dirty one could be evicted at any time over what the device wrote. A bidirectional range is cleaned and
 * stays: it may be fetched again by speculation at once anyway.
 */
const cpuToDev: Lowering<MaintenanceArgs> = (asm, env, range) => {
  const action = range.direction === 'from-device' ? 'invalidate' : 'clean'
  asm.if(ne(range.bytes, 0), () =>
    asm.step('cpu to device', () => {
      maintainL1(asm, env, action, range)
      maintainL2(asm, env, action, range)
    }),
  )
}

/**
 * Hands a range to the CPU. Lines that were fetched by speculation while the device wrote are stale, and go. Nothing
 * to do when the device only read.
 */
const devToCpu: Lowering<MaintenanceArgs> = (asm, env, range) => {
  if (range.direction === 'to-device') return
  asm.if(ne(range.bytes, 0), () =>
    asm.step('device to cpu', () => {
      maintainL2(asm, env, 'invalidate', range)
      maintainL1(asm, env, 'invalidate', range)
    }),
  )
}

/**
 * Zeroes whole pages through the linear mapping and writes them back, so that no dirty line is left that could be
 * evicted over what is written through the non-cacheable mapping or by the device.
 */
const clearPages: DmaSteps['clearPages'] = (asm, env, { addr, bytes }) => {
  const range = { page: addr, offset: 0, bytes }
  asm.step('clear', () => {
    asm.storeRange(linearVa(env.geometry, addr), bytes, 0)
    maintainL1(asm, env, 'clean-invalidate', range)
    maintainL2(asm, env, 'clean-invalidate', range)
  })
}

export const maintenanceSteps = { cpuToDev, devToCpu, clearPages } satisfies Partial<DmaSteps>
