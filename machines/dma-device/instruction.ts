/** DMA device | the instruction set of a programmed device, and what an instruction reads, writes and goes on with. */

import { addRegisters, type Condition, type Operand } from '../operand.ts'

/**
 * One instruction. Registers are named; those that the configuration lists can be reached by cores, others are the device's
 * own and start at 0. Addresses are what the device puts out: IO addresses behind an IOMMU, else physical ones;
 * `translated`: physical in any case.
 * - `read`: DMA read of a word into `to`; waits for the data.
 * - `write`: DMA write of a word, posted: the program goes on while no more than the configured number are outstanding.
 * - `fence`: waits until every write is acknowledged.
 * - `walk`: asks the IOMMU for the translation of `addr` and waits for it, without an access.
 * - `wait`: until the condition holds, which is noticed in the very step in which a core's register write makes it hold.
 * - `raise`, `lower`: the interrupt line.
 * - `set`, `branch` (to a label, when the condition holds or always), `label`, `assert`.
 *
 * A program ends after its last instruction. An access that is answered with an error, or is to part of a word, is
 * reported (`device.error`), and the program goes on; the register of a read keeps its value.
 */
export type DeviceInstruction =
  | { readonly op: 'read'; readonly addr: Operand; readonly to: string; readonly translated?: true }
  | { readonly op: 'write'; readonly addr: Operand; readonly value: Operand; readonly translated?: true }
  | { readonly op: 'fence' }
  | { readonly op: 'walk'; readonly addr: Operand }
  | { readonly op: 'wait'; readonly until: Condition }
  | DeviceReaction

/** What can happen in the very step of a register write: no access, and no way back. */
export type DeviceReaction =
  | { readonly op: 'set'; readonly to: string; readonly value: Operand }
  | { readonly op: 'raise' }
  | { readonly op: 'lower' }
  | { readonly op: 'label'; readonly name: string }
  | { readonly op: 'branch'; readonly to: string; readonly when?: Condition }
  | { readonly op: 'assert'; readonly that: Condition; readonly message: string }

/** The operations, for messages. */
export const reactionOps: readonly DeviceReaction['op'][] = ['set', 'raise', 'lower', 'label', 'branch', 'assert']
export const deviceOps: readonly DeviceInstruction['op'][] = ['read', 'write', 'fence', 'walk', 'wait', ...reactionOps]

/** Operands outside the condition, in the order in which they are written. */
export function operandsOf(instruction: DeviceInstruction): readonly Operand[] {
  switch (instruction.op) {
    case 'read':
    case 'walk':
      return [instruction.addr]
    case 'write':
      return [instruction.addr, instruction.value]
    case 'set':
      return [instruction.value]
    default:
      return []
  }
}

/** The comparison that it makes, if it makes one. */
export function conditionOf(instruction: DeviceInstruction): Condition | undefined {
  switch (instruction.op) {
    case 'wait':
      return instruction.until
    case 'branch':
      return instruction.when
    case 'assert':
      return instruction.that
    default:
      return undefined
  }
}

/** Names of the registers that it reads. */
export function readsOf(instruction: DeviceInstruction): ReadonlySet<string> {
  const names = new Set<string>()
  const condition = conditionOf(instruction)
  for (const operand of [...operandsOf(instruction), ...(condition ? [condition[1], condition[2]] : [])]) {
    addRegisters(operand, names)
  }
  return names
}

/** The register that it writes. */
export function writeOf(instruction: DeviceInstruction): string | undefined {
  return instruction.op === 'set' || instruction.op === 'read' ? instruction.to : undefined
}

/** Whether it touches nothing but registers. */
export function isPure({ op }: DeviceInstruction): boolean {
  return op === 'set' || op === 'label' || op === 'branch' || op === 'assert'
}

/** Label → index. Of two equal ones the first counts. */
export function labelsOf(program: readonly DeviceInstruction[]): ReadonlyMap<string, number> {
  const labels = new Map<string, number>()
  program.forEach((instruction, index) => {
    if (instruction.op === 'label' && !labels.has(instruction.name)) labels.set(instruction.name, index)
  })
  return labels
}

/** The instructions that can follow the one at `index`; the length of the program stands for its end. */
export function successorsOf(
  program: readonly DeviceInstruction[],
  index: number,
  labels: ReadonlyMap<string, number>,
): readonly number[] {
  const instruction = program[index]
  if (instruction?.op !== 'branch') return [index + 1]
  const target = labels.get(instruction.to) ?? index + 1
  return instruction.when === undefined ? [target] : [target, index + 1]
}

/** Every instruction that can be executed at some time after the one at `index` began, itself included. */
export function reachableFrom(program: readonly DeviceInstruction[], index: number): ReadonlySet<number> {
  const labels = labelsOf(program)
  const reached = new Set([index])
  // A set goes on to what is added while it is walked.
  for (const at of reached) {
    if (at < program.length) for (const next of successorsOf(program, at, labels)) reached.add(next)
  }
  return reached
}
