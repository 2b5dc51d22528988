/** Cli | `dmarace compare`: scenarios against editions, every cell a whole check, and whether all is as expected. */

import { availableParallelism } from 'node:os'
import { InterruptedError, UsageError } from '../base/errors.ts'
import { loadEdition } from '../fleet/load-edition.ts'
import type { CheckOptions } from '../run/check.ts'
import { type Cell, compareOne, type Pair, pairsOf } from '../run/compare.ts'
import { cellLine, jsonOfComparison, markdownTable, summary } from '../run/compare-report.ts'
import type { OwnEdition } from '../run/options.ts'
import { runJobs } from '../run/pool.ts'
import { grouped } from '../run/report.ts'
import { tellRest } from './check.ts'
import { listOf } from './flags.ts'
import { Progress } from './progress.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** What commander hands over for `compare`. */
export interface CompareFlags {
  readonly editions?: string
  readonly ops?: string
  readonly threads: string
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
  const show = (cell: Cell, index: number): void => {
    const { scenario } = pairs[index] as Pair
    if (!isText) return
    if (pairs[index - 1]?.scenario !== scenario) {
      const about = (scenario.compares?.gaps ?? []).join(', ')
      terminal.out(
        `${terminal.paint('strong', scenario.id)}${about === '' ? '' : `  ${terminal.paint('faint', about)}`}\n`,
      )
    }
    terminal.out(`${cellLine(cell, terminal.paint)}\n`)
  }
  const threads = Math.min(threadsOf(flags.threads), pairs.length)
  // An edition of one's own is code, which no other thread has.
  const cells = await (own || threads === 1
    ? oneByOne(pairs, own, terminal, show)
    : together(pairs, threads, terminal, show))
  const left = pairs.length - cells.length
  if (flags.json) terminal.out(`${JSON.stringify(jsonOfComparison(cells, left), undefined, 2)}\n`)
  else if (flags.markdown)
    terminal.out(`${markdownTable(cells, [...new Set(pairs.map(({ scenario }) => scenario))])}\n`)
  else terminal.out(`${summary(cells)}\n`)
  if (left > 0) {
    tellRest(left, terminal)
    return exitCodes.interrupted
  }
  return cells.every(({ asExpected }) => asExpected) ? exitCodes.clean : exitCodes.violated
}

type Show = (cell: Cell, index: number) => void

async function oneByOne(
  pairs: readonly Pair[],
  own: OwnEdition | undefined,
  terminal: Terminal,
  show: Show,
): Promise<Cell[]> {
  const cells: Cell[] = []
  for (const [index, pair] of pairs.entries()) {
    const progress = new Progress(terminal)
    const options: CheckOptions = {
      stop: ({ states }) => {
        const { scenario, edition } = pair
        progress.update(() => `${index + 1} of ${pairs.length}: ${scenario.id}, ${edition}: ${grouped(states)} states`)
        return false
      },
      isInterrupted: terminal.isInterrupted,
    }
    const cell = compareOne(pair, own, options)
    progress.end()
    if (terminal.isInterrupted()) break
    cells.push(cell)
    show(cell, index)
  }
  return cells
}

/** A pair a thread; shown in the same order. */
async function together(pairs: readonly Pair[], threads: number, terminal: Terminal, show: Show): Promise<Cell[]> {
  const jobs = pairs.map(({ scenario, edition }) => ({ scenario: scenario.id, edition }))
  const cells: Cell[] = []
  const onResult = (cell: Cell, index: number): void => {
    cells.push(cell)
    show(cell, index)
  }
  try {
    return await runJobs('compare', jobs, { maxThreads: threads, onResult, signal: terminal.interrupt })
  } catch (error) {
    // What is done by then is told.
    if (error instanceof InterruptedError) return cells
    throw error
  }
}

function threadsOf(text: string): number {
  if (text === 'auto') return availableParallelism()
  if (!/^[1-9]\d?$/.test(text) || Number(text) > 64) {
    throw new UsageError(`--threads takes auto, or a number from 1 to 64, not "${text}"`)
  }
  return Number(text)
}
