/** Contract | scenarios in which editions are compared: names, expectations for every edition, and the page that shows them. */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkPrograms } from '../../machines/cpu/program-check.ts'
import { gaps } from '../../src/dma/editions/gaps.ts'
import { editions } from '../../src/dma/index.ts'
import type { Edition } from '../../src/dma/types.ts'
import { oracleNames } from '../../src/oracle/index.ts'
import { compareOne, expectationOf, pairsOf } from '../../src/run/compare.ts'
import { markdownCell } from '../../src/run/compare-report.ts'
import { resolveOptions } from '../../src/run/options.ts'
import { comparisons } from '../../src/scenario/comparisons/index.ts'
import type { Scenario } from '../../src/scenario/scenario.ts'
import { dmarace } from '../support/fake-terminal.ts'

const list = Object.entries<Scenario>(comparisons)
const older = Object.keys(editions).filter((name) => name !== 'dmarace')
const page = readFileSync(new URL('../../docs/editions.md', import.meta.url), 'utf8')
const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))

/** What the page says of a scenario with an edition. */
function shown(scenario: string, edition: string): string | undefined {
  const header = rows.find((row) => row[1] === 'scenario') as string[]
  return rows.find((row) => row[1] === `\`${scenario}\``)?.[header.indexOf(edition)]
}

describe.each(list)('%s', (key, scenario) => {
  test('goes by its key, asks a question, and expects something of every edition', () => {
    expect(scenario.id).toBe(key)
    expect(scenario.question).toMatch(/^This asks whether .*\.$/)
    expect(scenario.compares?.gaps.length).toBeGreaterThan(0)
    for (const edition of older) {
      const expected = expectationOf(scenario, edition)
      expect(expected, edition).toBeDefined()
      for (const name of expected === 'holds' ? [] : (expected ?? [])) expect(oracleNames).toContain(name)
    }
    expect(older.some((edition) => expectationOf(scenario, edition) !== 'holds')).toBe(true)
  })

  test('has programs in every edition', () => {
    const { parameters } = resolveOptions({ scenario: key })
    for (const edition of Object.values<Edition>(editions)) {
      for (const core of scenario.programs(parameters, edition)) expect(() => checkPrograms(key, core)).not.toThrow()
    }
  })

  test('is on the page, as expected there', () => {
    for (const edition of Object.keys(editions)) {
      const expected = expectationOf(scenario, edition)
      if (expected === 'holds') expect(shown(key, edition)).toMatch(/^holds \(/)
      else expect(shown(key, edition)).toContain(`${expected?.[0]} in `)
    }
  })
})

test('every gap has a scenario that shows it', () => {
  const about = new Set(list.flatMap(([, { compares }]) => compares?.gaps ?? []))
  expect(Object.keys(gaps).filter((id) => !about.has(id as keyof typeof gaps))).toEqual([])
  for (const { is, closed } of Object.values(gaps)) {
    expect(page).toContain(is)
    expect(page).toContain(closed)
  }
})

// Goal: the page shows what a check says today. Method: the small ones here, all of them by `dmarace compare`.
test.each(['alloc-no-page', 'set-mask-of-iommu', 'map-and-check', 'sync-nothing', 'map-beside-neighbour'])(
  '%s gives what the page says',
  (id) => {
    for (const pair of pairsOf({ scenarios: [id] })) {
      const cell = compareOne(pair)
      expect(cell.asExpected).toBe(true)
      expect(shown(id, pair.edition)).toBe(markdownCell(cell))
    }
  },
  120_000,
)

describe('dmarace compare', () => {
  test('prints a line for each edition, and exits with 0 if all is as expected', async () => {
    const { code, out } = await dmarace(['compare', 'map-and-check', '--editions', 'dmarace,rfc-2011'])
    expect(code).toBe(0)
    expect(out).toMatch(/dmarace +holds \(/)
    expect(out).toMatch(/rfc-2011 +api in \d+ \(/)
    expect(out).toContain('2 of 2 as expected')
  })

  test('prints JSON', async () => {
    const { out } = await dmarace(['compare', 'map-and-check', '--editions', 'rfc-2011', '--json'])
    const { met, cells } = JSON.parse(out)
    expect(met).toBe(true)
    expect(cells[0]).toMatchObject({
      scenario: 'map-and-check',
      edition: 'rfc-2011',
      verdict: 'violated',
      expected: ['api'],
    })
    expect((await dmarace(['replay', cells[0].violations[0].replay.split(' ')[3]])).code).toBe(1)
  })

  test('says the same, in the same order, whatever the number of threads', async () => {
    const asked = ['compare', 'sync-nothing', 'map-and-check', '--markdown', '--threads']
    const [one, two] = [await dmarace([...asked, '1']), await dmarace([...asked, '2'])]
    expect(two).toEqual(one)
    expect((await dmarace([...asked, '0'])).err).toContain('--threads takes auto, or a number from 1 to 64, not "0"')
  }, 60_000)

  test('names what it does not know', async () => {
    expect((await dmarace(['compare', 'map'])).err).toContain('unknown scenario "map"')
    expect((await dmarace(['compare', '--editions', 'linux'])).err).toContain('unknown edition "linux"')
    expect((await dmarace(['run', 'map-and-check', '--geometry', 'board'])).err).toContain('small form only')
  })
})
