/** IOMMU | actions of registers and commands: taking, executing and completing them; faults that were recorded. */

import type { Message, Out } from '../../src/kernel/actor.ts'
import type { AtcInvalidate, IrqLower, IrqRaise, RegReadReq, RegWriteReq, RegWriteResp, WriteReq } from '../protocol.ts'
import { answerRegisterRead, answerRegisterWrite } from '../register-answers.ts'
import type { InterruptUpdate } from '../sysmmu/types.ts'
import type { IommuAction } from './answers.ts'
import { commandAt, iommuRegs, iommuStatus, noCommand, type QueuedCommand, statusWriter } from './regs.ts'
import type { CommandExecuteChoice, IommuConfig, IommuContext, RegisterWrite, RequesterConfig } from './types.ts'
import { invalidate } from './walker.ts'

/** No register write waits for its answer. */
export function noWrite(): RegisterWrite {
  return { from: '', txn: 0, addr: 0 }
}

function writeOf({ from, txn, addr }: RegWriteReq): RegisterWrite {
  return { from, txn, addr }
}

/** STATUS, but for its blocked bit. */
function statusOf({ current, queue }: IommuContext): number {
  return current.op === 'sync' || queue.some(({ op }) => op === 'sync') ? iommuStatus.busy : 0 // HF-475
}

/** The command that a register write gives. */
export function commandIn({ base, geometry }: IommuConfig, { addr, value }: RegWriteReq): QueuedCommand {
  return commandAt(geometry.pageBytes, addr - base, value)
}

/** Actions on registers. */
export function registerActions(config: IommuConfig) {
  const { base } = config
  const answer = (out: Out, { from, txn, addr }: RegisterWrite): void => {
    out.send('regs', { type: 'reg.write.resp', from, txn, addr, ok: true } as RegWriteResp)
  }
  return {
    answerRead: {
      description: 'answers with the register',
      sends: { regs: 1 },
      run: (ctx, message, out, { set }: { set: number }) => {
        const { root, status, faultStatus, faultAddr } = iommuRegs
        const values: Record<number, number> = {
          [root]: ctx.root,
          [status]: statusOf(ctx) | set,
          [faultStatus]: ctx.fault.status,
          [faultAddr]: ctx.fault.addr,
        }
        answerRegisterRead(out, message, values[message.addr - base] ?? 0)
      },
    } satisfies IommuAction<RegReadReq>,
    acknowledgeWrite: {
      description: 'answers the register write',
      sends: { regs: 1 },
      run: (_ctx, message, out) => answerRegisterWrite(out, message, 'ok'),
    } satisfies IommuAction<RegWriteReq>,
    storeRoot: {
      description: 'stores the number of the domain whose tables are used',
      run: (ctx, message) => {
        ctx.root = message.value
      },
    } satisfies IommuAction<RegWriteReq>,
    clearFaults: {
      description: 'clears the fault bits that are written as one',
      run: (ctx, message) => {
        ctx.fault.status &= ~message.value
      },
    } satisfies IommuAction<RegWriteReq>,
    takeControl: {
      description: 'keeps the write to CTRL until no walk is under way',
      run: (ctx, message) => {
        ctx.writes.control = writeOf(message)
      },
    } satisfies IommuAction<RegWriteReq>,
    answerControl: {
      description: 'answers the write to CTRL',
      sends: { regs: 1 },
      run: (ctx, _message, out) => {
        answer(out, ctx.writes.control)
        ctx.writes.control = noWrite()
      },
    } satisfies IommuAction<Message>,
    finishCommand: {
      description: 'completes the command; without a queue, its write is answered',
      sends: { regs: 1 },
      run: (ctx, _message, out) => {
        if (config.queueEntries === 0) answer(out, ctx.writes.command)
        ctx.writes.command = noWrite()
        ctx.current = noCommand()
      },
    } satisfies IommuAction<Message>,
  }
}

