/** Cli | `dmarace check` of litmus tests: each case against what the test expects, as reports, a table, JSON or JUnit XML. */

import { InterruptedError, UsageError } from '../base/errors.ts'
import { litmusFilesOf, readLitmus } from '../fleet/litmus-files.ts'
import type { CheckOptions } from '../run/check.ts'
import { jsonOfVerdict, reportVerdict, verdictText } from '../run/check-report.ts'
import { casesOf, checkCase, type LitmusCase, type LitmusOutcome } from '../run/litmus-check.ts'
import { featureForms } from '../run/litmus-subject.ts'
import { grouped } from '../run/report.ts'
import type { SystemSource } from '../run/subject.ts'
import { Progress } from './progress.ts'
import { exitCodes, type Terminal } from './terminal.ts'

export interface LitmusFlags {
  readonly features?: string
  readonly time?: string
  readonly json?: boolean
}

/** Checks the tests that the words name. */
export async function checkLitmusFiles(
  words: readonly string[],
  options: CheckOptions,
  flags: LitmusFlags,
  terminal: Terminal,
): Promise<number> {
  const files = (await Promise.all(words.map(litmusFilesOf))).flat()
  const cases: { readonly one: LitmusCase; readonly source: SystemSource }[] = []
  const wrong: UsageError[] = []
  for (const file of files) {
    await collect(wrong, file, async () => {
      const { test, source } = await readLitmus(file)
      for (const one of casesOf(test, featureForms(flags.features))) cases.push({ one, source })
    })
  }
  const outcomes: LitmusOutcome[] = []
  const limitMs = flags.time === undefined ? Number.POSITIVE_INFINITY : 1000 * Number(flags.time)
  const isAlone = files.length === 1
  for (const { one, source } of cases) {
    const progress = new Progress(terminal)
    const startMs = performance.now()
    const watched: CheckOptions = {
      ...options,
      stop: ({ states, depth }) => {
        progress.update(
          () => `${outcomes.length + 1}/${cases.length} ${one.test.name}: ${grouped(states)} states, depth ${depth}`,
        )
        return performance.now() - startMs > limitMs
      },
    }
    let outcome: LitmusOutcome | undefined
    await collect(wrong, source.file, () => {
      outcome = checkCase(one, watched, source)
    })
    progress.end()
    if (outcome === undefined) continue
    outcomes.push(outcome)
    if (!flags.json && (isAlone || outcome.met === 'unmet')) {
      terminal.out(reportVerdict({ ...outcome.verdict, subject: outcome.name }, terminal.paint))
      terminal.out('\n')
    }
    if (terminal.interrupt.aborted) throw new InterruptedError('interrupted')
  }
  if (outcomes.length > 0) terminal.out(flags.json ? jsonOf(outcomes) : table(outcomes))
  for (const { message } of wrong) terminal.err(`dmarace: ${message}\n`)
  return wrong.length > 0 ? exitCodes.usage : exitCodeOf(outcomes)
}

const signs = { met: 'as expected', unmet: 'NOT as expected', open: 'not decided', unsaid: 'nothing expected' } as const

/** Keeps what is wrong with one test, so that the others are checked all the same. */
async function collect(wrong: UsageError[], file: string, body: () => void | Promise<void>): Promise<void> {
  try {
    await body()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const message = error.message.startsWith(file) ? error.message : `${file}: ${error.message}`
    if (!wrong.some((one) => one.message === message)) wrong.push(new UsageError(message))
  }
}

/** One line a case, and the sum. */
export function table(outcomes: readonly LitmusOutcome[]): string {
  const width = Math.max(...outcomes.map(({ name }) => name.length), 4)
  const lines = outcomes.map(({ name, verdict, met, reason }) => {
    const seconds = verdict.seconds.toFixed(2)
    return `${name.padEnd(width)}  ${signs[met].padEnd(16)} ${verdictText(verdict)}, ${seconds} s${reason ? `; ${reason}` : ''}`
  })
  const count = (met: LitmusOutcome['met']): number => outcomes.filter((one) => one.met === met).length
  const states = outcomes.reduce((sum, { verdict }) => sum + verdict.states, 0)
  const seconds = outcomes.reduce((sum, { verdict }) => sum + verdict.seconds, 0)
  const tests = new Set(outcomes.map(({ case: { test } }) => test.name)).size
  const parts = (['met', 'unmet', 'open', 'unsaid'] as const)
    .filter((met) => count(met) > 0)
    .map((met) => `${count(met)} ${signs[met]}`)
  return `${lines.join('\n')}\n\n${tests} tests, ${outcomes.length} cases: ${parts.join(', ')}; ${grouped(states)} states, ${seconds.toFixed(1)} s\n`
}

function jsonOf(outcomes: readonly LitmusOutcome[]): string {
  const all = outcomes.map(({ case: { test, choice }, verdict, met, reason }) => ({
    test: test.name,
    variant: choice.variant,
    features: choice.features,
    parameters: choice.parameters,
    expected: met,
    ...(reason ? { reason } : {}),
    check: jsonOfVerdict(verdict),
  }))
  return `${JSON.stringify(all, undefined, 2)}\n`
}

function exitCodeOf(outcomes: readonly LitmusOutcome[]): number {
  const isViolated = outcomes.some(
    ({ met, verdict }) => met === 'unmet' || (met === 'unsaid' && verdict.verdict === 'violated'),
  )
  if (isViolated) return exitCodes.violated
  const isOpen = outcomes.some(({ met, verdict }) => met === 'open' || verdict.verdict === 'not found')
  return isOpen ? exitCodes.bounded : exitCodes.clean
}
