/** CPU | late loads: a load that is performed after younger stores and register writes, and what it may not be overtaken by. */

import type { GuardDefinition, StateConfig } from '../../src/statechart/define.ts'
import { stall } from '../../src/statechart/define.ts'
import type { Expression } from '../operand.ts'
import type { LoadResp } from '../protocol.ts'
import { accessOf, complete, decode, isLateEnd, linear, physical, pieceBytes } from './access.ts'
import { type Core, position } from './core.ts'
import { accessMemory, memoryNumbers } from './memory.ts'
import type { Code } from './program.ts'
import { type Action, reportAbort } from './reports.ts'
import * as buffers from './store-buffer.ts'
import type { CpuContext, CpuMessage, LateLoad } from './types.ts'

// A load of one word of Normal memory may be performed after what follows it in the program, along a straight line, as long as
// that is stores, register writes and reads, marks, other loads and arithmetic (HF-643). It has to be performed before
// - an instruction that uses or sets its register, and a branch: outcomes are guessed for loads only;
// - an access of its word, a barrier, maintenance, an exclusive access, a call, a WFI, a change of the interrupt mask;
// - an interrupt, and another thread's turn.

/** Index of the instruction before which the load at `at` has to be performed; 0: nothing that it could be late for stands between. */
export function lateUntil(code: readonly Code[], at: number): number {
  const load = code[at] as Code
  const slot = load.to[0]
  if (load.instruction !== 'load' || slot === undefined || load.memory === memoryNumbers.stronglyOrdered) return 0
  let isUseful = false
  for (let next = at + 1; ; next++) {
    const one = code[next] as Code
    if (!overtakesLoad(one) || touchesSlot(one, slot)) return isUseful ? next : 0
    if (one.kind === 'store' || one.kind === 'register-write') isUseful = true
  }
}

function overtakesLoad({ kind, instruction }: Code): boolean {
  if (kind === 'register') return instruction === 'set'
  return ['load', 'store', 'register-read', 'register-write', 'mark'].includes(kind)
}

function touchesSlot({ to, address, bytes, value, fields }: Code, slot: number): boolean {
  if (to.includes(slot)) return true
  return [address, bytes, value, ...fields.map((field) => field.value)].some((expression) => reads(expression, slot))
}

function reads(expression: Expression, slot: number): boolean {
  if (expression.op === 'constant') return false
  if (expression.op === 'register') return expression.slot === slot
  return reads(expression.left, slot) || reads(expression.right, slot)
}

/** No load is late. */
export function noLateLoad(): LateLoad {
  return { at: -1, addr: 0 }
}

const comesFirst = stall('a load that is late comes first')
const needsIt = { guard: 'lateLoadComesFirst', ...comesFirst }

/** Only with feature `lateLoads`. */
export const lateLoadRegion: StateConfig = {
  description: 'a load that younger stores and register writes overtake',
  initial: 'none',
  states: {
    none: {
      description: 'no load is late',
      on: { 'load.perform': stall('no load is late') },
      always: { guard: 'loadIsLate', target: 'waiting' },
    },
    waiting: {
      description: 'the load has not been performed yet',
      on: {
        issue: needsIt,
        'interrupt.take': comesFirst,
        'thread.switch': comesFirst,
        'load.perform': [
          { guard: 'lateLoadForwards', target: 'none', actions: 'forwardLate' },
          { target: 'asked', actions: 'requestLate' },
        ],
      },
    },
    asked: {
      description: 'the L1 has been asked for the word',
      on: {
        issue: needsIt,
        'interrupt.take': comesFirst,
        'thread.switch': comesFirst,
        'load.perform': stall('the word is on its way'),
        'load.resp': [
          { guard: 'lateLoadFailed', target: 'none', actions: 'failLate' },
          { guard: 'lateLoadAnswered', target: 'none', actions: 'finishLate' },
        ],
      },
    },
  },
}

