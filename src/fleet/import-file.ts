/** Fleet | a user's own TypeScript file, imported: what it exports and which text it was, or what is wrong with it, and where. */

import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { digest } from '../base/canonical.ts'
import { UsageError } from '../base/errors.ts'

export interface ImportedFile {
  readonly exported: Readonly<Record<string, unknown>>
  /** What it exports, for messages: "a, b", or "nothing". */
  readonly names: string
  /** As a command line would name it. */
  readonly file: string
  /** Of its text. */
  readonly digest: string
}

/** Whether a word on the command line names a file rather than a scenario. */
export function isFileName(word: string): boolean {
  return /[\\/]|\.([cm]?[jt]sx?|litmus)$/.test(word)
}

/** Imports a file; a usage error names it, and the place in it if the error has one. */
export async function importFile(file: string): Promise<ImportedFile> {
  const path = resolve(file)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`)
  }
  // What runs is the compiled text; places in messages are those of the file.
  process.setSourceMapsEnabled(true)
  try {
    const exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>
    const names = Object.keys(exported).join(', ') || 'nothing'
    return { exported, names, file: shortened(path), digest: digest(text) }
  } catch (error) {
    throw new UsageError(`${file}: ${reasonOf(error)}`)
  }
}

/** What went wrong, and where in the file if the error says. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`
  // Of a missing module, Node says who imports it.
  const isPlaced = error.name === 'UsageError' || (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
  const where = isPlaced ? undefined : /(?:file:\/\/)?\/\S+?:(\d+):(\d+)/.exec(error.stack ?? '')
  const at =
    where && !error.message.includes(`:${where[1]}:${where[2]}`) ? ` (line ${where[1]}, column ${where[2]})` : ''
  return `${error.message}${at}`
}

/** A path as a user in this directory would type it. */
function shortened(path: string): string {
  const below = relative(process.cwd(), path)
  return below.startsWith('..') ? path : below
}
