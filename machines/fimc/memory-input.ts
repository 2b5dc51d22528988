/** Fimc | the memory input: which read comes next, and the YUYV line that the received rows make. Plain functions. */

import type { Bytes } from '../../src/base/bytes.ts'
import { type FormatName, sourceWords, yuyvOf, yuyvOf565Pair } from './formats.ts'
import { planeWithoutRoom, wordsToBoundary } from './stream.ts'
import type { FimcConfig, FimcContext, MemoryInput } from './types.ts'

/** Words that a row buffer must hold: a row that begins in the middle of a word touches one word more. */
export function rowBufferWords(config: FimcConfig): number {
  return sourceWords(config.format, config.size.width) + 1
}

/** Bytes of a row of `plane`, and the byte offset at which row `line` of the picture begins in it. */
function rowBytes(format: FormatName, width: number): number {
  return format === 'nv12' ? width : sourceWords(format, width) * 4
}
function rowOffset(format: FormatName, width: number, plane: number, line: number): number {
  return rowBytes(format, width) * (plane === 1 ? line >> 1 : line)
}

/** Words that the row of the present plane and line touches. */
function rowWords(input: MemoryInput, width: number): number {
  const format = input.format as FormatName
  const offset = rowOffset(format, width, input.plane, input.line)
  return Math.ceil((offset + rowBytes(format, width)) / 4) - (offset >> 2)
}

/** Planes to read for a line. */
function planesOf(input: MemoryInput): number {
  return input.format === 'nv12' ? 2 : 1
}

/** IO address and words of the next read. Bursts end like write bursts: at the burst limit, at a boundary, at the row's end. */
export function nextRead(config: FimcConfig, context: FimcContext): { addr: number; words: number } {
  const { input, frame } = context
  const { burstBytes } = config.geometry
  const start = rowOffset(input.format as FormatName, frame.width, input.plane, input.line) >> 2
  const addr = ((input.bases[input.plane] as number) + (start + input.word) * 4) >>> 0
  const words = Math.min(burstBytes >> 2, wordsToBoundary(config, addr), rowWords(input, frame.width) - input.word)
  return { addr, words }
}

/** Whether a read may be issued now: a line is begun only when the FIFO has room for the whole of it. */
export function readIsDue(config: FimcConfig, context: FimcContext): boolean {
  const { input } = context
  if (input.line < 0 || input.asked > 0) return false
  if (input.plane > 0 || input.word > 0) return true
  return planeWithoutRoom(config, context, input.line) < 0
}

/** Whether the answer to the outstanding read completes the present line. */
export function completesLine(context: FimcContext): boolean {
  const { input, frame } = context
  return input.plane === planesOf(input) - 1 && input.word + input.asked === rowWords(input, frame.width)
}

/** Whether it completes the last line of the picture. */
export function completesPicture(context: FimcContext): boolean {
  return completesLine(context) && context.input.line === context.frame.height - 1
}

/** Stores the words of an answer (none after an error: the row keeps zeros there) and moves on to the next read. */
export function storeRead(context: FimcContext, data: readonly number[]): void {
  const { input, frame } = context
  const row = input.rows[input.plane] as Bytes
  for (let i = 0; i < input.asked; i++) row.set((input.word + i) * 4, data[i] ?? 0)
  input.word += input.asked
  input.asked = 0
  if (input.word < rowWords(input, frame.width)) return
  input.word = 0
  input.plane = input.plane + 1 === planesOf(input) ? 0 : input.plane + 1
}

/** The line that the rows hold: words of YUYV, or as they are for `raw`, and for RGB565 that is written as RGB565. */
export function assembleLine(context: FimcContext): number[] {
  const { input, frame } = context
  const format = input.format as FormatName
  const words = sourceWords(format, frame.width)
  const first = input.rows[0] as Bytes
  const line: number[] = []
  if (format !== 'nv12') {
    const convert = format === 'rgb565' && frame.format !== 'rgb565'
    for (let i = 0; i < words; i++) {
      const word = first.get(i * 4)
      line.push(convert ? yuyvOf565Pair(word) : word)
    }
    return line
  }
  const second = input.rows[1] as Bytes
  const lumaAt = (rowOffset(format, frame.width, 0, input.line) & 2) >> 1
  const chromaAt = (rowOffset(format, frame.width, 1, input.line) & 2) >> 1
  for (let i = 0; i < words; i++) line.push(yuyvOf(halfAt(first, lumaAt + i), halfAt(second, chromaAt + i)))
  return line
}

/** The 16 bits at half-word `index`. */
function halfAt(row: Bytes, index: number): number {
  const word = row.get((index >> 1) * 4)
  return (index & 1) === 0 ? word & 0xffff : word >>> 16
}

/** No conversion in hand. */
export function resetInput(context: FimcContext): void {
  const { input } = context
  if (input.line >= 0) for (const row of input.rows) row.fill(0, row.lengthBytes >> 2, 0)
  input.format = ''
  input.bases.fill(0)
  input.line = -1
  input.plane = 0
  input.word = 0
  input.asked = 0
}
