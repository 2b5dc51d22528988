/** Litmus | more than the first syntax error: what it is in is left out, and the rest is read again. */

import type { IToken } from 'chevrotain'
import type { Problem } from './errors.ts'
import type { Parsed } from './grammar.ts'
import { litmusParser } from './parser.ts'
import { startOf } from './syntax-errors.ts'
import { LeftBrace, RightBrace, Separator } from './tokens.ts'

/** So many syntax errors are looked for. */
const errorsMax = 10
/** So many tokens are read to find them: a long file tells its first error only. */
const tokensReadMax = 200_000

/** The test, or what is wrong: each syntax error in a statement or item of its own. */
export function readTest(tokens: IToken[]): { parsed: Parsed | undefined; problems: readonly Problem[] } {
  const found: Problem[] = []
  let rest = tokens
  let tokensRead = 0
  for (;;) {
    const { result, failure, problems } = litmusParser().read(rest, (parser) => parser.test())
    tokensRead += rest.length
    if (!failure) return { parsed: found.length === 0 ? result : undefined, problems: [...found, ...problems] }
    found.push(failure)
    const without = leaveOut(rest, failure.index)
    if (!without || found.length >= errorsMax || tokensRead > tokensReadMax)
      return { parsed: undefined, problems: found }
    rest = without
  }
}

/** The tokens without the statement or item around one of them; nothing if that is the head of the test. */
function leaveOut(tokens: readonly IToken[], index: number): IToken[] | undefined {
  const start = startOf(tokens, index)
  if (start === 0) return undefined
  let depth = 0
  let end = start
  for (; end < tokens.length; end++) {
    const type = (tokens[end] as IToken).tokenType
    if (type === LeftBrace) depth++
    else if (type === RightBrace) depth--
    if (depth < 0 || (depth === 0 && type === Separator)) break
  }
  // One separator goes too: the one behind, or, of what stands last in its block, the one in front.
  const isFollowed = tokens[end]?.tokenType === Separator
  const isPreceded = tokens[start - 1]?.tokenType === Separator
  return [
    ...tokens.slice(0, isPreceded && !isFollowed ? start - 1 : start),
    ...tokens.slice(isFollowed ? end + 1 : end),
  ]
}
