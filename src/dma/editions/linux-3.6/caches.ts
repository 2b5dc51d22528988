/** DMA | linux-3.6, cache maintenance: the range loops of cache-v7.S and cache-l2x0.c as they are. */

import type { Operand } from '../../../../machines/cpu/micro-op.ts'
import type { MaintenanceOp } from '../../../../machines/protocol.ts'
import { linearVa } from '../../addresses.ts'
import type { Assembler } from '../../assembler.ts'
import { add, alignDown, alignUp, lt, mod, ne, sub } from '../../operands.ts'
import type { BufferRange, DmaEnv, DmaSteps, Lowering, MaintenanceArgs } from '../../types.ts'

// torvalds/linux v3.6 arch/arm/mm/cache-v7.S, cache-l2x0.c and dma-mapping.c `__dma_page_cpu_to_dev`, `__dma_page_dev_to_cpu`,
// `__dma_clear_buffer`.

/** One group of L1 operations: lines, then a DSB. */
export function v7Range(asm: Assembler, env: DmaEnv, action: MaintenanceOp, range: BufferRange): void {
  const at = (offset: Operand) => linearVa(env.geometry, add(range.page, offset))
  asm.step(`L1 ${action}`, () => {
    if (action !== 'invalidate') asm.maintain(action, at(range.offset), range.bytes)
    else invalidateV7(asm, env, range, at)
    asm.dsb()
  })
}

/**
 * `v7_dma_inv_range`. Shared lines at both ends are written back first.
 *
 * Gap: the loop starts at the first line again, so that a store of the neighbour since then is lost; and it is a do-while, so
 * that an empty range that begins a line loses that line.
 */
function invalidateV7(asm: Assembler, env: DmaEnv, range: BufferRange, at: (offset: Operand) => Operand): void {
  const { lineBytes } = env.geometry
  const end = add(range.offset, range.bytes)
  const first = alignDown(range.offset, lineBytes)
  const last = alignDown(end, lineBytes)
  asm.if(ne(mod(range.offset, lineBytes), 0), () => asm.maintain('clean-invalidate', at(first), lineBytes))
  asm.if(ne(mod(end, lineBytes), 0), () => asm.maintain('clean-invalidate', at(last), lineBytes))
  asm.if(
    lt(first, last),
    () => asm.maintain('invalidate', at(first), sub(last, first)),
    () => asm.maintain('invalidate', at(first), lineBytes),
  )
}

/** One group of L2 operations: lines, then the sync. The DSB at the end is that of the unlock of `l2x0_lock`. */
export function l2x0Range(asm: Assembler, env: DmaEnv, action: MaintenanceOp, range: BufferRange): void {
  const at = (offset: Operand) => add(range.page, offset)
  asm.step(`L2 ${action}`, () => {
    if (action !== 'invalidate') asm.l2Maintain(action, at(range.offset), range.bytes)
    else invalidateL2x0(asm, env, range, at)
    asm.l2Sync()
    asm.step('unlock', () => asm.dsb())
  })
}

/** `l2x0_inv_range`: shared lines are written back and dropped, and not touched again. */
function invalidateL2x0(asm: Assembler, env: DmaEnv, range: BufferRange, at: (offset: Operand) => Operand): void {
  const { lineBytes } = env.geometry
  const end = add(range.offset, range.bytes)
  const first = alignUp(range.offset, lineBytes)
  const last = alignDown(end, lineBytes)
  asm.if(ne(mod(range.offset, lineBytes), 0), () =>
    asm.l2Maintain('clean-invalidate', at(sub(first, lineBytes)), lineBytes),
  )
  asm.if(ne(mod(end, lineBytes), 0), () => asm.l2Maintain('clean-invalidate', at(last), lineBytes))
  asm.if(lt(first, last), () => asm.l2Maintain('invalidate', at(first), sub(last, first)))
}

/** `dmac_flush_range` and `outer_flush_range`: written back and dropped at both levels. */
export function flushRange(asm: Assembler, env: DmaEnv, range: BufferRange): void {
  v7Range(asm, env, 'clean-invalidate', range)
  l2x0Range(asm, env, 'clean-invalidate', range)
}

/** Nothing asks whether there is anything to do: an empty range goes through the loops, too. */
const cpuToDev: Lowering<MaintenanceArgs> = (asm, env, range) => {
  const action = range.direction === 'from-device' ? 'invalidate' : 'clean'
  asm.step('cpu to device', () => {
    v7Range(asm, env, action, range)
    l2x0Range(asm, env, action, range)
  })
}

const devToCpu: Lowering<MaintenanceArgs> = (asm, env, range) => {
  if (range.direction === 'to-device') return
  asm.step('device to cpu', () => {
    l2x0Range(asm, env, 'invalidate', range)
    v7Range(asm, env, 'invalidate', range)
  })
}

const clearPages: DmaSteps['clearPages'] = (asm, env, { addr, bytes }) => {
  asm.step('clear', () => {
    asm.storeRange(linearVa(env.geometry, addr), bytes, 0)
    flushRange(asm, env, { page: addr, offset: 0, bytes })
  })
}

export const cacheSteps = { cpuToDev, devToCpu, clearPages } satisfies Partial<DmaSteps>
