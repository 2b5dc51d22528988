/** CPU | actions of register accesses, PL310 maintenance and address translation. */

import { alignDown } from '../../src/base/bits.ts'
import type { ActionOut, Out } from '../../src/kernel/actor.ts'
import type { OsReturn, RegReadResp, RegWriteResp, TranslateResp } from '../protocol.ts'
import { complete, proceed, writes } from './access.ts'
import { type Core, pageOf, position } from './core.ts'
import { stepBytes } from './guards.ts'
import { memoryNumbers } from './memory.ts'
import type { Code } from './program.ts'
import { type Action, abort, abortTranslation, reportAbort } from './reports.ts'
import * as buffers from './store-buffer.ts'
import { retireEntry } from './translated.ts'
import type { CpuChoice, CpuContext } from './types.ts'

/** Puts the next register write of an instruction into the buffer; returns its entry. */
function enterRegisterWrite(core: Core, context: CpuContext, out: Out): number {
  const code = core.code[context.pc] as Code
  const { buffer, access } = context
  const at = position(context)
  if (code.lineRegister !== 0) {
    buffers.enter(buffer, buffers.entryKinds.device, code.lineRegister, 1, at)
    const { op } = code
    if (op !== 'evict') out.emit({ type: 'cpu.maintain', core: core.core, level: 'l2', op, addr: at } as never)
  } else buffers.enter(buffer, buffers.entryKinds.device, at, 1, access.value)
  proceed(context, stepBytes(core, context))
  return buffer.count - 1
}

function sendRegisterWrite(core: Core, context: CpuContext, entry: number, out: ActionOut): void {
  const { buffer } = context
  const txn = buffers.freeTxn(buffer)
  buffer.txn[entry] = txn
  const [addr, value] = [buffer.addr[entry], buffer.value[entry]]
  out.give('bus', { type: 'reg.write.req', addr, from: core.id, txn, value } as never)
}

/** Register accesses. */
export function deviceActions(core: Core): Record<string, Action> {
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
        retireEntry(context, buffers.sentRegister(context.buffer, txn))
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
  }
}

/** Look-ups of pages that are not in the linear mapping. */
export function translationActions(core: Core): Record<string, Action> {
  return {
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
      run: (context, _, out) => abort(core, context, 'the page is not mapped', out),
    },
  }
}

/** Translation by the core's own memory management unit. */
export function unitActions(core: Core): Record<string, Action> {
  return {
    askUnit: {
      description: "has the core's own unit translate the address of the next piece",
      sends: { mmu: 1 },
      run: (context, _, out) => {
        const addr = position(context)
        out.send('mmu', { type: 'translate.req', from: core.id, txn: 0, addr, write: writes(core, context) } as never)
      },
    },
    keepUnitTranslation: {
      description: 'remembers the page for the rest of this instruction',
      run: (context, message) => {
        const { pa, memory } = message as TranslateResp
        context.page.va = pageOf(core, context)
        context.page.addr = alignDown(pa, core.geometry.pageBytes)
        context.page.memory = memory === memoryNumbers.nonCacheable ? memory : memoryNumbers.cacheable
      },
    },
    abortUntranslated: {
      description: 'reports that the tables do not allow the access, and goes on after the instruction',
      run: (context, message, out) => {
        const { ok } = message as TranslateResp
        abortTranslation(core, context, ok ? 'permission fault' : 'translation fault', out)
      },
    },
  }
}
