/** Cli | `dmarace check`: every interleaving of scenarios and of a user's own systems, with verdicts and exit codes. */

import { UsageError, unknownName } from '../base/errors.ts'
import type { Fairness } from '../explore/fairness.ts'
import { type StrategyName, strategies } from '../explore/index.ts'
import { type ReductionName, reductions as reductionNames } from '../explore/strategy.ts'
import { isFileName } from '../fleet/import-file.ts'
import { loadSystems } from '../fleet/load-systems.ts'
import { ruleIn, traceLines } from '../kernel/trace.ts'
import { tracedRoot } from '../oracle/root.ts'
import type { CheckOptions, Verdict } from '../run/check.ts'
import { jsonOfVerdict, reportVerdict, tokenIn, verdictText } from '../run/check-report.ts'
import { checkWithin } from '../run/check-within.ts'
import { junitOfVerdict, junitReport } from '../run/junit-report.ts'
import { grouped } from '../run/report.ts'
import type { Subject } from '../run/subject.ts'
import { editionOf } from './choose-edition.ts'
import { compileLater } from './compile-later.ts'
import { listOf, whole } from './flags.ts'
import { writeText } from './output-file.ts'
import { Progress } from './progress.ts'
import { readTraceFile } from './read-trace.ts'
import { factsOf, type Outputs, outputsOf, writeOutputs } from './run-outputs.ts'
import { exitCodes, type Terminal } from './terminal.ts'
import { writeTrace } from './trace-file.ts'

/** What commander hands over for `check`. */
export interface CheckFlags {
  readonly strategy: string
  readonly reduce?: string
  readonly features?: string
  readonly frames?: string
  readonly edition?: string
  readonly ops?: string
  readonly properties?: string
  readonly maxStates?: string
  readonly maxMemory?: string
  readonly time?: string
  readonly seed?: string
  readonly runs?: string
  readonly maxSteps?: string
  readonly first?: boolean
  readonly coverage?: boolean
  readonly fairness: string
  readonly bugDepth?: string
  readonly preemptions?: string
  readonly threads: string
  readonly trace?: string
  readonly export?: string
  readonly html?: string
  readonly junit?: string
  readonly watch?: boolean
  readonly json?: boolean
}

/** More threads than a machine has cores only wait for each other. */
const threadsMax = 64

export async function checkCommand(words: readonly string[], flags: CheckFlags, terminal: Terminal): Promise<number> {
  const options = optionsOf(flags)
  limitsOf(flags) // What is wrong with them is no matter of any subject.
  compileLater()
  const { isLitmusWord } = await import('../fleet/litmus-files.ts')
  const litmus = await Promise.all(words.map(isLitmusWord))
  const other = words.find((_, at) => !litmus[at])
  if (litmus.some(Boolean) && other !== undefined) {
    throw new UsageError(`${other} is no litmus test: check those by themselves`)
  }
  if (flags.watch) return (await import('./watch.ts')).watchCommand(words, flags, terminal)
  if (other === undefined) {
    return (await import('./check-litmus.ts')).checkLitmusFiles(words, options, flags, terminal)
  }
  const outputs = outputsOf(flags, '.')
  const subjects: Subject[] = []
  const ends: number[] = []
  for (const word of words) ends.push(subjects.push(...(await subjectsOf(word, flags))))
  const verdicts: Verdict[] = []
  for (const subject of subjects) {
    const verdict = await checkOne(subject, options, flags, terminal)
    verdicts.push(verdict)
    if (!flags.json) terminal.out(reportVerdict(verdict, terminal.paint))
    if (terminal.isInterrupted()) break
  }
  const made = subjects.map((subject) => () => subject)
  await leaveFirst(made, verdicts, outputs, terminal)
  if (flags.junit !== undefined) {
    const suites = words.map((name, at) => {
      return { name, cases: verdicts.slice(ends[at - 1] ?? 0, ends[at]).map(junitOfVerdict) }
    })
    await writeText(flags.junit, junitReport(suites))
  }
  if (flags.json) {
    const all = verdicts.map(jsonOfVerdict)
    terminal.out(`${JSON.stringify(subjects.length === 1 ? all[0] : all, undefined, 2)}\n`)
  }
  if (!terminal.isInterrupted()) return exitCodeOf(verdicts)
  tellRest(subjects.length - verdicts.length, terminal)
  return exitCodes.interrupted
}

async function subjectsOf(word: string, flags: CheckFlags): Promise<Subject[]> {
  const { features, frames } = flags
  const { request: edition, own } = await editionOf(flags)
  const request = {
    ...(features === undefined ? {} : { features }),
    ...(frames === undefined ? {} : { frames: whole('frames', frames, 1) }),
    ...edition,
  }
  if (isFileName(word)) {
    const subjects = await loadSystems(word, { request, own })
    for (const name of ['features', 'frames', 'edition', 'ops'] as const) {
      // Only scenarios have hardware.
      if (flags[name] === undefined || subjects.some((subject) => subject.features)) continue
      throw new UsageError(`--${name} is for scenarios: a system of your own has none`)
    }
    return subjects
  }
  const { subjectOfScenario } = await import('../run/scenario-subject.ts')
  return [subjectOfScenario({ ...request, scenario: word }, undefined, own)]
}

