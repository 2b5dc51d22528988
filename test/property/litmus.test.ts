/** Property | litmus texts: generated forms come back, and no text, however damaged, does more than make an error with a place. */

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { problemsIn } from '../../src/litmus/check-names.ts'
import { chooseVariant } from '../../src/litmus/choose.ts'
import { classifyLitmus } from '../../src/litmus/classify.ts'
import { LitmusError } from '../../src/litmus/errors.ts'
import type { LitmusTest } from '../../src/litmus/form.ts'
import { formatLitmus } from '../../src/litmus/format.ts'
import { tokensOf } from '../../src/litmus/layout.ts'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { printLitmus } from '../../src/litmus/print.ts'
import { readTest } from '../../src/litmus/recover.ts'
import { assemble } from '../../src/litmus/to-form.ts'
import { keywordGroups, operatorTokens } from '../../src/litmus/tokens.ts'
import { faultsOf, type Schema } from '../support/json-schema.ts'
import { litmusForms } from '../support/litmus-forms.ts'
import { everything, placeless } from '../support/litmus-texts.ts'
import { seed } from '../support/seed.ts'

const settings = { seed, numRuns: 150 }

describe(`generated tests (seed ${seed})`, () => {
  test('come back from their text, in canonical layout', () => {
    fc.assert(
      fc.property(litmusForms, (form) => {
        expect(problemsIn(form)).toEqual([])
        const text = printLitmus(form)
        expect(placeless(parseLitmus(text, 'generated'))).toEqual(form)
        expect(formatLitmus(text)).toBe(text)
      }),
      settings,
    )
  })

  test('fit the published schema', () => {
    const path = new URL('../../docs/litmus.schema.json', import.meta.url)
    const schema = JSON.parse(readFileSync(path, 'utf8')) as Schema
    fc.assert(
      fc.property(litmusForms, (form) => {
        expect(faultsOf(schema, form)).toEqual([])
      }),
      { ...settings, numRuns: 100 },
    )
  })

  test('have variants that are well formed by themselves', () => {
    fc.assert(
      fc.property(litmusForms, fc.constantFrom('a', 'b'), (form, variant) => {
        const chosen = chooseVariant(form, { variant })
        expect(problemsIn(chosen)).toEqual([])
        expect(JSON.stringify(chosen)).not.toContain('"do":"variant"')
      }),
      settings,
    )
  })
})

/** What the grammar makes of a text, if it fits. */
function read(text: string): LitmusTest | undefined {
  const { significant, problems } = tokensOf(text)
  if (problems.length > 0) return undefined
  const { parsed } = readTest(significant)
  return parsed && assemble(parsed).test
}

/** Everything that must be so for any text at all. */
function survives(text: string): void {
  const lines = text.split(/\r\n|\n|\r/)
  try {
    parseLitmus(text, 'damaged')
  } catch (error) {
    if (!(error instanceof LitmusError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    for (const { message, at } of error.problems) {
      expect(message).not.toBe('')
      if (!at) continue
      expect(at.line).toBeGreaterThan(0)
      expect(at.line).toBeLessThanOrEqual(lines.length)
      expect(at.column).toBeGreaterThan(0)
      expect(at.column).toBeLessThanOrEqual((lines[at.line - 1] as string).length + 1)
    }
  }
  for (const { offset, length } of classifyLitmus(text)) expect(offset + length).toBeLessThanOrEqual(text.length)
  const form = read(text)
  if (!form) {
    expect(() => formatLitmus(text)).toThrow(LitmusError)
    return
  }
  const formatted = formatLitmus(text)
  expect(formatLitmus(formatted)).toBe(formatted)
  expect(placeless(read(formatted))).toEqual(placeless(form))
}

/** Words, signs, numbers, texts, comments and line ends. */
const pieces = everything.match(/"[^"\n]*"|#[^\n]*|\w+|\n|[^\w\s]/g) as string[]
const soup = fc.constantFrom(
  ...new Set([
    ...pieces,
    ...Object.values(keywordGroups).flatMap((group) => group.split(' ')),
    ...Object.keys(operatorTokens),
    '..',
    '->',
    '0x',
    '99999999999',
    '"',
    '$',
    '\\',
  ]),
)
const place = fc.nat(pieces.length - 1)
const damages: readonly fc.Arbitrary<(tokens: string[]) => void>[] = [
  fc.tuple(place, fc.nat(3)).map(
    ([at, count]) =>
      (tokens: string[]) =>
        void tokens.splice(at, count + 1),
  ),
  place.map((at) => (tokens: string[]) => void tokens.splice(at, 0, tokens[at] ?? '')),
  fc.tuple(place, place).map(([one, other]) => (tokens: string[]) => {
    ;[tokens[one], tokens[other]] = [tokens[other] ?? '', tokens[one] ?? '']
  }),
  fc.tuple(place, soup).map(
    ([at, piece]) =>
      (tokens: string[]) =>
        void tokens.splice(at, 1, piece),
  ),
  fc.tuple(place, soup).map(
    ([at, piece]) =>
      (tokens: string[]) =>
        void tokens.splice(at, 0, piece),
  ),
  place.map((at) => (tokens: string[]) => void tokens.splice(at)),
]

describe(`damaged texts (seed ${seed})`, () => {
  test('tokens left out, doubled, swapped, replaced, cut off', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(...damages), { minLength: 1, maxLength: 4 }), (changes) => {
        const tokens = [...pieces]
        for (const change of changes) change(tokens)
        survives(tokens.join(' '))
      }),
      settings,
    )
  })

  test('characters left out, put in, cut off', () => {
    const at = fc.nat(everything.length)
    const change = fc.tuple(at, fc.nat(3), fc.oneof(fc.constant(''), fc.string({ unit: 'binary', maxLength: 2 }), soup))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.option(at), (changes, end) => {
        let text = everything
        for (const [offset, count, added] of changes) text = text.slice(0, offset) + added + text.slice(offset + count)
        survives(end === null ? text : text.slice(0, end))
      }),
      settings,
    )
  })

  test('bytes that are no UTF-8', () => {
    const bytes = new TextEncoder().encode(everything)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (offset, byte) => {
        const changed = bytes.slice()
        changed[offset] = byte
        survives(new TextDecoder().decode(changed))
      }),
      settings,
    )
  })

  test('a soup of tokens', () => {
    const text = fc.array(soup, { maxLength: 60 }).map((tokens) => tokens.join(' '))
    fc.assert(fc.property(text, survives), settings)
    const inCore = text.map((tokens) => `litmus a "q"\ncpu C0 {\n${tokens}\n}`)
    fc.assert(fc.property(inCore, survives), settings)
  })

  test('any characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), survives), settings)
  })
})
