/** Fimc | the frame in hand: beginning, taking lines, issuing bursts, ending. The work of the machine's actions. */

import { Bytes } from '../../src/base/bytes.ts'
import type { ActionOut, Out } from '../../src/kernel/actor.ts'
import type { FrameBurst, FrameEnd, FrameStart, ReadReq, ReadResp, VideoLine, WriteReq } from '../protocol.ts'
import { blackWord, type FormatName, planeWords, sourceWords, testPatternWord } from './formats.ts'
import { assembleLine, completesLine, nextRead, resetInput, rowBufferWords, storeRead } from './memory-input.ts'
import { inputFormat, outputFormat, resetValues, setValue, targetSize, value } from './registers.ts'
import { cigctrl, cistatus, fimcRegister, msctrl } from './regs.ts'
import {
  burstPlane,
  burstWords,
  emptyPlane,
  freeTxn,
  planeBase,
  planesMax,
  planeWithoutRoom,
  popBurst,
  pushLine,
  resetStreams,
  ringWords,
} from './stream.ts'
import {
  type FimcConfig,
  type FimcContext,
  type FrameInHand,
  type PlaneStream,
  txnAbandoned,
  txnFree,
  txnLive,
} from './types.ts'

/** One read is asked for at a time; a second id lets a new frame begin while an abandoned read is unanswered. */
const readTxnCount = 2

function noFrame(): FrameInHand {
  return {
    active: false,
    id: 0,
    slot: 0,
    format: '',
    width: 0,
    height: 0,
    lines: 0,
    ok: true,
  }
}

/** The engine after power-on. */
export function initialContext(config: FimcConfig): FimcContext {
  const planes = Array.from({ length: planesMax }, emptyPlane)
  return {
    values: resetValues(config),
    outputs: new Array<number>(3 * config.geometry.outputSlots).fill(0),
    inputs: [0, 0, 0],
    status: 0,
    frameCount: 0,
    previous: -1,
    lastIrq: false,
    conversion: 0,
    frame: noFrame(),
    planes,
    rings: planes.map(() => new Bytes(ringWords(config) * 4)),
    writeTxns: new Array<number>(config.outstandingWrites).fill(txnFree),
    readTxns: new Array<number>(readTxnCount).fill(txnFree),
    input: {
      format: '',
      bases: planes.map(() => 0),
      line: -1,
      plane: 0,
      word: 0,
      asked: 0,
      rows: planes.map(() => new Bytes(rowBufferWords(config) * 4)),
    },
  }
}

/** The slot after `previous` in the cyclic order of the slots whose bit is set in CIFCNTSEQ; -1 if none is. */
export function nextSlot(config: FimcConfig, context: FimcContext): number {
  const mask = value(context, fimcRegister.CIFCNTSEQ)
  const slots = config.geometry.outputSlots
  for (let step = 1; step <= slots; step++) {
    const slot = (context.previous + step) % slots
    if (mask & (1 << slot)) return slot
  }
  return -1
}

/** Takes the next slot, latches its addresses and the format, and reports the frame. */
export function beginFrame(config: FimcConfig, context: FimcContext, id: number, out: Out): void {
  const { frame } = context
  const slots = config.geometry.outputSlots
  frame.active = true
  frame.id = id
  frame.slot = Math.max(0, nextSlot(config, context))
  frame.format = outputFormat(config, context)
  const { width, height } = targetSize(context)
  frame.width = width
  frame.height = height
  frame.lines = 0
  frame.ok = true
  context.status &= ~cistatus.FRAME_END
  resetStreams(config, context)
  const planes: number[] = []
  for (let plane = 0; plane < planeWords(frame.format as FormatName, frame).length; plane++) {
    const base = context.outputs[plane * slots + frame.slot] as number
    // Without shadow registers nothing is latched: every burst asks the register.
    if (config.features.shadowRegisters) (context.planes[plane] as PlaneStream).base = base
    planes.push(base)
  }
  const start: FrameStart = {
    type: 'frame.start',
    device: config.id,
    frame: id,
    slot: frame.slot,
    planes,
  }
  out.emit(start)
}

/** Sets the memory input to the first line of the picture at the input addresses. */
export function beginConversion(config: FimcConfig, context: FimcContext, out: Out): void {
  const id = context.conversion
  context.conversion = (id + 1) % config.geometry.frameIds
  beginFrame(config, context, id, out)
  const { input } = context
  input.format = inputFormat(config, value(context, fimcRegister.MSCTRL))
  input.line = 0
  for (let plane = 0; plane < planesMax; plane++) input.bases[plane] = context.inputs[plane] as number
}

