/** Cli | litmus texts in files: found, read, and replaced in one step. */

import { readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { textLengthMax } from '../litmus/layout.ts'
import { reason } from './image-files.ts'

const extension = '.litmus'
/** A character has at most so many bytes in UTF-8. */
const utf8BytesMax = 4

/** The files meant: those named, and of a directory all that end in .litmus, in the order of their names. */
export async function litmusFiles(paths: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const path of paths) {
    if (!(await statOf(path)).isDirectory()) {
      found.push(path)
      continue
    }
    const names = await readdir(path, { recursive: true })
    const inside = names.filter((name) => name.endsWith(extension)).sort()
    if (inside.length === 0) throw new UsageError(`there are no ${extension} files in "${path}"`)
    found.push(...inside.map((name) => join(path, name)))
  }
  return [...new Set(found)]
}

/** The text of a file; bytes that are no UTF-8 become U+FFFD, which the parser refuses. */
export async function readLitmus(path: string): Promise<string> {
  const { size } = await statOf(path)
  if (size > textLengthMax * utf8BytesMax) {
    throw new UsageError(`${path}: the file has ${size} bytes; a litmus test has at most ${textLengthMax} characters`)
  }
  try {
    return decodeLitmus(await readFile(path))
  } catch (error) {
    throw new UsageError(`cannot read "${path}": ${reason(error)}`)
  }
}

export function decodeLitmus(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

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

async function statOf(path: string) {
  try {
    return await stat(path)
  } catch (error) {
    throw new UsageError(`cannot read "${path}": ${reason(error)}`)
  }
}
