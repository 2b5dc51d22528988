/** Scripts | tables inside of pages, made from what `dmarace explain` tells. */

import { oracles } from '../src/oracle/index.ts'
import type { Oracle } from '../src/oracle/oracle.ts'
import { checkVerdicts } from '../src/run/verdicts.ts'
import { cell, code, table } from './markdown.ts'

/** A page with what stands between its two marks of this name replaced. */
export function withSection(page: string, name: string, text: string): string {
  const marks = new RegExp(`(<!-- begin: ${name} [^\\n]*-->\\n)[\\s\\S]*?(<!-- end: ${name} -->)`)
  if (!marks.test(page)) throw new Error(`the page has no marks for "${name}"`)
  return page.replace(marks, (_all, begin: string, end: string) => `${begin}\n${text}\n\n${end}`)
}

/** Definitions; the family of dma-debug has a page of its own. */
export function oracleTable(): string {
  const family = 'dma-debug/'
  const rows = Object.values(oracles as Record<string, Oracle<object>>)
    .filter(({ name }) => !name.startsWith(family))
    .map(({ name, definition, notJudged = '' }) => [code(name), cell(definition), cell(notJudged)])
  const all = "each class of misuse that the kernel's dma-debug reports: [dma-debug.md](dma-debug.md)"
  return table(['Oracle', 'Violated when', 'Not judged'], [...rows, [code(`${family}*`), all, '']])
}

export function verdictTable(): string {
  const rows = Object.values(checkVerdicts).map(({ printed, means, exitCode }) => [code(printed), means, exitCode])
  return table(['verdict', 'means', 'exit code'], rows)
}
