/** Litmus | what each piece of a text is, for syntax highlighting; any text will do, a wrong one as well. */

import type { IToken, TokenType } from 'chevrotain'
import { tokensOf } from './layout.ts'
import {
  BinaryOperator,
  Comment,
  Identifier,
  keywords,
  LeftBrace,
  LeftParen,
  LineBreak,
  Name,
  Not,
  NumberToken,
  NumberWord,
  RightBrace,
  Semicolon,
  StringToken,
  UnclosedString,
} from './tokens.ts'

/**
 * `keyword`: begins a statement or an item. `word`: any other word of the grammar. `call`: a function's name.
 * `mark`: brackets, commas and the like. `invalid`: what no token begins with, or a text without its closing quote.
 */
export type TokenClass =
  | 'comment'
  | 'keyword'
  | 'word'
  | 'name'
  | 'call'
  | 'number'
  | 'text'
  | 'operator'
  | 'mark'
  | 'invalid'

/** Characters [offset, offset + length) of the text. */
export interface Classified {
  readonly offset: number
  readonly length: number
  readonly kind: TokenClass
}

/** In the order of the text, without spaces and line breaks. Nothing for what is no text in UTF-8 or too long. */
export function classifyLitmus(text: string): readonly Classified[] {
  const { all } = tokensOf(text)
  const found: Classified[] = []
  let end = 0
  let isHead = true
  for (const [index, token] of all.entries()) {
    const { startOffset: offset, image, tokenType } = token
    invalid(end, offset)
    end = offset + image.length
    const startsAgain = starters.has(tokenType)
    if (tokenType !== LineBreak) {
      found.push({ offset, length: image.length, kind: kindOf(token, all[index + 1], isHead) })
    }
    // Spaces and comments do not change whether something new begins here.
    if (tokenType !== Comment) isHead = startsAgain
  }
  if (all.length > 0) invalid(end, text.length)
  return found

  /** What the lexer passed over. */
  function invalid(from: number, to: number): void {
    for (const match of text.slice(from, to).matchAll(/[^\s\uFEFF]+/g)) {
      found.push({ offset: from + match.index, length: match[0].length, kind: 'invalid' })
    }
  }
}

const starters = new Set<TokenType>([LineBreak, Semicolon, LeftBrace, RightBrace])
const plain = new Map<TokenType, TokenClass>([
  [Comment, 'comment'],
  [NumberToken, 'number'],
  [NumberWord, 'invalid'],
  [StringToken, 'text'],
  [UnclosedString, 'invalid'],
  [Not, 'operator'],
])

function kindOf({ tokenType }: IToken, next: IToken | undefined, isHead: boolean): TokenClass {
  const kind = plain.get(tokenType)
  if (kind) return kind
  if (tokenType === Identifier) return next?.tokenType === LeftParen ? 'call' : 'name'
  const categories = tokenType.CATEGORIES ?? []
  if (categories.includes(BinaryOperator)) return 'operator'
  if (!categories.includes(Name)) return 'mark'
  return isHead || tokenType === keywords.else ? 'keyword' : 'word'
}
