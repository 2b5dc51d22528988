/** Litmus | grammar, fourth part: programs. Whether a core or a device may do something is checked afterwards (check-names.ts). */

import type { IToken } from 'chevrotain'
import type { CallArgument, Expression, PollTarget, SimpleName, Statement } from './form.ts'
import { given } from './given.ts'
import { HardwareParser } from './grammar-hardware.ts'
import type { Word } from './grammar-words.ts'
import { nestingMax, placeOf } from './layout.ts'
import type { Operation } from './operators.ts'
import * as t from './tokens.ts'
import { keywords as k } from './tokens.ts'

/** The name of what a poll found, in its condition. */
export const polledValue = 'value'

export abstract class StatementParser extends HardwareParser {
  protected block = this.RULE('block', (): Statement[] => {
    const statements: Statement[] = []
    this.CONSUME(t.LeftBrace)
    this.MANY_SEP({ SEP: t.Separator, DEF: () => statements.push(this.SUBRULE(this.statement)) })
    this.CONSUME(t.RightBrace)
    return statements
  })

  protected statement = this.RULE('statement', (): Statement => {
    const at = placeOf(this.LA(1))
    const statement = this.OR<Statement>([
      { ALT: () => this.SUBRULE(this.assignment) },
      { ALT: () => this.SUBRULE(this.access) },
      { ALT: () => this.SUBRULE(this.maintenance) },
      { ALT: () => this.SUBRULE(this.registerAccess) },
      { ALT: () => this.SUBRULE(this.translation) },
      { ALT: () => this.SUBRULE(this.sync) },
      { ALT: () => this.SUBRULE(this.supply) },
      { ALT: () => this.SUBRULE(this.marks) },
      { ALT: () => this.SUBRULE(this.flow) },
      { ALT: () => this.SUBRULE(this.poll) },
      { ALT: () => this.SUBRULE(this.waiting) },
      { ALT: () => this.SUBRULE(this.simple) },
    ])
    return { ...statement, at }
  })

  // --- registers and calls --------------------------------------------------------------------------------------------------

  /** `r0 = r1 + 1`, `h = dma_map_single(…)`, `dma_unmap_single(…)`. */
  private assignment = this.RULE(
    'assignment',
    (): Statement =>
      this.OR<Statement>([
        { ALT: () => ({ do: 'call', to: [], ...this.SUBRULE(this.call) }) },
        {
          ALT: () => {
            const to = this.SUBRULE(this.words)
            this.CONSUME(t.Assign)
            return this.OR1<Statement>([
              {
                ALT: () => {
                  const call = this.SUBRULE1(this.call)
                  return this.ACTION(() => ({ do: 'call', to: to.map(({ name }) => name), ...call }))
                },
              },
              {
                ALT: () => {
                  const value = this.SUBRULE(this.expression)
                  return this.ACTION(() => {
                    const [first, second] = to as [Word, Word?]
                    if (second) this.problem('only a call has several results', second.at)
                    return { do: 'set', to: first.name, value }
                  })
                },
              },
            ])
          },
        },
      ]),
  )

  /** Functions have names that are no keywords, so that `if (…)` is no call. */
  private call = this.RULE('call', () => {
    const call = this.CONSUME(t.Identifier).image
    const args: CallArgument[] = []
    this.tight(this.CONSUME(t.LeftParen))
    this.MANY_SEP({ SEP: t.Comma, DEF: () => args.push(this.SUBRULE(this.argument)) })
    this.CONSUME(t.RightParen)
    return { call, args }
  })

  /** What a lone name means is settled when all names are known (resolve.ts). */
  private argument = this.RULE('argument', (): CallArgument => {
    const isPlace = placeStarts.has(this.LA(1).tokenType) || placeGoesOn.has(this.LA(2).tokenType)
    return this.OR<CallArgument>([
      {
        GATE: () => isPlace,
        ALT: () => ({ arg: 'location', location: this.SUBRULE(this.location) }),
        IGNORE_AMBIGUITIES: true,
      },
      {
        ALT: () => {
          const value = this.SUBRULE(this.expression)
          return value?.expr === 'name'
            ? { arg: 'word', word: value.name, ...given({ at: value.at }) }
            : { arg: 'expression', value }
        },
      },
    ])
  })

  // --- memory ---------------------------------------------------------------------------------------------------------------

