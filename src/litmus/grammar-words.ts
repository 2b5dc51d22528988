/** Litmus | grammar, first part: names, numbers and texts. */

import { EmbeddedActionsParser, type IToken } from 'chevrotain'
import { type Problem, unknown } from './errors.ts'
import type { Place } from './form.ts'
import { placeOf } from './layout.ts'
import { LazyLookahead, lookaheadMax } from './lookahead.ts'
import { expectations } from './syntax-errors.ts'
import * as t from './tokens.ts'
import { keywords as k } from './tokens.ts'

/** What a token carries that stands close to the one before it. */
export const tightMark = 'tight'

const u32Max = 0xffffffff

/** A name with the place where it stands. */
export interface Word {
  readonly name: string
  readonly at: Place
}

export const namesOf = (words: readonly Word[]) => words.map(({ name }) => name)

/** A block, and the variants that it is for; none: all. */
export interface OfVariants<Block> {
  readonly variants: readonly string[]
  readonly of: Block
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '"': '"', '\\': '\\' }

export abstract class WordParser extends EmbeddedActionsParser {
  /** What is wrong although the grammar allows it. */
  protected problems: Problem[] = []
  /** Whether registers of actors and memory at the end can be named, which only conditions do. */
  protected inCondition = false

  /** @param grammar `check`: look for mistakes in it, which takes longer than to read a text. */
  constructor(grammar: 'trust' | 'check') {
    super(t.grammarTokens, {
      maxLookahead: lookaheadMax,
      lookaheadStrategy: new LazyLookahead(),
      skipValidations: grammar === 'trust',
      errorMessageProvider: expectations,
      nodeLocationTracking: 'none',
    })
  }

  /** Forgets what the last text left behind. */
  protected start(): void {
    this.problems = []
    this.inCondition = false
  }

  /** No space is written before this token; format.ts goes by it. Returns the token. */
  protected tight(token: IToken): IToken {
    this.ACTION(() => {
      token.payload = tightMark
    })
    return token
  }

  protected problem(message: string, at: Place): void {
    this.problems.push({ message, at })
  }

  // --- words --------------------------------------------------------------------------------------------------------------

  protected word = this.RULE('word', (): Word => {
    const token = this.CONSUME(t.Name)
    return { name: token.image, at: placeOf(token) }
  })

  protected words = this.RULE('words', (): Word[] => {
    const found: Word[] = []
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => found.push(this.SUBRULE(this.word)) })
    return found
  })

  /** A name in which `-` and `/` may stand: of a test, an oracle, a backend. */
  protected dashed = this.RULE('dashed', (): Word => {
    const parts: IToken[] = [this.CONSUME(t.Name)]
    this.MANY(() => {
      parts.push(this.OR1([{ ALT: () => this.CONSUME(t.operatorTokens['-']) }, { ALT: () => this.CONSUME(t.Slash) }]))
      parts.push(
        this.OR2([
          { ALT: () => this.CONSUME1(t.Name) },
          { ALT: () => this.CONSUME(t.NumberToken) },
          { ALT: () => this.CONSUME(t.NumberWord) },
        ]),
      )
    })
    return this.ACTION(() => {
      for (const part of parts.slice(1)) this.tight(part)
      const apart = parts.findIndex((part, i) => i > 0 && part.startOffset !== (parts[i - 1]?.endOffset ?? 0) + 1)
      if (apart > 0) this.problem('a name has no spaces in it', placeOf(parts[apart] as IToken))
      return { name: parts.map((part) => part.image).join(''), at: placeOf(parts[0] as IToken) }
    })
  })

  /** `walk cache` or `walk-cache`. */
  protected unitOption = this.RULE('unitOption', (): Word => {
    const words: Word[] = [this.SUBRULE(this.word)]
    this.MANY({
      GATE: () => this.LA(1).tokenType !== k.off,
      DEF: () => {
        this.OPTION(() => {
          this.tight(this.CONSUME(t.operatorTokens['-']))
          this.tight(this.LA(1))
        })
        words.push(this.SUBRULE1(this.word))
      },
    })
    return this.ACTION(() => ({ name: namesOf(words).join('-'), at: (words[0] as Word).at }))
  })

  protected unitOptions = this.RULE('unitOptions', (): Word[] => {
    const options: Word[] = []
    this.CONSUME(k.with)
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => options.push(this.SUBRULE(this.unitOption)) })
    return options
  })

  protected number = this.RULE('number', (): number => {
    const token = this.CONSUME(t.NumberToken)
    return this.ACTION(() => {
      const value = Number(token.image)
      if (value <= u32Max) return value
      this.problem(`${token.image} does not fit in a word: the largest is ${u32Max}`, placeOf(token))
      return 0
    })
  })

  protected text = this.RULE('text', (): string => {
    const token = this.CONSUME(t.StringToken)
    return this.ACTION(() =>
      token.image.slice(1, -1).replace(/\\(.)/gs, (all: string, letter: string) => {
        const meant = escapes[letter]
        if (meant === undefined) this.problem(`${all} means nothing in a text; known: \\n \\t \\" \\\\`, placeOf(token))
        return meant ?? ''
      }),
    )
  })

  /** A name out of a fixed set; what is not known is a problem, and the first of the set is taken. */
  protected oneOf<Known extends string>(kind: string, { name, at }: Word, known: readonly [Known, ...Known[]]): Known {
    const found = known.find((each) => each === name)
    if (found === undefined) this.problem(unknown(kind, name, known), at)
    return found ?? known[0]
  }
}
