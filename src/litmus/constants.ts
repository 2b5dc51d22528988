/** Litmus | expressions whose value is known before anything runs. */

import { u32 } from '../base/bits.ts'
import { UsageError } from '../base/errors.ts'
import type { BinaryOp, Expression, LitmusTest } from './form.ts'
import { placed } from './sizes.ts'

/** Values of the parameters, by name. */
export type Constants = ReadonlyMap<string, number>

export function constantsOf({ parameters }: LitmusTest): Constants {
  return new Map(parameters.map(({ name, value }) => [name, value]))
}

const compute: Readonly<Record<BinaryOp, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => Math.imul(a, b),
  '%': (a, b) => (b === 0 ? a : a % b),
  '&': (a, b) => a & b,
  '^': (a, b) => a ^ b,
  '|': (a, b) => a | b,
  '<<': (a, b) => (b > 31 ? 0 : a << b),
  '>>': (a, b) => (b > 31 ? 0 : a >>> b),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<': (a, b) => Number(a < b),
  '>=': (a, b) => Number(a >= b),
  '>': (a, b) => Number(a > b),
  '<=': (a, b) => Number(a <= b),
  '&&': (a, b) => Number(a !== 0 && b !== 0),
  '||': (a, b) => Number(a !== 0 || b !== 0),
}

/** `a op b`, u32; comparisons give 0 or 1. */
export function applyOp(op: BinaryOp, a: number, b: number): number {
  return u32(compute[op](a, b))
}

/** The value if it is known, else undefined. */
export function constantValue(value: Expression, constants: Constants): number | undefined {
  switch (value.expr) {
    case 'number':
      return u32(value.value)
    case 'name':
      return constants.get(value.name)
    case 'not': {
      const inner = constantValue(value.value, constants)
      return inner === undefined ? undefined : Number(inner === 0)
    }
    case 'binary': {
      const left = constantValue(value.left, constants)
      const right = constantValue(value.right, constants)
      return left === undefined || right === undefined ? undefined : applyOp(value.op, left, right)
    }
    default:
      return undefined
  }
}

/** The value; a usage error if it is not known before the test runs. @param what it is, for the message */
export function knownValue(value: Expression, constants: Constants, what: string): number {
  const known = constantValue(value, constants)
  if (known === undefined) {
    throw new UsageError(`${placed(value.at)}${what} must be a number that is known before the test runs`)
  }
  return known
}
