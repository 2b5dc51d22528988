/** Machines | answers to register accesses, the same on every register port. */

import type { ActionOut } from '../src/kernel/actor.ts'
import type { RegReadReq, RegReadResp, RegWriteReq, RegWriteResp } from './protocol.ts'

/** What a response repeats of its request. */
type Asked = Pick<RegReadReq | RegWriteReq, 'from' | 'txn' | 'addr'>

/** Answers on the port `regs`; an error response carries 0. */
export function answerRegisterRead(out: ActionOut, { from, txn, addr }: Asked, value: number | 'error'): void {
  const ok = value !== 'error'
  const response: RegReadResp = { type: 'reg.read.resp', addr, from, ok, txn, value: ok ? value >>> 0 : 0 }
  out.give('regs', response)
}

/** Answers on the port `regs`. */
export function answerRegisterWrite(out: ActionOut, { from, txn, addr }: Asked, result: 'ok' | 'error'): void {
  const response: RegWriteResp = { type: 'reg.write.resp', addr, from, ok: result === 'ok', txn }
  out.give('regs', response)
}
