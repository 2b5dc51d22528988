/** Tests | public bugs, and features of the platform, as litmus tests: each case comes out as it says, by an exhaustive search. */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { caseName, casesOf, checkCase } from '../../src/run/litmus-check.ts'
import { unsettled } from './unsettled.ts'

const folderOf = (name: string): string => join(import.meta.dirname, name)
const filesIn = (folder: string): string[] => readdirSync(folderOf(folder)).filter((name) => name.endsWith('.litmus'))

/** A search that needs more than this is listed as unsettled. */
const statesMax = 400_000

describe('public bugs as litmus tests', () => {
  const files = filesIn('corpus')
  it('has the records, and lists as unsettled only what is there', () => {
    expect(files.length).toBeGreaterThan(50)
    const names = files.map((file) => basename(file, '.litmus'))
    expect(Object.keys(unsettled).filter((name) => !names.includes(name))).toEqual([])
  })

  for (const file of files) comesOut('corpus', file)
})

describe('what the platform and the language can do, a litmus test each', () => {
  for (const file of filesIn('platform')) comesOut('platform', file)
})

function comesOut(folder: string, file: string): void {
  const name = basename(file, '.litmus')
  it.skipIf(Object.hasOwn(unsettled, name))(`${name} comes out as it says`, { timeout: 300_000 }, () => {
    const test = parseLitmus(readFileSync(join(folderOf(folder), file), 'utf8'), file)
    expect(test.expectations.length).toBeGreaterThan(0)
    for (const one of casesOf(test)) {
      const { met, reason, verdict } = checkCase(one, { statesMax })
      expect({ case: caseName(one), met, reason }).toEqual({ case: caseName(one), met: 'met', reason: undefined })
      expect(verdict.isExhaustive, caseName(one)).toBe(true)
    }
  })
}
