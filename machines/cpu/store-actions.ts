/** CPU | actions of stores: into the store buffer, out of it, performed. */

import type { Out } from '../../src/kernel/actor.ts'
import type { StoreResp } from '../protocol.ts'
import { linear, memoryIndex, physical, pieceBytes, proceed } from './access.ts'
import { type Core, position } from './core.ts'
import { accessMemory } from './memory.ts'
import type { Action } from './reports.ts'
import * as buffers from './store-buffer.ts'
import { noteStore, retireEntry } from './translated.ts'
import type { CpuChoice, CpuContext } from './types.ts'

/** Puts the next piece of a store into the buffer; returns its entry. */
function enterStore(core: Core, context: CpuContext, out: Out): number {
  const { buffer, access } = context
  const va = position(context)
  const bytes = pieceBytes(core, context)
  const kind = buffers.kindOf(accessMemory[memoryIndex(core, context, va)])
  buffers.enter(buffer, kind, physical(core, context, va), bytes / 4, access.value)
  const entry = buffer.count - 1
  if (linear(core, va) < 0) noteStore(context, entry)
  reportStore(core, context, entry, out)
  proceed(context, bytes)
  return entry
}

function reportStore(core: Core, context: CpuContext, entry: number, out: Out): void {
  const { buffer } = context
  const addr = buffer.addr[entry] as number
  const data = buffers.dataOf(buffer, entry)
  out.emit({ type: 'cpu.store', core: core.core, addr, data, memory: buffers.memoryOf(buffer, entry) } as never)
}

function sendStore(context: CpuContext, entry: number, out: Out): void {
  const { buffer } = context
  const addr = buffer.addr[entry] as number
  const data = buffers.dataOf(buffer, entry)
  out.send('memory', { type: 'store.req', addr, data, memory: buffers.memoryOf(buffer, entry) } as never)
  buffer.txn[entry] = 0
}

/** Stores to Normal memory. */
export function storeActions(core: Core): Record<string, Action> {
  return {
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
      run: (context, message) => retireEntry(context, buffers.sentStore(context.buffer, (message as StoreResp).addr)),
    },
  }
}
