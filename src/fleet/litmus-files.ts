/** Fleet | litmus tests out of files and directories. */

import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { digest } from '../base/canonical.ts'
import { UsageError } from '../base/errors.ts'
import type { LitmusTest } from '../litmus/form.ts'
import { parseLitmus } from '../litmus/parse.ts'
import type { SystemSource } from '../run/subject.ts'

export interface LitmusFile {
  readonly test: LitmusTest
  readonly source: SystemSource
}

/** Whether a word on the command line names a litmus test, or a directory of them. */
export async function isLitmusWord(word: string): Promise<boolean> {
  if (word.endsWith('.litmus')) return true
  return (await stat(word).catch(() => undefined))?.isDirectory() ?? false
}

/** The files that a word means, by name: the file, or all in a directory and below it. */
export async function litmusFilesOf(word: string): Promise<string[]> {
  const found = await stat(word).catch((error: Error) => {
    throw new UsageError(`cannot read ${word}: ${error.message}`)
  })
  if (!found.isDirectory()) return [word]
  const entries = await readdir(word, { withFileTypes: true, recursive: true })
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.litmus'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  if (files.length === 0) throw new UsageError(`${word} holds no litmus test: they are called *.litmus`)
  return files
}

/** Reads one; usage errors say what is wrong with it, and where. */
export async function readLitmus(file: string): Promise<LitmusFile> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`cannot read ${file}: ${error.message}`)
  })
  return { test: parseLitmus(text, file), source: { file, digest: digest(text) } }
}
