/** CPU | exclusive accesses: the core's own monitor, LDREX, STREX and CLREX. */

import { alignDown } from '../../src/base/bits.ts'
import type { Out } from '../../src/kernel/actor.ts'
import {
  type GuardDefinition,
  ignore,
  type StateConfig,
  stall,
  type TransitionConfig,
} from '../../src/statechart/define.ts'
import type { StoreResp } from '../protocol.ts'
import { accessOf, complete, linear, memoryIndex, physical } from './access.ts'
import { type Core, position } from './core.ts'
import { accessMemory, memoryNumbers } from './memory.ts'
import type { Code } from './program.ts'
import { type Action, abort } from './reports.ts'
import { isPosted, touchesLine } from './store-buffer.ts'
import { endLoad, noteLoad } from './translated.ts'
import type { CpuContext, CpuMessage } from './types.ts'

// A store-exclusive needs two monitors. The core's own one tells whether a load-exclusive of the line came before it, with nothing in
// between that ends it: another store-exclusive, CLREX, a switch of threads, the return from a handler (HF-561, HF-567). The other one tells
// whether anybody else has written there: the L1's where the line is cached, memory's past the caches. Both accesses are performed
// where they stand in the program, after older stores to their own line, not after those to other lines: only a barrier does that.

const none = -1

/** What the present exclusive access is about: -1 if it is not, or not yet, known. */
function lineAhead(core: Core, context: CpuContext): number {
  if (accessOf(core, context) !== 'ahead') return -1
  return alignDown(physical(core, context, position(context)), core.lineBytes)
}

function isRefused(core: Core, context: CpuContext): boolean {
  return (
    accessOf(core, context) === 'ahead' &&
    memoryIndex(core, context, position(context)) === memoryNumbers.stronglyOrdered
  )
}

/** Older stores to the line, and maintenance of it, come first. */
function goes(core: Core, context: CpuContext): boolean {
  const line = lineAhead(core, context)
  if (line < 0 || isRefused(core, context)) return false
  return !touchesLine(context.buffer, line, core.lineBytes) && !isPosted(context.posted, line, core.lineBytes)
}

function isOpen(core: Core, context: CpuContext): boolean {
  return !isRefused(core, context) && lineAhead(core, context) !== context.monitored
}

/** A load-exclusive is answered. */
export function beginExclusive(core: Core, context: CpuContext, addr: number): void {
  if ((core.code[context.pc] as Code).kind === 'load-exclusive') context.monitored = alignDown(addr, core.lineBytes)
}

/** What a load-exclusive has begun is over. */
export function clearExclusive(context: CpuContext): void {
  if (context.monitored !== undefined) context.monitored = none
}

function answers(core: Core, context: CpuContext, message: CpuMessage): boolean {
  return (message as StoreResp).addr === physical(core, context, position(context))
}

export function exclusiveGuards(core: Core): Record<string, GuardDefinition<CpuContext, CpuMessage>> {
  return {
    exclusiveGoes: (context) => goes(core, context),
    exclusiveIsRefused: (context) => isRefused(core, context),
    exclusiveIsOpen: (context) => accessOf(core, context) === 'ahead' && isOpen(core, context),
    exclusiveMayFail: (context) => goes(core, context) && !isOpen(core, context),
    exclusiveStored: (context, message) => answers(core, context, message) && !(message as StoreResp).failed,
    exclusiveFailed: (context, message) => answers(core, context, message),
  }
}

export function exclusiveActions(core: Core): Record<string, Action> {
  const send = (context: CpuContext, out: Out): void => {
    const va = position(context)
    const addr = physical(core, context, va)
    const memory = accessMemory[memoryIndex(core, context, va)]
    if (linear(core, va) < 0) noteLoad(context)
    const { kind } = core.code[context.pc] as Code
    const access =
      kind === 'store-exclusive'
        ? { type: 'store.req', data: [context.access.value | 0] }
        : { type: 'load.req', words: 1 }
    out.send('memory', { ...access, addr, memory, exclusive: true } as never)
  }
  /** @param status 0: it has stored */
  const end = (context: CpuContext, status: number): void => {
    context.registers[(core.code[context.pc] as Code).to[0] as number] = status
    clearExclusive(context)
    endLoad(context)
    complete(context)
  }
  return {
    requestExclusive: {
      description: 'an exclusive access goes to the L1',
      sends: { memory: 1 },
      run: (context, _, out) => send(context, out),
    },
    finishExclusive: {
      description: 'the store-exclusive is performed: its result is 0',
      run: (context) => end(context, 0),
    },
    failExclusive: {
      description: 'the store-exclusive has stored nothing: its result is 1',
      run: (context) => end(context, 1),
    },
    refuseExclusive: {
      description: 'reports an exclusive access to Strongly-ordered memory, and goes on after the instruction', // HF-566
      run: (context, _, out) => abort(core, context, 'exclusive access to Strongly-ordered memory', out),
    },
    clearExclusive: {
      description: 'a CLREX: a store-exclusive that follows fails',
      run: (context) => {
        clearExclusive(context)
        complete(context)
      },
    },
  }
}

/** The instructions, ready to execute. @param troubles of any access to virtual memory */
export function exclusiveInstructions(
  core: Pick<Core, 'fails'>,
  { fetching, waiting, troubles }: ExclusivePlaces,
): Record<string, StateConfig> {
  const older = stall('an older store to the line or maintenance of it is not complete')
  const refused = { guard: 'exclusiveIsRefused', target: fetching, actions: 'refuseExclusive' }
  return {
    exclusiveLoad: {
      description: 'a load-exclusive',
      on: {
        issue: [
          refused,
          { guard: 'exclusiveGoes', target: waiting('loading'), actions: 'requestExclusive' },
          ...troubles,
          older,
        ],
      },
    },
    exclusiveStore: {
      description: 'a store-exclusive',
      on: {
        issue: [
          refused,
          { guard: 'exclusiveIsOpen', target: fetching, actions: 'failExclusive' },
          { guard: 'exclusiveGoes', target: waiting('storingExclusive'), actions: 'requestExclusive' },
          ...troubles,
          older,
        ],
        ...(core.fails
          ? {
              'exclusive.fail': [
                { guard: 'exclusiveMayFail', target: fetching, actions: 'failExclusive' },
                stall('something older is not complete, or it fails anyway'),
              ],
            }
          : {}),
      },
    },
    exclusiveClear: {
      description: 'a CLREX',
      on: { issue: { target: fetching, actions: 'clearExclusive' } },
    },
  }
}

/** Where the instruction after this one begins, where this one waits, and what it may run into. */
interface ExclusivePlaces {
  readonly fetching: string
  readonly waiting: (state: string) => string
  readonly troubles: readonly TransitionConfig[]
}

/** A store-exclusive waits for its answer. */
export function exclusiveWaiting(fetching: string): StateConfig {
  return {
    description: 'a store-exclusive waits for whether it is performed',
    on: {
      'store.resp': [
        { guard: 'exclusiveStored', target: fetching, actions: 'finishExclusive' },
        { guard: 'exclusiveFailed', target: fetching, actions: 'failExclusive' },
        ignore('it answers another store'),
      ],
    },
  }
}