/** Searches one subject, with progress, a limit of time and several threads if they are asked for. */
export async function checkOne(
  subject: Subject,
  options: CheckOptions,
  flags: CheckFlags,
  terminal: Terminal,
): Promise<Verdict> {
  const progress = new Progress(terminal)
  const { limitMs, threads } = limitsOf(flags)
  const isShared = threads > 1 && options.strategy === 'bfs' && (options.reductions ?? []).length === 0
  const team = isShared ? await (await import('../run/pool.ts')).startTeam(threads) : undefined
  try {
    const bounded: CheckOptions = { ...options, ...(team ? { team } : {}), isInterrupted: terminal.isInterrupted }
    const verdict = checkWithin(subject, bounded, limitMs, ({ states, transitions, depth, frontier, bytes }, ms) => {
      progress.update(
        () =>
          `${subject.id}: ${grouped(states)} states, ${grouped(Math.round((1000 * transitions) / ms))}/s, depth ${depth}, ` +
          `frontier ${grouped(frontier)}, ${Math.round(bytes / 2 ** 20)} MB`,
      )
    })
    if (threads === 1 || isShared) return verdict
    return {
      ...verdict,
      notes: [...verdict.notes, 'one thread: only a breadth-first search without reductions has several'],
    }
  } finally {
    progress.end()
    await team?.end()
  }
}

export function limitsOf(flags: CheckFlags): { readonly limitMs: number; readonly threads: number } {
  const limitMs = flags.time === undefined ? Number.POSITIVE_INFINITY : 1000 * whole('time', flags.time, 1)
  const threads = whole('threads', flags.threads, 1)
  if (threads > threadsMax) throw new UsageError(`--threads must be at most ${threadsMax}, not ${threads}`)
  return { limitMs, threads }
}

function optionsOf(flags: CheckFlags): CheckOptions {
  const { strategy, reduce, properties } = flags
  if (!Object.hasOwn(strategies, strategy)) throw unknownName('strategy', strategy, Object.keys(strategies))
  const reductions = listOf(reduce)
  for (const name of reductions) {
    if (!(reductionNames as readonly string[]).includes(name)) throw unknownName('reduction', name, reductionNames)
  }
  return {
    strategy: strategy as StrategyName,
    reductions: reductions as ReductionName[],
    ...(properties === undefined ? {} : { properties: listOf(properties) }),
    ...(flags.maxStates === undefined ? {} : { statesMax: whole('max-states', flags.maxStates, 1) }),
    ...(flags.maxMemory === undefined ? {} : { bytesMax: whole('max-memory', flags.maxMemory, 1) * 2 ** 20 }),
    ...(flags.seed === undefined ? {} : { seed: whole('seed', flags.seed, 0) }),
    ...(flags.runs === undefined ? {} : { runs: whole('runs', flags.runs, 1) }),
    ...(flags.maxSteps === undefined ? {} : { stepsMax: whole('max-steps', flags.maxSteps, 1) }),
    ...(flags.bugDepth === undefined ? {} : { bugDepth: whole('bug-depth', flags.bugDepth, 1) }),
    ...(flags.preemptions === undefined ? {} : { preemptionsMax: whole('preemptions', flags.preemptions, 0) }),
    ...(flags.coverage ? { coverage: 'report' as const } : {}),
    ...(flags.fairness === 'weak' ? {} : { fairness: fairnessOf(flags.fairness) }),
    ...(flags.first ? { wanted: 'first' as const } : {}),
  }
}

function fairnessOf(name: string): Fairness {
  const known: readonly Fairness[] = ['weak', 'strong', 'none']
  if (!(known as readonly string[]).includes(name)) throw unknownName('fairness', name, known)
  return name as Fairness
}

/** Of the first violation: the one that a reader looks at first. Where there is none, of the first witness. */
export async function leaveFirst(
  subjects: readonly (() => Subject)[],
  verdicts: readonly Verdict[],
  outputs: Outputs,
  terminal: Terminal,
): Promise<void> {
  if (outputs.trace === undefined) return
  const runs = verdicts.map(({ violations, witnesses }) => violations[0] ?? witnesses[0])
  const wrong = verdicts.findIndex(({ violations }) => violations.length > 0)
  const at = wrong >= 0 ? wrong : runs.findIndex((run) => run !== undefined)
  const [subject, verdict, run] = [subjects[at]?.(), verdicts[at], runs[at]]
  if (!subject || !verdict || !run) {
    terminal.err('dmarace: note: there is no counterexample and no witness, so no trace is written\n')
    return
  }
  const { property, message, length: step, noReturn, root } = run
  const late = 'step' in noReturn ? { noReturn: noReturn.step } : {}
  const from = root ? { root: tracedRoot(root) } : {}
  const found = wrong >= 0 ? [{ property, ...ruleIn(run), message, step, ...late, ...from }] : []
  writeTrace(outputs.trace, traceLines({ scenario: subject.id, token: tokenIn(run.replay) }, run.events, found))
  const files = await writeOutputs(readTraceFile(outputs.trace), outputs, () => subject.spec, {
    title: subject.id,
    verdict: verdictText(verdict),
    isGood: verdict.verdict === 'holds',
    facts: [...factsOf(subject), ['search', [verdict.strategy, ...verdict.reductions].join(' + ')]],
    replay: run.replay,
    ...(run.details ? { details: run.details } : {}),
  })
  if (files.length > 0) terminal.err(`dmarace: wrote ${files.join(', ')}\n`)
}

/** Says what an interruption has left out. */
export function tellRest(left: number, terminal: Terminal): void {
  terminal.err(`dmarace: interrupted${left > 0 ? `: ${left} more not checked` : ''}\n`)
}

function exitCodeOf(verdicts: readonly Verdict[]): number {
  if (verdicts.some(({ verdict }) => verdict === 'violated')) return exitCodes.violated
  if (verdicts.some(({ verdict }) => verdict === 'not found')) return exitCodes.bounded
  return exitCodes.clean
}
