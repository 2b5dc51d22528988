/** Cli | a file replaced in one step. */

import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { reason } from '../fleet/file-errors.ts'

/** Replaces a file at once: whoever reads it meanwhile gets the old text or the new one. Links stay links. */
export async function replaceFile(path: string, text: string): Promise<void> {
  let temporary: string | undefined
  try {
    const target = await realpath(path)
    const { mode } = await stat(target)
    temporary = join(dirname(target), `.${basename(target)}.${process.pid}.new`)
    await writeFile(temporary, text, { mode, flag: 'wx' })
    await rename(temporary, target)
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true })
    throw new UsageError(`cannot write "${path}": ${reason(error)}`)
  }
}
