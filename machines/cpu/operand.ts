/** CPU | operands of instructions: u32 arithmetic on constants and registers, compiled to register slots. */

import { assertNever } from '../../src/base/assert.ts'
import { alignDown, alignUp, u32 } from '../../src/base/bits.ts'
import type { ArithmeticOp, Condition, Operand } from './micro-op.ts'

/** An operand with its registers resolved to slots. */
export type Expression =
  | { readonly op: 'constant'; readonly value: number }
  | { readonly op: 'register'; readonly slot: number }
  | { readonly op: ArithmeticOp; readonly left: Expression; readonly right: Expression }

/** A comparison with its operands resolved. */
export interface Test {
  readonly op: Condition[0]
  readonly left: Expression
  readonly right: Expression
}

/** The constant 0, for instructions without the operand. */
export const zero: Expression = { op: 'constant', value: 0 }

/** The arithmetic operations. */
export const arithmeticOps: readonly ArithmeticOp[] = [
  'add',
  'sub',
  'mul',
  'and',
  'or',
  'shl',
  'shr',
  'mod',
  'align-down',
  'align-up',
]

/** Resolves the registers of `operand`; `slotOf` gives each name its slot. Constants are folded. */
export function compileOperand(operand: Operand, slotOf: (register: string) => number): Expression {
  if (typeof operand === 'number') return { op: 'constant', value: u32(operand) }
  if (typeof operand === 'string') return { op: 'register', slot: slotOf(operand) }
  const left = compileOperand(operand[1], slotOf)
  const right = compileOperand(operand[2], slotOf)
  const expression: Expression = { op: operand[0], left, right }
  if (left.op !== 'constant' || right.op !== 'constant') return expression
  return { op: 'constant', value: evaluate(expression, []) }
}

/** Resolves a comparison. */
export function compileCondition(condition: Condition, slotOf: (register: string) => number): Test {
  return {
    op: condition[0],
    left: compileOperand(condition[1], slotOf),
    right: compileOperand(condition[2], slotOf),
  }
}

/** The value of an operand, u32. */
export function evaluate(expression: Expression, registers: readonly number[]): number {
  if (expression.op === 'constant') return expression.value
  if (expression.op === 'register') return registers[expression.slot] as number
  return compute(expression.op, evaluate(expression.left, registers), evaluate(expression.right, registers))
}

/** Whether a comparison holds, unsigned. */
export function holds(test: Test, registers: readonly number[]): boolean {
  const left = evaluate(test.left, registers)
  const right = evaluate(test.right, registers)
  switch (test.op) {
    case 'eq':
      return left === right
    case 'ne':
      return left !== right
    case 'lt':
      return left < right
    case 'ge':
      return left >= right
    default:
      return assertNever(test.op)
  }
}

/** As the core computes: a shift by 32 or more gives 0, a division by 0 gives 0, so the remainder is the dividend. */
function compute(op: ArithmeticOp, left: number, right: number): number {
  switch (op) {
    case 'add':
      return u32(left + right)
    case 'sub':
      return u32(left - right)
    case 'mul':
      return u32(Math.imul(left, right))
    case 'and':
      return u32(left & right)
    case 'or':
      return u32(left | right)
    case 'shl':
      return right > 31 ? 0 : u32(left << right)
    case 'shr':
      return right > 31 ? 0 : left >>> right
    case 'mod':
      return right === 0 ? left : left % right
    case 'align-down':
      return alignDown(left, right)
    case 'align-up':
      return alignUp(left, right)
    default:
      return assertNever(op)
  }
}

/** Adds the names of the registers that `operand` reads to `names`. */
export function addRegisters(operand: Operand, names: Set<string>): void {
  if (typeof operand === 'string') names.add(operand)
  else if (typeof operand !== 'number') {
    addRegisters(operand[1], names)
    addRegisters(operand[2], names)
  }
}
