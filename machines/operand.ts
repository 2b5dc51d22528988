/** Machines | operands of instructions, of cores and of devices: u32 arithmetic on constants and registers, compiled to slots. */

import { assertNever } from '../src/base/assert.ts'
import { alignDown, alignUp, isPowerOfTwo, u32 } from '../src/base/bits.ts'
import { UsageError, unknownName } from '../src/base/errors.ts'

/**
 * Binary operations on u32 values; results wrap. `align-down` and `align-up` take the unit second. Comparisons are unsigned
 * and give 1 or 0.
 */
export type ArithmeticOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'and'
  | 'or'
  | 'shl'
  | 'shr'
  | 'mod'
  | 'align-down'
  | 'align-up'
  | ComparisonOp
export type ComparisonOp = 'eq' | 'ne' | 'lt' | 'ge'

/** A constant, a register by name, or arithmetic on operands. */
export type Operand = number | string | readonly [ArithmeticOp, Operand, Operand]

/** Unsigned comparison. */
export type Condition = readonly [ComparisonOp, Operand, Operand]

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

/** The comparisons. */
export const comparisonOps: readonly ComparisonOp[] = ['eq', 'ne', 'lt', 'ge']

/** The operations. */
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
  ...comparisonOps,
]

/** Resolves the registers of `operand`; `slotOf` gives each name its slot. Constants are folded. */
export function compileOperand(operand: Operand, slotOf: (register: string) => number): Expression {
  if (typeof operand === 'number') return { op: 'constant', value: u32(operand) }
  if (typeof operand === 'string') return { op: 'register', slot: slotOf(operand) }
  if (!Array.isArray(operand)) throw new UsageError(notAnOperand(operand))
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
  return compute(test.op, evaluate(test.left, registers), evaluate(test.right, registers)) !== 0
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
    case 'eq':
      return left === right ? 1 : 0
    case 'ne':
      return left !== right ? 1 : 0
    case 'lt':
      return left < right ? 1 : 0
    case 'ge':
      return left >= right ? 1 : 0
    default:
      return assertNever(op)
  }
}

/** Adds the names of the registers that `operand` reads to `names`; nothing for what is no operand. */
export function addRegisters(operand: Operand, names: Set<string>): void {
  if (typeof operand === 'string') names.add(operand)
  else if (Array.isArray(operand)) {
    addRegisters(operand[1], names)
    addRegisters(operand[2], names)
  }
}

/** Reports what is wrong with one operand, each problem with its fix. */
export function checkOperand(operand: unknown, report: (problem: string) => void): void {
  if (typeof operand === 'number') {
    if (!Number.isInteger(operand) || operand < -(2 ** 31) || operand >= 2 ** 32) {
      report(`the constant ${operand} does not fit a 32-bit word; use an integer`)
    }
  } else if (Array.isArray(operand)) {
    const [op, left, right] = operand as readonly unknown[]
    if (!arithmeticOps.includes(op as never)) report(unknownName('operation', String(op), arithmeticOps).message)
    if (operand.length !== 3) report(`"${String(op)}" takes two operands, not ${operand.length - 1}`)
    checkOperand(left, report)
    checkOperand(right, report)
    if (String(op).startsWith('align') && typeof right === 'number' && !isPowerOfTwo(right)) {
      report(`"${String(op)}" needs a power of two as its unit, not ${right}`)
    }
  } else if (typeof operand !== 'string' || operand === '') {
    report(notAnOperand(operand))
  }
}

function notAnOperand(value: unknown): string {
  return `${JSON.stringify(value)} is no operand; use a number, a register name or [operation, left, right]`
}

/** The same for a comparison. */
export function checkCondition(condition: Condition, report: (problem: string) => void): void {
  if (!comparisonOps.includes(condition[0])) {
    report(unknownName('comparison', String(condition[0]), comparisonOps).message)
  }
  checkOperand(condition[1], report)
  checkOperand(condition[2], report)
}
