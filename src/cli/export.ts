/** Cli | `dmarace export`: a trace, or the run of a token, in forms that other programs read. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { baseOf, exportNames, writeExports } from './export-files.ts'
import { readTraceFile } from './read-trace.ts'
import { replayCommand } from './replay.ts'
import { isLitmusFile } from './run-litmus.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** What commander hands over for `export`. */
export interface ExportFlags {
  readonly format: string
  readonly out?: string
  readonly input?: readonly string[]
  readonly system?: string
  readonly ops?: string
}

export async function exportCommand(what: string, flags: ExportFlags, terminal: Terminal): Promise<number> {
  const names = exportNames(flags.format)
  if (names.length === 0) throw new UsageError('--format names no form')
  if (flags.out !== undefined && names.length > 1) {
    throw new UsageError('--out names one file: ask for one format, or leave it out')
  }
  if (isLitmusFile(what)) {
    throw new UsageError(
      `${what} is a litmus test: a run of it is exported by \`dmarace run ${what} --export ${names.join()}\``,
    )
  }
  const isToken = /^\d+:/.test(what)
  if (!isToken) return write(what, baseOf(what))
  const directory = await mkdtemp(join(tmpdir(), 'dmarace-export-'))
  try {
    const trace = join(directory, 'trace.jsonl')
    const { input, system, ops } = flags
    // What the replay prints is not asked for; the violation that it shows is what is to be seen.
    await replayCommand(
      what,
      {
        out: directory,
        runtime: 'sim',
        trace,
        ...(input ? { input } : {}),
        ...(system ? { system } : {}),
        ...(ops ? { ops } : {}),
      },
      { ...terminal, out: () => {} },
    )
    return write(trace, 'trace')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }

  function write(file: string, base: string): number {
    for (const written of writeExports(readTraceFile(file), names, base, flags.out)) terminal.out(`${written}\n`)
    return exitCodes.clean
  }
}
