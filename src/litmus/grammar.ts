/** Litmus | grammar, last part: a whole test, item by item. */

import type { IToken } from 'chevrotain'
import type { Problem } from './errors.ts'
import {
  type ActorForm,
  type ConditionForm,
  type ExpectationForm,
  type Expression,
  type FaultKind,
  type FeatureForm,
  faultKinds,
  type MemoryForm,
  type ParameterForm,
  type Place,
  type PlatformForm,
  type Statement,
} from './form.ts'
import { given } from './given.ts'
import { PlatformParser } from './grammar-platform.ts'
import { namesOf, type OfVariants, type Word } from './grammar-words.ts'
import { placeOf } from './layout.ts'
import { problemOf, type SyntaxProblem } from './syntax-errors.ts'
import * as t from './tokens.ts'
import { keywords as k } from './tokens.ts'

/** One item of a test, as it stands in the text. */
export type Item = { readonly at: Place } & (
  | { readonly item: 'source' | 'note'; readonly text: string }
  | { readonly item: 'class' | 'variants' | 'locks'; readonly words: readonly Word[] }
  | { readonly item: 'param'; readonly parameter: ParameterForm }
  | { readonly item: 'platform'; readonly platform: OfVariants<PlatformForm> }
  | { readonly item: 'memory'; readonly memory: OfVariants<readonly MemoryForm[]> }
  | { readonly item: 'actor'; readonly actor: ActorForm }
  | { readonly item: 'condition'; readonly condition: ConditionForm }
  | { readonly item: 'expectation'; readonly expectation: ExpectationForm }
)

export interface Parsed {
  readonly name: Word
  readonly question: string
  readonly items: readonly Item[]
}

type Device = Extract<ActorForm, { readonly actor: 'device' }>

export class LitmusParser extends PlatformParser {
  constructor(grammar: 'trust' | 'check' = 'trust') {
    super(grammar)
    this.performSelfAnalysis()
  }

  readonly test = this.RULE('test', (): Parsed => {
    const items: Item[] = []
    this.CONSUME(k.litmus)
    const name = this.SUBRULE(this.dashed)
    this.OPTION(() => this.CONSUME(t.Separator))
    const question = this.SUBRULE(this.text)
    this.MANY(() => {
      this.CONSUME1(t.Separator)
      items.push(this.SUBRULE(this.item))
    })
    return { name, question, items }
  })