/** Takes a camera line, or the test pattern in its place. */
export function takeLine(config: FimcConfig, context: FimcContext, message: VideoLine): void {
  const { frame } = context
  const pattern = (value(context, fimcRegister.CIGCTRL) & cigctrl.TESTPAT_MASK) >> cigctrl.TESTPAT_SHIFT
  const options = { packed: false, missing: blackWord(config.format) }
  if (pattern === 0) {
    pushLine(context, message.data, options)
    return
  }
  const words = sourceWords(frame.format as FormatName, frame.width)
  const data: number[] = []
  for (let i = 0; i < words; i++) data.push(testPatternWord(pattern, i, frame.lines, words))
  pushLine(context, data, options)
}

/** Issues the next write burst. */
export function issueBurst(config: FimcConfig, context: FimcContext, out: ActionOut): void {
  const { frame } = context
  const plane = burstPlane(config, context)
  const stream = context.planes[plane] as PlaneStream
  const addr = (planeBase(config, context, plane) + stream.issued * 4) >>> 0
  const data = popBurst(context, plane, burstWords(config, context, plane))
  const txn = freeTxn(context.writeTxns)
  context.writeTxns[txn] = txnLive
  const write: WriteReq = {
    type: 'write.req',
    addr,
    data,
    from: config.id,
    memory: 'non-cacheable',
    txn,
  }
  out.give('bus', write)
  const burst: FrameBurst = {
    type: 'frame.burst',
    device: config.id,
    frame: frame.id,
    slot: frame.slot,
    addr,
    data,
  }
  out.emit(burst)
}

/** Issues the next read of the memory input; its ids follow those of the writes. */
export function issueRead(config: FimcConfig, context: FimcContext, out: Out): void {
  const { addr, words } = nextRead(config, context)
  const id = freeTxn(context.readTxns)
  context.readTxns[id] = txnLive
  context.input.asked = words
  const txn = config.outstandingWrites + id
  const read: ReadReq = {
    type: 'read.req',
    from: config.id,
    txn,
    addr,
    words,
    memory: 'non-cacheable',
  }
  out.send('bus', read)
}

/** Takes the answer to the outstanding read; a complete line goes through the conversion into the FIFO. */
export function takeRead(config: FimcConfig, context: FimcContext, message: ReadResp): void {
  const { input, frame } = context
  context.readTxns[message.txn - config.outstandingWrites] = txnFree
  if (!message.ok) frame.ok = false
  const complete = completesLine(context)
  storeRead(context, message.data)
  if (!complete) return
  pushLine(context, assembleLine(context), {
    packed: input.format === 'rgb565',
    missing: 0,
  })
  input.line++
  if (input.line === frame.height) resetInput(context)
}

/** Reports the end of the frame in hand and lets go of it; responses still to come then belong to an abandoned frame. */
export function dropFrame(config: FimcConfig, context: FimcContext, ok: boolean, out: Out): void {
  const { frame } = context
  const end: FrameEnd = {
    type: 'frame.end',
    device: config.id,
    frame: frame.id,
    slot: frame.slot,
    ok,
  }
  out.emit(end)
  Object.assign(frame, noFrame())
  abandon(context.writeTxns)
  abandon(context.readTxns)
  resetStreams(config, context)
  resetInput(context)
}

function abandon(txns: number[]): void {
  for (let txn = 0; txn < txns.length; txn++) if (txns[txn] === txnLive) txns[txn] = txnAbandoned
}

/** Ends a frame whose last write has been acknowledged: status, rotation, report. A wrong answer is not noticed by the engine. */
export function completeFrame(config: FimcConfig, context: FimcContext, out: Out): void {
  context.previous = context.frame.slot
  context.frameCount = (context.frameCount + 1) & 3
  context.status |= cistatus.FRAME_END
  const control = value(context, fimcRegister.MSCTRL)
  if (control & msctrl.ENVID) setValue(context, fimcRegister.MSCTRL, control & ~msctrl.ENVID)
  dropFrame(config, context, context.frame.ok, out)
}

/** Sets the overflow bit of the plane that has no room for the next line. */
export function flagOverflow(config: FimcConfig, context: FimcContext): void {
  const plane = planeWithoutRoom(config, context, context.frame.lines)
  context.status |= plane === 1 ? cistatus.OVFICB : cistatus.OVFIY
}
