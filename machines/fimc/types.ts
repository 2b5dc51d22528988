/** Fimc | configuration, context and messages of the camera DMA engine. */

import type { Bytes } from '../../src/base/bytes.ts'
import type { Message, SpontaneousMessage } from '../../src/kernel/actor.ts'
import type { Features } from '../features.ts'
import type { Geometry } from '../geometry.ts'
import type { ReadResp, RegReadReq, RegWriteReq, VideoEnd, VideoLine, VideoStart, WriteResp } from '../protocol.ts'
import type { FormatName, PictureSize } from './formats.ts'

/** One engine. All numbers are positive. */
export interface FimcConfig {
  readonly id: string
  /** Physical address of the register window. */
  readonly base: number
  /** Interrupt line at the GIC. */
  readonly irqLine: number
  readonly geometry: Pick<Geometry, 'outputSlots' | 'burstBytes' | 'frameIds'>
  readonly features: Pick<Features, 'shadowRegisters'>
  /** What the size registers hold after reset, and the widest picture the line buffers are made for. */
  readonly size: PictureSize
  /** What the format registers hold after reset; `raw` whatever they hold. */
  readonly format: FormatName
  /** No burst crosses a multiple of it: a page, which AXI forbids, or a line in front of a coherency port. A power of two. */
  readonly burstBoundaryBytes: number
  /** Write bursts that may wait for their response. */
  readonly outstandingWrites: number
  /** Lines that the output FIFO of a plane can hold, beside one burst. */
  readonly fifoLines: number
  /** Interrupt when a frame's last write is acknowledged; false: when a frame begins. */
  readonly irqAtFrameEnd: boolean
  /** Cycles from one burst to the next. */
  readonly burstCycles: number
}

/** One colour plane of the frame being written: a ring of words waiting for the bus, and how far the writing is. */
export interface PlaneStream {
  /** IO address latched at frame start. */
  base: number
  /** Words of the whole plane; 0: the format has no such plane. */
  words: number
  /** Words already issued in bursts. */
  issued: number
  /** Ring position of the oldest waiting word, and number of waiting words. */
  head: number
  count: number
  /** NV12 rows of an odd number of half words: 1 if `half` waits for its other half. */
  halves: number
  half: number
}

/** The frame in hand; all zero, `format` '' and `active` false between frames. */
export interface FrameInHand {
  active: boolean
  id: number
  slot: number
  format: FormatName | ''
  width: number
  height: number
  /** Lines taken so far. */
  lines: number
  /** False once a read or a write of it was answered with an error. */
  ok: boolean
}

/** The memory input: position of the next read within the rows that make up the present line. */
export interface MemoryInput {
  format: FormatName | ''
  bases: number[]
  /** Present line, or -1 when there is no conversion. */
  line: number
  plane: number
  /** Words of the present row already asked for and received. */
  word: number
  /** Words asked for by the outstanding read. */
  asked: number
  /** The received row of each plane. */
  rows: Bytes[]
}

/** Of each AXI id: nothing outstanding, a transaction of the frame in hand, or one of a frame that was given up. */
export const txnFree = 0
export const txnLive = 1
export const txnAbandoned = 2

export interface FimcContext {
  /** Plain registers, indexed as `registerIndex` says. */
  values: number[]
  /** Output address registers, plane by plane, slot by slot. */
  outputs: number[]
  /** Input address registers, by plane. */
  inputs: number[]
  /** Sticky bits of CISTATUS. */
  status: number
  /** Finished frames modulo 4, as CISTATUS shows them. */
  frameCount: number
  /** Slot finished last, -1 for none: the rotation continues after it. */
  previous: number
  /** LASTIRQ was on when capture was disabled. */
  lastIrq: boolean
  /** Number of the next memory-to-memory frame, modulo the platform's frame ids. */
  conversion: number
  frame: FrameInHand
  planes: PlaneStream[]
  /** Ring storage of each plane. */
  rings: Bytes[]
  writeTxns: number[]
  readTxns: number[]
  input: MemoryInput
}

/** Events that the machine raises for itself. */
export interface FimcRaised extends Message {
  readonly type: 'frame.begin' | 'conversion.begin' | 'frame.abandon' | 'interrupt.event'
}
/** Spontaneous progress of the two DMA engines. */
export interface FimcProgress extends SpontaneousMessage {
  readonly type: 'burst.issue' | 'read.issue'
}

export type FimcMessage =
  | RegReadReq
  | RegWriteReq
  | VideoStart
  | VideoLine
  | VideoEnd
  | ReadResp
  | WriteResp
  | FimcRaised
  | FimcProgress
