/** Litmus | the canonical layout of a text: spaces, indents, blank lines. Tokens, comments and the lines' own breaks stay. */

import type { IToken, TokenType } from 'chevrotain'
import { text as aText, demand } from '../base/shape.ts'
import { LitmusError } from './errors.ts'
import { tightMark } from './grammar-words.ts'
import { goesOn, tokensOf } from './layout.ts'
import { readTest } from './recover.ts'
import {
  At,
  Colon,
  Comma,
  Comment,
  Dot,
  keywords,
  LeftBrace,
  LeftBracket,
  LeftParen,
  LineBreak,
  Not,
  Range,
  RightBrace,
  RightBracket,
  RightParen,
  Semicolon,
  StringToken,
} from './tokens.ts'

const indentSpaces = 2
/** Of a line that goes on: as deep as two blocks. */
const hangingSpaces = 4

/**
 * The same text in canonical layout; what it parses to is the same up to places, and formatting it again changes nothing.
 * LitmusError for what is no litmus text. Names are not checked, so that unfinished tests can be formatted.
 */
export function formatLitmus(text: string, file = 'litmus text'): string {
  demand(aText, text, 'formatLitmus(text, file)')
  const { all, significant, problems } = tokensOf(text)
  if (problems.length > 0) throw new LitmusError(file, problems, text)
  // The grammar marks the tokens that stand close to the one before.
  const { parsed, problems: syntax } = readTest(significant)
  if (!parsed) throw new LitmusError(file, syntax, text)
  return new Writer(all).write()
}

/** A line, with the comment behind it. */
interface Line {
  readonly code: string
  readonly remark: string
}

/** Comments on lines of one block that follow each other begin in one column. */
function printLines(lines: readonly Line[]): string[] {
  const printed: string[] = []
  for (let start = 0; start < lines.length; ) {
    let end = start
    while (lines[end]?.remark && depthOf(lines[end]) === depthOf(lines[start])) end++
    const run = lines.slice(start, Math.max(end, start + 1))
    const width = Math.max(...run.map(({ code }) => code.length))
    printed.push(...run.map(({ code, remark }) => (remark ? `${code.padEnd(width)}  ${remark}` : code)))
    start += run.length
  }
  return printed
}

const depthOf = (line: Line | undefined) => line?.code.search(/\S/) ?? 0

/** A brace that is open. */
interface Open {
  /** Whether its contents stand on lines of their own. */
  readonly spread: boolean
}

class Writer {
  private readonly tokens: readonly IToken[]
  /** Braces by where they open: whether a line ends inside. */
  private readonly spread: ReadonlySet<IToken>
  private readonly lines: Line[] = []
  private line = ''
  /** The comment behind it. */
  private remark = ''
  private open: Open[] = []
  /** Brackets and parentheses that are open. */
  private inside = 0
  /** The last token written, a comment perhaps, and the type of the last one that was none. */
  private previous: IToken | undefined
  private code: TokenType | undefined
  /** Line breaks since then, and whether a semicolon is among them. */
  private breaks = 0
  private semicolon = false

  constructor(tokens: readonly IToken[]) {
    this.tokens = tokens
    this.spread = spreadBraces(tokens)
  }

  write(): string {
    for (const token of this.tokens) {
      if (token.tokenType === LineBreak) this.breaks++
      else if (token.tokenType === Semicolon) this.semicolon = true
      else if (token.tokenType === Comment) this.comment(token)
      else this.token(token)
    }
    this.end()
    return `${printLines(this.lines).join('\n')}\n`
  }

  /** Behind what stands on its line, or on a line of its own. */
  private comment(token: IToken): void {
    const text = token.image.trimEnd()
    if (this.line !== '' && this.breaks === 0) this.remark = text
    else {
      this.newLine()
      this.line = this.indent(token) + text
    }
    this.previous = token
    this.breaks = 0
  }

