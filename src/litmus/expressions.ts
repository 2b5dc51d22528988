/** Litmus | expressions of a program as operands of instructions, and conditions as branches. */

import type { Condition, Operand } from '../../machines/cpu/micro-op.ts'
import { UsageError } from '../base/errors.ts'
import { add, and, eq, ge, lt, mod, mul, ne, not, or, shl, shr, sub } from '../dma/operands.ts'
import { constantValue } from './constants.ts'
import type { BinaryOp, Expression } from './form.ts'
import { type Ground, spotOf } from './locations.ts'
import { placed } from './sizes.ts'

const arithmetic: Partial<Readonly<Record<BinaryOp, (a: Operand, b: Operand) => Operand>>> = {
  '+': add,
  '-': sub,
  '*': mul,
  '%': mod,
  '&': and,
  // What either has, without what both have: the cores know no exclusive or of their own.
  '^': (a, b) => sub(or(a, b), and(a, b)),
  '|': or,
  '<<': shl,
  '>>': shr,
}

const comparisons: Partial<Readonly<Record<BinaryOp, (a: Operand, b: Operand) => Condition>>> = {
  '==': eq,
  '!=': ne,
  '<': lt,
  '>=': ge,
  '>': (a, b) => lt(b, a),
  '<=': (a, b) => ge(b, a),
}

/** What a program is written with: labels, branches and registers; both a core's and a device's writer have it. */
export interface BranchWriter {
  label(hint: string): string
  place(label: string): void
  branch(when: Condition, label: string): void
  goto(label: string): void
  set(to: string, value: Operand): unknown
  temp(): string
}

/** Evaluates the expressions of one program. */
export class Expressions {
  private readonly ground: Ground
  private readonly writer: BranchWriter
  /** Names that stand for something else for a while, as `value` in a poll. */
  private readonly meanings = new Map<string, Operand>()

  constructor(ground: Ground, writer: BranchWriter) {
    this.ground = ground
    this.writer = writer
  }

  /** `body` with `name` meaning `operand`. */
  with(name: string, operand: Operand, body: () => void): void {
    this.meanings.set(name, operand)
    body()
    this.meanings.delete(name)
  }

  /** The value as an operand; one that is compared is computed into a register first. */
  readonly value = (expression: Expression): Operand => {
    const known = constantValue(expression, this.ground.constants)
    if (known !== undefined) return known
    switch (expression.expr) {
      case 'name':
        return this.named(expression.name)
      case 'address':
        return spotOf(this.ground, expression.location, this.value).addr
      case 'binary': {
        const compute = arithmetic[expression.op]
        if (compute) return compute(this.value(expression.left), this.value(expression.right))
        return this.truth(expression)
      }
      case 'not':
        return this.truth(expression)
      case 'entry':
        throw new UsageError(
          `${placed(expression.at)}an entry is written to a table and not compared: its bits depend on who reads it. Look at the word: compare it with 0, or with what was loaded before`,
        )
      default:
        throw new UsageError(`${placed(expression.at)}this has no value in a program`)
    }
  }

  private named(name: string): Operand {
    const meant = this.meanings.get(name)
    if (meant !== undefined) return meant
    const known = this.ground.layout.names.get(name)
    return known === undefined ? name : known.addr
  }

  /** 1 or 0 in a register. */
  private truth(expression: Expression): Operand {
    const to = this.writer.temp()
    const end = this.writer.label('truth')
    this.writer.set(to, 1)
    this.branchIf(expression, end)
    this.writer.set(to, 0)
    this.writer.place(end)
    return to
  }

  /** Goes to `label` if the expression is not 0. */
  branchIf(expression: Expression, label: string): void {
    this.branchOn(expression, label, true)
  }
  /** Goes to `label` if the expression is 0. */
  branchUnless(expression: Expression, label: string): void {
    this.branchOn(expression, label, false)
  }

  private branchOn(expression: Expression, label: string, sense: boolean): void {
    if (expression.expr === 'not') {
      this.branchOn(expression.value, label, !sense)
      return
    }
    if (expression.expr === 'binary' && (expression.op === '&&' || expression.op === '||')) {
      // Both sides decide, or the first one alone.
      const both = (expression.op === '&&') === sense
      if (both) {
        const skip = this.writer.label('skip')
        this.branchOn(expression.left, skip, !sense)
        this.branchOn(expression.right, label, sense)
        this.writer.place(skip)
      } else {
        this.branchOn(expression.left, label, sense)
        this.branchOn(expression.right, label, sense)
      }
      return
    }
    const condition = this.condition(expression)
    this.writer.branch(sense ? condition : not(condition), label)
  }

  /** The expression as one comparison, or undefined where it takes several. */
  single(expression: Expression): Condition | undefined {
    if (expression.expr === 'not') return undefined
    if (expression.expr === 'binary' && (expression.op === '&&' || expression.op === '||')) return undefined
    return this.condition(expression)
  }

  /** One comparison. */
  private condition(expression: Expression): Condition {
    if (expression.expr === 'binary') {
      const compare = comparisons[expression.op]
      if (compare) return compare(this.value(expression.left), this.value(expression.right))
    }
    return ne(this.value(expression), 0)
  }
}
