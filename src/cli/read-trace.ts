/** Cli | a trace out of its file, line by line, as often as an exporter reads it. */

import { closeSync, openSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { UsageError } from '../base/errors.ts'
import { readTrace, type Trace } from '../export/trace/trace.ts'
import { reason } from '../fleet/file-errors.ts'

/** Bytes read at once. */
const pieceBytes = 1 << 20

/** Usage errors: no such file, no trace, cut short, of another version. */
export function readTraceFile(file: string): Trace {
  return readTrace(`"${file}"`, () => linesOf(file))
}

function* linesOf(file: string): Generator<string> {
  let handle: number
  try {
    handle = openSync(file, 'r')
  } catch (error) {
    throw new UsageError(`cannot read "${file}": ${reason(error)}`)
  }
  try {
    const decoder = new StringDecoder('utf8')
    const piece = Buffer.alloc(pieceBytes)
    let rest = ''
    for (;;) {
      const count = readPiece(handle, piece, file)
      if (count === 0) break
      const lines = (rest + decoder.write(piece.subarray(0, count))).split('\n')
      rest = lines.pop() as string
      yield* lines
    }
    if (rest !== '') yield rest
  } finally {
    closeSync(handle)
  }
}

function readPiece(handle: number, piece: Buffer, file: string): number {
  try {
    return readSync(handle, piece)
  } catch (error) {
    throw new UsageError(`cannot read "${file}": ${reason(error)}`)
  }
}
