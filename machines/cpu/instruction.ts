/** CPU | what an instruction reads, writes and where it can go next: the questions that checks and compilation share. */

import { addRegisters } from '../operand.ts'
import type { Condition, Instruction, Operand } from './micro-op.ts'

/** Every operand of an instruction, in the order in which it is written. */
export function operandsOf(instruction: Instruction): readonly Operand[] {
  switch (instruction.op) {
    case 'load':
    case 'load-exclusive':
      return [instruction.va]
    case 'store':
    case 'store-exclusive':
      return [instruction.va, instruction.value]
    case 'load-range':
    case 'maintain':
    case 'prefetch':
    case 'evict':
      return [instruction.va, instruction.bytes]
    case 'store-range':
      return [instruction.va, instruction.bytes, instruction.value]
    case 'l2-maintain':
    case 'l2-evict':
      return [instruction.addr, instruction.bytes]
    case 'mmio-write':
      return [instruction.addr, instruction.value]
    case 'mmio-read':
      return [instruction.addr]
    case 'call':
      return instruction.args
    case 'set':
      return [instruction.value]
    case 'mark':
      return Object.values(instruction.args).filter((value): value is Operand => !isText(value))
    default:
      return operandsOfCondition(conditionOf(instruction))
  }
}

/** The comparison that an instruction makes, if it makes one. */
export function conditionOf(instruction: Instruction): Condition | undefined {
  if (instruction.op === 'branch') return instruction.when
  return instruction.op === 'assert' ? instruction.that : undefined
}

function operandsOfCondition(condition: Condition | undefined): readonly Operand[] {
  return condition === undefined ? [] : [condition[1], condition[2]]
}

/** Whether the argument of a mark is text, not a value. */
export function isText(value: Operand | { readonly text: string }): value is { readonly text: string } {
  return typeof value === 'object' && !Array.isArray(value)
}

/** Names of the registers an instruction reads. */
export function readsOf(instruction: Instruction): ReadonlySet<string> {
  const names = new Set<string>()
  for (const operand of operandsOf(instruction)) addRegisters(operand, names)
  return names
}

/** Names of the registers an instruction writes. */
export function writesOf(instruction: Instruction): readonly string[] {
  switch (instruction.op) {
    case 'load':
    case 'load-exclusive':
    case 'store-exclusive':
    case 'mmio-read':
    case 'set':
      return [instruction.to]
    case 'call':
      return instruction.to
    default:
      return []
  }
}

/** Whether an instruction touches nothing but registers. */
export function isPure(instruction: Instruction): boolean {
  const { op } = instruction
  return op === 'label' || op === 'set' || op === 'branch' || op === 'assert'
}

/** The instructions that can follow the one at `index`; the length of the program stands for its end. */
export function successorsOf(
  program: readonly Instruction[],
  index: number,
  labels: ReadonlyMap<string, number>,
): readonly number[] {
  const instruction = program[index] as Instruction
  if (instruction.op === 'return') return []
  if (instruction.op !== 'branch') return [index + 1]
  const target = labels.get(instruction.to)
  if (target === undefined) return [index + 1]
  return instruction.when === undefined ? [target] : [target, index + 1]
}

/** Label → index. Of two equal ones the first counts. */
export function labelsOf(program: readonly Instruction[]): ReadonlyMap<string, number> {
  const labels = new Map<string, number>()
  program.forEach((instruction, index) => {
    if (instruction.op === 'label' && !labels.has(instruction.name)) labels.set(instruction.name, index)
  })
  return labels
}
