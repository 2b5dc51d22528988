/** Support | a device that makes one access of memory when its GO register is written, or at once, and then says so in STATUS. */

import { memoryMap } from '../../machines/geometry.ts'
import type { ReadReq, ReadResp, RegReadReq, RegWriteReq, WriteReq } from '../../machines/protocol.ts'
import { answerRegisterRead, answerRegisterWrite } from '../../machines/register-answers.ts'
import type { Message } from '../../src/kernel/actor.ts'
import { defineMachine, ignore, type MachineDefinition, stall } from '../../src/statechart/define.ts'

/** Offsets: 1 once the access is over; the word that a read has brought; a write of anything starts the device. */
export const deviceRegisters = {
  status: memoryMap.fimc0.base,
  data: memoryMap.fimc0.base + 4,
  go: memoryMap.fimc0.base + 8,
} as const

export interface OneAccess {
  /** Physical, one word. */
  readonly addr: number
  /** What it writes; absent: it reads. */
  readonly value?: number
  readonly starts: 'at once' | 'when told'
}

interface Context {
  status: number
  data: number
}

export function oneAccessDevice({ addr, value, starts }: OneAccess): MachineDefinition {
  const id = 'device'
  return defineMachine<Context, Message>({
    id,
    description: 'one access',
    inPorts: { bus: ['read.resp', 'write.resp'], regs: ['reg.read.req', 'reg.write.req'] },
    outPorts: { bus: ['read.req', 'write.req'], regs: ['reg.read.resp', 'reg.write.resp'] },
    events: {
      'read.resp': 'the word',
      'write.resp': 'the word is written',
      'reg.read.req': 'STATUS or DATA',
      'reg.write.req': 'GO',
      access: 'the access leaves',
    },
    spontaneous: { access: { description: 'the access leaves', kind: 'must' } },
    context: () => ({ status: 0, data: 0 }),
    actions: {
      access: {
        description: 'sends the access',
        sends: { bus: 1 },
        run: (_context, _message, out) => {
          const common = { from: id, txn: 0, addr, memory: 'non-cacheable' as const }
          if (value === undefined) out.send('bus', { ...common, type: 'read.req', words: 1 } as ReadReq)
          else out.send('bus', { ...common, type: 'write.req', data: [value] } as WriteReq)
        },
      },
      finish: {
        description: 'sets STATUS, and DATA after a read',
        run: (context, message) => {
          context.status = 1
          context.data = message.type === 'read.resp' ? ((message as ReadResp).data[0] as number) : 0
        },
      },
      answerRead: {
        description: 'answers',
        sends: { regs: 1 },
        run: (context, message, out) => {
          const request = message as RegReadReq
          answerRegisterRead(out, request, request.addr === deviceRegisters.status ? context.status : context.data)
        },
      },
      answerWrite: {
        description: 'answers',
        sends: { regs: 1 },
        run: (_context, message, out) => answerRegisterWrite(out, message as RegWriteReq, 'ok'),
      },
    },
    chart: {
      description: 'one access',
      initial: starts === 'at once' ? 'ready' : 'waiting',
      on: {
        'reg.read.req': { actions: 'answerRead' },
        'reg.write.req': { actions: 'answerWrite' },
        'read.resp': ignore('no access is under way'),
        'write.resp': ignore('no access is under way'),
        access: stall('not now'),
      },
      states: {
        waiting: { description: 'not told yet', on: { 'reg.write.req': { target: 'ready', actions: 'answerWrite' } } },
        ready: { description: 'about to access', on: { access: { target: 'busy', actions: 'access' } } },
        busy: {
          description: 'the access is under way',
          on: {
            'read.resp': { target: 'over', actions: 'finish' },
            'write.resp': { target: 'over', actions: 'finish' },
          },
        },
        over: { description: 'the access is over', tags: ['finished'] },
      },
    },
  })
}
