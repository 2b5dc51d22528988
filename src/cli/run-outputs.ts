/** Cli | what else a run, a check and a replay leave behind: exports of the trace and the HTML report. */

import { join } from 'node:path'
import type { ExportName } from '../export/trace/index.ts'
import type { Trace } from '../export/trace/trace.ts'
import type { SystemSpec } from '../kernel/system.ts'
import { drawChart } from '../run/draw.ts'
import { htmlReport, type PageFacts } from '../run/html-report.ts'
import type { Subject } from '../run/subject.ts'
import { MachineDefinition } from '../statechart/define.ts'
import { XStateDefinition } from '../statechart/from-xstate.ts'
import { outlineOf } from '../statechart/outline.ts'
import { baseOf, exportNames, writeExports } from './export-files.ts'
import { writeText } from './output-file.ts'

export interface OutputFlags {
  readonly trace?: string | undefined
  readonly export?: string | undefined
  readonly html?: string | undefined
}

/** What was asked for; usage errors before anything runs. */
export interface Outputs {
  /** File of the trace, even if only exports or a page were asked for. */
  readonly trace: string | undefined
  readonly exports: readonly ExportName[]
  readonly html: string | undefined
}

/** @param directory where exports go if no trace is named. */
export function outputsOf(flags: OutputFlags, directory: string): Outputs {
  const exports = exportNames(flags.export)
  const isNeeded = exports.length > 0 || flags.html !== undefined
  return { trace: flags.trace ?? (isNeeded ? join(directory, 'trace.jsonl') : undefined), exports, html: flags.html }
}

/** Writes exports beside the trace, and the page. Returns the files. */
export async function writeOutputs(
  trace: Trace,
  { exports, html, trace: file }: Outputs,
  spec: () => SystemSpec,
  facts: Omit<PageFacts, 'charts'>,
): Promise<string[]> {
  const files = exports.length > 0 && file !== undefined ? writeExports(trace, exports, baseOf(file)) : []
  if (html === undefined) return files
  await writeText(html, htmlReport(trace, { ...facts, charts: await chartsOf(spec()) }))
  return [...files, html]
}

/** What a page says of something that was checked. */
export function factsOf({ question, features }: Subject): PageFacts['facts'] {
  const names = Object.keys(features ?? {})
  const on = names.filter((name) => features?.[name])
  const off = names.filter((name) => !features?.[name])
  const text = `${on.join(', ') || 'none'}${off.length > 0 ? `; off: ${off.join(', ')}` : ''}`
  return [['asks', question], ...(features ? ([['features', text]] as const) : [])]
}

async function chartsOf({ actors }: SystemSpec): Promise<PageFacts['charts']> {
  const charts: { actor: string; svg: string }[] = []
  for (const [number, { id, definition }] of actors.entries()) {
    const machine =
      definition instanceof MachineDefinition
        ? definition
        : definition instanceof XStateDefinition
          ? definition.machine
          : undefined
    if (machine) charts.push({ actor: id, svg: await drawChart(outlineOf(machine), { prefix: `c${number}` }) })
  }
  return charts
}
