/** Cli | `dmarace check` of litmus tests: each case against what the test expects, as reports, a table or JSON. */

import { counted } from '../base/counted.ts'
import { InterruptedError, UsageError } from '../base/errors.ts'
import { hanging, lineWidth } from '../base/wrap.ts'
import { litmusFiles, readLitmus } from '../fleet/litmus-files.ts'
import { remarksOn } from '../litmus/remarks.ts'
import type { CheckOptions, Verdict } from '../run/check.ts'
import { jsonOfVerdict, type ReportStyle, reportVerdict, verdictText } from '../run/check-report.ts'
import { junitOfError, junitOfOutcome, junitReport } from '../run/junit-report.ts'
import {
  type CasesJob,
  type CasesResult,
  caseName,
  casesOf,
  judgeCase,
  type LitmusCase,
  type LitmusOutcome,
  subjectOfCase,
  verifyCase,
} from '../run/litmus-check.ts'
import { featureForms } from '../run/litmus-subject.ts'
import { runJobs } from '../run/pool.ts'
import { grouped } from '../run/report.ts'
import type { SystemSource } from '../run/subject.ts'
import { litmusVerdicts } from '../run/verdicts.ts'
import { type CheckFlags, checkOne, leaveFirst, limitsOf, tellRest } from './check.ts'
import { writeText } from './output-file.ts'
import { Progress } from './progress.ts'
import { styleOf } from './report-style.ts'
import { outputsOf } from './run-outputs.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** What means something for scenarios only. */
const scenarioFlags = ['frames', 'edition', 'ops'] as const

/** Checks the tests that the words name. */
export async function checkLitmusFiles(
  words: readonly string[],
  options: CheckOptions,
  flags: CheckFlags,
  terminal: Terminal,
): Promise<number> {
  for (const name of scenarioFlags) {
    if (flags[name] !== undefined)
      throw new UsageError(`--${name} is for scenarios: a litmus test says itself what runs`)
  }
  const outputs = outputsOf(flags, '.')
  const files = await litmusFiles(words)
  const called = new Map<string, string>()
  const isAlone = files.length === 1
  const cases: { readonly one: LitmusCase; readonly source: SystemSource }[] = []
  const wrong: Wrong[] = []
  for (const file of files) {
    await collect(wrong, file, async () => {
      const { test, source } = await readLitmus(file)
      const other = called.get(test.name)
      called.set(test.name, file)
      if (other !== undefined) terminal.err(`dmarace: note: ${file} and ${other} are both called ${test.name}\n`)
      for (const one of casesOf(test, featureForms(flags.features))) cases.push({ one, source })
      // What is read closely is remarked on.
      if (isAlone) for (const remark of remarksOn(test)) terminal.err(`dmarace: note: ${file}: ${remark}\n`)
    })
  }
  const outcomes: LitmusOutcome[] = []
  const keep = (one: LitmusCase, verdict: Verdict): void => {
    const outcome = judgeCase(one, verdict)
    outcomes.push(outcome)
    if (flags.json || !(isAlone || outcome.met === 'unmet')) return
    terminal.out(`${reportVerdict(outcome.verdict, styleOf(flags, terminal))}\n`)
  }
  const { threads, limitMs } = limitsOf(flags)
  if (isAlone || threads === 1) {
    const progress = new Progress(terminal)
    for (const [at, { one, source }] of cases.entries()) {
      if (!isAlone) progress.update(() => `case ${at + 1} of ${cases.length}: ${caseName(one)}`)
      await collect(wrong, source.file, async () => {
        const verdict = await checkOne(subjectOfCase(one, source), options, flags, terminal)
        // And the steps that seem to be missing are tried out.
        keep(one, isAlone ? verifyCase(one, verdict, { stop: terminal.isInterrupted }) : verdict)
      })
      if (terminal.isInterrupted()) break
    }
    progress.end()
  } else {
    const jobs = jobsOf(cases, { options, limitMs })
    await checkSideBySide(jobs, threads, terminal, ({ cases: own, source }, verdicts) => {
      for (const [at, verdict] of verdicts.entries()) {
        if ('wrong' in verdict) note(wrong, source.file, verdict.wrong)
        else keep(own[at] as LitmusCase, verdict)
      }
    })
  }
  const verdicts = outcomes.map(({ verdict }) => verdict)
  const sourceOf = new Map(cases.map(({ one, source }) => [one, source]))
  const subjects = outcomes.map(
    ({ case: one }) =>
      () =>
        subjectOfCase(one, sourceOf.get(one)),
  )
  await leaveFirst(subjects, verdicts, outputs, terminal)
  if (flags.junit !== undefined) {
    const suites = files.map((name) => ({
      name,
      cases: [
        ...outcomes.filter((outcome) => sourceOf.get(outcome.case)?.file === name).map(junitOfOutcome),
        ...wrong.filter(({ file }) => file === name).map(({ message }) => junitOfError(name, message)),
      ],
    }))
    await writeText(flags.junit, junitReport(suites))
  }
  if (outcomes.length > 0) terminal.out(flags.json ? jsonOf(outcomes) : table(outcomes, styleOf(flags, terminal)))
  for (const { message } of wrong) terminal.err(`dmarace: ${message}\n`)
  if (!terminal.isInterrupted()) return wrong.length > 0 ? exitCodes.usage : exitCodeOf(outcomes)
  tellRest(cases.length - outcomes.length, terminal)
  return exitCodes.interrupted
}

