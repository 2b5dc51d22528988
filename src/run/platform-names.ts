/** Run | what the registers are called that every platform has, whatever a test names. */

import { pl310Offsets } from '../../machines/cache-controller/pl310-regs.ts'
import { fimcRegister } from '../../machines/fimc/regs.ts'
import { memoryMap } from '../../machines/geometry.ts'
import { gicCpuRegs, gicDistributorRegs } from '../../machines/gic/regs.ts'
import { sysmmuRegs } from '../../machines/sysmmu/regs.ts'
import { shouted } from '../litmus/unit-registers.ts'

/** Offsets by window. */
const windows: readonly (readonly [keyof typeof memoryMap, actor: string, Readonly<Record<string, number>>])[] = [
  ['pl310', 'l2', shouted(pl310Offsets)],
  ['gicCpu', 'gic', shouted(gicCpuRegs)],
  ['gicDistributor', 'gic', shouted(gicDistributorRegs)],
  ['fimc0', 'fimc0', fimcRegister],
  ['fimc1', 'fimc1', fimcRegister],
  ['sysmmuFimc0', 'sysmmu0', shouted(sysmmuRegs)],
  ['sysmmuFimc1', 'sysmmu1', shouted(sysmmuRegs)],
]

/** `l2.CACHE_SYNC`; undefined for what is no such register. */
export function platformRegister(addr: number): string | undefined {
  for (const [window, actor, registers] of windows) {
    const { base, bytes } = memoryMap[window]
    if (addr < base || addr >= base + bytes) continue
    const name = Object.keys(registers).find((one) => registers[one] === addr - base)
    return name === undefined ? undefined : `${actor}.${name}`
  }
  return undefined
}
