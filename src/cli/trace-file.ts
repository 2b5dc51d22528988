/** Cli | a trace written to a file as it happens; the name appears when the trace ends, at a whole line. */

import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { reason } from '../fleet/file-errors.ts'

/** Characters kept back before they are written. */
const pieceLength = 1 << 20

export class TraceFile {
  private readonly path: string
  /** Where it is written until it ends; the path itself where that is a device or a pipe. */
  private readonly writing: string
  private readonly file: number
  private piece = ''

  /** Throws a usage error if the file cannot be written. */
  constructor(path: string) {
    this.path = resolve(path)
    const found = statSync(this.path, { throwIfNoEntry: false })
    if (found?.isDirectory()) throw new UsageError(`"${path}" is a directory; name a file with --trace`)
    this.writing =
      found && !found.isFile() ? this.path : join(dirname(this.path), `.${basename(path)}.${process.pid}.part`)
    try {
      this.file = openSync(this.writing, 'w')
    } catch (error) {
      throw new UsageError(`cannot write trace "${path}": ${reason(error)}`)
    }
  }

  write(text: string): void {
    this.piece += text
    if (this.piece.length >= pieceLength) this.flush()
  }

  /** Ends the file under its name. */
  end(): void {
    this.flush()
    closeSync(this.file)
    if (this.writing !== this.path) renameSync(this.writing, this.path)
  }

  /** Leaves nothing behind. */
  discard(): void {
    closeSync(this.file)
    if (this.writing !== this.path) rmSync(this.writing, { force: true })
  }

  private flush(): void {
    const bytes = Buffer.from(this.piece)
    this.piece = ''
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.file, bytes, written)
    } catch (error) {
      throw new UsageError(`cannot write trace "${this.path}": ${reason(error)}`)
    }
  }
}

/** A whole trace; nothing is left behind if it cannot be written. */
export function writeTrace(path: string, lines: Iterable<string>): void {
  const file = new TraceFile(path)
  try {
    for (const line of lines) file.write(line)
    file.end()
  } catch (error) {
    file.discard()
    throw error
  }
}