  item = this.RULE('item', (): Item => {
    const at = placeOf(this.LA(1))
    return this.OR<Item>([
      {
        ALT: () => {
          this.CONSUME(k.source)
          return { item: 'source', text: this.SUBRULE(this.text), at }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.note)
          return { item: 'note', text: this.SUBRULE1(this.text), at }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.class)
          return { item: 'class', words: this.SUBRULE(this.words), at }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.variants)
          return { item: 'variants', words: this.SUBRULE1(this.words), at }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.locks)
          return { item: 'locks', words: this.SUBRULE2(this.words), at }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.param)
          return { item: 'param', parameter: this.SUBRULE(this.parameter), at }
        },
      },
      { ALT: () => ({ item: 'platform', platform: this.SUBRULE(this.platform), at }) },
      { ALT: () => ({ item: 'memory', memory: this.SUBRULE(this.memory), at }) },
      { ALT: () => ({ item: 'actor', actor: this.SUBRULE(this.actor), at }) },
      { ALT: () => ({ item: 'condition', condition: this.SUBRULE(this.finalCondition), at }) },
      { ALT: () => ({ item: 'expectation', expectation: this.SUBRULE(this.expectation), at }) },
    ])
  })

  private parameter = this.RULE('parameter', (): ParameterForm => {
    const { name, at } = this.SUBRULE(this.word)
    this.CONSUME(t.Assign)
    return { name, value: this.SUBRULE(this.number), at }
  })

  // --- actors ---------------------------------------------------------------------------------------------------------------

  private actor = this.RULE(
    'actor',
    (): ActorForm =>
      this.OR<ActorForm>([
        {
          ALT: () => {
            const head = this.CONSUME(k.cpu)
            const name = this.SUBRULE(this.word).name
            const thread = this.OPTION(() => {
              this.CONSUME(k.thread)
              return this.SUBRULE2(this.word).name
            })
            return { actor: 'cpu', name, ...given({ thread }), body: this.SUBRULE(this.block), at: placeOf(head) }
          },
        },
        {
          ALT: () => {
            const head = this.CONSUME(k.isr)
            const core = this.SUBRULE1(this.word).name
            return { actor: 'isr', core, body: this.SUBRULE1(this.block), at: placeOf(head) }
          },
        },
        { ALT: () => this.SUBRULE(this.device) },
      ]),
  )

  private device = this.RULE('device', (): Device => {
    const registers: { readonly name: string; readonly value: number }[] = []
    const reactions: Device['reactions'][number][] = []
    const body: Statement[] = []
    const head = this.CONSUME(k.device)
    const name = this.SUBRULE(this.word).name
    this.CONSUME(t.LeftBrace)
    this.MANY_SEP({
      SEP: t.Separator,
      DEF: () =>
        this.OR([
          {
            ALT: () => {
              this.CONSUME(k.registers)
              this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => registers.push(this.SUBRULE(this.registerDeclaration)) })
            },
          },
          {
            ALT: () => {
              const on = this.CONSUME(k.on)
              const register = this.SUBRULE1(this.word).name
              reactions.push({ register, body: this.SUBRULE(this.block), at: placeOf(on) })
            },
          },
          { ALT: () => body.push(this.SUBRULE(this.statement)) },
        ]),
    })
    this.CONSUME(t.RightBrace)
    return { actor: 'device', name, registers, reactions, body, at: placeOf(head) }
  })

  private registerDeclaration = this.RULE('registerDeclaration', () => {
    const name = this.SUBRULE(this.word).name
    const value = this.OPTION(() => {
      this.CONSUME(t.Assign)
      return this.SUBRULE(this.number)
    })
    return { name, value: value ?? 0 }
  })

  // --- what is expected -----------------------------------------------------------------------------------------------------

  private finalCondition = this.RULE('finalCondition', (): ConditionForm => {
    const kind = this.OR([
      { ALT: () => this.CONSUME(k.never) },
      { ALT: () => this.CONSUME(k.always) },
      { ALT: () => this.CONSUME(k.sometimes) },
    ])
    const variants = this.OPTION({
      GATE: () => this.namesThenColon(),
      DEF: () => {
        const names = this.SUBRULE(this.words)
        this.CONSUME(t.Colon)
        return names
      },
    })
    const that = this.OR1<Expression>([
      { ALT: () => this.SUBRULE(this.fault), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.condition) },
    ])
    return this.ACTION(() => ({
      kind: kind.image as ConditionForm['kind'],
      that,
      variants: namesOf(variants ?? []),
      at: placeOf(kind),
    }))
  })

  /** `fault D page write at v0`, in any order. */
  private fault = this.RULE('fault', (): Expression => {
    const head = this.CONSUME(k.fault)
    const words: Word[] = []
    let page: string | undefined
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(k.at)
            page = this.SUBRULE(this.word).name
          },
          IGNORE_AMBIGUITIES: true,
        },
        { ALT: () => words.push(this.SUBRULE(this.dashed)) },
      ]),
    )
    return this.ACTION(() => {
      const isKind = ({ name }: Word) => (faultKinds as readonly string[]).includes(name)
      const isAccess = ({ name }: Word) => name === 'read' || name === 'write'
      const one = (what: string, fits: (word: Word) => boolean): string | undefined => {
        const [first, more] = words.filter(fits)
        if (more) this.problem(`the ${what} of the fault is given twice`, more.at)
        return first?.name
      }
      const kind = one('kind', isKind) as FaultKind | undefined
      const access = one('access', isAccess) as 'read' | 'write' | undefined
      const device = one('device', (word) => !isKind(word) && !isAccess(word))
      return { expr: 'fault', ...given({ device, kind, access, page }), at: placeOf(head) }
    })
  })

  /** Whether a list of names with a colon comes, not an expression. */
  private namesThenColon(): boolean {
    let ahead = 2
    while (this.LA(ahead).tokenType === t.Comma) ahead += 2
    return this.LA(ahead).tokenType === t.Colon
  }

  private expectation = this.RULE('expectation', (): ExpectationForm => {
    const features: FeatureForm[] = []
    const parameters: ParameterForm[] = []
    const head = this.CONSUME(k.expect)
    const variants = this.OPTION({
      GATE: () => this.LA(1).tokenType !== k.with && this.LA(1).tokenType !== k.without,
      DEF: () => this.SUBRULE(this.words),
    })
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(k.with)
            this.AT_LEAST_ONE_SEP({
              SEP: t.Comma,
              DEF: () => {
                const name = this.SUBRULE(this.switchName)
                const value = this.OPTION1(() => {
                  this.CONSUME(t.Assign)
                  return this.SUBRULE(this.number)
                })
                if (value === undefined) features.push({ ...name, on: true })
                else parameters.push({ ...name, value })
              },
            })
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.without)
            this.AT_LEAST_ONE_SEP1({
              SEP: t.Comma,
              DEF: () => features.push({ ...this.SUBRULE1(this.switchName), on: false }),
            })
          },
        },
      ]),
    )
    this.CONSUME(t.Colon)
    const verdict = this.SUBRULE(this.verdict)
    return this.ACTION(() => ({
      variants: namesOf(variants ?? []),
      features,
      parameters,
      ...verdict,
      at: placeOf(head),
    }))
  })

  /** A feature, `<part>.<option>`, a parameter or a size. */
  private switchName = this.RULE('switchName', (): Word => {
    const { name, at } = this.SUBRULE(this.dashed)
    const option = this.OPTION(() => {
      this.CONSUME(t.Dot)
      const { name: first } = this.SUBRULE1(this.dashed)
      // The second number of a version.
      const minor = this.OPTION1(() => {
        this.CONSUME1(t.Dot)
        return this.CONSUME(t.NumberToken).image
      })
      return minor === undefined ? first : `${first}.${minor}`
    })
    return { name: option === undefined ? name : `${name}.${option}`, at }
  })

  private verdict = this.RULE('verdict', () =>
    this.OR<Pick<ExpectationForm, 'verdict' | 'violates' | 'only'>>([
      {
        ALT: () => {
          this.CONSUME(k.holds)
          return { verdict: 'holds', violates: [], only: false }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.violated)
          const violates: string[] = []
          const only = this.OPTION(() => this.CONSUME(k.only))
          this.MANY_SEP({ SEP: t.Comma, DEF: () => violates.push(this.SUBRULE(this.dashed).name) })
          if (only && violates.length === 0) this.ACTION(() => this.problem('only what is violated?', placeOf(only)))
          return { verdict: 'violated', violates, only: only !== undefined }
        },
      },
    ]),
  )

  /** Reads tokens as one rule. */
  read<Result>(tokens: IToken[], rule: (parser: this) => Result): Read<Result> {
    this.input = tokens
    this.start()
    const result = rule(this)
    const [error] = this.errors
    return { result, failure: error && problemOf(error, tokens), problems: this.problems }
  }
}

export interface Read<Result> {
  /** Of no use if there is a failure. */
  readonly result: Result
  /** Where the text no longer fits the grammar. */
  readonly failure: SyntaxProblem | undefined
  /** What is wrong although the grammar allows it. */
  readonly problems: readonly Problem[]
}