/** Actions that move a command on. */
export function commandActions(config: IommuConfig) {
  return {
    awaitWalks: {
      description: 'notes which walks are under way',
      run: (ctx) => {
        if (config.walksInFlight === 'ignored') return // HF-465
        for (const walk of ctx.walks) if (walk.kind !== '') walk.awaited = true
      },
    } satisfies IommuAction<Message>,
    invalidate: {
      description: 'takes out of TLBs and other caches what the command names',
      run: (ctx, _message, out) => invalidate(config, ctx, out, ctx.current),
    } satisfies IommuAction<Message>,
    awaitAccesses: {
      description: 'notes which translated accesses have no answer yet',
      run: (ctx) => {
        if (config.accessesInFlight === 'ignored') return // HF-466
        for (const access of ctx.outstanding) access.awaited = true
      },
    } satisfies IommuAction<Message>,
  }
}

/** Actions that take a command: where it is written, or from the queue. */
export function takingActions(config: IommuConfig) {
  if (config.queueEntries === 0) {
    return {
      takeCommand: {
        description: 'takes the command that was written',
        run: (ctx, message) => {
          ctx.current = commandIn(config, message)
          ctx.writes.command = writeOf(message)
        },
      } satisfies IommuAction<RegWriteReq>,
    }
  }
  return {
    enqueue: {
      description: 'puts the command at the end of the queue',
      run: (ctx, message) => {
        ctx.queue.push(commandIn(config, message))
      },
    } satisfies IommuAction<RegWriteReq>,
    takeOldest: {
      description: 'takes the oldest command from the queue',
      run: (ctx) => {
        ctx.current = ctx.queue.shift() as QueuedCommand
      },
    } satisfies IommuAction<CommandExecuteChoice>,
  }
}

/** Actions about cores, which are told of every invalidation. */
export function coreActions({ geometry }: IommuConfig, cores: readonly RequesterConfig[]) {
  return {
    tellCores: {
      description: 'tells the cores of the invalidation',
      sends: Object.fromEntries(cores.map(({ from }) => [`atc-${from}`, 1])),
      run: (ctx, _message, out) => {
        ctx.unanswered = cores.length // HF-477
        const { op, value } = ctx.current
        const bytes = op === 'page' ? geometry.pageBytes : 0
        const iova = op === 'page' ? value : 0
        for (const { from } of cores) out.send(`atc-${from}`, { type: 'atc.invalidate', iova, bytes } as AtcInvalidate)
      },
    } satisfies IommuAction<Message>,
    countAnswer: {
      description: 'counts the answer of a core',
      run: (ctx) => {
        ctx.unanswered--
      },
    } satisfies IommuAction<Message>,
  }
}

/** The action that writes status words. */
export function statusActions({ id, slots }: IommuConfig) {
  return {
    writeStatus: {
      description: 'writes the value of the command to its slot',
      sends: { status: 1 },
      run: (ctx, _message, out) => {
        const { index, value } = ctx.current
        const addr = slots[index] as number
        const from = statusWriter(id)
        const request = { type: 'write.req', from, txn: 0, addr, data: [value | 0], memory: 'non-cacheable' }
        out.send('status', request as WriteReq) // HF-476
      },
    } satisfies IommuAction<Message>,
  }
}

/** The action that asks the translation cache of the requester `from`. */
export function atcActions({ geometry }: IommuConfig, from: string) {
  return {
    [`invalidateAtc.${from}`]: {
      description: 'asks the translation cache of the device',
      sends: { [`atc-${from}`]: 1 },
      run: (ctx, _message, out) => {
        const { value, extra } = ctx.current
        const bytes = extra === 1 ? geometry.pageBytes : 0
        out.send(`atc-${from}`, { type: 'atc.invalidate', iova: value, bytes } as AtcInvalidate)
      },
    } satisfies IommuAction<Message>,
  }
}

/** Actions on the interrupt line. */
export function interruptActions(line: number) {
  return {
    updateInterrupt: {
      description: 'lets the interrupt line follow the fault bits',
      sends: { irq: 1 },
      run: (_ctx, _message, out) => out.raise({ type: 'interrupt.update' } as InterruptUpdate),
    } satisfies IommuAction<Message>,
    raiseInterrupt: {
      description: 'raises the interrupt line',
      sends: { irq: 1 },
      run: (_ctx, _message, out) => out.send('irq', { type: 'irq.raise', line } as IrqRaise),
    } satisfies IommuAction<Message>,
    lowerInterrupt: {
      description: 'lowers the interrupt line',
      sends: { irq: 1 },
      run: (_ctx, _message, out) => out.send('irq', { type: 'irq.lower', line } as IrqLower),
    } satisfies IommuAction<Message>,
  }
}
