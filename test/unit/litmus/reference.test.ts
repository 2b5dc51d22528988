/** Unit | the reference of the litmus language: it has every word, and its example is a test. */

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { features } from '../../../machines/features.ts'
import { formatLitmus } from '../../../src/litmus/format.ts'
import { parseLitmus } from '../../../src/litmus/parse.ts'
import { referenceSections, syntaxOf } from '../../../src/litmus/reference.ts'
import { litmusSizes } from '../../../src/litmus/sizes.ts'
import { keywordGroups } from '../../../src/litmus/tokens.ts'
import { everything } from '../../support/litmus-texts.ts'

const page = readFileSync(new URL('../../../docs/litmus.md', import.meta.url), 'utf8')
const words = (text: string) => new Set(text.match(/[a-z]\w*/gi))

test('every word of the grammar is in the reference, and in the text that has everything', () => {
  const syntaxes = words(
    Object.values(referenceSections)
      .flat()
      .map(({ syntax, meaning }) => `${syntax} ${meaning}`)
      .join(' '),
  )
  const used = words(everything)
  const all = Object.values(keywordGroups).flatMap((group) => group.split(' '))
  // Two spellings of one thing, and the usual type, which nobody writes.
  const unwritten = ['cacheable', 'words', 'lines', 'pages']
  expect(all.filter((word) => !syntaxes.has(word) && !unwritten.includes(word))).toEqual([])
  expect(all.filter((word) => !used.has(word) && !unwritten.includes(word))).toEqual([])
})

test('every statement has its syntax for messages', () => {
  expect(keywordGroups.statements.split(' ').filter((word) => syntaxOf(word) === undefined)).toEqual([])
  expect(syntaxOf('pwr')).toBe('clk+|clk- <D>|<M>, pwr+|pwr- <D>|<M>')
  expect(syntaxOf('nothing')).toBeUndefined()
})

test('the example of the page is a test in canonical layout', () => {
  const [, example = ''] = /```litmus\n([\s\S]*?)```/.exec(page) ?? []
  expect(parseLitmus(example, 'litmus.md').variants).toEqual(['buggy', 'fixed'])
  expect(formatLitmus(example)).toBe(example)
})

test('the page has every feature, size and rule', () => {
  for (const name of [...Object.keys(features), ...Object.keys(litmusSizes)]) expect(page).toContain(`| \`${name}\` |`)
  const [, grammar = ''] = /```ebnf\n([\s\S]*?)```/.exec(page) ?? []
  const rules = [...grammar.matchAll(/^(\w+) += (.*)$/gm)].map(([, name = '', body = '']) => ({ name, body }))
  const names = new Set(rules.map(({ name }) => name))
  const terminals = ['Name', 'Identifier', 'Number', 'NumberWord', 'String', 'Operator', 'Separator', 'nothing']
  expect(rules.length).toBeGreaterThan(50)
  for (const { body } of rules) {
    for (const [word] of body.replaceAll(/"[^"]*"/g, '').matchAll(/\w+/g)) {
      expect(names.has(word) || terminals.includes(word), word).toBe(true)
    }
  }
})
