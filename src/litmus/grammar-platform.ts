/** Litmus | grammar, fifth part: the platform and its memory. */

import type { TokenType } from 'chevrotain'
import {
  type AccessType,
  atcOptions,
  type Expression,
  type FeatureForm,
  iommuOptions,
  type LeafSize,
  type MemoryForm,
  type PlacementForm,
  type PlatformForm,
  type SizeForm,
  type UnitForm,
} from './form.ts'
import { given } from './given.ts'
import { StatementParser } from './grammar-statements.ts'
import { namesOf, type OfVariants, type Word } from './grammar-words.ts'
import { placeOf } from './layout.ts'
import * as t from './tokens.ts'
import { keywords as k } from './tokens.ts'

type Size = PlatformForm['sizes'][number]

/** Where things begin unless it is said. */
export function defaultPlacement(of: SizeForm['of'] | 'io' | 'va'): PlacementForm {
  return { base: of === 'words' || of === 'lines' ? 'line' : 'page', words: 0 }
}

export abstract class PlatformParser extends StatementParser {
  /** With names: of these variants. */
  protected platform = this.RULE('platform', (): OfVariants<PlatformForm> => {
    const features: FeatureForm[] = []
    const sizes: Size[] = []
    const units: UnitForm[] = []
    this.CONSUME(k.platform)
    const variants = this.OPTION(() => this.SUBRULE(this.words))
    this.CONSUME(t.LeftBrace)
    this.MANY_SEP({
      SEP: t.Separator,
      DEF: () =>
        this.OR([
          {
            ALT: () => {
              this.CONSUME(k.feature)
              this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => features.push(this.SUBRULE(this.feature)) })
            },
          },
          {
            ALT: () => {
              this.CONSUME(k.size)
              this.AT_LEAST_ONE_SEP1({ SEP: t.Comma, DEF: () => sizes.push(this.SUBRULE(this.size)) })
            },
          },
          { ALT: () => units.push(this.SUBRULE(this.unit)) },
        ]),
    })
    this.CONSUME(t.RightBrace)
    return this.ACTION(() => ({ variants: namesOf(variants ?? []), of: { features, sizes, units } }))
  })

  private feature = this.RULE('feature', (): FeatureForm => {
    const no = this.OPTION({ GATE: () => isWord(this.LA(2).tokenType), DEF: () => this.CONSUME(k.no) })
    const { name, at } = this.SUBRULE(this.word)
    return { name, on: no === undefined, at }
  })

  private size = this.RULE('size', (): Size => {
    const { name, at } = this.SUBRULE(this.dashed)
    return { name, value: this.SUBRULE(this.number), at }
  })

  private unit = this.RULE('unit', (): UnitForm => {
    const at = placeOf(this.LA(1))
    const unit = this.OR<UnitForm>([
      {
        ALT: () => {
          this.CONSUME(k.sysmmu)
          const name = this.SUBRULE(this.word).name
          this.CONSUME(k.for)
          const device = this.SUBRULE1(this.word).name
          const version = this.SUBRULE(this.version)
          const off = this.OPTION(() => this.CONSUME(k.off))
          return { unit: 'sysmmu', name, device, version, enabled: off === undefined }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.iommu)
          const name = this.SUBRULE2(this.word).name
          this.CONSUME1(k.for)
          const devices = this.SUBRULE(this.words)
          const options = this.OPTION1(() => this.SUBRULE(this.unitOptions)) ?? []
          const off = this.OPTION2(() => this.CONSUME1(k.off))
          return {
            unit: 'iommu',
            name,
            devices: this.ACTION(() => namesOf(devices)),
            options: this.ACTION(() => options.map((one) => this.oneOf('option of an iommu', one, iommuOptions))),
            enabled: off === undefined,
          }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.atc)
          this.CONSUME2(k.for)
          const device = this.SUBRULE3(this.word).name
          const options = this.OPTION4(() => this.SUBRULE1(this.unitOptions))
          return {
            unit: 'atc',
            device,
            ...given({
              options: this.ACTION(() => options?.map((one) => this.oneOf('option of an atc', one, atcOptions))),
            }),
          }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.mmu)
          this.CONSUME3(k.for)
          const cores = this.SUBRULE1(this.words)
          return { unit: 'mmu', cores: this.ACTION(() => namesOf(cores)) }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.coherent)
          return { unit: 'coherent', device: this.SUBRULE4(this.word).name }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.supply)
          const of = this.SUBRULE5(this.word).name
          const kinds: ('clock' | 'power')[] = []
          this.AT_LEAST_ONE_SEP1({
            SEP: t.Comma,
            DEF: () => {
              const kind = this.OR1([{ ALT: () => this.CONSUME(k.clock) }, { ALT: () => this.CONSUME(k.power) }])
              kinds.push(kind.image as 'clock' | 'power')
            },
          })
          const on = this.OPTION3(() => this.CONSUME(k.on))
          return { unit: 'supply', of, kinds, on: on !== undefined }
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.backend)
          const device = this.SUBRULE6(this.word).name
          return { unit: 'backend', device, backend: this.SUBRULE(this.dashed).name }
        },
      },
    ])
    return { ...unit, at }
  })

  private version = this.RULE('version', (): string => {
    this.CONSUME(k.version)
    const major = this.CONSUME(t.NumberToken)
    this.CONSUME(t.Dot)
    return `${major.image}.${this.CONSUME1(t.NumberToken).image}`
  })

  // --- memory ---------------------------------------------------------------------------------------------------------------

  protected memory = this.RULE('memory', (): OfVariants<readonly MemoryForm[]> => {
    const found: MemoryForm[] = []
    this.CONSUME(k.memory)
    const variants = this.OPTION(() => this.SUBRULE(this.words))
    this.CONSUME(t.LeftBrace)
    this.MANY_SEP({ SEP: t.Separator, DEF: () => found.push(this.SUBRULE(this.memoryLine)) })
    this.CONSUME(t.RightBrace)
    return this.ACTION(() => ({ variants: namesOf(variants ?? []), of: found }))
  })

  private memoryLine = this.RULE('memoryLine', (): MemoryForm => {
    const at = placeOf(this.LA(1))
    const line = this.OR<MemoryForm>([
      { ALT: () => this.SUBRULE(this.wordsLine) },
      {
        ALT: () => {
          this.CONSUME(k.table)
          const names = this.SUBRULE(this.words)
          const type = this.OPTION(() => this.SUBRULE(this.accessType))
          return { kind: 'table', names: this.ACTION(() => namesOf(names)), type: type ?? 'cacheable' }
        },
      },
      {
        ALT: () => {
          const kind = this.OR1([{ ALT: () => this.CONSUME(k.io) }, { ALT: () => this.CONSUME(k.va) }])
          const names = this.SUBRULE1(this.words)
          const place = this.OPTION1(() => this.SUBRULE(this.placement))
          return this.ACTION(() => {
            const which = kind.image as 'io' | 'va'
            return { kind: which, names: namesOf(names), place: place ?? defaultPlacement(which) }
          })
        },
      },
      { ALT: () => this.SUBRULE(this.mapLine) },
    ])
    return { ...line, at }
  })

  private wordsLine = this.RULE('wordsLine', (): MemoryForm => {
    const { name, at } = this.SUBRULE(this.word)
    this.CONSUME(t.Colon)
    const shape = this.SUBRULE(this.shape)
    let init: readonly Expression[] | undefined
    let place: PlacementForm | undefined
    let type: AccessType | undefined
    let unmapped: true | undefined
    let far: true | undefined
    const again = (what: string, before: unknown) =>
      before === undefined || this.ACTION(() => this.problem(`${what} of "${name}" is given twice`, at))
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            again('the place', place)
            place = this.SUBRULE(this.placement)
          },
        },
        {
          ALT: () => {
            again('the type', type)
            type = this.SUBRULE(this.accessType)
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.unmapped)
            unmapped = true
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.far)
            far = true
          },
        },
        {
          ALT: () => {
            again('the initial value', init)
            this.CONSUME(t.Assign)
            init = this.SUBRULE(this.values)
          },
        },
      ]),
    )
    return this.ACTION(() => ({
      kind: 'words',
      name,
      ...shape,
      init: init ?? [],
      place: place ?? defaultPlacement(shape.size.of),
      type: type ?? 'cacheable',
      ...given({ unmapped, far }),
    }))
  })

  private values = this.RULE('values', (): Expression[] => {
    const found: Expression[] = []
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => found.push(this.SUBRULE(this.expression)) })
    return found
  })

  /** `2 lines`, `{ a, b }`, `4 x { a, b }`, `4 x 1 line { a, b }`. */
  private shape = this.RULE('shape', () => {
    const elements = this.OPTION({
      GATE: () => this.LA(2).tokenType === k.x,
      DEF: () => {
        const count = this.SUBRULE(this.number)
        this.CONSUME(k.x)
        return count
      },
    })
    const size = this.OPTION1(() => this.SUBRULE(this.extent))
    const needsFields = size === undefined
    const fields = this.OR<Word[]>({
      DEF: [{ ALT: () => this.SUBRULE(this.fields) }, { GATE: () => !needsFields, ALT: () => [] }],
      ERR_MSG: 'a size as `2 lines`, or a record as `{ body, flag }`',
    })
    return this.ACTION(() => ({
      size: size ?? { count: fields.length, of: 'words' as const },
      fields: namesOf(fields),
      elements: elements ?? 1,
    }))
  })

  private extent = this.RULE('extent', (): SizeForm => {
    const count = this.SUBRULE(this.number)
    const unit = this.OR([
      { ALT: () => this.CONSUME(k.word) },
      { ALT: () => this.CONSUME(k.words) },
      { ALT: () => this.CONSUME(k.line) },
      { ALT: () => this.CONSUME(k.lines) },
      { ALT: () => this.CONSUME(k.page) },
      { ALT: () => this.CONSUME(k.pages) },
    ])
    return this.ACTION(() => ({ count, of: `${unit.image.replace(/s$/, '')}s` as SizeForm['of'] }))
  })

  private fields = this.RULE('fields', (): Word[] => {
    this.CONSUME(t.LeftBrace)
    const found = this.SUBRULE(this.words)
    this.CONSUME(t.RightBrace)
    return found
  })

  private placement = this.RULE('placement', (): PlacementForm => {
    const base = this.OR<PlacementForm['base']>([
      {
        ALT: () => {
          this.CONSUME(k.next)
          return 'next'
        },
      },
      {
        ALT: () => {
          this.CONSUME(k.at)
          const token = this.OR1([
            { ALT: () => this.CONSUME(k.line) },
            { ALT: () => this.CONSUME(k.page) },
            { ALT: () => this.CONSUME(k.section) },
          ])
          return token.image as 'line' | 'page' | 'section'
        },
      },
    ])
    const words = this.OPTION(() => {
      this.CONSUME(t.operatorTokens['+'])
      return this.SUBRULE(this.number)
    })
    return { base, words: words ?? 0 }
  })

  private mapLine = this.RULE('mapLine', (): MemoryForm => {
    this.CONSUME(k.map)
    const from = this.SUBRULE(this.word).name
    this.CONSUME(t.Arrow)
    const to = this.SUBRULE1(this.word).name
    let leaf: LeafSize = 'page'
    let type: AccessType = 'cacheable'
    let unit: string | undefined
    let tag = 0
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            const size = this.OR1([
              { ALT: () => this.CONSUME(k.page) },
              { ALT: () => this.CONSUME(k.large) },
              { ALT: () => this.CONSUME(k.section) },
            ])
            leaf = size.image as LeafSize
          },
        },
        {
          ALT: () => {
            type = this.SUBRULE(this.accessType)
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.tag)
            tag = this.SUBRULE(this.number)
          },
        },
        {
          ALT: () => {
            this.CONSUME(k.in)
            unit = this.SUBRULE2(this.word).name
          },
        },
      ]),
    )
    return { kind: 'map', from, to, leaf, type, tag, ...given({ unit }) }
  })
}

const isWord = (type: TokenType) => type === t.Name || (type.CATEGORIES?.includes(t.Name) ?? false)
