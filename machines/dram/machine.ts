/** DRAM | main memory and its controller: bursts, rows and banks, an error response outside its range. */

// Facts: HF-240 to HF-242; exclusive accesses: `monitors.ts`. Left out: refresh and reordering; a burst counts for the row that it starts in.

import { assert } from '../../src/base/assert.ts'
import { isPowerOfTwo } from '../../src/base/bits.ts'
import { Bytes } from '../../src/base/bytes.ts'
import type { Message, Out } from '../../src/kernel/actor.ts'
import {
  type ActionDefinition,
  defineMachine,
  type MachineDefinition,
  type TransitionConfig,
} from '../../src/statechart/define.ts'
import { board } from '../geometry.ts'
import type { MemoryRead, MemoryRow, MemoryWrite, ReadReq, ReadResp, WriteReq, WriteResp } from '../protocol.ts'
import { isLost, noMonitors, performExclusive, setMonitor, wroteTo } from './monitors.ts'
import { bankOf, isInRange, rowOf, rowsOf } from './rows.ts'
import type { DramConfig, DramContext, DramMessage } from './types.ts'

export type { DramConfig, DramContext, DramMessage } from './types.ts'

type Action<Msg extends Message> = ActionDefinition<DramContext, Msg>

function wordsOf(message: DramMessage): number {
  return message.type === 'write.req' ? message.data.length : message.words
}

function guardsOf(config: DramConfig) {
  const rows = rowsOf(config)
  const keepsExclusives = config.globalMonitor ?? true
  const exists = (_ctx: DramContext, message: DramMessage): boolean =>
    isInRange(config, message.addr, wordsOf(message)) && (keepsExclusives || message.exclusive === undefined)
  return {
    exists,
    exclusiveIsLost: (ctx: DramContext, message: DramMessage) =>
      message.type === 'write.req' && exists(ctx, message) && isLost(ctx, message),
    rowHits: (ctx: DramContext, message: DramMessage) => {
      if (!exists(ctx, message)) return false
      const row = rowOf(config.base, rows, message.addr)
      return ctx.openRows[bankOf(rows, row)] === row
    },
  }
}

function actionsOf(config: DramConfig) {
  const rows = rowsOf(config)
  return {
    openRow: {
      description: 'opens the row of the access, closing the one that is open in its bank',
      run: (ctx, message, out) => {
        const row = rowOf(config.base, rows, message.addr)
        const bank = bankOf(rows, row)
        const event: MemoryRow = { type: 'memory.row', addr: message.addr, conflict: ctx.openRows[bank] !== -1 }
        ctx.openRows[bank] = row
        out.emit(event)
      },
    } satisfies Action<DramMessage>,
    read: {
      description: 'answers with the words as they are now',
      sends: { bus: 1 },
      run: (ctx, message, out: Out) => {
        const { from, txn, addr } = message
        const data = ctx.memory.read(addr - config.base, message.words)
        if (message.exclusive !== undefined) setMonitor(ctx, message.exclusive, addr)
        const event: MemoryRead = { type: 'memory.read', from, addr, data }
        const response: ReadResp = { type: 'read.resp', from, txn, addr, data, ok: true }
        out.emit(event)
        out.send('bus', response)
      },
    } satisfies Action<ReadReq>,
    write: {
      description: 'stores the words and answers',
      sends: { bus: 1 },
      run: (ctx, message, out) => {
        const { from, txn, addr, data } = message
        ctx.memory.write(addr - config.base, data)
        wroteTo(ctx, addr, data.length)
        if (message.exclusive !== undefined) performExclusive(message, out)
        const event: MemoryWrite = { type: 'memory.write', from, addr, data }
        const response: WriteResp = { type: 'write.resp', from, txn, addr, ok: true }
        out.emit(event)
        out.send('bus', response)
      },
    } satisfies Action<WriteReq>,
    refuseExclusive: {
      description: 'answers a store-exclusive that stores nothing: somebody has written there since the load',
      sends: { bus: 1 },
      run: (_ctx, message, out) => {
        const { from, txn, addr } = message
        const response: WriteResp = { type: 'write.resp', from, txn, addr, ok: true, failed: true }
        out.send('bus', response)
      },
    } satisfies Action<WriteReq>,
    refuseRead: {
      description: 'answers with an error: part of the burst is outside, or memory takes no exclusive accesses',
      sends: { bus: 1 },
      run: (_ctx, message, out) => {
        const { from, txn, addr } = message
        const response: ReadResp = { type: 'read.resp', from, txn, addr, data: [], ok: false }
        out.send('bus', response)
      },
    } satisfies Action<ReadReq>,
    refuseWrite: {
      description: 'answers with an error and stores nothing, as `refuseRead`',
      sends: { bus: 1 },
      run: (_ctx, message, out) => {
        const { from, txn, addr } = message
        const response: WriteResp = { type: 'write.resp', from, txn, addr, ok: false }
        out.send('bus', response)
      },
    } satisfies Action<WriteReq>,
  }
}

const lostExclusive: TransitionConfig = { guard: 'exclusiveIsLost', actions: 'refuseExclusive' }

/** With no row open every access opens one. */
function precharged(serve: string, refuse: string): TransitionConfig[] {
  return [{ guard: 'exists', target: 'active', actions: ['openRow', serve] }, { actions: refuse }]
}

function active(serve: string, refuse: string): TransitionConfig[] {
  return [{ guard: 'rowHits', actions: serve }, { guard: 'exists', actions: ['openRow', serve] }, { actions: refuse }]
}

/** The machine. A new context holds a copy of the image. */
export function defineDram(config: DramConfig): MachineDefinition {
  const { banks, rowBytes } = rowsOf(config)
  assert(isPowerOfTwo(banks), `${config.id}: ${banks} banks are not a power of two`)
  assert(isPowerOfTwo(rowBytes), `${config.id}: rows of ${rowBytes} bytes are not a power of two`)
  const { image } = config
  assert(image === undefined || image.lengthBytes <= config.bytes, `${config.id}: the image is larger than the memory`)
  return defineMachine<DramContext, never>({
    id: config.id,
    description: 'main memory, where every observer agrees',
    inPorts: { bus: ['read.req', 'write.req'] },
    outPorts: { bus: ['read.resp', 'write.resp'] },
    events: { 'read.req': 'reads a burst', 'write.req': 'writes a burst' },
    context: () => {
      const memory = new Bytes(config.bytes)
      if (image !== undefined) memory.write(0, image.read(0, image.lengthBytes / 4))
      return { memory, openRows: new Array<number>(banks).fill(-1), monitors: noMonitors() }
    },
    guards: guardsOf(config),
    actions: actionsOf(config),
    chart: {
      description: 'the memory controller',
      initial: 'precharged',
      states: {
        precharged: {
          description: 'no row is open, as after reset',
          on: {
            'read.req': precharged('read', 'refuseRead'),
            'write.req': [lostExclusive, ...precharged('write', 'refuseWrite')],
          },
        },
        active: {
          description: 'at least one bank has a row open; accesses to it need no opening',
          on: {
            'read.req': active('read', 'refuseRead'),
            'write.req': [lostExclusive, ...active('write', 'refuseWrite')],
          },
        },
      },
    },
  })
}

/** The board's memory, all zero. */
export const defaultDramConfig: DramConfig = { id: 'dram', ...board.dram }

export const dramMachine = defineDram(defaultDramConfig).machine