  private access = this.RULE(
    'access',
    (): Statement =>
      this.OR<Statement>([
        {
          ALT: () => {
            this.CONSUME(k.st)
            const type = this.OPTION(() => this.SUBRULE(this.suffix))
            const location = this.SUBRULE(this.location)
            this.CONSUME(t.Assign)
            return { do: 'store', location, value: this.SUBRULE(this.expression), ...given({ type }) }
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.ld)
            const type = this.OPTION1(() => this.SUBRULE1(this.suffix))
            const { name } = this.SUBRULE(this.word)
            this.CONSUME1(t.Assign)
            return { do: 'load', to: name, location: this.SUBRULE1(this.location), ...given({ type }) }
          },
        },
        { ALT: () => this.SUBRULE(this.tableStore) },
        { ALT: () => this.SUBRULE(this.exclusive) },
        {
          ALT: () => {
            this.CONSUME(k.wr)
            const location = this.SUBRULE2(this.location)
            this.CONSUME2(t.Assign)
            return { do: 'write', location, value: this.SUBRULE1(this.expression) }
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.rd)
            const { name } = this.SUBRULE1(this.word)
            this.CONSUME3(t.Assign)
            return { do: 'read', to: name, location: this.SUBRULE3(this.location) }
          },
        },
      ]),
  )

  /** `ldrex r0 = flag`, `strex s, flag = 1`. */
  private exclusive = this.RULE(
    'exclusive',
    (): Statement =>
      this.OR<Statement>([
        {
          ALT: () => {
            this.CONSUME(k.ldrex)
            const type = this.OPTION(() => this.SUBRULE(this.suffix))
            const { name } = this.SUBRULE(this.word)
            this.CONSUME(t.Assign)
            return { do: 'load', to: name, location: this.SUBRULE(this.location), ...given({ type }), exclusive: true }
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.strex)
            const type = this.OPTION1(() => this.SUBRULE1(this.suffix))
            const { name: status } = this.SUBRULE1(this.word)
            this.CONSUME(t.Comma)
            const location = this.SUBRULE1(this.location)
            this.CONSUME1(t.Assign)
            return { do: 'store', location, value: this.SUBRULE(this.expression), ...given({ type }), status }
          },
        },
      ]),
  )

  /** `pte v0 = p0 nc`: a store to an entry of the tables. The size of a lone name is settled in resolve.ts. */
  private tableStore = this.RULE('tableStore', (): Statement => {
    const { location, type } = this.SUBRULE(this.tablePlace, { ARGS: [true] })
    this.CONSUME(t.Assign)
    const value = this.SUBRULE(this.expression)
    const { any, ...attributes } = this.SUBRULE(this.attributes)
    return this.ACTION(() => {
      const store = { do: 'store', location, ...given({ type }) } as const
      if (!any) return { ...store, value }
      if (value.expr !== 'name')
        this.problem('only the entry of a page has attributes', value.at ?? placeOf(this.LA(0)))
      const name = value.expr === 'name' ? value.name : ''
      return { ...store, value: { expr: 'entry', of: 'page', name, ...attributes, ...given({ at: value.at }) } }
    })
  })

  // --- flow -----------------------------------------------------------------------------------------------------------------

  private flow = this.RULE(
    'flow',
    (): Statement =>
      this.OR<Statement>([
        { ALT: () => this.SUBRULE(this.branch) },
        {
          ALT: () => {
            this.CONSUME(k.while)
            const condition = this.SUBRULE(this.expression)
            const times = this.SUBRULE(this.most)
            return { do: 'while', condition, body: this.SUBRULE(this.block), ...given({ times }) }
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.repeat)
            const times = this.SUBRULE1(this.expression)
            return { do: 'repeat', times, body: this.SUBRULE1(this.block) }
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.variant)
            const names = this.SUBRULE(this.words)
            const body = this.SUBRULE2(this.block)
            return this.ACTION(() => ({ do: 'variant', variants: names.map(({ name }) => name), body }))
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.assert)
            const that = this.SUBRULE2(this.expression)
            return { do: 'assert', that, message: this.SUBRULE(this.text) }
          },
        },
      ]),
  )

  private branch = this.RULE('branch', (): Statement => {
    const arms: { readonly head: IToken; readonly condition: Expression; readonly body: Statement[] }[] = []
    const arm = (head: IToken, condition: Expression, body: Statement[]) => arms.push({ head, condition, body })
    arm(this.CONSUME(k.if), this.SUBRULE(this.expression), this.SUBRULE(this.block))
    this.MANY(() => {
      this.CONSUME(k.else)
      arm(this.CONSUME1(k.if), this.SUBRULE1(this.expression), this.SUBRULE1(this.block))
    })
    const last = this.OPTION(() => {
      this.CONSUME1(k.else)
      return this.SUBRULE2(this.block)
    })
    return this.ACTION(() => {
      const beyond = arms[nestingMax]
      if (beyond) this.problem(`at most ${nestingMax} arms of one if`, placeOf(beyond.head))
      const statements = arms
        .slice(0, nestingMax)
        .reduceRight<Statement[]>(
          (otherwise, { head, condition, body }) => [{ do: 'if', condition, body, otherwise, at: placeOf(head) }],
          last ?? [],
        )
      return statements[0] as Statement
    })
  })

  private most = this.RULE('most', (): Expression | undefined =>
    this.OPTION(() => {
      this.CONSUME(k.max)
      return this.SUBRULE(this.expression)
    }),
  )

  /** What happens when the rounds are used up. */
  private exhausted = this.RULE('exhausted', (): Statement[] | undefined =>
    this.OPTION(() => {
      this.CONSUME(k.else)
      return this.SUBRULE(this.block)
    }),
  )

  /** `tlbsync in M max 3 else { … }`, `tlbsync slot = 1 in M`. */
  private sync = this.RULE('sync', (): Statement => {
    this.CONSUME(k.tlbsync)
    const slot = this.OPTION({
      GATE: () => this.LA(1).tokenType !== k.in && this.LA(1).tokenType !== k.max,
      DEF: () => this.SUBRULE(this.slot),
    })
    const unit = this.SUBRULE(this.inUnit)
    const times = this.SUBRULE(this.most)
    const otherwise = this.SUBRULE(this.exhausted)
    return { do: 'tlbsync', ...slot, ...given({ unit, times, otherwise }) }
  })

  /** `poll D.STATUS == 1`, `poll desc.flag until value & 2 != 0 max 3 else { … }`. */
  private poll = this.RULE('poll', (): Statement => {
    this.CONSUME(k.poll)
    const type = this.OPTION(() => this.SUBRULE(this.suffix))
    const location = this.SUBRULE(this.location)
    const rest: Operation[] = []
    const written = this.OR<Expression | undefined>([
      {
        ALT: () => {
          this.CONSUME(k.until)
          return this.SUBRULE(this.expression)
        },
      },
      {
        ALT: () => {
          this.AT_LEAST_ONE(() => rest.push(this.SUBRULE(this.operation)))
          return undefined
        },
      },
    ])
    const times = this.SUBRULE(this.most)
    const otherwise = this.SUBRULE(this.exhausted)
    return this.ACTION(() => {
      const value: Expression = { expr: 'name', name: polledValue, ...given({ at: location.at }) }
      const until = written ?? this.fold(value, rest)
      const what: PollTarget = { poll: 'memory', location, ...given({ type }) }
      return { do: 'poll', what, until, ...given({ times, otherwise }) }
    })
  })

  private waiting = this.RULE(
    'waiting',
    (): Statement =>
      this.OR<Statement>([
        {
          ALT: () => {
            this.CONSUME(k.wait)
            const until = this.SUBRULE(this.expression)
            // The interrupt, not a register of that name.
            return until?.expr === 'name' && until.name === 'irq' ? { do: 'wait-irq' } : { do: 'wait', until }
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.irqs)
            return this.OR1<Statement>([
              {
                ALT: () => {
                  this.CONSUME(k.on)
                  return { do: 'irqs-on' }
                },
              },
              {
                ALT: () => {
                  this.CONSUME(k.off)
                  return { do: 'irqs-off' }
                },
              },
            ])
          },
        },
      ]),
  )

  private simple = this.RULE('simple', (): Statement => {
    const token = this.OR([
      { ALT: () => this.CONSUME(k.dmb) },
      { ALT: () => this.CONSUME(k.dsb) },
      { ALT: () => this.CONSUME(k.isb) },
      { ALT: () => this.CONSUME(k.wmb) },
      { ALT: () => this.CONSUME(k.rmb) },
      { ALT: () => this.CONSUME(k.mb) },
      { ALT: () => this.CONSUME(k.drain) },
      { ALT: () => this.CONSUME(k.clrex) },
      { ALT: () => this.CONSUME(k.nop) },
      { ALT: () => this.CONSUME(k.faults) },
      { ALT: () => this.CONSUME(k.fence) },
      { ALT: () => this.CONSUME(k.raise) },
      { ALT: () => this.CONSUME(k.lower) },
    ])
    return { do: token.image as SimpleName }
  })
}

/** What an argument that is a place begins with, and what goes on after its name. */
const placeStarts = new Set([t.LeftBracket, t.At])
const placeGoesOn = new Set([t.LeftBracket, t.Dot])
