/** Litmus | the missing step that a check names, and proves, against what the fixed variants of public bugs add. */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseVariant } from '../../src/litmus/choose.ts'
import { barriers, type LitmusTest, type Statement } from '../../src/litmus/form.ts'
import { parseLitmus } from '../../src/litmus/parse.ts'
import { printStatement } from '../../src/litmus/print-statements.ts'
import { statementsOf } from '../../src/litmus/statements.ts'
import type { MissingKind } from '../../src/oracle/root.ts'
import { caseName, casesOf, checkCase, type LitmusCase, verifyCase } from '../../src/run/litmus-check.ts'
import { differing } from './missing-steps.ts'

const folder = join(import.meta.dirname, 'corpus')

/** What a step is for. A barrier, a clean and an invalidation may each stand in another's stead, and then say so. */
function classOf(statement: Statement): string | undefined {
  if ((barriers as readonly string[]).includes(statement.do)) return 'barrier'
  switch (statement.do) {
    case 'maintain':
      return 'maintenance'
    case 'tlbi':
    case 'tlbsync':
    case 'atc':
    case 'mmu':
      return 'translation'
    case 'mmio-read':
      return 'read-back'
    case 'supply':
      return 'power'
    default:
      return undefined
  }
}

/** Statements of the programs of cores, by text and core, as often as they stand there. */
function texts(test: LitmusTest, variant: string): { readonly text: string; readonly statement: Statement }[] {
  return chooseVariant(test, { variant }).actors.flatMap((actor, at) =>
    [...statementsOf(actor.body)].map((statement) => {
      // Of what has a body, the head counts.
      return { text: `${at} ${printStatement(statement).split('\n')[0]}`, statement }
    }),
  )
}

function without(all: ReturnType<typeof texts>, some: ReturnType<typeof texts>): ReturnType<typeof texts> {
  const left = some.map(({ text }) => text)
  return all.filter(({ text }) => {
    const at = left.indexOf(text)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

/** What a variant that holds adds, if it changes nothing else and all that it adds are steps of this kind; the least of them. */
function addedByFix(test: LitmusTest, buggy: string): readonly Statement[] | undefined {
  const fixes = test.expectations
    .filter(({ verdict, features }) => verdict === 'holds' && features.length === 0)
    .flatMap(({ variants }) => variants)
    .filter((variant) => variant !== buggy)
  const added = fixes.flatMap((variant) => {
    const [from, to] = [texts(test, buggy), texts(test, variant)]
    const more = without(to, from).map(({ statement }) => statement)
    return without(from, to).length === 0 && more.length > 0 && more.every((one) => classOf(one)) ? [more] : []
  })
  return added.sort((a, b) => a.length - b.length)[0]
}

const classes: Readonly<Record<MissingKind, string>> = {
  dsb: 'barrier',
  'outer-sync': 'barrier',
  'load-barrier': 'barrier',
  clean: 'maintenance',
  invalidate: 'maintenance',
  'tlb-invalidate': 'translation',
  'tlb-sync': 'translation',
  'read-back': 'read-back',
  power: 'power',
  'store-order': 'none',
  'stop-device': 'none',
  'hand-over': 'none',
}

/** The classes of the steps with which, as a check shows, everything holds. */
function shown(one: LitmusCase): readonly string[] {
  const { verdict } = checkCase(one, { statesMax: 100_000 })
  const proven = verifyCase(one, verdict).violations.flatMap(({ root }) => {
    return root?.missing.verified?.outcome === 'holds' ? [classes[root.missing.kind]] : []
  })
  return [...new Set(proven)]
}

describe('missing steps of public bugs', () => {
  const cases = readdirSync(folder)
    .filter((name) => name.endsWith('.litmus'))
    .flatMap((file) => {
      const test = parseLitmus(readFileSync(join(folder, file), 'utf8'), basename(file))
      return casesOf(test).filter(({ choice, expectations }) => {
        return choice.features.length === 0 && expectations.some(({ verdict }) => verdict === 'violated')
      })
    })
    .flatMap((one) => {
      const added = addedByFix(one.test, one.choice.variant)
      return added ? [{ one, added }] : []
    })

  it('are asked of as many bugs as the fixes of which only add steps', () => {
    expect(cases.length).toBeGreaterThanOrEqual(25)
    const names = cases.map(({ one }) => caseName(one))
    expect(Object.keys(differing).filter((name) => !names.includes(name))).toEqual([])
  })

  for (const { one, added } of cases) {
    const name = caseName(one)
    it(`${name}: what the check names is of the kind that the fix adds`, { timeout: 120_000 }, () => {
      const wanted = added.map(classOf)
      const named = shown(one)
      const agrees = named.some((each) => wanted.includes(each))
      expect({ agrees, named, wanted }).toEqual({ agrees: !Object.hasOwn(differing, name), named, wanted })
    })
  }
})
