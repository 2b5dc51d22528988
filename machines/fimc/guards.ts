/** Fimc | the guards of the chart: questions about a message and the registers. */

import type { ReadResp, RegWriteReq, WriteResp } from '../protocol.ts'
import { nextSlot } from './frame.ts'
import { completesPicture } from './memory-input.ts'
import { capturesAfter, isRefused, resets, startsConversion, value, type Write } from './registers.ts'
import { cigctrl, fimcRegister } from './regs.ts'
import { burstPlane, burstWords, completesFrame, endsFrame, planeWithoutRoom } from './stream.ts'
import { type FimcConfig, type FimcContext, type FimcMessage, txnFree, txnLive } from './types.ts'

type Context = FimcContext

export function guards(config: FimcConfig) {
  const writeOf = (message: RegWriteReq): Write => ({
    offset: message.addr - config.base,
    value: message.value,
  })
  const readTxnOf = (context: Context, message: ReadResp): number =>
    context.readTxns[message.txn - config.outstandingWrites] ?? txnFree
  return {
    isRefused: (context: Context, message: FimcMessage) => isRefused(config, context, writeOf(message as RegWriteReq)),
    resets: (_: Context, message: FimcMessage) => resets(writeOf(message as RegWriteReq)),
    releasesReset: (_: Context, message: FimcMessage) => {
      const write = writeOf(message as RegWriteReq)
      return write.offset === fimcRegister.CIGCTRL && !resets(write)
    },
    enablesCapture: (context: Context, message: FimcMessage) => {
      const write = writeOf(message as RegWriteReq)
      return capturesAfter(context, write) && !isRefused(config, context, write)
    },
    disablesCapture: (context: Context, message: FimcMessage) =>
      !capturesAfter(context, writeOf(message as RegWriteReq)),
    startsConversion: (context: Context, message: FimcMessage) => {
      const write = writeOf(message as RegWriteReq)
      return startsConversion(write) && !isRefused(config, context, write)
    },
    slotIsFree: (context: Context) => nextSlot(config, context) >= 0,
    pictureIsComplete: (context: Context) => context.frame.lines >= context.frame.height,
    pictureIsShort: (context: Context) => context.frame.lines < context.frame.height,
    overflows: (context: Context) => planeWithoutRoom(config, context, context.frame.lines) >= 0,
    completesFrame: (context: Context, message: FimcMessage) => completesFrame(context, (message as WriteResp).txn),
    completesIntoCapture: (context: Context, message: FimcMessage) =>
      completesFrame(context, (message as WriteResp).txn) && capturesAfter(context, { offset: -1, value: 0 }),
    isLastBurst: (context: Context) => {
      const plane = burstPlane(config, context)
      return plane >= 0 && endsFrame(context, plane, burstWords(config, context, plane))
    },
    writeIsOutstanding: (context: Context, message: FimcMessage) =>
      (context.writeTxns[(message as WriteResp).txn] ?? txnFree) !== txnFree,
    readIsOutstanding: (context: Context, message: FimcMessage) => readTxnOf(context, message as ReadResp) !== txnFree,
    readIsLive: (context: Context, message: FimcMessage) => readTxnOf(context, message as ReadResp) === txnLive,
    endsPicture: (context: Context, message: FimcMessage) =>
      readTxnOf(context, message as ReadResp) === txnLive && completesPicture(context),
    interruptIsEnabled: (context: Context) => (value(context, fimcRegister.CIGCTRL) & cigctrl.IRQ_ENABLE) !== 0,
    clearsInterrupt: (_: Context, message: FimcMessage) => {
      const { offset, value: written } = writeOf(message as RegWriteReq)
      return offset === fimcRegister.CIGCTRL && (written & (cigctrl.IRQ_CLR | cigctrl.SWRST)) !== 0
    },
    masksInterrupt: (_: Context, message: FimcMessage) => {
      const { offset, value: written } = writeOf(message as RegWriteReq)
      return offset === fimcRegister.CIGCTRL && (written & cigctrl.IRQ_ENABLE) === 0
    },
    unmasksInterrupt: (_: Context, message: FimcMessage) => {
      const { offset, value: written } = writeOf(message as RegWriteReq)
      return offset === fimcRegister.CIGCTRL && (written & cigctrl.IRQ_ENABLE) !== 0
    },
  }
}
