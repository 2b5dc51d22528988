/** Fimc | the actions of the chart, on top of the plain functions of registers, frame and stream. */

import type { ActionOut } from '../../src/kernel/actor.ts'
import type {
  IrqLower,
  IrqRaise,
  ReadResp,
  RegReadReq,
  RegWriteReq,
  VideoLine,
  VideoStart,
  WriteResp,
} from '../protocol.ts'
import { answerRegisterRead, answerRegisterWrite } from '../register-answers.ts'
import {
  beginConversion,
  beginFrame,
  completeFrame,
  dropFrame,
  flagOverflow,
  issueBurst,
  issueRead,
  takeLine,
  takeRead,
} from './frame.ts'
import { readRegister, value, writeRegister } from './registers.ts'
import { cigctrl, cioctrl, cistatus, fimcRegister } from './regs.ts'
import { type FimcConfig, type FimcContext, type FimcMessage, txnFree, txnLive } from './types.ts'

type Context = FimcContext

/** `last`: capture comes to rest with this frame. */
interface CaptureEnd {
  readonly last: boolean
}

export function actions(config: FimcConfig) {
  return {
    ...registerActions(config),
    ...captureActions(config),
    ...dmaActions(config),
    ...interruptActions(config),
  }
}

function registerActions(config: FimcConfig) {
  return {
    answerRead: {
      description: 'returns the value of the register',
      sends: { regs: 1 },
      run: (context: Context, message: FimcMessage, out: ActionOut) => {
        const request = message as RegReadReq
        answerRegisterRead(out, request, readRegister(config, context, request.addr - config.base))
      },
    },
    writeRegister: {
      description: 'stores the value and acknowledges',
      sends: { regs: 1 },
      run: (context: Context, message: FimcMessage, out: ActionOut) => {
        const write = message as RegWriteReq
        writeRegister(config, context, {
          offset: write.addr - config.base,
          value: write.value,
        })
        answerRegisterWrite(out, write, 'ok')
      },
    },
    refuseWrite: {
      description: 'stores nothing and answers with an error: the model has no such picture path',
      sends: { regs: 1 },
      run: (_: Context, message: FimcMessage, out: ActionOut) =>
        answerRegisterWrite(out, message as RegWriteReq, 'error'),
    },
  }
}

