/** DMA | a finished program: instructions, and which step of which operation each belongs to. */

import type { Instruction } from '../../machines/cpu/micro-op.ts'

/** A register's name. Registers are shared by a core's programs: each program has a prefix of its own. */
export type Register = string

/** A finished program; `steps[i]` says which step of which operation instruction i belongs to, outermost first. */
export interface Program {
  readonly instructions: readonly Instruction[]
  readonly steps: readonly (readonly string[])[]
}

/** `program` without the instructions of the steps that `drop` picks; labels stay. For comparing orders with and without a step. */
export function withoutSteps(program: Program, drop: (step: readonly string[]) => boolean): Program {
  const keep = program.instructions.map(
    (instruction, index) => instruction.op === 'label' || !drop(program.steps[index] as readonly string[]),
  )
  return {
    instructions: program.instructions.filter((_, index) => keep[index]),
    steps: program.steps.filter((_, index) => keep[index]),
  }
}
