/** Tests | the classics: each file is what its cycle gives, and each case comes out as the file says, by an exhaustive search. */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { version } from '../../src/cli/main.ts'
import { buildTest } from '../../src/litmus/diy/build.ts'
import { parseCycle } from '../../src/litmus/diy/cycle.ts'
import { schemes } from '../../src/litmus/diy/schemes.ts'
import { diyText } from '../../src/litmus/diy/text.ts'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { caseName, casesOf, checkCase } from '../../src/run/litmus-check.ts'
import { diyStatesMax, writeDiyTest } from '../../src/run/litmus-diy.ts'

const folder = join(import.meta.dirname, 'classics')
const files = readdirSync(folder).sort()
const cycles = schemes.classics ?? []
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8')
const built = new Map(cycles.map((cycle) => [cycle, buildTest(parseCycle(cycle))]))

/** Of so many files one is written anew with all its searches; the others with what they expect. */
const sampleEvery = 20

describe('the classics', () => {
  it('are those of the scheme, each under its own name', () => {
    expect(files).toEqual([...built.values()].map(({ test }) => `${test.name}.litmus`).sort())
    expect(files.length).toBeGreaterThan(150)
  })

  it('have the text that their cycles give', () => {
    for (const [cycle, one] of built) {
      const file = `${one.test.name}.litmus`
      const text = textOf(file)
      const { expectations } = parseLitmus(text, file)
      expect(diyText(one, expectations, version), cycle).toBe(text)
    }
  })

  it.each(cycles.filter((_, index) => index % sampleEvery === 0))(
    '%s is searched to the same text',
    { timeout: 120_000 },
    (cycle) => {
      const { name, text, disagreements } = writeDiyTest(cycle, version)
      expect(text).toBe(textOf(`${name}.litmus`))
      expect(disagreements).toEqual([])
    },
  )

  for (const file of files) {
    it(`${basename(file, '.litmus')} comes out as it says`, { timeout: 120_000 }, () => {
      const test = parseLitmus(textOf(file), file)
      expect(test.expectations.length).toBeGreaterThan(0)
      // What the architecture forbids is not seen, whatever else goes wrong.
      const [condition] = test.conditions
      const violated = test.expectations.flatMap(({ violates }) => violates)
      if (condition?.kind === 'never') expect(violated).not.toContain('never')
      for (const one of casesOf(test)) {
        const { met, reason, verdict } = checkCase(one, { statesMax: diyStatesMax })
        expect({ case: caseName(one), met, reason }).toEqual({ case: caseName(one), met: 'met', reason: undefined })
        expect(verdict.isExhaustive, caseName(one)).toBe(true)
      }
    })
  }
})