function captureActions(config: FimcConfig) {
  const interruptsAtEnd = (context: Context): boolean =>
    config.irqAtFrameEnd || (value(context, fimcRegister.CIGCTRL) & cigctrl.IRQ_END) !== 0
  /** Capture has come to rest; true if LASTIRQ asks for an interrupt about it. */
  const rest = (context: Context): boolean => {
    const wanted = context.lastIrq
    context.lastIrq = false
    context.status |= cistatus.LASTCAPT_END
    return wanted
  }
  return {
    armCapture: {
      description: 'forgets that capture had ended',
      run: (context: Context) => {
        context.status &= ~cistatus.LASTCAPT_END
      },
    },
    noteStop: {
      description: 'remembers whether the end of the last frame is to interrupt in any case',
      run: (context: Context) => {
        context.lastIrq = (value(context, fimcRegister.CIOCTRL) & cioctrl.LASTIRQ_ENABLE) !== 0
      },
    },
    resumeCapture: {
      description: 'takes the request to stop back',
      run: (context: Context) => {
        context.lastIrq = false
      },
    },
    disarmCapture: {
      description: 'with no frame in hand, capture rests at once',
      sends: { irq: 1 },
      run: (context: Context, _: FimcMessage, out: ActionOut) => {
        context.lastIrq = (value(context, fimcRegister.CIOCTRL) & cioctrl.LASTIRQ_ENABLE) !== 0
        if (rest(context)) out.raise({ type: 'interrupt.event' })
      },
    },
    beginFrame: {
      description: 'latches the next slot and the format',
      sends: { irq: 1 },
      run: (context: Context, message: FimcMessage, out: ActionOut) => {
        beginFrame(config, context, (message as VideoStart).frame, out)
        out.raise({ type: 'frame.begin' })
        if (!config.irqAtFrameEnd) out.raise({ type: 'interrupt.event' })
      },
    },
    beginConversion: {
      description: 'latches the next slot, both formats and the input addresses',
      run: (context: Context, _: FimcMessage, out: ActionOut) => {
        beginConversion(config, context, out)
        out.raise({ type: 'conversion.begin' })
      },
    },
    takeLine: {
      description: 'converts a line, or draws the test pattern, into the FIFO',
      run: (context: Context, message: FimcMessage) => takeLine(config, context, message as VideoLine),
    },
    spoilFrame: {
      description: 'gives a camera frame up; the next one takes the same slot',
      sends: { irq: 1 },
      run: (context: Context, _: FimcMessage, out: ActionOut, params: CaptureEnd & { readonly overflow: boolean }) => {
        if (params.overflow) flagOverflow(config, context)
        dropFrame(config, context, false, out)
        out.raise({ type: 'frame.abandon' })
        const overflowInterrupts = params.overflow && (value(context, fimcRegister.CIGCTRL) & cigctrl.IRQ_OVFEN) !== 0
        const restInterrupts = params.last && rest(context)
        if (overflowInterrupts || restInterrupts) out.raise({ type: 'interrupt.event' })
      },
    },
    finishFrame: {
      description: 'ends a camera frame that is wholly in memory',
      sends: { irq: 1 },
      run: (context: Context, _: FimcMessage, out: ActionOut, params: CaptureEnd) => {
        completeFrame(config, context, out)
        const restInterrupts = params.last && rest(context)
        if (interruptsAtEnd(context) || restInterrupts) out.raise({ type: 'interrupt.event' })
      },
    },
    finishConversion: {
      description: 'ends a picture converted in memory',
      sends: { irq: 1 },
      run: (context: Context, _: FimcMessage, out: ActionOut) => {
        completeFrame(config, context, out)
        out.raise({ type: 'interrupt.event' })
      },
    },
    abandonFrame: {
      description: 'reset takes the frame away; writes on the bus still land',
      run: (context: Context, _: FimcMessage, out: ActionOut) => {
        dropFrame(config, context, false, out)
        out.raise({ type: 'frame.abandon' })
      },
    },
  }
}

function dmaActions(config: FimcConfig) {
  return {
    issueBurst: {
      description: 'sends a burst to the bus and holds an AXI id',
      sends: { bus: 1 },
      run: (context: Context, _: FimcMessage, out: ActionOut) => issueBurst(config, context, out),
    },
    releaseWrite: {
      description: 'gives the AXI id back',
      run: (context: Context, message: FimcMessage) => {
        const { txn, ok } = message as WriteResp
        if (!ok && context.writeTxns[txn] === txnLive) context.frame.ok = false
        context.writeTxns[txn] = txnFree
      },
    },
    issueRead: {
      description: 'asks the bus for the next part of a row',
      sends: { bus: 1 },
      run: (context: Context, _: FimcMessage, out: ActionOut) => issueRead(config, context, out),
    },
    takeRead: {
      description: 'stores the part; a complete line is converted into the FIFO',
      run: (context: Context, message: FimcMessage) => takeRead(config, context, message as ReadResp),
    },
    releaseRead: {
      description: 'the answer belongs to an abandoned frame: gives the AXI id back',
      run: (context: Context, message: FimcMessage) => {
        context.readTxns[(message as ReadResp).txn - config.outstandingWrites] = txnFree
      },
    },
  }
}

function interruptActions(config: FimcConfig) {
  const raise: IrqRaise = { type: 'irq.raise', line: config.irqLine }
  const lower: IrqLower = { type: 'irq.lower', line: config.irqLine }
  return {
    raiseLine: {
      description: 'raises the interrupt line',
      sends: { irq: 1 },
      run: (_: Context, __: FimcMessage, out: ActionOut) => out.send('irq', raise),
    },
    lowerLine: {
      description: 'lowers the interrupt line',
      sends: { irq: 1 },
      run: (_: Context, __: FimcMessage, out: ActionOut) => out.send('irq', lower),
    },
  }
}
