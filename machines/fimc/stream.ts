/** Fimc | the output FIFO: converted lines go in, bursts that never cross a page come out. Plain functions on a context. */

import type { Bytes } from '../../src/base/bytes.ts'
import {
  chromaOf,
  type FormatName,
  lineHasChroma,
  lineWordsMax,
  lumaOf,
  planeWords,
  rgb565PairOf,
  sourceWords,
} from './formats.ts'
import { type FimcConfig, type FimcContext, type PlaneStream, txnFree, txnLive } from './types.ts'

/** Colour planes that a supported format can have. */
export const planesMax = 2

export function emptyPlane(): PlaneStream {
  return {
    base: 0,
    words: 0,
    issued: 0,
    head: 0,
    count: 0,
    halves: 0,
    half: 0,
  }
}

/** Ring capacity of each plane in words: the lines, and a burst that waits for its last words. */
export function ringWords(config: FimcConfig): number {
  return config.fifoLines * sourceWords(config.format, config.size.width) + (config.geometry.burstBytes >> 2)
}

/** Empties the streams, and readies them for a frame if there is one. Equal states must look equal, so nothing old stays. */
export function resetStreams(config: FimcConfig, context: FimcContext): void {
  const { frame } = context
  const words = frame.format === '' ? [] : planeWords(frame.format, frame)
  for (let plane = 0; plane < planesMax; plane++) {
    const stream = context.planes[plane] as PlaneStream
    if (stream.count > 0) (context.rings[plane] as Bytes).fill(0, ringWords(config), 0)
    stream.base = 0
    stream.words = words[plane] ?? 0
    stream.issued = 0
    stream.head = 0
    stream.count = 0
    stream.halves = 0
    stream.half = 0
  }
}

/** First plane without room for line `line` of the frame in hand, or -1. */
export function planeWithoutRoom(config: FimcConfig, context: FimcContext, line: number): number {
  const { format, width } = context.frame
  if (format === '') return -1
  const room = ringWords(config) - lineWordsMax(format, width)
  if ((context.planes[0] as PlaneStream).count > room) return 0
  if (format === 'nv12' && lineHasChroma(line) && (context.planes[1] as PlaneStream).count > room) return 1
  return -1
}

function pushWord(stream: PlaneStream, ring: Bytes, word: number): void {
  let position = (stream.head + stream.count) * 4
  if (position >= ring.lengthBytes) position -= ring.lengthBytes
  ring.set(position, word)
  stream.count++
}

function pushHalf(stream: PlaneStream, ring: Bytes, half: number): void {
  if (stream.halves === 0) {
    stream.halves = 1
    stream.half = half
    return
  }
  pushWord(stream, ring, stream.half | (half << 16))
  stream.halves = 0
  stream.half = 0
}

/**
 * Converts the next line of the frame in hand into the streams, which must have room. `data` are words of YUYV, of
 * tokens (`raw`), or of RGB565 when `packed` says that they already have the format of the written picture. Missing
 * words count as `missing`, surplus ones are cut off.
 */
export function pushLine(
  context: FimcContext,
  data: readonly number[],
  options: { readonly packed: boolean; readonly missing: number },
): void {
  const { frame } = context
  const words = sourceWords(frame.format as FormatName, frame.width)
  const line = frame.lines
  const luma = context.planes[0] as PlaneStream
  const lumaRing = context.rings[0] as Bytes
  const convert = frame.format === 'rgb565' && !options.packed
  if (frame.format !== 'nv12') {
    for (let i = 0; i < words; i++) {
      const word = i < data.length ? (data[i] as number) : options.missing
      pushWord(luma, lumaRing, convert ? rgb565PairOf(word) : word)
    }
  } else {
    const chroma = context.planes[1] as PlaneStream
    const chromaRing = context.rings[1] as Bytes
    const withChroma = lineHasChroma(line)
    for (let i = 0; i < words; i++) {
      const word = i < data.length ? (data[i] as number) : options.missing
      pushHalf(luma, lumaRing, lumaOf(word))
      if (withChroma) pushHalf(chroma, chromaRing, chromaOf(word))
    }
    // The last word of a plane may be half full; it is padded with zeros.
    if (line === frame.height - 1 && chroma.halves === 1) pushHalf(chroma, chromaRing, 0)
  }
  frame.lines = line + 1
}

/** IO address of plane `plane`: latched at frame start, or as the register says now when it is not shadowed. */
export function planeBase(config: FimcConfig, context: FimcContext, plane: number): number {
  if (config.features.shadowRegisters) return (context.planes[plane] as PlaneStream).base
  return context.outputs[plane * config.geometry.outputSlots + context.frame.slot] as number
}

/** Words from `address` to the next boundary that no burst may cross. */
export function wordsToBoundary({ burstBoundaryBytes }: FimcConfig, address: number): number {
  return (burstBoundaryBytes - (address & (burstBoundaryBytes - 1))) >> 2
}

/**
 * Words of the next burst of `plane`, 0 if there are not yet enough. A burst ends at the burst limit, at a boundary or at the
 * end of the plane.
 */
export function burstWords(config: FimcConfig, context: FimcContext, plane: number): number {
  const stream = context.planes[plane] as PlaneStream
  if (stream.count === 0) return 0
  const { burstBytes } = config.geometry
  const address = planeBase(config, context, plane) + stream.issued * 4
  const toBoundary = wordsToBoundary(config, address)
  let words = burstBytes >> 2
  if (toBoundary < words) words = toBoundary
  if (stream.words - stream.issued < words) words = stream.words - stream.issued
  return stream.count >= words ? words : 0
}

/** Plane whose burst is next, or -1: luma first, which never starves chroma because it runs out of words first. */
export function burstPlane(config: FimcConfig, context: FimcContext): number {
  for (let plane = 0; plane < planesMax; plane++) if (burstWords(config, context, plane) > 0) return plane
  return -1
}

/** Takes the oldest `words` words out of `plane`. */
export function popBurst(context: FimcContext, plane: number, words: number): number[] {
  const stream = context.planes[plane] as PlaneStream
  const ring = context.rings[plane] as Bytes
  const data: number[] = []
  let position = stream.head * 4
  for (let i = 0; i < words; i++) {
    data.push(ring.get(position))
    ring.set(position, 0)
    position += 4
    if (position === ring.lengthBytes) position = 0
  }
  stream.head = position >> 2
  stream.count -= words
  stream.issued += words
  // An empty ring has one form only: without this, equal states of small systems would differ by their history.
  if (stream.count === 0) stream.head = 0
  return data
}

/** Whether every word of the frame has been issued once `words` more of `plane` are. */
export function endsFrame(context: FimcContext, plane: number, words: number): boolean {
  for (let index = 0; index < planesMax; index++) {
    const stream = context.planes[index] as PlaneStream
    if (stream.words - stream.issued > (index === plane ? words : 0)) return false
  }
  return true
}

/** Lowest free AXI id, or -1. */
export function freeTxn(txns: readonly number[]): number {
  for (let txn = 0; txn < txns.length; txn++) if (txns[txn] === txnFree) return txn
  return -1
}

/** Whether `txn` is the only transaction outstanding for the frame in hand. */
export function isLastLive(txns: readonly number[], txn: number): boolean {
  if (txns[txn] !== txnLive) return false
  for (let other = 0; other < txns.length; other++) if (other !== txn && txns[other] === txnLive) return false
  return true
}

/** Whether the response to write `txn` completes the frame in hand. */
export function completesFrame(context: FimcContext, txn: number): boolean {
  return context.frame.active && isLastLive(context.writeTxns, txn) && endsFrame(context, 0, 0)
}
