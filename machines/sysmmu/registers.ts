/** SYSMMU | actions of the register port and the interrupt line. */

import { u32 } from '../../src/base/bits.ts'
import type { Message } from '../../src/kernel/actor.ts'
import type { IrqLower, IrqRaise, RegReadReq, RegWriteReq } from '../protocol.ts'
import { answerRegisterRead, answerRegisterWrite } from '../register-answers.ts'
import type { SysmmuAction } from './access.ts'
import { readRegister, writeRegister } from './register-file.ts'
import { sysmmuStatus } from './regs.ts'
import type { InterruptUpdate, SysmmuConfig } from './types.ts'

/** Actions on register accesses; each answers in the same step. */
export function registerActions(config: SysmmuConfig) {
  const { base, interruptLine, version } = config
  return {
    answerRead: {
      description: 'answers with the register',
      sends: { regs: 1 },
      run: (ctx, message, out) =>
        answerRegisterRead(out, message, readRegister(version, ctx.regs, message.addr - base)),
    } satisfies SysmmuAction<RegReadReq>,
    answerBlocked: {
      description: 'answers STATUS with the blocked bit',
      sends: { regs: 1 },
      run: (_ctx, message, out) => answerRegisterRead(out, message, sysmmuStatus.blocked),
    } satisfies SysmmuAction<RegReadReq>,
    acknowledgeWrite: {
      description: 'answers the register write',
      sends: { regs: 1 },
      run: (_ctx, message, out) => answerRegisterWrite(out, message, 'ok'),
    } satisfies SysmmuAction<RegWriteReq>,
    storeCtrl: {
      description: 'stores CTRL, whose interrupt bit gates the interrupt line',
      run: (ctx, message) => {
        ctx.regs.ctrl = u32(message.value)
      },
    } satisfies SysmmuAction<RegWriteReq>,
    storeRegister: {
      description:
        'stores CFG, PT_BASE, DEFAULT_SLAVE_ADDR or a prefetch window; a write to any other offset has no effect',
      run: (ctx, message) => writeRegister(config, ctx.regs, message.addr - base, message.value),
    } satisfies SysmmuAction<RegWriteReq>,
    clearInterrupts: {
      description: 'clears the fault bits that are written as one',
      run: (ctx, message) => {
        ctx.regs.intStatus &= ~message.value
      },
    } satisfies SysmmuAction<RegWriteReq>,
    updateInterrupt: {
      description: 'lets the interrupt line follow the fault bits and the interrupt bit of CTRL',
      sends: { irq: 1 },
      run: (_ctx, _message, out) => out.raise({ type: 'interrupt.update' } as InterruptUpdate),
    } satisfies SysmmuAction<Message>,
    raiseInterrupt: {
      description: 'raises the interrupt line',
      sends: { irq: 1 },
      run: (_ctx, _message, out) => out.send('irq', { type: 'irq.raise', line: interruptLine } as IrqRaise),
    } satisfies SysmmuAction<Message>,
    lowerInterrupt: {
      description: 'lowers the interrupt line',
      sends: { irq: 1 },
      run: (_ctx, _message, out) => out.send('irq', { type: 'irq.lower', line: interruptLine } as IrqLower),
    } satisfies SysmmuAction<Message>,
  }
}
