/** DMA | what holds for every call of the API: where it may be made, and that its direction is one. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { dmaError } from '../../machines/os/calls.ts'
import { unknownName } from '../base/errors.ts'
import type { Assembler } from './assembler.ts'
import { operations } from './index.ts'
import { eq } from './operands.ts'
import { reportMisuse } from './reach.ts'
import { type Direction, type DirectionArg, type DmaEnv, directionNumbers, type OpName } from './types.ts'

/**
 * Reports a call from where the operation must not be called, as `might_sleep()` does; then the call goes on, as there.
 * Whether a place of a program is in a handler, has interrupts off or holds a lock is known while it is written.
 */
export function checkContext(asm: Assembler, env: DmaEnv, name: OpName): void {
  const { context } = operations[name]
  if (asm.atomic === undefined || context === 'any') return
  const why =
    context === 'may-sleep'
      ? 'calls a function that may sleep in an interrupt handler, with interrupts off or under a lock'
      : 'frees DMA memory with interrupts off'
  asm.step('calling context', () => reportMisuse(asm, env, why, dmaError))
}

const directions = Object.entries(directionNumbers) as [Direction, number][]

/**
 * `valid` for the direction that was given, `invalid` for none, where the kernel's `BUG_ON(!valid_dma_direction(dir))`
 * stops the machine: it is reported, and nothing is mapped. A direction in a register costs comparisons.
 * Throws `UsageError` for a name that is none.
 */
export function directed(
  asm: Assembler,
  env: DmaEnv,
  direction: DirectionArg,
  calls: { readonly valid: (direction: Direction) => void; readonly invalid?: () => void },
): void {
  const invalid = (handle: Operand = dmaError) => {
    reportMisuse(asm, env, 'uses an invalid direction', handle)
    calls.invalid?.()
  }
  if (typeof direction === 'string') {
    if (direction === 'none') invalid()
    else if (Object.hasOwn(directionNumbers, direction)) calls.valid(direction)
    else throw unknownName('direction', direction, [...Object.keys(directionNumbers), 'none'])
    return
  }
  const { register } = direction
  asm.block((done) => {
    for (const [name, number] of directions) {
      asm.if(eq(register, number), () => {
        calls.valid(name)
        done()
      })
    }
    invalid()
  })
}
