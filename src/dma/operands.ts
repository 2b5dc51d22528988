/** DMA | arithmetic on operands that folds what is known while the program is written. */

import type { ArithmeticOp, ComparisonOp, Condition, Operand } from '../../machines/operand.ts'
import { alignDown as alignDownNumber, alignUp as alignUpNumber, u32 } from '../base/bits.ts'

/** Comparisons are conditions here, and never values. */
type FoldedOp = Exclude<ArithmeticOp, ComparisonOp>

const compute: Readonly<Record<FoldedOp, (a: number, b: number) => number>> = {
  add: (a, b) => u32(a + b),
  sub: (a, b) => u32(a - b),
  mul: (a, b) => Math.imul(a, b) >>> 0,
  and: (a, b) => (a & b) >>> 0,
  or: (a, b) => (a | b) >>> 0,
  shl: (a, b) => (a << b) >>> 0,
  shr: (a, b) => a >>> b,
  mod: (a, b) => (b === 0 ? u32(a) : u32(a) % b),
  'align-down': alignDownNumber,
  'align-up': alignUpNumber,
}

/** `op` applied to `a` and `b`: a number if both are, else the shortest operand that means the same. */
function arithmetic(op: FoldedOp, a: Operand, b: Operand): Operand {
  if (typeof a === 'number' && typeof b === 'number') return compute[op](a, b)
  if (b === 0 && (op === 'add' || op === 'sub' || op === 'or' || op === 'shl' || op === 'shr')) return a
  if (a === 0 && (op === 'add' || op === 'or')) return b
  if (b === 1 && op === 'mul') return a
  if (op === 'add' && typeof b === 'number' && Array.isArray(a) && a[0] === 'add' && typeof a[2] === 'number') {
    return arithmetic('add', a[1] as Operand, u32(a[2] + b))
  }
  return [op, a, b]
}

export const add = (a: Operand, b: Operand): Operand => arithmetic('add', a, b)
export const sub = (a: Operand, b: Operand): Operand => arithmetic('sub', a, b)
export const mul = (a: Operand, b: Operand): Operand => arithmetic('mul', a, b)
export const and = (a: Operand, b: Operand): Operand => arithmetic('and', a, b)
export const or = (a: Operand, b: Operand): Operand => arithmetic('or', a, b)
export const shl = (a: Operand, b: Operand): Operand => arithmetic('shl', a, b)
export const shr = (a: Operand, b: Operand): Operand => arithmetic('shr', a, b)
export const mod = (a: Operand, b: Operand): Operand => arithmetic('mod', a, b)
export const alignDown = (a: Operand, unit: number): Operand => arithmetic('align-down', a, unit)
export const alignUp = (a: Operand, unit: number): Operand => arithmetic('align-up', a, unit)

export const eq = (a: Operand, b: Operand): Condition => ['eq', a, b]
export const ne = (a: Operand, b: Operand): Condition => ['ne', a, b]
export const lt = (a: Operand, b: Operand): Condition => ['lt', a, b]
export const ge = (a: Operand, b: Operand): Condition => ['ge', a, b]

/** The condition's value if it is known while the program is written. */
export function knownCondition(condition: Condition): boolean | undefined {
  const [comparison, a, b] = condition
  if (typeof a !== 'number' || typeof b !== 'number') return undefined
  if (comparison === 'eq') return u32(a) === u32(b)
  if (comparison === 'ne') return u32(a) !== u32(b)
  return comparison === 'lt' ? u32(a) < u32(b) : u32(a) >= u32(b)
}

const opposite = { eq: 'ne', ne: 'eq', lt: 'ge', ge: 'lt' } as const

/** True when `condition` is false and the other way round. */
export function not(condition: Condition): Condition {
  return [opposite[condition[0]], condition[1], condition[2]]
}

/** Whether an operand is 0: no page, no address, not found. */
export function isZero(operand: Operand): Condition {
  return eq(operand, 0)
}
