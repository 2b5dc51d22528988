/** Litmus | what the grammar expected and what it found, in a sentence. */

import {
  EOF,
  type IParserErrorMessageProvider,
  type IRecognitionException,
  type IToken,
  type TokenType,
} from 'chevrotain'
import { hinted } from './elsewhere.ts'
import { type Problem, unknown } from './errors.ts'
import type { Place } from './form.ts'
import { placeOf } from './layout.ts'
import { syntaxOf } from './reference.ts'
import {
  BinaryOperator,
  keywordGroups,
  keywords,
  LeftBrace,
  Name,
  NumberToken,
  RightBrace,
  Separator,
} from './tokens.ts'

/** More than so many possibilities are not listed. */
const listedMax = 8

/** Rules whose alternatives are too many to list: what they are called, and the words they begin with. */
interface Kind {
  readonly kind: string
  readonly heads: readonly string[]
}

const statement: Kind = { kind: 'statement', heads: keywordGroups.statements.split(' ') }
const kinds: Readonly<Record<string, Kind>> = {
  statement,
  assignment: statement,
  block: statement,
  device: { ...statement, heads: ['registers', 'on', ...statement.heads] },
  memory: { kind: 'line of memory', heads: ['table', 'io', 'va', 'map'] },
  item: {
    kind: 'item of a test',
    heads: 'source class note param variants platform memory locks cpu isr device never always sometimes expect'.split(
      ' ',
    ),
  },
  platform: {
    kind: 'part of a platform',
    heads: 'feature size sysmmu iommu atc mmu coherent supply backend'.split(' '),
  },
}

/**
 * What the library has room for is a string, so it is this: how many tokens the one that is wrong stands behind the one at which
 * the parser gave up, and what would have been right there, or a whole sentence.
 */
interface Found {
  readonly behind: number
  readonly expected?: string
  readonly sentence?: string
  /** What kind of word is not known. */
  readonly kind?: string
}

const wanted = (behind: number, expected: string) => JSON.stringify({ behind, expected } satisfies Found)
const unknownWord = ({ kind, heads }: Kind, word: string) =>
  JSON.stringify({ behind: 0, sentence: unknown(kind, word, heads), kind } satisfies Found)

export const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual, previous, ruleName }) => {
    const kind = expected === RightBrace && opens(previous) ? kinds[ruleName] : undefined
    if (kind && isWord(actual)) return unknownWord(kind, actual.image)
    return wanted(0, kind ? `a ${kind.kind}` : listOf(new Set([expected])))
  },
  buildNotAllInputParsedMessage: () => wanted(0, listOf(new Set([EOF]))),
  buildNoViableAltMessage: ({ expectedPathsPerAlt, actual, customUserDescription, ruleName }) =>
    customUserDescription === undefined
      ? among(expectedPathsPerAlt.flat(), actual, ruleName)
      : wanted(0, customUserDescription),
  buildEarlyExitMessage: ({ expectedIterationPaths, actual, ruleName }) =>
    among(expectedIterationPaths, actual, ruleName),
}

/** Follows the paths as far as they fit what was found, and tells how they would have gone on. */
function among(paths: readonly TokenType[][], actual: readonly IToken[], ruleName: string): string {
  // A keyword at the beginning means what begins with it, not a name that is spelled like it.
  const exact = paths.filter(([type]) => type === actual[0]?.tokenType)
  let fitting = exact.length > 0 ? exact : paths
  let behind = 0
  for (; behind < actual.length - 1; behind++) {
    const next = fitting.filter((path) => path.length > behind + 1 && fits(path[behind] as TokenType, actual[behind]))
    if (next.length === 0) break
    fitting = next
  }
  const [first] = actual
  const kind = kinds[ruleName]
  // `stt buf = 1`: the first word is what is wrong, although a register could begin so.
  if (kind && first && isWord(first) && (behind === 0 || !kind.heads.includes(first.image))) {
    return unknownWord(kind, first.image)
  }
  const isWhole = kind && behind === 0 && ruleName !== 'assignment'
  return wanted(behind, isWhole ? `a ${kind.kind}` : listOf(new Set(fitting.flatMap((path) => path[behind] ?? []))))
}

function fits(type: TokenType, token: IToken | undefined): boolean {
  return token !== undefined && (token.tokenType === type || (token.tokenType.CATEGORIES ?? []).includes(type))
}

