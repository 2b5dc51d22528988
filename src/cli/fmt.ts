/** Cli | `dmarace fmt`: litmus texts in their canonical layout. */

import { UsageError } from '../base/errors.ts'
import { decodeLitmus, litmusFiles, readLitmusText } from '../fleet/litmus-files.ts'
import { formatLitmus } from '../litmus/format.ts'
import { replaceFile } from './replace-file.ts'
import { exitCodes, type Terminal } from './terminal.ts'

/** What commander hands over for `fmt`. */
export interface FmtFlags {
  readonly check?: boolean
  readonly stdin?: boolean
}

/** Clean, violated if `--check` found something to do, usage if a file is no litmus text; the other files are done then. */
export async function fmtCommand(paths: readonly string[], flags: FmtFlags, terminal: Terminal): Promise<number> {
  if (flags.stdin) {
    if (paths.length > 0) throw new UsageError('--stdin takes no files')
    return formatInput(flags, terminal)
  }
  if (paths.length === 0) throw new UsageError('which files? Name some, or directories, or use --stdin')
  let code: number = exitCodes.clean
  for (const path of await litmusFiles(paths)) {
    try {
      const text = await readLitmusText(path)
      const formatted = formatLitmus(text, path)
      if (formatted === text) continue
      terminal.out(`${path}\n`)
      if (!flags.check) await replaceFile(path, formatted)
      else if (code === exitCodes.clean) code = exitCodes.violated
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      terminal.err(`dmarace: ${error.message}\n`)
      code = exitCodes.usage
    }
  }
  return code
}

async function formatInput({ check }: FmtFlags, terminal: Terminal): Promise<number> {
  const text = decodeLitmus(await terminal.input())
  const formatted = formatLitmus(text, 'stdin')
  if (!check) terminal.out(formatted)
  return check && formatted !== text ? exitCodes.violated : exitCodes.clean
}
