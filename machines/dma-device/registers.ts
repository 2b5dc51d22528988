/** DMA device | which registers a device has, who else can see them, and so which instructions take a step. */

import { type DeviceInstruction, isPure, readsOf, writeOf } from './instruction.ts'
import type { DmaDeviceConfig } from './types.ts'

/** The register at offset 0 of every device. */
export const bellRegister = 'BELL'

/** What the questions here are about. */
type Programs = Pick<DmaDeviceConfig, 'registers' | 'reactions' | 'program'>

/** Names of the registers by slot; those that cores can reach come first, a word apart each. */
export function deviceRegisters(config: Programs): readonly string[] {
  const names = new Set([bellRegister, ...config.registers.map(({ name }) => name)])
  for (const instruction of [...config.program, ...config.reactions.flatMap(({ body }) => body)]) {
    const written = writeOf(instruction)
    if (written !== undefined) names.add(written)
  }
  return [...names]
}

/** Those that somebody else than the program reads or writes: cores, and reactions. */
export function sharedRegisters({ registers, reactions }: Programs): ReadonlySet<string> {
  const shared = new Set([bellRegister, ...registers.map(({ name }) => name)])
  for (const { body } of reactions) {
    for (const instruction of body) for (const name of namesIn(instruction)) shared.add(name)
  }
  return shared
}

function namesIn(instruction: DeviceInstruction): readonly string[] {
  const written = writeOf(instruction)
  return [...readsOf(instruction), ...(written === undefined ? [] : [written])]
}

/** Whether nobody can tell when the instruction is executed. */
export function takesNoStep(instruction: DeviceInstruction, shared: ReadonlySet<string>): boolean {
  return isPure(instruction) && namesIn(instruction).every((name) => !shared.has(name))
}

/** Whether it asks for translations, and so has the port `translate`. */
export function walks(config: Pick<DmaDeviceConfig, 'program'>): boolean {
  return config.program.some(({ op }) => op === 'walk')
}
