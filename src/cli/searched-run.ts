/** Cli | a run that is a list of choices, as a search finds one: what it leaves behind, and what is printed of it. */

import type { RuntimeName } from '../kernel/actor.ts'
import type { Schedule } from '../kernel/schedule.ts'
import { traceLines, violatedText } from '../kernel/trace.ts'
import { tracedRoot } from '../oracle/root.ts'
import { messageLines, namer, runLines, tokenIn } from '../run/check-report.ts'
import { replaySearched } from '../run/replay-searched.ts'
import type { Subject } from '../run/subject.ts'
import { readTraceFile } from './read-trace.ts'
import { styleOf } from './report-style.ts'
import { factsOf, type Outputs, writeOutputs } from './run-outputs.ts'
import { exitCodes, type Terminal } from './terminal.ts'
import { writeTrace } from './trace-file.ts'

export interface SearchedRun {
  readonly subject: Subject
  readonly schedule: Schedule
  readonly runtime: RuntimeName
  /** For the heading: "seed 7". */
  readonly how?: string
  /** Why it is not over, if it is not. */
  readonly bound?: string
  /** Of a run that shows nothing by itself: to search what can follow. */
  readonly searchesOn?: boolean
}

/** Takes the choices, writes what was asked for, and prints every step. Usage errors: they cannot be taken. */
export async function tellSearched(
  { subject, schedule, runtime, how, bound, searchesOn }: SearchedRun,
  { json, full, outputs }: { readonly json?: boolean; readonly full?: boolean; readonly outputs: Outputs },
  terminal: Terminal,
): Promise<number> {
  const { events, details, told, violations, witnessed, notes } = replaySearched(
    subject,
    schedule,
    runtime,
    searchesOn ? { searchOn: terminal } : {},
  )
  const replay = subject.replay(schedule)
  if (outputs.trace !== undefined) {
    const step = events.at(-1)?.step ?? 0
    const wrong = violations.map((violation) => {
      const root = subject.roots?.(violation.property, events).find(({ basis }) => basis === 'met')
      return { ...violation, step, ...(root ? { root: tracedRoot(root) } : {}) }
    })
    writeTrace(outputs.trace, traceLines({ scenario: subject.id, token: tokenIn(replay) }, events, wrong))
    const files = await writeOutputs(readTraceFile(outputs.trace), outputs, () => subject.spec, {
      title: subject.id,
      verdict: wrong.length > 0 ? 'violated' : (bound ?? 'nothing is violated in this run'),
      isGood: wrong.length === 0 && bound === undefined,
      facts: factsOf(subject),
      replay,
      ...(details ? { details } : {}),
    })
    if (files.length > 0) terminal.err(`dmarace: wrote ${files.join(', ')}\n`)
  }
  const verdict = violations.length > 0 ? 'violated' : bound === undefined ? 'clean' : 'bounded'
  if (json) {
    const run = { scenario: subject.id, verdict, violations, witnessed, replay, steps: events }
    terminal.out(`${JSON.stringify(run, undefined, 2)}\n`)
    return exitCodes[verdict]
  }
  const style = styleOf({ full }, terminal)
  const run = { events, ...(details ? { details } : {}), ...(told ? { told } : {}) }
  const lines = runLines(run, style)
  const named = namer(told?.names)
  for (const { message, ...rule } of violations)
    lines.push('', violatedText(rule), ...messageLines(named(message), style))
  if (violations.length === 0) lines.push('', bound ?? 'nothing is violated in this run')
  for (const note of notes) lines.push(`note: ${note}`)
  for (const property of witnessed) lines.push(`shows ${subject.rule(property)}`)
  if (how !== undefined) lines.push(`replay: ${replay}`)
  const heading = `${schedule.length} steps${how === undefined ? '' : `, ${how}`}`
  terminal.out(`${terminal.paint('strong', subject.id)}  ${heading}\n${lines.join('\n')}\n`)
  return exitCodes[verdict]
}
