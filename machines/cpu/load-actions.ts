/** CPU | actions of loads and of maintenance by MVA. */

import type { Out } from '../../src/kernel/actor.ts'
import type { LoadResp, MaintainResp } from '../protocol.ts'
import { linear, memoryIndex, physical, pieceBytes, proceed } from './access.ts'
import { type Core, position } from './core.ts'
import { beginExclusive } from './exclusive.ts'
import { accessMemory } from './memory.ts'
import type { Code } from './program.ts'
import { type Action, abort } from './reports.ts'
import * as buffers from './store-buffer.ts'
import { endLoad, noteLoad } from './translated.ts'
import type { CpuContext } from './types.ts'

/** Words of an instruction that were loaded: reported, and put into the register of a single load. */
function loaded(core: Core, context: CpuContext, data: readonly number[], out: Out): void {
  const va = position(context)
  const addr = physical(core, context, va)
  const seen = buffers.forward(context.buffer, addr, data)
  const memory = accessMemory[memoryIndex(core, context, va)]
  out.emit({ type: 'cpu.load', core: core.core, addr, data: seen, memory } as never)
  beginExclusive(core, context, addr)
  const slot = (core.code[context.pc] as Code).to[0]
  if (slot !== undefined) context.registers[slot] = (seen[0] as number) >>> 0
  proceed(context, data.length * 4)
}

/** Loads. */
export function loadActions(core: Core): Record<string, Action> {
  return {
    requestLoad: {
      description: 'asks the L1 for the next piece: a word, or the words of the range within one line',
      sends: { memory: 1 },
      run: (context, _, out) => {
        const va = position(context)
        const addr = physical(core, context, va)
        const words = pieceBytes(core, context) / 4
        const memory = accessMemory[memoryIndex(core, context, va)]
        if (linear(core, va) < 0) noteLoad(context)
        out.give('memory', { type: 'load.req', addr, memory, words } as never)
      },
    },
    finishLoad: {
      description: 'the piece is loaded, with newer words from the store buffer over it',
      run: (context, message, out) => {
        loaded(core, context, (message as LoadResp).data, out)
        endLoad(context)
      },
    },
    failLoad: {
      description: 'reports that memory answered with an error, and goes on after the instruction',
      run: (context, _, out) => {
        const isExclusive = (core.code[context.pc] as Code).kind === 'load-exclusive'
        abort(core, context, `error response to a load${isExclusive ? '-exclusive' : ''}`, out)
        endLoad(context)
      },
    },
    forwardLoad: {
      description: 'the piece comes whole from the store buffer',
      run: (context, _, out) => {
        const words = pieceBytes(core, context) / 4
        loaded(core, context, new Array<number>(words).fill(0), out)
      },
    },
  }
}

/** Maintenance by MVA, and what every access may come to. */
export function maintenanceActions(core: Core): Record<string, Action> {
  return {
    postMaintenance: {
      description: 'maintenance of the next line goes to the L1; nothing waits for it but a DSB',
      sends: { memory: 1 },
      run: (context, _, out) => {
        const { op } = core.code[context.pc] as Code
        const addr = physical(core, context, position(context))
        context.posted.line[context.posted.count++] = addr
        out.give('memory', { type: 'maintain.req', addr, core: core.core, op } as never)
        if (op !== 'evict') out.emit({ type: 'cpu.maintain', core: core.core, level: 'l1', op, addr } as never)
        proceed(context, core.lineBytes)
      },
    },
    ...(core.misses
      ? {
          missMaintenance: {
            description: 'maintenance of the next line is executed, and the L1 never gets to know',
            run: (context: CpuContext, _: unknown, out: Out) => {
              const { op } = core.code[context.pc] as Code
              const addr = physical(core, context, position(context))
              out.emit({ type: 'cpu.maintain', core: core.core, level: 'l1', op, addr } as never)
              proceed(context, core.lineBytes)
            },
          },
        }
      : {}),
    requestPreload: {
      description: 'has the L1 fetch the next line; nothing waits for it',
      sends: { memory: 1 },
      run: (context, _, out) => {
        const addr = physical(core, context, position(context))
        out.send('memory', { type: 'prefetch.req', core: core.core, addr } as never)
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
        abort(core, context, aligned ? 'no memory is mapped there' : 'not a whole word', out)
      },
    },
  }
}
