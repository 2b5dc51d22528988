/** DMA | what a device can reach: masks, and IO addresses within them; and the reports of wrong use. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { type Misuse, misuses } from '../../machines/os/calls.ts'
import { maskKinds, osNumber } from '../../machines/os/types.ts'
import type { Assembler } from './assembler.ts'
import { isZero } from './operands.ts'
import { flushIfExhausted } from './sysmmu-flush-queue.ts'
import { ioSpaceOf } from './sysmmu-space.ts'
import type { CheckMaskArgs, DmaEnv, DmaSteps, Lowering, TakeIovaArgs } from './types.ts'

/** The number of the device at the os. */
export function deviceNumber(env: DmaEnv): number {
  return osNumber(env.os, 'devices', env.device.name)
}

/** Reports a wrong use of the API that no call of the os would find out. */
export function reportMisuse(asm: Assembler, env: DmaEnv, why: Misuse, handle: Operand): void {
  asm.perform('misuse.report', [deviceNumber(env), misuses.indexOf(why), handle])
}

const kindOf = (coherent: boolean): number => (coherent ? maskKinds.coherent : maskKinds.streaming)

/**
 * Closed: Linux v3.6 hands out physical addresses that the device cannot put out; it wraps them, or drops what is above
 * its address lines, and hits memory of somebody else.
 */
const checkMask: Lowering<CheckMaskArgs> = (asm, env, { handle, bytes, coherent, fail }) =>
  asm.step('check mask', () =>
    asm.scope(() => {
      const [covers] = asm.call('mask.covers', [deviceNumber(env), kindOf(coherent), handle, bytes])
      asm.if(isZero(covers), () => {
        reportMisuse(asm, env, 'maps memory that the device cannot reach', handle)
        fail()
      })
    }),
  )

/**
 * Closed: the window of IO addresses of Linux v3.6 to v3.16 is what `arm_iommu_create_mapping` was given, even where it
 * reaches beyond the device's mask. A window that is exhausted below the mask is exhausted.
 */
const takeIova: Lowering<TakeIovaArgs> = (asm, env, { bytes, coherent, to }) => {
  const args = [ioSpaceOf(env).number, bytes, deviceNumber(env), kindOf(coherent)] as const
  flushIfExhausted(asm, env, to, () => asm.call('iova.alloc-within', args, [to]))
}

export const reachSteps = { checkMask, takeIova } satisfies Partial<DmaSteps>
