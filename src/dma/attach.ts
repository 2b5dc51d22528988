/** DMA | attach and detach: a device and its IO address space, or its safe buffers. */

import { errno } from '../../machines/os/calls.ts'
import type { Assembler, Register } from './assembler.ts'
import { registerBounce, unregisterBounce } from './bounce-pools.ts'
import { ne } from './operands.ts'
import { deviceNumber } from './reach.ts'
import { disableSysmmu, enableSysmmu } from './sysmmu-driver.ts'
import { flushQueue } from './sysmmu-flush-queue.ts'
import type { DmaEnv } from './types.ts'

/** Gives the device its table; `shared`: the level-1 table is another device's too, and full of its entries. */
export function attachDevice(asm: Assembler, env: DmaEnv, mapping: 'new' | 'shared'): void {
  if (env.device.backend === 'dmabounce') registerBounce(asm, env)
  if (env.device.mmu === undefined) return
  if (mapping === 'new') env.steps.attach(asm, env, {})
  else asm.step('attach', () => enableSysmmu(asm, env))
}

/**
 * Takes the table away. `status`: 0, or -EBUSY when the device still has mappings; then nothing is done.
 *
 * Closed: Linux v3.16 does not look; the device's table is the default one then, and an unmap of an IO address that is
 * still mapped takes it for a physical address.
 */
export function detachDevice(asm: Assembler, env: DmaEnv, status: Register): void {
  asm.step('detach', () =>
    asm.block((leave) => {
      asm.set(status, errno.EBUSY)
      const [count] = asm.call('mapping.count', [deviceNumber(env)])
      asm.if(ne(count, 0), leave)
      if (env.device.mmu !== undefined) {
        flushQueue(asm, env)
        disableSysmmu(asm, env)
      }
      if (env.device.backend === 'dmabounce') unregisterBounce(asm, env)
      asm.set(status, errno.ok)
    }),
  )
}
