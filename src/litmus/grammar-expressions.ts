/** Litmus | grammar, second part: expressions and places in memory. */

import type { IToken } from 'chevrotain'
import type { AccessType, BinaryOp, Expression, Location } from './form.ts'
import { given } from './given.ts'
import { WordParser } from './grammar-words.ts'
import { placeOf } from './layout.ts'
import { foldOperations, type Operation } from './operators.ts'
import * as t from './tokens.ts'
import { keywords as k } from './tokens.ts'

/** Most operators in one expression, so that trees stay shallow. */
export const operatorsMax = 256

/** `in M tag 1`, in any order. */
export interface Aim {
  readonly unit?: string
  readonly tag?: number
}

/** An entry of the tables, and the access type that stands inside it where it is stored to. */
interface TablePlace {
  readonly location: Location
  readonly type?: AccessType
}

/** How an entry is written besides its page. */
interface Attributes {
  readonly type: AccessType
  readonly readOnly: boolean
  /** Whether any was written. */
  readonly any: boolean
}

export abstract class ExpressionParser extends WordParser {
  protected expression = this.RULE('expression', (): Expression => {
    const first = this.SUBRULE(this.operand)
    const rest: Operation[] = []
    this.MANY(() => rest.push(this.SUBRULE(this.operation)))
    return this.ACTION(() => this.fold(first, rest))
  })

  /** An expression in which the final state can be looked at. */
  protected condition = this.RULE('condition', (): Expression => {
    this.ACTION(() => {
      this.inCondition = true
    })
    const found = this.SUBRULE(this.expression)
    this.ACTION(() => {
      this.inCondition = false
    })
    return found
  })

  protected operation = this.RULE('operation', (): Operation => {
    const token = this.CONSUME(t.BinaryOperator)
    const right = this.SUBRULE(this.operand)
    return { op: token.image as BinaryOp, right }
  })

  protected fold(first: Expression, rest: readonly Operation[]): Expression {
    const beyond = rest[operatorsMax]
    if (!beyond) return foldOperations(first, rest)
    this.problem(`an expression has at most ${operatorsMax} operators`, beyond.right.at ?? { line: 1, column: 1 })
    return first
  }

  protected operand = this.RULE('operand', (): Expression => {
    const nots: IToken[] = []
    this.MANY(() => nots.push(this.CONSUME(t.Not)))
    const value = this.SUBRULE(this.primary)
    return this.ACTION(() => {
      if (nots.length > operatorsMax) {
        this.problem(`an expression has at most ${operatorsMax} operators`, placeOf(nots[operatorsMax] as IToken))
        return value
      }
      return nots.reduceRight<Expression>((inner, not) => ({ expr: 'not', value: inner, at: placeOf(not) }), value)
    })
  })