  private token(token: IToken): void {
    const type = token.tokenType
    if (type === RightBrace) this.closeBrace()
    else this.space(token)
    this.line += token.image
    if (type === LeftBrace) this.open.push({ spread: this.spread.has(token) })
    else if (type === LeftBracket || type === LeftParen) this.inside++
    else if (type === RightBracket || type === RightParen) this.inside--
    this.previous = token
    this.code = type
    this.breaks = 0
    this.semicolon = false
  }

  /** What comes between the last token and one that is no closing brace. */
  private space(token: IToken): void {
    const { previous } = this
    if (!previous) return
    const type = previous.tokenType
    if (type === Comment) {
      this.newLine()
      this.line = this.indent(token)
    } else if (type === LeftBrace) {
      const isSpread = this.open.at(-1)?.spread ?? false
      if (isSpread) this.end()
      this.line += isSpread ? this.indent() : ' '
    } else if (this.breaksBefore(token)) {
      this.newLine()
      this.line = this.indent(token)
    } else if (this.semicolon && token.tokenType !== keywords.else) this.line += ' ; '
    else if (!isClose(previous, token)) this.line += ' '
  }

  /** Whether a line ends here: where one did, unless an `else` follows; between items always. */
  private breaksBefore(token: IToken): boolean {
    if (this.open.length === 0 && this.inside === 0) {
      const isQuestion =
        token.tokenType === StringToken && this.lines.every(({ code }) => code === '' || code.startsWith('#'))
      if (this.semicolon || (isQuestion && this.line.startsWith('litmus'))) return true
    }
    const isElse = token.tokenType === keywords.else && this.previous?.tokenType === RightBrace
    return this.breaks > 0 && !isElse
  }

  private closeBrace(): void {
    const brace = this.open.pop()
    if (this.previous?.tokenType === LeftBrace && !brace?.spread) {
      this.line += ' '
      return
    }
    if (brace?.spread) {
      this.end()
      this.line = this.indent()
    } else this.line += ' '
  }

  /** One blank line at most, and none behind an opening brace. */
  private newLine(): void {
    const isFirst = this.lines.length === 0 && this.line === ''
    const isOpening = this.previous?.tokenType === LeftBrace
    const isBlank = this.breaks > 1 && !isFirst && !isOpening
    this.end()
    if (isBlank) this.lines.push({ code: '', remark: '' })
  }

  private end(): void {
    if (this.line !== '') this.lines.push({ code: this.line, remark: this.remark })
    this.line = ''
    this.remark = ''
  }

  /** Of a new line; deeper if it goes on with what the last one began. */
  private indent(token?: IToken): string {
    const blocks = this.open.filter(({ spread }) => spread).length * indentSpaces
    return ' '.repeat(blocks + (token && this.hangs() ? hangingSpaces : 0))
  }

  private hangs(): boolean {
    return this.inside > 0 || (this.code !== undefined && this.code !== LeftBrace && goesOn(this.code))
  }
}

/** Pairs without a space between them. */
function isClose(left: IToken, right: IToken): boolean {
  if (right.payload === tightMark) return true
  return closeBefore.has(right.tokenType) || closeAfter.has(left.tokenType)
}

const closeBefore = new Set<TokenType>([Comma, Colon, Dot, Range, RightBracket, RightParen])
const closeAfter = new Set<TokenType>([Dot, Range, Not, At, LeftBracket, LeftParen])

/** Opening braces whose closing brace stands on another line, or that have a comment inside. */
function spreadBraces(tokens: readonly IToken[]): Set<IToken> {
  const found = new Set<IToken>()
  const open: IToken[] = []
  for (const token of tokens) {
    const { tokenType } = token
    if (tokenType === LeftBrace) open.push(token)
    else if (tokenType === RightBrace) open.pop()
    else if (tokenType === LineBreak || tokenType === Comment) for (const brace of open) found.add(brace)
  }
  return found
}
