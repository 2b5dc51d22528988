/** Litmus | operators and how tightly they bind: one table for whoever reads and for whoever writes expressions. */

import type { BinaryOp, Expression } from './form.ts'

/**
 * Larger binds tighter; equal ones group to the left. Bitwise operators bind tighter than comparisons, as in Rust and Go and
 * unlike C, so that `value & 2 != 0` means what it looks like; everything else is in C's order.
 */
export const precedences: Readonly<Record<BinaryOp, number>> = {
  '*': 10,
  '%': 10,
  '+': 9,
  '-': 9,
  '<<': 8,
  '>>': 8,
  '&': 7,
  '^': 6,
  '|': 5,
  '<': 4,
  '>': 4,
  '<=': 4,
  '>=': 4,
  '==': 3,
  '!=': 3,
  '&&': 2,
  '||': 1,
}

/** An operator and what stands to the right of it. */
export interface Operation {
  readonly op: BinaryOp
  readonly right: Expression
}

/** The tree of `first op right op right …`. */
export function foldOperations(first: Expression, rest: readonly Operation[]): Expression {
  const values = [first]
  const ops: BinaryOp[] = []
  const reduce = () => {
    const right = values.pop() as Expression
    const left = values.pop() as Expression
    const op = ops.pop() as BinaryOp
    values.push({ expr: 'binary', op, left, right, ...(left.at ? { at: left.at } : {}) })
  }
  for (const { op, right } of rest) {
    while (ops.length > 0 && precedences[ops.at(-1) as BinaryOp] >= precedences[op]) reduce()
    ops.push(op)
    values.push(right)
  }
  while (ops.length > 0) reduce()
  return values[0] as Expression
}
