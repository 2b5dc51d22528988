/** CPU | actions of the core's chart: what instructions send, emit and change. */

import type { Out } from '../../src/kernel/actor.ts'
import type { ActionDefinition } from '../../src/statechart/define.ts'
import { memoryTypes } from '../os/calls.ts'
import type { LoadResp, MaintainResp, OsReturn, RegReadResp, RegWriteResp, StoreResp } from '../protocol.ts'
import { complete, decode, fold, memoryIndex, physical, pieceBytes, proceed, runRegister } from './access.ts'
import { type Core, clearAccess, clearPage, copyAccess, pageOf, position } from './core.ts'
import { stepBytes } from './guards.ts'
import { evaluate } from './operand.ts'
import type { Code } from './program.ts'
import * as buffers from './store-buffer.ts'
import type { CpuChoice, CpuContext, CpuMessage } from './types.ts'

type Action = ActionDefinition<CpuContext, CpuMessage>

/** Words of an instruction that were loaded: reported, and put into the register of a single load. */
function loaded(core: Core, context: CpuContext, data: readonly number[], out: Out): void {
  const va = position(context)
  const addr = physical(core, context, va)
  const seen = buffers.forward(context.buffer, addr, data)
  const memory = memoryTypes[memoryIndex(core, context, va)]
  out.emit({ type: 'cpu.load', core: core.core, addr, data: seen, memory } as never)
  const slot = (core.code[context.pc] as Code).to[0]
  if (slot !== undefined) context.registers[slot] = (seen[0] as number) >>> 0
  proceed(context, data.length * 4)
}

/** Puts the next piece of a store into the buffer; returns its entry. */
function enterStore(core: Core, context: CpuContext, out: Out): number {
  const { buffer, access } = context
  const va = position(context)
  const bytes = pieceBytes(core, context)
  const nonCacheable = memoryIndex(core, context, va) === 1
  const kind = nonCacheable ? buffers.entryKinds.nonCacheable : buffers.entryKinds.cacheable
  buffers.enter(buffer, kind, physical(core, context, va), bytes / 4, access.value)
  const entry = buffer.count - 1
  reportStore('cpu.store', core, context, entry, out)
  proceed(context, bytes)
  return entry
}

function reportStore(type: 'cpu.store' | 'cpu.stored', core: Core, context: CpuContext, entry: number, out: Out): void {
  const { buffer } = context
  const addr = buffer.addr[entry] as number
  const data = buffers.dataOf(buffer, entry)
  out.emit({ type, core: core.core, addr, data, memory: buffers.memoryOf(buffer, entry) } as never)
}

function sendStore(context: CpuContext, entry: number, out: Out): void {
  const { buffer } = context
  const addr = buffer.addr[entry] as number
  const data = buffers.dataOf(buffer, entry)
  out.send('memory', { type: 'store.req', addr, data, memory: buffers.memoryOf(buffer, entry) } as never)
  buffer.txn[entry] = 0
}

/** Puts the next register write of an instruction into the buffer; returns its entry. */
function enterRegisterWrite(core: Core, context: CpuContext, out: Out): number {
  const code = core.code[context.pc] as Code
  const { buffer, access } = context
  const at = position(context)
  if (code.lineRegister !== 0) {
    buffers.enter(buffer, buffers.entryKinds.device, code.lineRegister, 1, at)
    out.emit({ type: 'cpu.maintain', core: core.core, level: 'l2', op: code.op, addr: at } as never)
  } else buffers.enter(buffer, buffers.entryKinds.device, at, 1, access.value)
  proceed(context, stepBytes(core, context))
  return buffer.count - 1
}

function sendRegisterWrite(core: Core, context: CpuContext, entry: number, out: Out): void {
  const { buffer } = context
  const txn = buffers.freeTxn(buffer)
  buffer.txn[entry] = txn
  const [addr, value] = [buffer.addr[entry], buffer.value[entry]]
  out.send('bus', { type: 'reg.write.req', from: core.id, txn, addr, value } as never)
}

function reportAbort(core: Core, addr: number, why: string, out: Out): void {
  out.emit({ type: 'cpu.abort', core: core.core, addr, why } as never)
}

function reportAssertion(core: Core, code: Code, message: string, out: Out): void {
  const where = `${code.program}, instruction ${code.index}`
  out.emit({ type: 'cpu.assertion-failed', core: core.core, message: `${message} (${core.id} ${where})` } as never)
}

