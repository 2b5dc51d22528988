/** Litmus | what is wrong with a text: where, the line itself with a caret under it, and what to write instead. */

import { UsageError, unknownName } from '../base/errors.ts'
import type { Place } from './form.ts'

/** One thing that is wrong. */
export interface Problem {
  readonly message: string
  /** Absent: the file as a whole, or a form that was not written as text. */
  readonly at?: Place | undefined
}

/** So many problems are told; the rest is counted. */
const problemsToldMax = 20
/** So much of a long line is shown, in characters. */
const shownColumnsMax = 100

/** A litmus test that cannot be used; `problems` are in the order of the text. */
export class LitmusError extends UsageError {
  readonly file: string
  readonly problems: readonly Problem[]

  /** @param text what `problems` have places in, for the lines that are shown; absent for forms without text. */
  constructor(file: string, problems: readonly Problem[], text?: string) {
    const sorted = [...problems].sort((a, b) => compare(a.at, b.at))
    const lines = text?.split(/\r\n|\n|\r/)
    const told = sorted.slice(0, problemsToldMax).map((problem) => tell(file, problem, lines))
    const more = sorted.length - told.length
    super([...told, ...(more > 0 ? [`${file}: and ${more} more`] : [])].join('\n'))
    this.file = file
    this.problems = sorted
  }
}

function compare(a: Place | undefined, b: Place | undefined): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0)
}

function tell(file: string, { message, at }: Problem, lines: readonly string[] | undefined): string {
  if (!at) return `${file}: ${message}`
  const head = `${file}:${at.line}:${at.column}: ${message}`
  const line = lines?.[at.line - 1]
  return line === undefined ? head : `${head}\n${excerpt(line, at.column)}`
}

/** The line with a caret under the column; of a long line the part around it. Tabs stay, so that the caret stands right. */
function excerpt(line: string, column: number): string {
  const start = line.length <= shownColumnsMax ? 0 : Math.max(0, column - 1 - Math.floor(shownColumnsMax / 2))
  const end = Math.min(line.length, start + shownColumnsMax)
  const before = start > 0 ? '…' : ''
  const after = end < line.length ? '…' : ''
  const indent = line.slice(start, column - 1).replace(/[^\t]/g, ' ')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters would do something to a terminal
  const shown = line.slice(start, end).replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '\uFFFD')
  return `  ${before}${shown}${after}\n  ${before && ' '}${indent}^`
}

/** "unknown <kind> "x"" with the near and the known names. */
export function unknown(kind: string, name: string, known: readonly string[]): string {
  return known.length > 0 ? unknownName(kind, name, known).message : `unknown ${kind} "${name}": none is declared`
}
