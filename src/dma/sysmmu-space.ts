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

/** `env` with that SYSMMU as the device's. */
function through(env: DmaEnv, mmu: MmuDevice): DmaEnv {
  return { ...env, device: { ...env.device, mmu } }
}

/** `body` for each SYSMMU that translates the device's IO addresses, with it as the device's. */
export function forEachClient(env: DmaEnv, body: (client: DmaEnv) => void): void {
  for (const mmu of env.clients) body(through(env, mmu))
}

/** `body` for each bank of registers of the device's SYSMMU, one after the other, with its window as the only one. */
export function forEachBank(env: DmaEnv, body: (bank: DmaEnv) => void): void {
  const { furtherBanks = [], ...mmu } = mmuOf(env)
  for (const base of [mmu.base, ...furtherBanks]) body(through(env, { ...mmu, base }))
}