/** A test at a time: what is learned about one case is of use to the next. */
function jobsOf(
  cases: readonly { readonly one: LitmusCase; readonly source: SystemSource }[],
  limits: Pick<CasesJob, 'options' | 'limitMs'>,
): CasesJob[] {
  const bySource = new Map<SystemSource, LitmusCase[]>()
  for (const { one, source } of cases) bySource.set(source, [...(bySource.get(source) ?? []), one])
  return [...bySource].map(([source, own]) => ({ cases: own, source, ...limits }))
}

/** Each thread takes the next test when it has done one. Interrupted, it ends with what is done by then. */
async function checkSideBySide(
  jobs: readonly CasesJob[],
  threads: number,
  terminal: Terminal,
  onResult: (job: CasesJob, result: CasesResult) => void,
): Promise<void> {
  const progress = new Progress(terminal)
  try {
    await runJobs('litmus-cases', jobs, {
      maxThreads: threads,
      signal: terminal.interrupt,
      onResult: (result, index) => {
        onResult(jobs[index] as CasesJob, result)
        progress.update(() => `${index + 1} of ${counted(jobs.length, 'test')}`)
      },
    })
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error
  } finally {
    progress.end()
  }
}

/** What keeps a file, or one of its cases, from being checked. */
interface Wrong {
  readonly file: string
  readonly message: string
}

/** Keeps what is wrong with one test, so that the others are checked all the same. */
async function collect(wrong: Wrong[], file: string, body: () => void | Promise<void>): Promise<void> {
  try {
    await body()
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    note(wrong, file, error.message)
  }
}

function note(wrong: Wrong[], file: string, text: string): void {
  const message = text.startsWith(file) ? text : `${file}: ${text}`
  if (!wrong.some((one) => one.message === message)) wrong.push({ file, message })
}

/** A line a case, below the name of its test, and the sum. */
export function table(
  outcomes: readonly LitmusOutcome[],
  { paint = (_tone, text) => text, width = lineWidth }: ReportStyle = {},
): string {
  const rows = outcomes.map((outcome) => ({ ...outcome, label: labelOf(outcome) }))
  const labels = Math.max(...rows.map(({ label }) => label.length))
  const words = Math.max(...rows.map(({ met }) => litmusVerdicts[met].printed.length))
  const lines = rows.flatMap(({ case: { test }, label, verdict, met, reason }, at) => {
    const { printed } = litmusVerdicts[met]
    const lead = `  ${label.padEnd(labels)}  ${printed.padEnd(words)}  `
    const text = `${verdictText(verdict)}, ${verdict.seconds.toFixed(2)} s${reason ? `; ${reason}` : ''}`
    const heading = rows[at - 1]?.case.test === test ? [] : [paint('strong', test.name)]
    const lines = hanging(lead, text, width, lead.length)
    return [
      ...heading,
      ...(met === 'unmet' ? lines.map((line) => line.replace(printed, paint('bad', printed))) : lines),
    ]
  })
  const count = (met: LitmusOutcome['met']): number => outcomes.filter((one) => one.met === met).length
  const states = outcomes.reduce((sum, { verdict }) => sum + verdict.states, 0)
  const seconds = outcomes.reduce((sum, { verdict }) => sum + verdict.seconds, 0)
  const tests = new Set(outcomes.map(({ case: { test } }) => test)).size
  const parts = (['met', 'unmet', 'open', 'unsaid'] as const)
    .filter((met) => count(met) > 0)
    .map((met) => `${count(met)} ${litmusVerdicts[met].printed}`)
  return `${lines.join('\n')}\n\n${counted(tests, 'test')}, ${counted(outcomes.length, 'case')}: ${parts.join(', ')}; ${grouped(states)} states, ${seconds.toFixed(1)} s\n`
}

/** Variant and switches: what is not in the name of the test. */
function labelOf({ case: { test }, name }: LitmusOutcome): string {
  return name.slice(test.name.length).replace(/^[/ ]/, '') || test.variants.join()
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