/** The same without what a core cannot be asked. */
export function lateLoadRegionOf({ threaded }: Pick<Core, 'threaded'>): StateConfig {
  if (threaded) return lateLoadRegion
  const states = Object.entries(lateLoadRegion.states ?? {}).map(([name, state]) => {
    const { 'thread.switch': _, ...on } = state.on ?? {}
    return [name, { ...state, on }]
  })
  return { ...lateLoadRegion, states: Object.fromEntries(states) }
}

function lateOf(context: CpuContext): LateLoad {
  return context.late as LateLoad
}

function isAnswer(context: CpuContext, message: CpuMessage): boolean {
  return (message as LoadResp).addr === lateOf(context).addr && (message as LoadResp).data.length <= 1
}

/** Whether the next step of the present instruction touches the word of the late load. */
function touchesWord(core: Core, context: CpuContext): boolean {
  const { kind } = core.code[context.pc] as Code
  if (kind !== 'load' && kind !== 'store') return false
  const start = physical(core, context, position(context))
  const offset = lateOf(context).addr - start
  return start >= 0 && offset >= 0 && offset < pieceBytes(core, context)
}

export function lateLoadGuards(core: Core): Record<string, GuardDefinition<CpuContext, CpuMessage>> {
  return {
    loadDefers: (context) => {
      if (accessOf(core, context) !== 'ahead') return false
      const addr = linear(core, position(context))
      return addr >= 0 && !buffers.isPosted(context.posted, addr, core.lineBytes)
    },
    loadIsLate: (context) => lateOf(context).at >= 0,
    lateLoadComesFirst: (context) => isLateEnd(core, context) || touchesWord(core, context),
    lateLoadForwards: (context) => buffers.holdsAll(context.buffer, lateOf(context).addr, 1),
    lateLoadAnswered: (context, message) => isAnswer(context, message),
    lateLoadFailed: (context, message) => isAnswer(context, message) && (message as LoadResp).data.length === 0,
  }
}

export function lateLoadActions(core: Core): Record<string, Action> {
  const memoryOf = (context: CpuContext) => {
    const { memory } = core.code[lateOf(context).at] as Code
    return accessMemory[memory >= 0 ? memory : memoryNumbers.cacheable]
  }
  /** The register gets its value, so that what comes next can be looked at. */
  const perform: Action['run'] = (context, message, out) => {
    const { at, addr } = lateOf(context)
    const loaded = message.type === 'load.resp' ? (message as LoadResp).data : [0]
    const [value] = buffers.forward(context.buffer, addr, loaded)
    out.emit({ type: 'cpu.load', core: core.core, addr, data: [value], memory: memoryOf(context) } as never)
    context.registers[(core.code[at] as Code).to[0] as number] = (value as number) >>> 0
    end(context)
  }
  const end = (context: CpuContext): void => {
    const isNext = isLateEnd(core, context)
    Object.assign(lateOf(context), noLateLoad())
    if (isNext && context.access.done === 0) decode(core, context)
  }
  return {
    deferLoad: {
      description: 'goes on behind the load, which is performed later',
      run: (context) => {
        Object.assign(lateOf(context), { at: context.pc, addr: linear(core, position(context)) })
        complete(context)
      },
    },
    requestLate: {
      description: 'asks the L1 for the word of the late load',
      sends: { memory: 1 },
      run: (context, _, out) => {
        const { addr } = lateOf(context)
        out.send('memory', { type: 'load.req', addr, words: 1, memory: memoryOf(context) } as never)
      },
    },
    forwardLate: { description: 'the word of the late load comes from the store buffer', run: perform },
    finishLate: { description: 'the late load is performed', run: perform },
    failLate: {
      description: 'reports that memory answered the late load with an error',
      run: (context, _, out) => {
        reportAbort(core, lateOf(context).addr, 'error response to a load', out)
        end(context)
      },
    },
  }
}
