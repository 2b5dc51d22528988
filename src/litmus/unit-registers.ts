/** Litmus | the registers of units that programs can name, for what no statement says. */

import { iommuRegs } from '../../machines/iommu/regs.ts'
import { sysmmuRegs } from '../../machines/sysmmu/regs.ts'
import type { CpuGround } from './cpu-program.ts'
import type { LitmusTest } from './form.ts'
import type { NamedWindow } from './named-places.ts'
import { statementsOfAll } from './statements.ts'
import { mmuName } from './table-units.ts'

/** Byte offsets by name. Bits are those of `machines/iommu/regs.ts` and `machines/sysmmu/regs.ts`. */
export const unitRegisters: Readonly<Record<'iommu' | 'sysmmu', Readonly<Record<string, number>>>> = {
  iommu: {
    CTRL: iommuRegs.ctrl,
    STATUS: iommuRegs.status,
    ROOT: iommuRegs.root,
    FAULT_STATUS: iommuRegs.faultStatus,
    FAULT_ADDR: iommuRegs.faultAddr,
  },
  sysmmu: {
    CTRL: sysmmuRegs.ctrl,
    CFG: sysmmuRegs.cfg,
    STATUS: sysmmuRegs.status,
    FLUSH: sysmmuRegs.flush,
    FLUSH_ENTRY: sysmmuRegs.flushEntry,
    PT_BASE: sysmmuRegs.ptBase,
    INT_STATUS: sysmmuRegs.intStatus,
    INT_CLEAR: sysmmuRegs.intClear,
    PAGE_FAULT_ADDR: sysmmuRegs.pageFaultAddr,
    AW_FAULT_ADDR: sysmmuRegs.awFaultAddr,
    AR_FAULT_ADDR: sysmmuRegs.arFaultAddr,
    VERSION: sysmmuRegs.version,
    PREFETCH0_START: sysmmuRegs.prefetchStart0,
    PREFETCH0_END: sysmmuRegs.prefetchEnd0,
    PREFETCH1_START: sysmmuRegs.prefetchStart1,
    PREFETCH1_END: sysmmuRegs.prefetchEnd1,
  },
}

/** Offsets of the registers of each unit that has a name, by unit. */
export function registersOfUnits({ platform }: LitmusTest): ReadonlyMap<string, Readonly<Record<string, number>>> {
  return new Map(
    platform.units.flatMap((unit) =>
      unit.unit === 'iommu' || unit.unit === 'sysmmu' ? [[unit.name, unitRegisters[unit.unit]] as const] : [],
    ),
  )
}

/** Whether a program looks at what faults leave behind; else nobody can tell, and an IOMMU keeps states alike. */
export function looksAtFaults({ actors }: LitmusTest, unit: string): boolean {
  for (const statement of statementsOfAll(actors)) {
    const named = statement.do === 'poll' ? statement.what : statement
    if ('register' in named && named.target === unit && named.register.startsWith('FAULT_')) return true
  }
  return false
}

/** Everything with registers, for reports. What programs cannot name has the name that the sources have for it. */
export function windowsOf(
  { platform }: LitmusTest,
  { registers, windows, units }: Pick<CpuGround, 'registers' | 'windows' | 'units'>,
): NamedWindow[] {
  const supplies = platform.units.flatMap((unit): NamedWindow[] => {
    if (unit.unit !== 'supply') return []
    const at = (kind: 'clock' | 'power') => units.supply(unit.of, kind, true).addr
    return [{ name: unit.of, base: 0, registers: { clock: at('clock'), power: at('power') } }]
  })
  const named = [...windows].map(([name, base]) => {
    const unit = platform.units.find((one) => 'name' in one && one.name === name)
    const inner = unit?.unit === 'iommu' || name === mmuName ? iommuRegs : unit?.unit === 'sysmmu' ? sysmmuRegs : {}
    return { name, base, registers: { ...shouted(inner), ...registers.get(name) } }
  })
  return [...named, ...supplies]
}

/** Names of registers as manuals write them: `flushEntry` → `FLUSH_ENTRY`. */
export function shouted(offsets: Readonly<Record<string, number>>): Record<string, number> {
  const spelt = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
  return Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [spelt(name), offset]))
}
