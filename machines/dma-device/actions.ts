/** DMA device | what the chart asks and does: accesses, registers, the interrupt line. */

import type { Message, Out } from '../../src/kernel/actor.ts'
import type { ActionDefinition, GuardDefinition } from '../../src/statechart/define.ts'
import { evaluate, holds } from '../operand.ts'
import type {
  DeviceAssertionFailed,
  DeviceError,
  IrqLower,
  IrqRaise,
  ReadReq,
  ReadResp,
  RegReadReq,
  RegWriteReq,
  TranslateReq,
  TranslateResp,
  WriteReq,
  WriteResp,
} from '../protocol.ts'
import { answerRegisterRead, answerRegisterWrite } from '../register-answers.ts'
import {
  addressOf,
  type Device,
  fold,
  freeTxn,
  makeContext,
  outstanding,
  present,
  reactToWrite,
  readTxn,
  runRegister,
} from './execution.ts'
import type { DeviceCode, DeviceKind } from './program.ts'
import type { DmaDeviceContext, DmaDeviceMessage } from './types.ts'

type Action<Msg extends Message> = ActionDefinition<DmaDeviceContext, Msg>
type Guard = GuardDefinition<DmaDeviceContext, DmaDeviceMessage>

/** Which instruction comes next. `rests`: a wait that nobody expects to be over. */
export interface NextIs {
  readonly kind: DeviceKind
  readonly rests?: boolean
}

export function deviceGuards(device: Device): Record<string, Guard> {
  const { base } = device.config
  const slotOf = (message: DmaDeviceMessage): number => ((message as RegReadReq).addr - base) / 4
  const answers = (context: DmaDeviceContext, message: DmaDeviceMessage): boolean =>
    context.writes[(message as WriteResp).txn] === 1
  return {
    nextIs: (context, _message, { kind, rests }: NextIs) => {
      const code = present(device, context)
      return code.kind === kind && (rests === undefined || code.rests === rests)
    },
    isRegister: (_context, message) => {
      const slot = slotOf(message)
      return Number.isInteger(slot) && slot >= 0 && slot < device.visible
    },
    conditionHolds: (context) => {
      const { condition } = present(device, context)
      return condition !== undefined && holds(condition, context.registers)
    },
    isMisaligned: (context) => (addressOf(device, context) & 3) !== 0,
    answersWrite: answers,
    answersLastWrite: (context, message) => answers(context, message) && outstanding(context) === 1,
    writesOutstanding: (context) => outstanding(context) > 0,
    idsUsedUp: (context) => freeTxn(context) < 0,
    answersRead: (_context, message) => (message as ReadResp).txn === readTxn(device),
    bringsData: (_context, message) =>
      (message as ReadResp).txn === readTxn(device) &&
      (message as ReadResp).ok &&
      (message as ReadResp).data.length > 0,
    isTranslated: (_context, message) => (message as TranslateResp).ok,
  }
}

function reportAssertion({ config }: Device, code: DeviceCode, message: string, out: Out, where: string): void {
  const event: DeviceAssertionFailed = {
    type: 'device.assertion-failed',
    device: config.id,
    message: `${message} (${config.id} ${where}, instruction ${code.index})`,
  }
  out.emit(event)
}

/** An access that came to nothing. */
function reportError({ config }: Device, addr: number, write: boolean, why: string, out: Out): void {
  const event: DeviceError = { type: 'device.error', device: config.id, addr, write, why }
  out.emit(event)
}

/** What the program does. */
export function programActions(device: Device) {
  const { id } = device.config
  const failed = (out: Out) => (code: DeviceCode) => reportAssertion(device, code, code.message, out, 'program')
  return {
    fetch: {
      description: 'passes over what takes no time, up to the next instruction that takes a step or has to wait',
      run: (context, _message, out) => {
        if (fold(device, context, failed(out))) return
        reportAssertion(device, present(device, context), 'endless loop of register instructions', out, 'program')
      },
    } satisfies Action<DmaDeviceMessage>,
    skip: {
      description: 'reports that the access is to part of a word, and goes on without it',
      run: (context, _message, out) => {
        const { kind } = present(device, context)
        reportError(device, addressOf(device, context), kind === 'write', 'the address is not that of a word', out)
        context.pc++
      },
    } satisfies Action<DmaDeviceMessage>,
    requestRead: {
      description: 'asks memory for a word',
      sends: { bus: 1 },
      run: (context, _message, out) => {
        const request: ReadReq = {
          type: 'read.req',
          from: id,
          txn: readTxn(device),
          addr: addressOf(device, context),
          words: 1,
          memory: 'non-cacheable',
          ...(present(device, context).translated ? { translated: true } : {}),
        }
        out.send('bus', request)
      },
    } satisfies Action<DmaDeviceMessage>,
    takeData: {
      description: 'the word goes into its register',
      run: (context, message) => {
        context.registers[present(device, context).to] = (message.data[0] as number) >>> 0
        context.pc++
      },
    } satisfies Action<ReadResp>,
    failRead: {
      description: 'reports that the read was answered with an error; its register keeps its value',
      run: (context, _message, out) => {
        reportError(device, addressOf(device, context), false, 'error response to a read', out)
        context.pc++
      },
    } satisfies Action<ReadResp>,
    sendWrite: {
      description: 'puts the write on its way and goes on',
      sends: { bus: 1 },
      run: (context, _message, out) => {
        const txn = freeTxn(context)
        const code = present(device, context)
        const request: WriteReq = {
          type: 'write.req',
          from: id,
          txn,
          addr: addressOf(device, context),
          data: [evaluate(code.value, context.registers) | 0],
          memory: 'non-cacheable',
          ...(code.translated ? { translated: true } : {}),
        }
        context.writes[txn] = 1
        context.pc++
        out.send('bus', request)
      },
    } satisfies Action<DmaDeviceMessage>,
    retireWrite: {
      description: 'the write is acknowledged: its id is free; an error response is reported',
      run: (context, message, out) => {
        context.writes[message.txn] = 0
        if (!message.ok) reportError(device, message.addr, true, 'error response to a write', out)
      },
    } satisfies Action<WriteResp>,
    runRegister: {
      description: 'executes one instruction on registers that cores can see',
      run: (context, _message, out) => {
        const code = present(device, context)
        if (!runRegister(device, context)) reportAssertion(device, code, code.message, out, 'program')
      },
    } satisfies Action<DmaDeviceMessage>,
    proceed: {
      description: 'goes on to the next instruction',
      run: (context) => {
        context.pc++
      },
    } satisfies Action<DmaDeviceMessage>,
  }
}