  private primary = this.RULE(
    'primary',
    (): Expression =>
      this.OR<Expression>([
        {
          ALT: () => {
            const at = this.LA(1)
            const value = this.SUBRULE(this.number)
            return { expr: 'number', value, at: placeOf(at) }
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.LeftParen)
            const value = this.SUBRULE(this.expression)
            this.CONSUME(t.RightParen)
            return value
          },
        },
        {
          ALT: () => {
            const at = this.CONSUME(t.operatorTokens['&'])
            this.tight(this.LA(1))
            const location = this.SUBRULE(this.location)
            return { expr: 'address', location, at: placeOf(at) }
          },
        },
        { ALT: () => this.SUBRULE(this.entry), IGNORE_AMBIGUITIES: true },
        { GATE: () => this.inCondition, ALT: () => this.SUBRULE(this.observed), IGNORE_AMBIGUITIES: true },
        { ALT: () => this.SUBRULE(this.reference) },
      ]),
  )

  private entry = this.RULE('entry', (): Expression => {
    const of = this.OR([
      { ALT: () => this.CONSUME(k.page) },
      { ALT: () => this.CONSUME(k.large) },
      { ALT: () => this.CONSUME(k.section) },
      { ALT: () => this.CONSUME(k.table) },
    ])
    const { name } = this.SUBRULE(this.word)
    const { type, readOnly } = this.SUBRULE(this.attributes)
    return {
      expr: 'entry',
      of: of.image as 'page' | 'large' | 'section' | 'table',
      name,
      type,
      readOnly,
      at: placeOf(of),
    }
  })

  /** What stands after the page in an entry. */
  protected attributes = this.RULE('attributes', (): Attributes => {
    let type: AccessType | undefined
    let readOnly = false
    this.MANY(() => {
      this.OR([
        {
          ALT: () => {
            type = this.SUBRULE(this.accessType)
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.read)
            this.OPTION(() => {
              this.tight(this.CONSUME(t.operatorTokens['-']))
              this.tight(this.LA(1))
            })
            this.CONSUME(k.only)
            readOnly = true
          },
        },
      ])
    })
    return { type: type ?? 'cacheable', readOnly, any: type !== undefined || readOnly }
  })

  /** `.nc`, `.so` */
  protected suffix = this.RULE('suffix', (): AccessType => {
    this.CONSUME(t.Dot)
    return this.SUBRULE(this.accessType)
  })

  protected accessType = this.RULE('accessType', (): AccessType => {
    const token = this.OR([
      { ALT: () => this.CONSUME(k.nc) },
      { ALT: () => this.CONSUME(k.so) },
      { ALT: () => this.CONSUME(k.cacheable) },
    ])
    return token.image as AccessType
  })

  /** In a condition: a word of memory as an observer sees it, `memory buf[0]` or `C0 buf[0]`. */
  private observed = this.RULE('observed', (): Expression => {
    const { name, at } = this.SUBRULE(this.word)
    const location = this.OR<Location>([
      { ALT: () => this.SUBRULE(this.tablePlace).location, IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.namedPlace) },
    ])
    return { expr: 'word', observer: name, location, at }
  })

  private reference = this.RULE('reference', (): Expression => {
    const { name, at } = this.SUBRULE(this.word)
    const register = this.OPTION(() => {
      this.CONSUME(t.Dot)
      return this.SUBRULE1(this.word)
    })
    return register ? { expr: 'register', actor: name, name: register.name, at } : { expr: 'name', name, at }
  })

  // --- places in memory -----------------------------------------------------------------------------------------------------

  protected location = this.RULE(
    'location',
    (): Location =>
      this.OR<Location>([
        { ALT: () => this.SUBRULE(this.tablePlace).location, IGNORE_AMBIGUITIES: true },
        {
          ALT: () => {
            const sign = this.OPTION(() => this.CONSUME(t.At))
            const place = this.OR1<Location>([
              { ALT: () => this.SUBRULE(this.namedPlace) },
              { ALT: () => this.SUBRULE(this.pointerPlace) },
            ])
            return this.ACTION(() => (sign ? ({ ...place, physical: true, at: placeOf(sign) } as Location) : place))
          },
        },
      ]),
  )

  private namedPlace = this.RULE('namedPlace', (): Location => {
    const { name, at } = this.SUBRULE(this.word)
    let index: Expression | undefined
    let to: Expression | undefined
    this.OPTION(() => {
      this.tight(this.CONSUME(t.LeftBracket))
      index = this.SUBRULE(this.expression)
      this.OPTION1(() => {
        this.CONSUME(t.Range)
        to = this.SUBRULE1(this.expression)
      })
      this.CONSUME(t.RightBracket)
    })
    const field = this.OPTION2(() => {
      this.CONSUME(t.Dot)
      return this.SUBRULE1(this.word).name
    })
    return { place: 'named', name, ...given({ index, to, field }), at }
  })

  private pointerPlace = this.RULE('pointerPlace', (): Location => {
    const at = this.CONSUME(t.LeftBracket)
    const { name } = this.SUBRULE(this.word)
    const words = this.OPTION(() => {
      this.CONSUME(t.operatorTokens['+'])
      return this.SUBRULE(this.expression)
    })
    this.CONSUME(t.RightBracket)
    return { place: 'pointer', register: name, words: words ?? { expr: 'number', value: 0 }, at: placeOf(at) }
  })

  /** An entry of the tables. In a store the access type stands after the first word: `pte.nc v0`. */
  protected tablePlace = this.RULE(
    'tablePlace',
    (stored?: boolean): TablePlace =>
      this.OR<TablePlace>([
        {
          ALT: () => {
            const at = this.CONSUME(k.pte)
            const type = this.OPTION({ GATE: () => stored === true, DEF: () => this.SUBRULE(this.suffix) })
            const { name } = this.SUBRULE(this.word)
            const location = { place: 'pte', page: name, ...this.SUBRULE(this.aim), at: placeOf(at) } as const
            return { location, ...given({ type }) }
          },
        },
        {
          ALT: () => {
            const at = this.CONSUME(k.pd)
            const type = this.OPTION1({ GATE: () => stored === true, DEF: () => this.SUBRULE1(this.suffix) })
            const index = this.SUBRULE(this.tableIndex)
            const location = { place: 'pd', index, ...this.SUBRULE1(this.aim), at: placeOf(at) } as const
            return { location, ...given({ type }) }
          },
        },
        {
          ALT: () => {
            const at = this.CONSUME(k.dte)
            const type = this.OPTION2({ GATE: () => stored === true, DEF: () => this.SUBRULE2(this.suffix) })
            const { name } = this.SUBRULE1(this.word)
            this.tight(this.CONSUME(t.LeftBracket))
            const index = this.SUBRULE(this.expression)
            this.CONSUME(t.RightBracket)
            const unit = this.SUBRULE(this.inUnit)
            return {
              location: { place: 'dte', device: name, index, ...given({ unit }), at: placeOf(at) },
              ...given({ type }),
            }
          },
        },
      ]),
  )

  /** No more than an operand, so that what follows is not taken for a part of it. */
  private tableIndex = this.RULE(
    'tableIndex',
    (): Expression =>
      this.OR<Expression>([
        {
          ALT: () => {
            const at = this.LA(1)
            return { expr: 'number', value: this.SUBRULE(this.number), at: placeOf(at) }
          },
        },
        {
          ALT: () => {
            const { name, at } = this.SUBRULE(this.word)
            return { expr: 'name', name, at }
          },
        },
        {
          ALT: () => {
            this.CONSUME(t.LeftParen)
            const value = this.SUBRULE(this.expression)
            this.CONSUME(t.RightParen)
            return value
          },
        },
      ]),
  )

  protected aim = this.RULE('aim', (): Aim => {
    let unit: string | undefined
    let tag: number | undefined
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(k.in)
            unit = this.SUBRULE(this.word).name
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.tag)
            tag = this.SUBRULE(this.number)
          },
        },
      ]),
    )
    return given({ unit, tag })
  })

  protected inUnit = this.RULE('inUnit', (): string | undefined =>
    this.OPTION(() => {
      this.CONSUME(k.in)
      return this.SUBRULE(this.word).name
    }),
  )
}
