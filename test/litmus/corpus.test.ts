/** Tests | public bugs, and features of the platform, as litmus tests: each case comes out as it says, by an exhaustive search. */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { corpusPage } from '../../scripts/corpus-doc.ts'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { caseName, casesOf, checkCase, type LitmusOutcome } from '../../src/run/litmus-check.ts'
import { unsettled } from './unsettled.ts'

const folderOf = (name: string): string => join(import.meta.dirname, name)
const filesIn = (folder: string): string[] => readdirSync(folderOf(folder)).filter((name) => name.endsWith('.litmus'))

/** A search that needs more than this is listed as unsettled. */
const statesMax = 400_000

describe('public bugs as litmus tests', () => {
  const files = filesIn('corpus')
  const outcomes: LitmusOutcome[] = []

  it('has the records, and lists as unsettled only what is there', () => {
    expect(files.length).toBeGreaterThan(50)
    const names = files.map((file) => basename(file, '.litmus'))
    expect(Object.keys(unsettled).filter((name) => !names.includes(name))).toEqual([])
  })

  for (const file of files) comesOut('corpus', file, outcomes)

  it('docs/corpus.md says what came out: otherwise run `npm run docs:corpus`', ({ skip }) => {
    skip(new Set(outcomes.map(({ case: { test } }) => test.name)).size < files.length, 'not every test was searched')
    expect(corpusPage(outcomes)).toBe(readFileSync(join(import.meta.dirname, '../../docs/corpus.md'), 'utf8'))
  })
})

describe('more public bugs as litmus tests', () => {
  for (const file of filesIn('bugs')) comesOut('bugs', file)
})

describe('what the platform and the language can do, a litmus test each', () => {
  for (const file of filesIn('platform')) comesOut('platform', file)
})

/** `outcomes`: gets those of all cases. */
function comesOut(folder: string, file: string, outcomes: LitmusOutcome[] = []): void {
  const name = basename(file, '.litmus')
  it.skipIf(Object.hasOwn(unsettled, name))(`${name} comes out as it says`, { timeout: 300_000 }, () => {
    const test = parseLitmus(readFileSync(join(folderOf(folder), file), 'utf8'), file)
    expect(test.expectations.length).toBeGreaterThan(0)
    for (const one of casesOf(test)) {
      const outcome = checkCase(one, { statesMax })
      outcomes.push(outcome)
      const { met, reason, verdict } = outcome
      expect({ case: caseName(one), met, reason }).toEqual({ case: caseName(one), met: 'met', reason: undefined })
      expect(verdict.isExhaustive, caseName(one)).toBe(true)
    }
  })
}
