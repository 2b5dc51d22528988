/** Litmus | grammar, third part: statements about caches, registers, translation, supplies, and what software knows. */

import type { IToken } from 'chevrotain'
import { type CacheLevel, directions, type MaintenanceName, type Statement } from './form.ts'
import { given } from './given.ts'
import { ExpressionParser } from './grammar-expressions.ts'
import { placeOf } from './layout.ts'
import * as t from './tokens.ts'
import { keywords as k } from './tokens.ts'

export const cacheLevels = ['L1', 'L2'] as const satisfies readonly CacheLevel[]

/** Who can own a page: `page.owner` of machines/events.ts, without `free`. */
export const pageOwners = ['kernel', 'user', 'dma', 'page-table', 'stack', 'text'] as const

/** What `bell D` writes. */
export const bellValue = 1

export abstract class HardwareParser extends ExpressionParser {
  protected maintenance = this.RULE('maintenance', (): Statement => {
    const action = this.OR([
      { ALT: () => this.CONSUME(k.clean) },
      { ALT: () => this.CONSUME(k.inv) },
      { ALT: () => this.CONSUME(k.flush) },
      { ALT: () => this.CONSUME(k.evict) },
      { ALT: () => this.CONSUME(k.spec) },
    ])
    const location = this.SUBRULE(this.location)
    const level = this.OPTION(() => {
      this.tight(this.CONSUME(t.At))
      const name = this.SUBRULE(this.word)
      return this.ACTION(() => this.oneOf('cache level', name, cacheLevels))
    })
    return { do: 'maintain', action: action.image as MaintenanceName, location, ...given({ level }) }
  })

