/** Machines | where a litmus platform has the registers of its devices, units and supplies, and which interrupt lines they drive. */

import type { MemoryRange } from './geometry.ts'
import { localPower } from './power/regs.ts'
import type { PowerRegisters } from './power/types.ts'

/** The parts of a litmus platform that have addresses, in the order in which they get them. */
export interface LitmusParts {
  readonly devices: readonly { readonly id: string }[]
  readonly units: readonly { readonly id: string }[]
  readonly supplies: readonly { readonly of: string }[]
}

/** Bytes of every window. */
const windowBytes = 0x10000 // HF-430
const windows = { devices: 0x12000000, units: 0x13000000, supplies: 0x14000000 } as const // HF-430
/** Within a supply's window: its clock controller, and its part of the power management unit. */
const supplyOffsets = { clocks: 0, powerUnit: 0x1000 } as const // HF-430
const supplyBytes = 0x1000 // HF-430
/** First lines. */
const lines = { devices: 64, units: 96 } as const // HF-430

/** Place of `id` among the devices or, if it is none, among the units. */
function placeOf({ devices, units }: LitmusParts, id: string): readonly ['devices' | 'units', number] {
  const device = devices.findIndex((each) => each.id === id)
  return device >= 0 ? ['devices', device] : ['units', units.findIndex((each) => each.id === id)]
}

/** Register window of the device or unit `id`. */
export function litmusWindow(parts: LitmusParts, id: string): MemoryRange {
  const [kind, place] = placeOf(parts, id)
  return { base: windows[kind] + place * windowBytes, bytes: windowBytes }
}

/** Interrupt line of the device or unit `id`. */
export function litmusLine(parts: LitmusParts, id: string): number {
  const [kind, place] = placeOf(parts, id)
  return lines[kind] + place
}

/** The registers that switch clock and power of `id`. */
export function litmusSupply({ supplies }: LitmusParts, id: string): PowerRegisters {
  const base = windows.supplies + supplies.findIndex(({ of }) => of === id) * windowBytes
  const clocks = { base: base + supplyOffsets.clocks, bytes: supplyBytes }
  const powerUnit = { base: base + supplyOffsets.powerUnit, bytes: supplyBytes }
  return {
    clocks,
    powerUnit,
    clockGate: clocks.base,
    clockBits: 1,
    configuration: powerUnit.base,
    status: powerUnit.base + 4,
    powerBits: localPower, // HF-425
  }
}

/** The register write that switches clock or power of `id`. */
export function litmusSwitch(
  parts: LitmusParts,
  id: string,
  kind: 'clock' | 'power',
  to: 'on' | 'off',
): { readonly addr: number; readonly value: number } {
  const { clockGate, clockBits, configuration, powerBits } = litmusSupply(parts, id)
  return kind === 'clock'
    ? { addr: clockGate, value: to === 'on' ? clockBits : 0 }
    : { addr: configuration, value: to === 'on' ? powerBits : 0 }
}
