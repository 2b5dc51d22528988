/** DMA | which SYSMMU a device has, and which IO address space it translates. */

import { osNumber } from '../../machines/os/types.ts'
import { present } from '../base/assert.ts'
import type { DmaEnv, MmuDevice } from './types.ts'

export function mmuOf(env: DmaEnv): MmuDevice {
  return present(env.device.mmu, `the SYSMMU of ${env.device.name}`)
}

/** The number of the device's IO address space at the os, and the physical address of its level-1 table. */
export function ioSpaceOf(env: DmaEnv): { readonly number: number; readonly tableAddr: number } {
  const number = osNumber(env.os, 'mappings', mmuOf(env).ioSpace)
  return { number, tableAddr: present(env.os.mappings[number], 'the IO address space').tableAddr }
}