/** The actions of memory instructions and of the store buffer. */
function memoryActions(core: Core): Record<string, Action> {
  return {
    requestLoad: {
      description: 'asks the L1 for the next piece: a word, or the words of the range within one line',
      sends: { memory: 1 },
      run: (context, _, out) => {
        const va = position(context)
        const addr = physical(core, context, va)
        const words = pieceBytes(core, context) / 4
        const memory = memoryTypes[memoryIndex(core, context, va)]
        out.send('memory', { type: 'load.req', addr, words, memory } as never)
      },
    },
    finishLoad: {
      description: 'the piece is loaded, with newer words from the store buffer over it',
      run: (context, message, out) => loaded(core, context, (message as LoadResp).data, out),
    },
    forwardLoad: {
      description: 'the piece comes whole from the store buffer',
      run: (context, _, out) => {
        const words = pieceBytes(core, context) / 4
        loaded(core, context, new Array<number>(words).fill(0), out)
      },
    },
    enterStore: {
      description: 'the next piece of the store enters the store buffer',
      run: (context, _, out) => void enterStore(core, context, out),
    },
    sendStoreAtOnce: {
      description: 'the next piece of the store goes to the L1; the core has no store buffer to hold it',
      sends: { memory: 1 },
      run: (context, _, out) => sendStore(context, enterStore(core, context, out), out),
    },
    drainStore: {
      description: 'an entry of Normal memory goes to the L1',
      sends: { memory: 1 },
      run: (context, message, out) => sendStore(context, (message as CpuChoice).value, out),
    },
    retireStore: {
      description: 'the store is performed: its entry is free',
      run: (context, message, out) => {
        const entry = buffers.sentStore(context.buffer, (message as StoreResp).addr)
        reportStore('cpu.stored', core, context, entry, out)
        buffers.retire(context.buffer, entry)
      },
    },
    postMaintenance: {
      description: 'maintenance of the next line goes to the L1; nothing waits for it but a DSB',
      sends: { memory: 1 },
      run: (context, _, out) => {
        const { op } = core.code[context.pc] as Code
        const addr = physical(core, context, position(context))
        context.posted.line[context.posted.count++] = addr
        out.send('memory', { type: 'maintain.req', core: core.core, op, addr } as never)
        out.emit({ type: 'cpu.maintain', core: core.core, level: 'l1', op, addr } as never)
        proceed(context, core.lineBytes)
      },
    },
    retireMaintenance: {
      description: 'maintenance of a line is complete',
      run: (context, message) => void buffers.retirePosted(context.posted, (message as MaintainResp).addr),
    },
    abort: {
      description: 'reports an access to no memory or to part of a word, and goes on after the instruction',
      run: (context, _, out) => {
        const aligned = ((context.access.start | context.access.bytes) & 3) === 0
        reportAbort(core, position(context), aligned ? 'no memory is mapped there' : 'not a whole word', out)
        complete(context)
      },
    },
  }
}

/** The actions of Device accesses and of address translation. */
function deviceActions(core: Core): Record<string, Action> {
  return {
    enterRegisterWrite: {
      description: 'the next register write enters the store buffer',
      run: (context, _, out) => void enterRegisterWrite(core, context, out),
    },
    sendRegisterWriteAtOnce: {
      description: 'the next register write goes to the bus; the core has no store buffer to hold it',
      sends: { bus: 1 },
      run: (context, _, out) => sendRegisterWrite(core, context, enterRegisterWrite(core, context, out), out),
    },
    drainRegisterWrite: {
      description: 'a Device entry goes to the bus',
      sends: { bus: 1 },
      run: (context, message, out) => sendRegisterWrite(core, context, (message as CpuChoice).value, out),
    },
    retireRegisterWrite: {
      description: 'the target has the register write: its entry is free; an error response is reported',
      run: (context, message, out) => {
        const { txn, addr, ok } = message as RegWriteResp
        if (!ok) reportAbort(core, addr, 'error response to a register write', out)
        buffers.retire(context.buffer, buffers.sentRegister(context.buffer, txn))
      },
    },
    requestRegister: {
      description: 'reads a register over the bus, with a transaction id that no register write uses',
      sends: { bus: 1 },
      run: (context, _, out) => {
        const txn = buffers.freeTxn(context.buffer)
        out.send('bus', { type: 'reg.read.req', from: core.id, txn, addr: context.access.start } as never)
      },
    },
    finishRegister: {
      description: 'the value of the register is there',
      run: (context, message) => {
        const slot = (core.code[context.pc] as Code).to[0] as number
        context.registers[slot] = (message as RegReadResp).value >>> 0
        complete(context)
      },
    },
    failRegister: {
      description: 'reports an error response to a register read; the result keeps its old value',
      run: (context, _, out) => {
        reportAbort(core, context.access.start, 'error response to a register read', out)
        complete(context)
      },
    },
    askTranslation: {
      description: 'has the operating system look up the page of the next piece',
      sends: { os: 1 },
      run: (context, _, out) => {
        out.send('os', { type: 'va.translate', core: core.core, args: [pageOf(core, context)] } as never)
      },
    },
    keepTranslation: {
      description: 'remembers the page for the rest of this instruction',
      run: (context, message) => {
        const [, addr = 0, memory = 0] = (message as OsReturn).values
        context.page.va = pageOf(core, context)
        context.page.addr = (addr & -core.geometry.pageBytes) >>> 0
        context.page.memory = memory === 1 ? 1 : 0
      },
    },
    abortUnmapped: {
      description: 'reports that the page is not mapped, and goes on after the instruction',
      run: (context, _, out) => {
        reportAbort(core, position(context), 'the page is not mapped', out)
        complete(context)
      },
    },
  }
}