  protected registerAccess = this.RULE(
    'registerAccess',
    (): Statement =>
      this.OR<Statement>([
        {
          ALT: () => {
            this.CONSUME(k.mmio)
            this.CONSUME(t.Dot)
            return this.OR1<Statement>([
              {
                ALT: () => {
                  this.CONSUME(k.w)
                  const { target, register } = this.SUBRULE(this.register)
                  this.CONSUME(t.Assign)
                  return { do: 'mmio-write', target, register, value: this.SUBRULE(this.expression) }
                },
              },
              {
                ALT: () => {
                  this.CONSUME(k.r)
                  const to = this.SUBRULE(this.word).name
                  this.CONSUME1(t.Assign)
                  return { do: 'mmio-read', to, ...this.SUBRULE1(this.register) }
                },
              },
            ])
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.bell)
            const device = this.SUBRULE1(this.word).name
            const value = this.OPTION(() => {
              this.CONSUME2(t.Assign)
              return this.SUBRULE1(this.expression)
            })
            return { do: 'bell', device, value: value ?? { expr: 'number', value: bellValue } }
          },
        },
      ]),
  )

  private register = this.RULE('register', () => {
    const target = this.SUBRULE(this.word).name
    this.CONSUME(t.Dot)
    return { target, register: this.SUBRULE1(this.word).name }
  })

  // --- translation ----------------------------------------------------------------------------------------------------------

  protected translation = this.RULE(
    'translation',
    (): Statement =>
      this.OR<Statement>([
        { ALT: () => this.SUBRULE(this.invalidate) },
        {
          ALT: () => {
            this.CONSUME(k.atc)
            const device = this.SUBRULE(this.word).name
            const page = this.OPTION1(() => this.SUBRULE1(this.word).name)
            return { do: 'atc', device, ...given({ page }) }
          },
        },
        {
          ALT: () => {
            const action = this.OR1([
              { ALT: () => this.CONSUME(k.block) },
              { ALT: () => this.CONSUME(k.unblock) },
              { ALT: () => this.CONSUME(k.enable) },
              { ALT: () => this.CONSUME(k.disable) },
            ])
            const unit = this.OPTION2(() => this.SUBRULE2(this.word).name)
            return { do: 'mmu', action: action.image as 'block' | 'unblock' | 'enable' | 'disable', ...given({ unit }) }
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.root)
            const tag = this.SUBRULE(this.expression)
            return { do: 'root', tag, ...given({ unit: this.SUBRULE1(this.inUnit) }) }
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.walk)
            return { do: 'walk', page: this.SUBRULE3(this.word).name }
          },
        },
      ]),
  )

  protected slot = this.RULE('slot', () => {
    const slot = this.SUBRULE(this.location)
    this.CONSUME(t.Assign)
    return { slot, value: this.SUBRULE(this.expression) }
  })

  /** `tlbi all`, `tlbi walks`, `tlbi dte D`, `tlbi tag 1`, `tlbi v0 tag 1`, each with `in M`. */
  private invalidate = this.RULE('invalidate', (): Statement => {
    const head = this.CONSUME(k.tlbi)
    let what: 'page' | 'all' | 'tag' | 'walks' | 'device' = 'page'
    let page: string | undefined
    let device: string | undefined
    this.OPTION({
      GATE: () => this.LA(1).tokenType !== k.tag,
      DEF: () =>
        this.OR({
          IGNORE_AMBIGUITIES: true,
          DEF: [
            {
              ALT: () => {
                this.CONSUME(k.dte)
                device = this.SUBRULE1(this.word).name
                what = 'device'
              },
            },
            {
              ALT: () => {
                const name = this.SUBRULE(this.word).name
                if (name === 'all' || name === 'walks') what = name
                else page = name
              },
            },
          ],
        }),
    })
    const tag = this.OPTION1(() => {
      this.CONSUME(k.tag)
      return this.SUBRULE(this.expression)
    })
    const unit = this.SUBRULE(this.inUnit)
    if (what === 'page' && page === undefined) {
      what = 'tag'
      if (!tag)
        this.problem('what is invalidated? `tlbi <page>`, `tlbi all`, `tlbi tag <number>`, `tlbi walks`', placeOf(head))
    }
    return { do: 'tlbi', what, ...given({ page, device, tag, unit }) }
  })

  protected supply = this.RULE('supply', (): Statement => {
    const kind = this.OR([{ ALT: () => this.CONSUME(k.clk) }, { ALT: () => this.CONSUME(k.pwr) }])
    const isOn = this.SUBRULE(this.plusOrMinus)
    const of = this.SUBRULE(this.word).name
    return this.ACTION(() => ({ do: 'supply', of, kind: kind.image === 'clk' ? 'clock' : 'power', on: isOn }))
  })

  private plusOrMinus = this.RULE('plusOrMinus', (): boolean => {
    const token: IToken = this.OR([
      { ALT: () => this.CONSUME(t.operatorTokens['+']) },
      { ALT: () => this.CONSUME(t.operatorTokens['-']) },
    ])
    return this.tight(token).image === '+'
  })

  // --- what software knows --------------------------------------------------------------------------------------------------

  protected marks = this.RULE(
    'marks',
    (): Statement =>
      this.OR<Statement>([
        { ALT: () => this.SUBRULE(this.handOver) },
        {
          ALT: () => {
            const mark = this.OR1([{ ALT: () => this.CONSUME(k.done) }, { ALT: () => this.CONSUME(k.queued) }])
            return { do: 'mark', mark: mark.image as 'done' | 'queued', buffer: this.SUBRULE1(this.location) }
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.alloc)
            const page = this.SUBRULE1(this.word).name
            this.CONSUME(k.for)
            const owner = this.SUBRULE(this.dashed)
            return this.ACTION(() => {
              return { do: 'page', action: 'alloc', page, owner: this.oneOf('owner', owner, pageOwners) }
            })
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.free)
            return { do: 'page', action: 'free', page: this.SUBRULE2(this.word).name, owner: 'free' }
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.iova)
            const action = this.SUBRULE(this.plusOrMinus) ? 'take' : 'give'
            const page = this.SUBRULE3(this.word).name
            const tag = this.OPTION3(() => {
              this.CONSUME(k.tag)
              return this.SUBRULE3(this.expression)
            })
            return { do: 'iova', action, page, ...given({ tag, unit: this.SUBRULE(this.inUnit) }) }
          },
        },
        {
          ALT: () => {
            const action = this.OR2([{ ALT: () => this.CONSUME(k.lock) }, { ALT: () => this.CONSUME(k.unlock) }])
            return { do: action.image as 'lock' | 'unlock', lock: this.SUBRULE4(this.word).name }
          },
        },
      ]),
  )

  private handOver = this.RULE('handOver', (): Statement => {
    this.CONSUME(k.own)
    this.tight(this.CONSUME(t.Arrow))
    this.tight(this.LA(1))
    const to = this.OR([{ ALT: () => this.CONSUME(k.dev) }, { ALT: () => this.CONSUME(k.cpu) }])
    const buffer = this.SUBRULE(this.location)
    const name = this.SUBRULE(this.word)
    const direction = this.ACTION(() => this.oneOf('direction', name, directions))
    const device = this.OPTION(() => {
      this.CONSUME(k.for)
      return this.SUBRULE1(this.word).name
    })
    return { do: 'hand-over', buffer, to: to.image as 'dev' | 'cpu', direction, ...given({ device }) }
  })
}
