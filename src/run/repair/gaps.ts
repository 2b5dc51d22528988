/** Run | places in a program where a step can be put, and statements that can go ahead of others: at any depth. */

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

/** A statement put right before an earlier one of its block. */
export interface Swap {
  readonly body: readonly Statement[]
  /** What was moved, and where to. */
  readonly moved: Statement
  readonly before: Statement
}

/**
 * Every form of the program in which a statement for which `late` holds goes before one for which `early` holds, with `between`
 * behind it.
 */
export function swapsOf(body: readonly Statement[], { late, early, between }: SwapOptions): Swap[] {
  const swaps: Swap[] = []
  for (const [at, moved] of body.entries()) {
    if (!late(moved)) continue
    for (const [to, before] of body.slice(0, at).entries()) {
      if (!early(before)) continue
      const rest = body.slice(to).filter((statement) => statement !== moved)
      swaps.push({ body: [...body.slice(0, to), moved, ...between, ...rest], moved, before })
    }
  }
  for (const [at, statement] of body.entries()) {
    for (const key of ['body', 'otherwise'] as const) {
      const inner = (statement as { readonly body?: readonly Statement[]; readonly otherwise?: readonly Statement[] })[
        key
      ]
      for (const swap of inner ? swapsOf(inner, { late, early, between }) : []) {
        const changed = { ...statement, [key]: swap.body } as Statement
        swaps.push({ ...swap, body: body.map((each, i) => (i === at ? changed : each)) })
      }
    }
  }
  return swaps
}

export interface SwapOptions {
  readonly late: (statement: Statement) => boolean
  readonly early: (statement: Statement) => boolean
  readonly between: readonly Statement[]
}
