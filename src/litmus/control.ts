/** Litmus | loops, branches and checks of a program: the same for cores and devices. */

import type { Operand } from '../../machines/cpu/micro-op.ts'
import { UsageError } from '../base/errors.ts'
import { add, lt } from '../dma/operands.ts'
import { knownValue } from './constants.ts'
import type { BranchWriter, Expressions } from './expressions.ts'
import type { Expression, Statement } from './form.ts'
import type { Ground } from './locations.ts'
import { placed } from './sizes.ts'

type ControlStatement = Extract<Statement, { do: 'set' | 'assert' | 'if' | 'while' | 'repeat' | 'variant' }>

/** What control flow needs of whoever writes the program. */
export interface ControlWriter extends BranchWriter {
  /** An assertion that fails when it is reached. */
  fail(message: string): void
}

/** Rounds that a `repeat` may be written out for. */
const repeatMax = 64

export function isControl(statement: Statement): statement is ControlStatement {
  return ['set', 'assert', 'if', 'while', 'repeat', 'variant'].includes(statement.do)
}

/** Appends a control statement; `write` appends the statements inside. */
export function writeControl(
  {
    ground,
    writer,
    expressions,
  }: { readonly ground: Ground; readonly writer: ControlWriter; readonly expressions: Expressions },
  statement: ControlStatement,
  write: (body: readonly Statement[]) => void,
): void {
  switch (statement.do) {
    case 'set':
      writer.set(statement.to, expressions.value(statement.value))
      return
    case 'assert': {
      const fine = writer.label('fine')
      expressions.branchIf(statement.that, fine)
      writer.fail(statement.message)
      writer.place(fine)
      return
    }
    case 'if': {
      const otherwise = writer.label('else')
      expressions.branchUnless(statement.condition, otherwise)
      write(statement.body)
      const end = writer.label('end')
      if (statement.otherwise.length > 0) writer.goto(end)
      writer.place(otherwise)
      if (statement.otherwise.length > 0) {
        write(statement.otherwise)
        writer.place(end)
      }
      return
    }
    case 'while':
      bounded(writer, expressions, statement.times, (again, end) => {
        expressions.branchUnless(statement.condition, end)
        write(statement.body)
        again()
      })
      return
    case 'repeat': {
      const times = knownValue(statement.times, ground.constants, 'the number of rounds')
      if (times > repeatMax) {
        throw new UsageError(
          `${placed(statement.at)}repeat ${times}: at most ${repeatMax} rounds; a while loop goes on for longer`,
        )
      }
      for (let round = 0; round < times; round++) write(statement.body)
      return
    }
    case 'variant':
      throw new UsageError(`${placed(statement.at)}a variant has to be chosen before a program is written`)
    default:
      statement satisfies never
  }
}

/**
 * A loop with or without a bound. `body` gets what starts the next round, and the label behind the loop. When the rounds are
 * used up, `exhausted` is appended.
 */
export function bounded(
  writer: BranchWriter,
  expressions: Expressions,
  times: Expression | undefined,
  body: (again: () => void, end: string) => void,
  exhausted: () => void = () => {},
): void {
  const top = writer.label('loop')
  const end = writer.label('done')
  const rounds = times === undefined ? undefined : writer.temp()
  const bound: Operand = times === undefined ? 0 : expressions.value(times)
  if (rounds !== undefined) writer.set(rounds, 0)
  writer.place(top)
  body(() => {
    if (rounds === undefined) {
      writer.goto(top)
      return
    }
    writer.set(rounds, add(rounds, 1))
    writer.branch(lt(rounds, bound), top)
    exhausted()
  }, end)
  writer.place(end)
  // What nobody needs any more must not tell states apart.
  if (rounds !== undefined) writer.set(rounds, 0)
}
