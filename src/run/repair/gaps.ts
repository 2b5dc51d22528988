/** Run | places in a program where a step can be put: between any two statements, at any depth. */

import type { Statement } from '../../litmus/form.ts'

/** One place: the statements around it in its block, as they stand. */
export interface Gap {
  /** Counted through the program in the order of the text. */
  readonly index: number
  readonly after?: Statement
  readonly before?: Statement
}

/** Every place of a program. */
export function gapsOf(body: readonly Statement[]): Gap[] {
  const gaps: Gap[] = []
  walk(body, (gap) => {
    gaps.push(gap)
    return []
  })
  return gaps
}

/** The program with the steps at that place. */
export function insertAt(body: readonly Statement[], index: number, steps: readonly Statement[]): Statement[] {
  return walk(body, (gap) => (gap.index === index ? steps : []))
}

/** The program again, with what `put` wants at each place. */
function walk(body: readonly Statement[], put: (gap: Gap) => readonly Statement[]): Statement[] {
  let index = 0
  const block = (statements: readonly Statement[]): Statement[] => {
    const result: Statement[] = []
    let last: Statement | undefined
    for (const statement of statements) {
      result.push(...put({ index: index++, ...(last ? { after: last } : {}), before: statement }))
      result.push(inside(statement))
      last = statement
    }
    result.push(...put({ index: index++, ...(last ? { after: last } : {}) }))
    return result
  }
  const inside = (statement: Statement): Statement => {
    switch (statement.do) {
      case 'if':
        return { ...statement, body: block(statement.body), otherwise: block(statement.otherwise) }
      case 'while':
      case 'repeat':
        return { ...statement, body: block(statement.body) }
      case 'poll':
        return statement.otherwise ? { ...statement, otherwise: block(statement.otherwise) } : statement
      default:
        return statement
    }
  }
  return block(body)
}
