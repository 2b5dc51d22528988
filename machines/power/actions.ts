/** Power | actions: answer for the controllers, let register accesses through or fail them, switch the domain. */

import type { Message } from '../../src/kernel/actor.ts'
import type { ActionDefinition } from '../../src/statechart/define.ts'
import type {
  ClockOff,
  ClockOn,
  PowerOff,
  PowerOn,
  RegisterLost,
  RegReadReq,
  RegReadResp,
  RegWriteReq,
  RegWriteResp,
} from '../protocol.ts'
import type { PowerConfig, PowerContext, PowerRegisters } from './types.ts'

type Action<Msg extends Message> = ActionDefinition<PowerContext, Msg>
type Request = RegReadReq | RegWriteReq

/** Value of a register of the controllers. */
function registerValue(registers: PowerRegisters, addr: number, clock: boolean, power: boolean): number {
  if (addr === registers.clockGate) return clock ? registers.clockBits : 0
  const isPower = addr === registers.configuration || addr === registers.status
  return isPower && power ? registers.powerBits : 0
}

export function powerActions({ supplied, registers }: PowerConfig) {
  return {
    answerRead: {
      description: 'answers with the state of clock or power',
      sends: { clocks: 1, unit: 1 },
      run: (
        _context,
        { from, txn, addr },
        out,
        params: { port: 'clocks' | 'unit'; clock: boolean; power: boolean },
      ) => {
        const value = registerValue(registers, addr, params.clock, params.power)
        const answer: RegReadResp = { type: 'reg.read.resp', from, txn, addr, value, ok: true }
        out.send(params.port, answer)
      },
    } satisfies Action<RegReadReq>,
    acknowledgeWrite: {
      description: 'answers a write to a controller',
      sends: { clocks: 1, unit: 1 },
      run: (_context, { from, txn, addr }, out, params: { port: 'clocks' | 'unit' }) => {
        const answer: RegWriteResp = { type: 'reg.write.resp', from, txn, addr, ok: true }
        out.send(params.port, answer)
      },
    } satisfies Action<RegWriteReq>,
    forward: {
      description: 'lets the register access through',
      sends: { target: 1 },
      run: (_context, message, out) => out.send('target', message),
    } satisfies Action<Request>,
    fail: {
      description: 'answers the register access with an error and reports it',
      sends: { apb: 1 },
      run: (_context, message, out, params: { why: 'clock' | 'power' }) => {
        const { from, txn, addr } = message
        const write = message.type === 'reg.write.req'
        const answer: RegReadResp | RegWriteResp = write
          ? { type: 'reg.write.resp', from, txn, addr, ok: false }
          : { type: 'reg.read.resp', from, txn, addr, value: 0, ok: false }
        out.send('apb', answer) // HF-426
        const lost: RegisterLost = { type: 'register.lost', target: supplied, from, addr, write, why: params.why }
        out.emit(lost)
      },
    } satisfies Action<Request>,
    passAnswer: {
      description: 'hands the answer back',
      sends: { apb: 1 },
      run: (_context, message, out) => out.send('apb', message),
    } satisfies Action<RegReadResp | RegWriteResp>,
  }
}

/** Actions that switch the domain. */
export const domainActions = {
  powerUp: {
    description: 'says that the domain is up',
    sends: { power: 1 },
    run: (_context, _message, out) => out.send('power', { type: 'power.on' } as PowerOn),
  } satisfies Action<RegWriteReq>,
  powerDown: {
    description: 'says that the domain goes down',
    sends: { power: 1 },
    run: (_context, _message, out) => out.send('power', { type: 'power.off' } as PowerOff),
  } satisfies Action<RegWriteReq>,
}

/** Actions that switch the clock of a machine that stands still without it. */
export const clockActions = {
  clockUp: {
    description: 'says that the clock runs',
    sends: { power: 1 },
    run: (_context, _message, out) => out.send('power', { type: 'clock.on' } as ClockOn),
  } satisfies Action<RegWriteReq>,
  clockDown: {
    description: 'says that the clock stands still',
    sends: { power: 1 },
    run: (_context, _message, out) => out.send('power', { type: 'clock.off' } as ClockOff),
  } satisfies Action<RegWriteReq>,
}
