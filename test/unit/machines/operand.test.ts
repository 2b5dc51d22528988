/** Unit | operands: u32 arithmetic as an ARM core computes it. */

import { describe, expect, it } from 'vitest'
import type { ArithmeticOp, Condition, Operand } from '../../../machines/operand.ts'
import { compileCondition, compileOperand, evaluate, holds } from '../../../machines/operand.ts'

const slots = ['a', 'b']
const slotOf = (name: string): number => slots.indexOf(name)
const value = (operand: Operand, registers: number[] = [0, 0]): number =>
  evaluate(compileOperand(operand, slotOf), registers)

describe('operands', () => {
  it.each<[ArithmeticOp, number, number, number]>([
    ['add', 0xffffffff, 2, 1],
    ['sub', 1, 2, 0xffffffff],
    ['mul', 0x10001, 0x10001, 0x20001],
    ['and', 0xf0f0, 0xff00, 0xf000],
    ['or', 0x80000000, 1, 0x80000001],
    ['shl', 1, 31, 0x80000000],
    ['shl', 1, 32, 0],
    ['shr', 0x80000000, 31, 1],
    ['shr', 1, 40, 0],
    ['mod', 17, 5, 2],
    ['mod', 17, 0, 17],
    ['align-down', 0xfffffff7, 16, 0xfffffff0],
    ['align-up', 17, 16, 32],
    ['eq', 0xffffffff, 0xffffffff, 1],
    ['ne', 3, 3, 0],
    ['lt', 1, 0x80000000, 1],
    ['ge', 1, 2, 0],
  ])('%s(%d, %d) is %d, in constants and in registers', (op, left, right, result) => {
    expect(value([op, left, right])).toBe(result)
    expect(value([op, 'a', 'b'], [left, right])).toBe(result)
  })

  it('nest', () => {
    expect(value(['add', ['mul', 'a', 4], ['sub', 'b', 1]], [5, 3])).toBe(22)
  })

  it.each<[Condition[0], number, number, boolean]>([
    ['eq', -1, 0xffffffff, true],
    ['ne', 1, 1, false],
    ['lt', 1, 0x80000000, true],
    ['ge', 0x80000000, 1, true],
    ['ge', 1, 2, false],
  ])('compare unsigned: %s %d %d is %s', (op, left, right, result) => {
    expect(holds(compileCondition([op, left, right], slotOf), [])).toBe(result)
  })
})
