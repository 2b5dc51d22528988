/** Cli | an answer that goes to a file where one is named, to the terminal where not. */

import { writeFile } from 'node:fs/promises'
import { UsageError } from '../base/errors.ts'
import { reason } from '../fleet/file-errors.ts'
import type { Terminal } from './terminal.ts'

/** Usage errors: the file cannot be written. */
export async function writeAnswer(text: string, file: string | undefined, terminal: Terminal): Promise<void> {
  if (file === undefined) return terminal.out(text)
  await writeText(file, text)
}

export async function writeText(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    throw new UsageError(`cannot write "${file}": ${reason(error)}`)
  }
}
