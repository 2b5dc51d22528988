/** Fleet | a user's own TypeScript file, imported: what it exports and which text it was, or what is wrong with it, and where. */

import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { UsageError } from '../base/errors.ts'
import { placeOf } from '../base/place.ts'
import { isOwnFile } from '../base/program.ts'
import { importModule } from './import-module.ts'
import { firstMistake, localSource } from './local-imports.ts'

export interface ImportedFile {
  readonly exported: Readonly<Record<string, unknown>>
  /** What it exports, for messages: "a, b", or "nothing". */
  readonly names: string
  /** As a command line would name it. */
  readonly file: string
  /** Of its text and of those of the files that it imports from beside it. */
  readonly digest: string
}

/** Whether a word on the command line names a file rather than a scenario. */
export function isFileName(word: string): boolean {
  return /[\\/]|\.([cm]?[jt]sx?|litmus)$/.test(wordParts(word).file)
}

/** `file.ts#id` means one of the systems, scenarios or machines that a file exports, `file.ts` all of them. */
export function wordParts(word: string): { readonly file: string; readonly only?: string } {
  const [, file, only] = /^(.*\.[cm]?[jt]sx?)#([\w-]+)$/.exec(word) ?? []
  return file === undefined || only === undefined ? { file: word } : { file, only }
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
    const exported = await importModule(pathToFileURL(path).href)
    const names = Object.keys(exported).join(', ') || 'nothing'
    const { digest } = await localSource(path, text, (imported) => readFile(imported, 'utf8'))
    return { exported, names, file: shortened(path), digest }
  } catch (error) {
    throw new UsageError(`${file}: ${await reasonOf(error, path)}`)
  }
}

/** What went wrong, and where in the file at `path`, or in one that it imports, if the error says. */
async function reasonOf(error: unknown, path: string): Promise<string> {
  if (!(error instanceof Error)) return `threw ${typeof error === 'object' ? JSON.stringify(error) : String(error)}`
  // Of a missing module, Node says who imports it.
  const isPlaced = error.name === 'UsageError' || (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND'
  const found = isPlaced ? undefined : placeOf(error)
  // Of what cannot be compiled, or asks for a name that is not exported, Node knows no place but the import here.
  const isOurs = found !== undefined && isOwnFile(found.file)
  const isUnplaced = found === undefined || isOurs
  const place = isUnplaced && error instanceof SyntaxError ? await firstMistake(path) : isUnplaced ? undefined : found
  if (place === undefined || error.message.includes(`:${place.line}:${place.column}`)) return error.message
  const { file, line, column } = place
  return `${error.message} (${file === path ? '' : `${shortened(file)}, `}line ${line}, column ${column})`
}

/** A path as a user in this directory would type it. */
function shortened(path: string): string {
  const below = relative(process.cwd(), path)
  return below.startsWith('..') ? path : below
}
