/** Cli | `dmarace compare`: scenarios against editions, every cell a whole check, and whether all is as expected. */

import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { InterruptedError } from '../base/errors.ts'
import { type Cell, compareOne, pairsOf } from '../run/compare.ts'
import { cellLine, jsonOfComparison, markdownTable, summary } from '../run/compare-report.ts'
import { grouped } from '../run/report.ts'
import { listOf } from './flags.ts'
import { loadEdition } from './load-edition.ts'
import { Progress } from './progress.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** What commander hands over for `compare`. */
export interface CompareFlags {
  readonly editions?: string
  readonly ops?: string
  readonly markdown?: boolean
  readonly json?: boolean
}

export async function compareCommand(
  words: readonly string[],
  flags: CompareFlags,
  terminal: Terminal,
): Promise<number> {
  const own = flags.ops === undefined ? undefined : await loadEdition(flags.ops)
  const pairs = pairsOf({ scenarios: words, editions: listOf(flags.editions), ...(own ? { own } : {}) })
  const isText = !flags.json && !flags.markdown
  const progress = new Progress(terminal)
  const cells: Cell[] = []
  for (const [index, pair] of pairs.entries()) {
    const { scenario, edition } = pair
    if (isText && pairs[index - 1]?.scenario !== scenario) {
      const about = (scenario.compares?.gaps ?? []).join(', ')
      terminal.out(
        `${terminal.paint('strong', scenario.id)}${about === '' ? '' : `  ${terminal.paint('faint', about)}`}\n`,
      )
    }
    const cell = compareOne(pair, own, {
      stop: ({ states }) => {
        progress.update(() => `${index + 1} of ${pairs.length}: ${scenario.id}, ${edition}: ${grouped(states)} states`)
        return terminal.interrupt.aborted
      },
    })
    progress.end()
    await yieldToEvents()
    if (terminal.interrupt.aborted) throw new InterruptedError('interrupted')
    cells.push(cell)
    if (isText) terminal.out(`${cellLine(cell, terminal.paint)}\n`)
  }
  if (flags.json) terminal.out(`${JSON.stringify(jsonOfComparison(cells), undefined, 2)}\n`)
  else if (flags.markdown)
    terminal.out(`${markdownTable(cells, [...new Set(pairs.map(({ scenario }) => scenario))])}\n`)
  else terminal.out(`${summary(cells)}\n`)
  return cells.every(({ asExpected }) => asExpected) ? exitCodes.clean : exitCodes.violated
}
