/** Fleet | litmus tests out of files and directories. */

import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { digest } from '../base/canonical.ts'
import { UsageError } from '../base/errors.ts'
import type { LitmusTest } from '../litmus/form.ts'
import { textLengthMax } from '../litmus/layout.ts'
import { parseLitmus } from '../litmus/parse.ts'
import type { SystemSource } from '../run/subject.ts'
import { reason } from './file-errors.ts'

export const litmusExtension = '.litmus'
/** A character has at most so many bytes in UTF-8. */
const utf8BytesMax = 4

export interface LitmusFile {
  readonly test: LitmusTest
  readonly source: SystemSource
}

/** Whether a word on the command line names a litmus test, or a directory of them. */
export async function isLitmusWord(word: string): Promise<boolean> {
  if (word.endsWith(litmusExtension)) return true
  return (await stat(word).catch(() => undefined))?.isDirectory() ?? false
}

/** The files meant: those named, and of a directory all that end in .litmus, in the order of their names. */
export async function litmusFiles(paths: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const path of paths) {
    if (!(await statOf(path)).isDirectory()) {
      found.push(path)
      continue
    }
    const inside = (await filesBelow(path, new Set())).sort()
    if (inside.length === 0) throw new UsageError(`there are no ${litmusExtension} files in "${path}"`)
    found.push(...inside)
  }
  return [...new Set(found)]
}

/** Of a folder and those below it. Links are followed, but to no folder twice: they may lead in a circle. */
async function filesBelow(folder: string, seen: Set<string>): Promise<string[]> {
  const real = await realpath(folder).catch((error: unknown) => unreadable(folder, error))
  if (seen.has(real)) return []
  seen.add(real)
  const found: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true }).catch((error: unknown) =>
    unreadable(folder, error),
  )) {
    const path = join(folder, entry.name)
    const isLink = entry.isSymbolicLink()
    if (entry.isDirectory() || (isLink && ((await stat(path).catch(() => undefined))?.isDirectory() ?? false))) {
      found.push(...(await filesBelow(path, seen)))
    } else if (entry.name.endsWith(litmusExtension)) found.push(path)
  }
  return found
}

/** The text of a file; bytes that are no UTF-8 become U+FFFD, which the parser refuses. */
export async function readLitmusText(path: string): Promise<string> {
  const found = await statOf(path)
  // To read from a pipe, or from a device, may take for ever.
  if (!found.isFile()) throw new UsageError(`${path}: this is no regular file: write the text to one`)
  const { size } = found
  if (size > textLengthMax * utf8BytesMax) {
    throw new UsageError(`${path}: the file has ${size} bytes; a litmus test has at most ${textLengthMax} characters`)
  }
  return decodeLitmus(await readFile(path).catch((error: unknown) => unreadable(path, error)))
}

export function decodeLitmus(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** The test in a file; usage errors say what is wrong with it, and where. */
export async function readLitmus(file: string): Promise<LitmusFile> {
  const text = await readLitmusText(file)
  return { test: parseLitmus(text, file), source: { file, digest: digest(text) } }
}

function statOf(path: string) {
  return stat(path).catch((error: unknown) => unreadable(path, error))
}

function unreadable(path: string, error: unknown): never {
  throw new UsageError(`cannot read "${path}": ${reason(error)}`)
}
