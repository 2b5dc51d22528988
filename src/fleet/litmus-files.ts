/** Fleet | litmus tests out of files and directories. */

import { readdir, readFile, stat } from 'node:fs/promises'
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
    const names = await readdir(path, { recursive: true })
    const inside = names.filter((name) => name.endsWith(litmusExtension)).sort()
    if (inside.length === 0) throw new UsageError(`there are no ${litmusExtension} files in "${path}"`)
    found.push(...inside.map((name) => join(path, name)))
  }
  return [...new Set(found)]
}

/** The text of a file; bytes that are no UTF-8 become U+FFFD, which the parser refuses. */
export async function readLitmusText(path: string): Promise<string> {
  const { size } = await statOf(path)
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
