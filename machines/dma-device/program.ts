/** DMA device | compileDevice turns program and reactions into indexed code with labels, register slots and operands resolved. */

import { compileCondition, compileOperand, type Expression, type Operand, type Test, zero } from '../operand.ts'
import { conditionOf, type DeviceInstruction, labelsOf, reachableFrom, writeOf } from './instruction.ts'
import { checkDevice } from './program-check.ts'
import { deviceRegisters, sharedRegisters, takesNoStep } from './registers.ts'
import type { DmaDeviceConfig } from './types.ts'

/** What the program does about an instruction. `registers`: register instructions whose place among others can be seen. */
export type DeviceKind = 'read' | 'write' | 'walk' | 'fence' | 'wait' | 'registers' | 'line' | 'end'

/** One instruction. Every field is always there, so that the engine sees one object shape. */
export interface DeviceCode {
  readonly kind: DeviceKind
  readonly op: DeviceInstruction['op'] | 'end'
  /** Takes no step: registers that nobody else sees, or a wait whose condition holds. */
  readonly folds: boolean
  readonly index: number
  readonly address: Expression
  readonly value: Expression
  /** Slot of the result, or -1. */
  readonly to: number
  readonly condition: Test | undefined
  /** Where a branch goes. */
  readonly target: number
  readonly message: string
  readonly translated: boolean
  /** A wait of a program that cannot end from here: nobody expects it to be over. */
  readonly rests: boolean
}

export interface DeviceProgram {
  /** Its end is the last entry. */
  readonly code: readonly DeviceCode[]
  /** Names by slot. */
  readonly registers: readonly string[]
  /** How many of them cores can reach. */
  readonly visible: number
  /** Values by slot at reset. */
  readonly reset: readonly number[]
  /** By slot of the register that is written; each ends with an `end`. */
  readonly reactions: readonly (readonly DeviceCode[])[]
}

const end: Omit<DeviceCode, 'index'> = {
  kind: 'end',
  op: 'end',
  folds: false,
  address: zero,
  value: zero,
  to: -1,
  condition: undefined,
  target: 0,
  message: '',
  translated: false,
  rests: false,
}

const kinds: Readonly<Record<DeviceInstruction['op'], DeviceKind>> = {
  read: 'read',
  write: 'write',
  walk: 'walk',
  fence: 'fence',
  wait: 'wait',
  raise: 'line',
  lower: 'line',
  set: 'registers',
  branch: 'registers',
  label: 'registers',
  assert: 'registers',
}

/** Checks and compiles. Throws `UsageError` with every problem. */
export function compileDevice(config: DmaDeviceConfig): DeviceProgram {
  checkDevice(config)
  const registers = deviceRegisters(config)
  const visible = config.registers.length + 1
  const shared = sharedRegisters(config)
  const slotOf = (name: string): number => registers.indexOf(name)
  const compileAll = (program: readonly DeviceInstruction[]): DeviceCode[] => {
    const labels = labelsOf(program)
    const code = program.map((instruction, index) => ({
      ...compileOne(instruction, slotOf),
      index,
      folds: takesNoStep(instruction, shared),
      target: instruction.op === 'branch' ? (labels.get(instruction.to) as number) : 0,
      rests: instruction.op === 'wait' && !reachableFrom(program, index).has(program.length),
    }))
    return [...code, { ...end, index: program.length }]
  }
  return {
    code: compileAll(config.program),
    registers,
    visible,
    reset: registers.map((_, slot) => (config.registers[slot - 1]?.value ?? 0) >>> 0),
    reactions: registers.slice(0, visible).map((name) => {
      return compileAll(config.reactions.find(({ register }) => register === name)?.body ?? [])
    }),
  }
}

function compileOne(instruction: DeviceInstruction, slotOf: (name: string) => number): Omit<DeviceCode, 'index'> {
  const operand = (value: Operand): Expression => compileOperand(value, slotOf)
  const condition = conditionOf(instruction)
  const written = writeOf(instruction)
  const { op } = instruction
  return {
    ...end,
    kind: kinds[op],
    op,
    address: 'addr' in instruction ? operand(instruction.addr) : zero,
    value: 'value' in instruction ? operand(instruction.value) : zero,
    to: written === undefined ? -1 : slotOf(written),
    condition: condition && compileCondition(condition, slotOf),
    message: op === 'assert' ? instruction.message : '',
    translated: (op === 'read' || op === 'write') && instruction.translated === true,
  }
}
