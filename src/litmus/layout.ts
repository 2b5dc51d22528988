/** Litmus | from text to tokens: limits, keywords, and where a new line ends something and where it does not. */

import { type IToken, Lexer, type TokenType } from 'chevrotain'
import type { Problem } from './errors.ts'
import type { Place } from './form.ts'
import {
  BinaryOperator,
  Colon,
  Comma,
  Comment,
  Identifier,
  keywordOf,
  keywords,
  LeftBrace,
  LeftBracket,
  LeftParen,
  LineBreak,
  lexedTokens,
  RightBrace,
  RightBracket,
  RightParen,
  Semicolon,
  Separator,
  UnclosedString,
} from './tokens.ts'

/** Longest text, in UTF-16 units: hundreds of times what a test needs. */
export const textLengthMax = 1 << 17
/** Deepest nesting of braces, brackets and parentheses together. */
export const nestingMax = 64

/** Keyword tokens are found by look-up, so that the lexer has one pattern for all words. */
const lexer = new Lexer(lexedTokens, { ensureOptimizations: true })

export interface Tokens {
  /** As the text has them: comments, line breaks and semicolons included. */
  readonly all: readonly IToken[]
  /** As the grammar wants them: separators instead, and only where they end something. */
  readonly significant: IToken[]
  readonly problems: readonly Problem[]
}

export function placeOf(token: IToken): Place {
  return { line: token.startLine ?? 1, column: token.startColumn ?? 1 }
}

/** Never throws. With problems, the tokens may be incomplete. */
export function tokensOf(text: string): Tokens {
  const unreadable = textProblem(text)
  if (unreadable) return { all: [], significant: [], problems: [unreadable] }
  // A byte order mark stands for itself in the text, and for a space here: places stay as editors count them.
  const { tokens, errors } = lexer.tokenize(text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text)
  for (const token of tokens) {
    const keyword = token.tokenType === Identifier ? keywordOf.get(token.image) : undefined
    if (!keyword) continue
    token.tokenType = keyword
    token.tokenTypeIdx = keyword.tokenTypeIdx as number
  }
  const problems: Problem[] = errors.map((error) => ({
    message: `${quoted(text.slice(error.offset, error.offset + error.length))} means nothing here`,
    at: { line: error.line ?? 1, column: error.column ?? 1 },
  }))
  for (const token of tokens) {
    if (token.tokenType !== UnclosedString) continue
    problems.push({
      message: token.image.includes('\t')
        ? 'this text has a tab in it: write a space instead'
        : 'this text needs a closing double quote on the same line (inside it, write \\" for a quote)',
      at: placeOf(token),
    })
  }
  if (problems.length === 0) problems.push(...bracketProblems(tokens))
  return { all: tokens, significant: significant(tokens), problems }
}

/** Texts that are not worth a look at their words. */
function textProblem(text: string): Problem | undefined {
  if (text.length > textLengthMax) {
    return { message: `the file has ${text.length} characters; a litmus test has at most ${textLengthMax}` }
  }
  // NUL, what decoders put in place of bytes that are not UTF-8, and halves of surrogate pairs.
  const binary = /[\0\uFFFD]|\p{Surrogate}/u.exec(text)
  if (binary) return { message: 'this is not a text file in UTF-8', at: placeAt(text, binary.index) }
  if (/^\uFEFF?\s*$/.test(text)) {
    return { message: 'the file is empty; a litmus test begins with: litmus <name>, and its question in double quotes' }
  }
  return undefined
}

function placeAt(text: string, offset: number): Place {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/)
  return { line: lines.length, column: (lines.at(-1) as string).length + 1 }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 20 ? `${text.slice(0, 20)}…` : text)
}

const closers = new Map([
  [LeftBrace, RightBrace],
  [LeftBracket, RightBracket],
  [LeftParen, RightParen],
])
const closing = new Set(closers.values())

/** The first brace or bracket that has no other half, or that is nested too deeply. */
function bracketProblems(tokens: readonly IToken[]): Problem[] {
  const open: IToken[] = []
  for (const token of tokens) {
    if (closers.has(token.tokenType)) {
      open.push(token)
      if (open.length > nestingMax) {
        return [{ message: `nested deeper than ${nestingMax}; split it`, at: placeOf(token) }]
      }
    } else if (closing.has(token.tokenType)) {
      const opener = open.pop()
      if (!opener) return [{ message: `"${token.image}" closes nothing`, at: placeOf(token) }]
      const wanted = closers.get(opener.tokenType)
      if (wanted !== token.tokenType) {
        // A brace ends more than a bracket does: if they disagree, the bracket is what was forgotten.
        const isForgotten = token.tokenType === RightBrace
        const [where, other] = isForgotten ? [opener, token] : [token, opener]
        const { line, column } = placeOf(other)
        const message = isForgotten
          ? `"${where.image}" is not closed before the "${other.image}" of ${line}:${column}`
          : `expected ${wanted?.LABEL} for the "${other.image}" of ${line}:${column}; found "${where.image}"`
        return [{ message, at: placeOf(where) }]
      }
    }
  }
  const left = open.at(-1)
  return left ? [{ message: `"${left.image}" is never closed`, at: placeOf(left) }] : []
}

const breaks = new Set([LineBreak, Semicolon])
/** After these and after operators the line goes on; not after `=`, where a forgotten value would swallow the next line. */
const goesOnAfter = new Set([Comma, Colon, LeftBrace, LeftBracket, LeftParen])

/** Leaves comments out, and makes one separator of each run of new lines and semicolons that ends something. */
function significant(tokens: readonly IToken[]): IToken[] {
  const result: IToken[] = []
  let pending: IToken | undefined
  // Brackets and parentheses that are open; a brace inside them would be an error anyway.
  let inside = 0
  for (const token of tokens) {
    const type = token.tokenType
    if (type === Comment) continue
    if (breaks.has(type)) {
      // A semicolon always ends something; a new line does not inside of brackets.
      if (type === Semicolon) pending = pending?.tokenType === Semicolon ? pending : token
      else if (inside === 0) pending ??= token
      continue
    }
    const previous = result.at(-1)
    const isElse = type === keywords.else && previous?.tokenType === RightBrace
    if (pending && previous && endsBefore(pending, previous) && type !== RightBrace && !isElse) {
      result.push({ ...pending, tokenType: Separator, tokenTypeIdx: Separator.tokenTypeIdx as number })
    }
    pending = undefined
    if (type === LeftBracket || type === LeftParen) inside++
    else if (type === RightBracket || type === RightParen) inside = Math.max(0, inside - 1)
    result.push(token)
  }
  return result
}

/** Whether a break behind `previous` ends something there. */
function endsBefore(broken: IToken, { tokenType }: IToken): boolean {
  if (tokenType === LeftBrace) return false
  return broken.tokenType === Semicolon || !goesOn(tokenType)
}

/** Whether a line goes on behind it. */
export function goesOn(type: TokenType): boolean {
  return goesOnAfter.has(type) || (type.CATEGORIES?.includes(BinaryOperator) ?? false)
}
