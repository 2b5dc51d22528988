/** CPU | the region of early loads: one load that was performed before its turn, from its request to its turn. */

import type { GuardDefinition, StateConfig } from '../../src/statechart/define.ts'
import { stall } from '../../src/statechart/define.ts'
import type { LoadResp } from '../protocol.ts'
import { physical, proceed } from './access.ts'
import { type Core, position } from './core.ts'
import { choiceAddress, overtakes } from './early-load.ts'
import { accessMemory, memoryNumbers } from './memory.ts'
import type { Code } from './program.ts'
import type { Action } from './reports.ts'
import * as buffers from './store-buffer.ts'
import type { CpuChoice, CpuContext, CpuMessage, EarlyLoad } from './types.ts'

// The value is kept until the load's turn, whatever happens to memory meanwhile; it is dropped as soon as the program goes
// another way, or a barrier or an access of its word turns out to stand before it. So it is when an interrupt is taken. HF-495

const oneAtATime = stall('one early load at a time')
const comes = { guard: 'presentAsksForEarlyWord', ...stall('the word is on its way: it was asked for early') }

/** Only with feature `loadReordering`. */
export const earlyLoadRegion: StateConfig = {
  description: 'a load that is performed before its turn',
  initial: 'none',
  states: {
    none: {
      description: 'every load has waited for its turn so far',
      on: {
        'load.early': [
          { guard: 'earlyLoadForwards', target: 'kept', actions: 'forwardEarly' },
          { guard: 'earlyLoadGoes', target: 'asked', actions: 'requestEarly' },
          stall('something older keeps the load back'),
        ],
      },
    },
    asked: {
      description: 'the L1 has been asked for the word',
      on: {
        'load.early': oneAtATime,
        issue: comes,
        'load.resp': [
          { guard: 'earlyLoadFailed', target: 'none', actions: 'forgetEarly' },
          { guard: 'earlyLoadAnswered', target: 'kept', actions: 'keepEarly' },
        ],
      },
      always: { guard: 'earlyLoadIsLost', target: 'dropped' },
    },
    dropped: {
      description: 'the program does not need the word any more; its answer is still to come',
      on: {
        'load.early': oneAtATime,
        issue: comes,
        'load.resp': { guard: 'earlyLoadAnswered', target: 'none', actions: 'forgetEarly' },
      },
    },
    kept: {
      description: 'the value waits for the turn of its load',
      on: {
        'load.early': oneAtATime,
        issue: { guard: 'loadWasEarly', target: 'none', actions: 'forgetEarly' },
      },
      always: { guard: 'earlyLoadIsLost', target: 'none', actions: 'forgetEarly' },
    },
  },
}

/** In these states the instruction that waits is over already, but nothing may overtake it. */
export const overtakesNothing = { 'load.early': stall('a barrier, or an instruction like one, is not complete') }

/** No early load. */
export function noEarlyLoad(): EarlyLoad {
  return { at: -1, addr: 0, value: 0 }
}

function earlyOf(context: CpuContext): EarlyLoad {
  return context.early as EarlyLoad
}

/** Whether the L1 answers the early load: nobody else asks for that word meanwhile. */
function answersEarly(context: CpuContext, message: CpuMessage): boolean {
  return (message as LoadResp).addr === earlyOf(context).addr && (message as LoadResp).data.length <= 1
}

type Guard = GuardDefinition<CpuContext, CpuMessage>

export function earlyLoadGuards(core: Core): Record<string, Guard> {
  const addressOf = (context: CpuContext, message: CpuMessage): number =>
    choiceAddress(core, context, (message as CpuChoice).value)
  return {
    earlyLoadForwards: (context, message) => {
      const addr = addressOf(context, message)
      return addr >= 0 && buffers.holdsAll(context.buffer, addr, 1)
    },
    earlyLoadGoes: (context, message) => addressOf(context, message) >= 0,
    earlyLoadAnswered: (context, message) => answersEarly(context, message),
    earlyLoadFailed: (context, message) => answersEarly(context, message) && (message as LoadResp).data.length === 0,
    earlyLoadIsLost: (context) => {
      const { at, addr } = earlyOf(context)
      return !overtakes(core, context, at, addr)
    },
    loadWasEarly: (context) => earlyOf(context).at === context.pc,
    presentAsksForEarlyWord: (context) => {
      if ((core.code[context.pc] as Code).kind !== 'load') return false
      return physical(core, context, position(context)) === earlyOf(context).addr
    },
  }
}

export function earlyLoadActions(core: Core): Record<string, Action> {
  const begin = (context: CpuContext, message: CpuMessage): EarlyLoad => {
    const early = earlyOf(context)
    const { value } = message as CpuChoice
    early.addr = choiceAddress(core, context, value)
    early.at = core.loads[value] as number
    return early
  }
  const memoryOf = (early: EarlyLoad) => {
    const { memory } = core.code[early.at] as Code
    return accessMemory[memory >= 0 ? memory : memoryNumbers.cacheable]
  }
  return {
    requestEarly: {
      description: 'asks the L1 for the word of a later load',
      sends: { memory: 1 },
      run: (context, message, out) => {
        const early = begin(context, message)
        out.send('memory', { type: 'load.req', addr: early.addr, words: 1, memory: memoryOf(early) } as never)
      },
    },
    forwardEarly: {
      description: 'the word of a later load comes from the store buffer',
      run: (context, message) => {
        const early = begin(context, message)
        early.value = buffers.forward(context.buffer, early.addr, [0])[0] as number
      },
    },
    keepEarly: {
      description: 'keeps the word until the turn of its load',
      run: (context, message) => {
        earlyOf(context).value = (message as LoadResp).data[0] as number
      },
    },
    takeEarly: {
      description: 'executes a load that was performed early',
      run: (context, _, out) => {
        const early = earlyOf(context)
        const { addr, value } = early
        out.emit({ type: 'cpu.load', core: core.core, addr, data: [value], memory: memoryOf(early) } as never)
        context.registers[(core.code[context.pc] as Code).to[0] as number] = value >>> 0
        proceed(context, 4)
      },
    },
    forgetEarly: {
      description: 'nothing is performed early any more',
      run: (context) => void Object.assign(earlyOf(context), noEarlyLoad()),
    },
  }
}
