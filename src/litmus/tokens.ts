/** Litmus | the tokens: words, numbers, strings, operators. Keywords are words that the grammar names; all may be names, too. */

import { createToken, Lexer, type TokenType } from 'chevrotain'
import type { BinaryOp } from './form.ts'

// --- categories: no text is of these themselves ---------------------------------------------------------------------------

/** Any word, keywords included: where a name is wanted, a keyword is as good as another. */
export const Name = createToken({ name: 'Name', label: 'a name', pattern: Lexer.NA })
export const BinaryOperator = createToken({ name: 'Operator', label: 'an operator', pattern: Lexer.NA })

// --- words ------------------------------------------------------------------------------------------------------------------

export const Identifier = createToken({
  name: 'Identifier',
  label: 'a name',
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  categories: [Name],
})

/** The words of the grammar, in groups as the reference shows them. */
export const keywordGroups = {
  heads:
    'litmus source class note param variants platform memory locks cpu isr device never always sometimes expect feature size sysmmu iommu atc mmu coherent supply backend io va map registers on',
  statements:
    'st ld ldrex strex clrex clean inv flush evict spec dmb dsb isb wmb rmb mb drain tlbi tlbsync block unblock enable disable root clk pwr mmio bell own done queued alloc free iova lock unlock poll rd wr fence walk wait irqs raise lower nop faults assert if while repeat variant',
  words:
    'else no for version off with without clock power line lines page pages word words x at next section large table tag in nc so cacheable read only pte pd dte all walks w r dev max until irq thread holds violated fault unmapped far',
} as const

type Words<Text extends string, Found = never> = Text extends `${infer Head} ${infer Tail}`
  ? Words<Tail, Found | Head>
  : Found | Text
export type Keyword = Words<(typeof keywordGroups)[keyof typeof keywordGroups]>

/** Quoted, so that a token and a rule never have the same name. */
const keywordToken = (word: string) =>
  createToken({ name: `"${word}"`, label: `"${word}"`, pattern: Lexer.NA, categories: [Name] })

/** A keyword's token by the word. */
export const keywords = Object.fromEntries(
  Object.values(keywordGroups)
    .flatMap((group) => group.split(' '))
    .map((word) => [word, keywordToken(word)]),
) as Readonly<Record<Keyword, TokenType>>

/** Looks a word up; the lexer knows names only. */
export const keywordOf: ReadonlyMap<string, TokenType> = new Map(Object.entries(keywords))

// --- the rest ---------------------------------------------------------------------------------------------------------------

/** Digits that go on with letters are one token, so that the message is about all of it. */
export const NumberWord = createToken({
  name: 'NumberWord',
  label: 'a name that begins with a digit',
  pattern: /[0-9][A-Za-z0-9_]*/,
})
export const NumberToken = createToken({
  name: 'Number',
  label: 'a number',
  pattern: /(0[xX][0-9a-fA-F]+|[0-9]+)(?![A-Za-z0-9_])/,
})
export const StringToken = createToken({
  name: 'String',
  label: 'a text in double quotes',
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a text must not hold
  pattern: /"([^"\\\u0000-\u001f]|\\[^\u0000-\u001f])*"/,
})
export const UnclosedString = createToken({
  name: 'UnclosedString',
  label: 'a text without its closing quote',
  pattern: /"[^\r\n]*/,
})
export const Comment = createToken({ name: 'Comment', pattern: /#[^\r\n]*/ })
export const LineBreak = createToken({ name: 'LineBreak', pattern: /\r\n|\n|\r/, line_breaks: true })
export const Semicolon = createToken({ name: 'Semicolon', label: '";"', pattern: /;/ })
const Space = createToken({ name: 'Space', pattern: /[ \t]+/, group: Lexer.SKIPPED })

/** What ends a statement or a line of a block: a run of new lines and semicolons, as layout.ts leaves it. */
export const Separator = createToken({ name: 'Separator', label: 'a new line or ";"', pattern: Lexer.NA })

const sign = (text: string, categories: TokenType[] = []) =>
  createToken({
    name: `"${text}"`,
    label: `"${text}"`,
    pattern: new RegExp(text.replace(/[^\w\s]/g, '\\$&')),
    categories,
  })

/** The longer ones come first where one begins like another. */
const binaryOps = [
  '<<',
  '>>',
  '==',
  '!=',
  '<=',
  '>=',
  '&&',
  '||',
  '<',
  '>',
  '+',
  '-',
  '*',
  '%',
  '&',
  '^',
  '|',
] as const satisfies readonly BinaryOp[]
export const operatorTokens = Object.fromEntries(binaryOps.map((op) => [op, sign(op, [BinaryOperator])])) as Readonly<
  Record<BinaryOp, TokenType>
>

export const Arrow = sign('->')
export const Range = sign('..')
export const Dot = sign('.')
export const Comma = sign(',')
export const Colon = sign(':')
export const Assign = sign('=')
export const Not = sign('!')
export const At = sign('@')
export const Slash = sign('/')
export const LeftBrace = sign('{')
export const RightBrace = sign('}')
export const LeftBracket = sign('[')
export const RightBracket = sign(']')
export const LeftParen = sign('(')
export const RightParen = sign(')')

const signs = [
  Range,
  Dot,
  Comma,
  Colon,
  Assign,
  Not,
  At,
  Slash,
  LeftBrace,
  RightBrace,
  LeftBracket,
  RightBracket,
  LeftParen,
  RightParen,
]

/** What the lexer looks for, in this order. */
export const lexedTokens: TokenType[] = [
  Space,
  LineBreak,
  Comment,
  Identifier,
  NumberToken,
  NumberWord,
  StringToken,
  UnclosedString,
  Semicolon,
  Arrow,
  ...Object.values(operatorTokens),
  ...signs,
]

/** What the grammar is made of. */
export const grammarTokens: TokenType[] = [
  Name,
  BinaryOperator,
  Identifier,
  ...Object.values(keywords),
  NumberToken,
  NumberWord,
  StringToken,
  Separator,
  Arrow,
  ...Object.values(operatorTokens),
  ...signs,
]