/** Translations without an access. */
export function walkActions(device: Device) {
  const { id } = device.config
  return {
    requestTranslation: {
      description: 'asks the IOMMU where the address leads',
      sends: { translate: 1 },
      run: (context, _message, out) => {
        const addr = addressOf(device, context)
        const request: TranslateReq = { type: 'translate.req', from: id, txn: readTxn(device), addr, write: false }
        out.send('translate', request)
      },
    } satisfies Action<DmaDeviceMessage>,
    failTranslation: {
      description: 'reports that there is no translation, and goes on',
      run: (context, _message, out) => {
        reportError(device, addressOf(device, context), false, 'no translation', out)
        context.pc++
      },
    } satisfies Action<TranslateResp>,
  }
}

/** Register accesses by cores. @param line whether there is an interrupt line */
export function registerActions(device: Device, line: boolean) {
  const slotOf = (message: RegReadReq | RegWriteReq): number => (message.addr - device.config.base) / 4
  return {
    answerRead: {
      description: 'answers with the register',
      sends: { regs: 1 },
      run: (context, message, out) => answerRegisterRead(out, message, context.registers[slotOf(message)] as number),
    } satisfies Action<RegReadReq>,
    refuseRead: {
      description: 'answers with an error: there is no such register',
      sends: { regs: 1 },
      run: (_context, message, out) => answerRegisterRead(out, message, 'error'),
    } satisfies Action<RegReadReq>,
    writeRegister: {
      description: 'stores the register, and what the device makes of that at once',
      sends: { regs: 1, ...(line ? { irq: 1 } : {}) },
      run: (context, message, out) => {
        const slot = slotOf(message)
        const where = `on ${device.registers[slot]}`
        answerRegisterWrite(out, message, 'ok')
        context.registers[slot] = message.value >>> 0
        const change = reactToWrite(device, context, slot, (code) => {
          reportAssertion(device, code, code.message, out, where)
        })
        if (change !== 'stays') out.raise({ type: `line.${change}` })
        out.raise({ type: 'registers.changed' })
      },
    } satisfies Action<RegWriteReq>,
    refuseWrite: {
      description: 'answers with an error: there is no such register',
      sends: { regs: 1 },
      run: (_context, message, out) => answerRegisterWrite(out, message, 'error'),
    } satisfies Action<RegWriteReq>,
  }
}

/** The interrupt line. */
export function lineActions(device: Device) {
  const line = device.config.interruptLine as number
  return {
    changeLine: {
      description: 'sets the interrupt line as the instruction says',
      sends: { irq: 1 },
      run: (context, _message, out) => {
        out.raise({ type: `line.${present(device, context).op}` })
        context.pc++
      },
    } satisfies Action<DmaDeviceMessage>,
    raiseLine: {
      description: 'raises the interrupt line',
      sends: { irq: 1 },
      run: (_context, _message, out) => out.send('irq', { type: 'irq.raise', line } as IrqRaise),
    } satisfies Action<DmaDeviceMessage>,
    lowerLine: {
      description: 'lowers the interrupt line',
      sends: { irq: 1 },
      run: (_context, _message, out) => out.send('irq', { type: 'irq.lower', line } as IrqLower),
    } satisfies Action<DmaDeviceMessage>,
  }
}

/** What becomes of it without power. */
export function powerActions(device: Device) {
  return {
    loseState: {
      // HF-433
      description: 'registers and program counter have their reset values; writes that have left it are on their way',
      run: (context) => {
        const { pc, registers } = makeContext(device)
        context.pc = pc
        context.registers = registers
      },
    } satisfies Action<DmaDeviceMessage>,
  }
}