/** Whether something new begins after it. */
const opens = (token: IToken | undefined) => token?.tokenType === Separator || token?.tokenType === LeftBrace

const isWord = (token: IToken) => fits(Name, token)

function listOf(expected: ReadonlySet<TokenType>): string {
  const types = [...expected]
  // Where a name may stand, every keyword may; and an expression is one thing, not the ways in which it may begin.
  const distinct = types.includes(Name) ? types.filter((type) => !(type.CATEGORIES ?? []).includes(Name)) : types
  if (distinct.includes(NumberToken) && distinct.includes(Name)) return 'a value: a number, a name, or an expression'
  if (distinct.every((type) => type === RightBrace || type === EOF))
    return 'the end of the statement: a new line or ";"'
  const labels = distinct.map((type) => (type === EOF ? 'the end of the file' : (type.LABEL ?? type.name))).sort()
  if (labels.length > listedMax) return `one of ${labels.slice(0, listedMax).join(', ')}, …`
  return labels.length > 1 ? `${labels.slice(0, -1).join(', ')} or ${labels.at(-1)}` : (labels[0] as string)
}

function describe({ tokenType, image }: IToken): string {
  if (tokenType === Separator) return image === ';' ? '";"' : 'the end of the line'
  if (tokenType.CATEGORIES?.includes(BinaryOperator)) return `the operator "${image}"`
  return image.startsWith('"') ? image : `"${image.length > 40 ? `${image.slice(0, 40)}…` : image}"`
}

/** A syntax error, with the number of the token that it is about. */
export interface SyntaxProblem extends Problem {
  readonly index: number
}

/** What a library's error is about; `tokens` are what it was found in. */
export function problemOf(error: IRecognitionException, tokens: readonly IToken[]): SyntaxProblem {
  const { behind, expected, kind, ...rest } = JSON.parse(error.message) as Found
  const first = tokens.indexOf(error.token)
  const index = first < 0 ? tokens.length : first + behind
  const token = tokens[index]
  const sentence = (kind && token && hintAbout(kind, token.image, tokens)) ?? rest.sentence
  const before = tokens[index - 1]
  // What is missing at the end of a line is missing there, not where the next one begins.
  const isLineEnd =
    token !== undefined &&
    before !== undefined &&
    before.tokenType !== Separator &&
    (token.startLine ?? 0) > (before.endLine ?? 0)
  const found = isLineEnd ? 'the end of the line' : token ? describe(token) : 'the end of the file'
  const text = sentence ?? `expected ${expected}; found ${found}`
  const start = tokens[startOf(tokens, index)]
  const syntax = start && index > 0 && start !== token ? syntaxOf(start.image) : undefined
  // Who copies the line of the reference writes its brackets along.
  const brackets = token?.image === '[' && syntax?.includes('[') ? ' (what stands in […] may be left out)' : ''
  const message = syntax === undefined ? text : `${text}. Syntax: ${syntax}${brackets}`
  return { message, at: token && !(isLineEnd && sentence === undefined) ? placeOf(token) : endOf(before), index }
}

/** What an unknown word is likely to be: the name of a variant, or what something is called elsewhere. */
function hintAbout(kind: string, word: string, tokens: readonly IToken[]): string | undefined {
  if (kind === statement.kind && variantsIn(tokens).has(word)) {
    return `unknown ${kind} "${word}": what is only in this variant is written variant ${word} { … }`
  }
  return hinted(kind, word)
}

/** Names that the text declares as variants. */
function variantsIn(tokens: readonly IToken[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [at, token] of tokens.entries()) {
    if (token.tokenType !== keywords.variants || !opens(tokens[at - 1])) continue
    for (let i = at + 1; i < tokens.length && tokens[i]?.tokenType !== Separator; i++)
      names.add((tokens[i] as IToken).image)
  }
  return names
}

function endOf(token: IToken | undefined): Place {
  return { line: token?.endLine ?? 1, column: (token?.endColumn ?? 0) + 1 }
}

/** Where the statement or item begins in which a token stands; 0 in the head of the test. */
export function startOf(tokens: readonly IToken[], index: number): number {
  let depth = 0
  for (let i = Math.min(index, tokens.length) - 1; i >= 0; i--) {
    const type = (tokens[i] as IToken).tokenType
    if (type === RightBrace) depth++
    else if (type === LeftBrace && depth-- === 0) return i + 1
    else if (type === Separator && depth === 0) return i + 1
  }
  return 0
}