/** The actions of control flow, calls and interrupts. */
function controlActions(core: Core): Record<string, Action> {
  return {
    fetch: {
      description: 'executes register instructions up to the next one that takes a step, and evaluates its operands',
      run: (context, _, out) => {
        // In the middle of a range its operands are fixed, whatever a handler did to the registers meanwhile.
        if (context.access.done > 0) return
        if (!fold(core, context, (code) => reportAssertion(core, code, code.message, out))) {
          reportAssertion(core, core.code[context.pc] as Code, 'endless loop of register instructions', out)
          context.pc = core.end
        }
        decode(core, context)
      },
    },
    complete: {
      description: 'goes on to the next instruction',
      run: (context) => complete(context),
    },
    runRegister: {
      description: 'executes one register instruction whose registers the handler uses too',
      run: (context, _, out) => {
        const code = core.code[context.pc] as Code
        if (!runRegister(core, context)) reportAssertion(core, code, code.message, out)
        clearAccess(context.access)
      },
    },
    emitMarks: {
      description: 'reports this mark and those that follow it directly',
      run: (context, _, out) => {
        let code = core.code[context.pc] as Code
        do {
          const args: Record<string, number | string> = {}
          for (const { name, text, value } of code.fields) args[name] = text ?? evaluate(value, context.registers)
          out.emit({ type: 'cpu.mark', core: core.core, name: code.mark, args } as never)
          complete(context)
          code = core.code[context.pc] as Code
        } while (code.joins)
      },
    },
    sendCall: {
      description: 'calls the operating system',
      sends: { os: 1 },
      run: (context, _, out) => {
        const { call, args } = core.code[context.pc] as Code
        const values = args.map((arg) => evaluate(arg, context.registers))
        out.send('os', { type: call, core: core.core, args: values } as never)
      },
    },
    finishCall: {
      description: 'puts the results of the call into registers',
      run: (context, message) => {
        const { to } = core.code[context.pc] as Code
        const { values } = message as OsReturn
        for (let i = 0; i < to.length; i++) context.registers[to[i] as number] = (values[i] ?? 0) >>> 0
        complete(context)
      },
    },
    changeMask: {
      description: 'masks or unmasks interrupts (CPSID, CPSIE)',
      run: (context, _, out) => {
        out.raise({ type: (core.code[context.pc] as Code).interruptsOn ? 'interrupts.on' : 'interrupts.off' })
        complete(context)
      },
    },
    beginSleep: {
      description: 'asks whether the interrupt line is high already, and goes on to the next instruction once awake',
      run: (context, _, out) => {
        complete(context)
        out.raise({ type: 'sleep.begin' })
      },
    },
    endSleep: {
      description: 'wakes the pipeline, as the interrupt line is high',
      run: (_, __, out) => out.raise({ type: 'sleep.end' }),
    },
    enterHandler: {
      description: 'puts the interrupted program aside, in the middle of a range if need be, and starts the handler',
      run: (context) => {
        const { suspended, access } = context
        suspended.pc = context.pc
        if (access.done > 0) copyAccess(suspended, access)
        clearAccess(access)
        clearPage(context)
        context.pc = core.handler
      },
    },
    leaveHandler: {
      description: 'goes on with the interrupted program and accepts interrupts again',
      run: (context, _, out) => {
        const { suspended } = context
        context.pc = suspended.pc
        copyAccess(context.access, suspended)
        clearPage(context)
        clearAccess(suspended)
        suspended.pc = -1
        out.raise({ type: 'handler.left' })
      },
    },
  }
}

/** The actions by name. */
export function makeActions(core: Core): Record<string, Action> {
  return { ...memoryActions(core), ...deviceActions(core), ...controlActions(core) }
}
