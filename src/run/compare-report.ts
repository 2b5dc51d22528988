/** Run | what a comparison has to say: a table for people, the same in Markdown, and JSON. Pure. */

import { type GapId, gaps } from '../dma/editions/gaps.ts'
import type { Scenario } from '../scenario/scenario.ts'
import type { Cell } from './compare.ts'
import { grouped, type Paint } from './report.ts'

const plain: Paint = (_tone, text) => text

/** "holds", or the violated oracles with the length of a shortest run to each. */
export function verdictOf({ verdict, violations }: Cell): string {
  if (verdict !== 'violated') return verdict
  return violations.map(({ oracle, length }) => `${oracle} in ${length}`).join(', ')
}

/** One line a cell, as they come in. */
export function cellLine(cell: Cell, paint: Paint = plain): string {
  const tone = cell.verdict === 'holds' ? 'good' : 'bad'
  const states = `${grouped(cell.states)} states`
  const unmet = cell.asExpected ? '' : `  ${paint('bad', `expected ${expectedText(cell)}`)}`
  return `  ${cell.edition.padEnd(12)}${paint(tone, verdictOf(cell))} (${states}, ${cell.seconds.toFixed(1)} s)${unmet}`
}

function expectedText({ expected }: Cell): string {
  if (expected === undefined) return 'nothing'
  if (expected === 'holds') return 'that all holds'
  const [first, ...others] = expected
  return others.length > 0 ? `${first}, and no more than ${others.join(', ')}` : `${first} alone`
}

/** The last line. */
export function summary(cells: readonly Cell[]): string {
  const known = cells.filter(({ expected }) => expected !== undefined)
  const met = known.filter(({ asExpected }) => asExpected)
  const others = cells.length - known.length
  return `${met.length} of ${known.length} as expected${others > 0 ? `, ${others} without expectation` : ''}`
}

/** Scenario by edition, and what each is about. */
export function markdownTable(cells: readonly Cell[], scenarios: readonly Scenario[]): string {
  const editions = [...new Set(cells.map(({ edition }) => edition))]
  const row = (entries: readonly string[]) => `| ${entries.join(' | ')} |`
  const rows = scenarios.map((scenario) => {
    const of = (edition: string) => cells.find((cell) => cell.scenario === scenario.id && cell.edition === edition)
    const texts = editions.map((edition) => markdownCell(of(edition)))
    return row([`\`${scenario.id}\``, (scenario.compares?.gaps ?? []).join(', '), ...texts])
  })
  return [row(['scenario', 'about', ...editions]), row(['---', '---', ...editions.map(() => '---')]), ...rows].join(
    '\n',
  )
}

/** A cell of that table. */
export function markdownCell(cell: Cell | undefined): string {
  return cell === undefined ? '' : `${verdictOf(cell)} (${grouped(cell.states)})`
}

/** Each gap with what is done instead and the scenarios that show it. */
export function gapTable(scenarios: readonly Scenario[]): string {
  const rows = (Object.keys(gaps) as GapId[]).map((id) => {
    const about = scenarios
      .filter(({ compares }) => compares?.gaps.includes(id))
      .map((scenario) => `\`${scenario.id}\``)
    return `| ${id} | ${gaps[id].is} | ${gaps[id].closed} | ${about.join(', ')} |`
  })
  return ['| | what happens there | edition `dmarace` | scenario |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** The same as plain data. @param left cells that an interruption has left out */
export function jsonOfComparison(cells: readonly Cell[], left = 0): unknown {
  const met = left === 0 && cells.every(({ asExpected }) => asExpected)
  return { met, ...(left > 0 ? { interrupted: true, left } : {}), cells }
}
